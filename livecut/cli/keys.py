"""`livecut keys`: make, list, revoke and grant the API keys of `livecut serve`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livecut.cli.serve import needs_server

if TYPE_CHECKING:
    from livecut.server.store.keys import ApiKey, Keys

__all__ = ["app"]

app = typer.Typer(help="Make, list, revoke and grant the API keys of `livecut serve`.", no_args_is_help=True)

Url = Annotated[str | None, typer.Option("--database", help="SQLAlchemy URL; default: server.database.")]
Config = Annotated[Path | None, typer.Option(help="A livecut.toml to read.")]
Assigned = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any setting; repeatable.")]
Which = Annotated[str, typer.Argument(metavar="KEY", help="Its number, its name, or its first eight characters.")]
Rate = Annotated[int | None, typer.Option("--rate", metavar="N", help="Requests a minute.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is; for your own list.")],
    credits: Annotated[int, typer.Option("--credits", metavar="N", help="Credits to begin with.")] = 100,
    rate: Annotated[int, typer.Option("--rate", metavar="N", help="Requests a minute.")] = 60,
    database: Url = None,
    config: Config = None,
    set_: Assigned = None,
) -> None:
    """Make a key and print it: the only time it is shown."""
    with _keys(database, config, set_) as keys:
        key, secret = keys.add(name, credits=credits, per_minute=rate)
    typer.echo(secret)
    typer.echo(f"key {key.id} ({key.name}): {_counts(key)}; it is stored hashed and not shown again", err=True)


@app.command("list")
def list_(database: Url = None, config: Config = None, set_: Assigned = None) -> None:
    """List the keys with what they have used and what they have left."""
    with _keys(database, config, set_) as keys:
        rows = [
            (
                str(key.id),
                key.name,
                f"{key.prefix}...",
                datetime.fromtimestamp(key.made_at, UTC).strftime("%Y-%m-%d"),
                *(str(count) for count in (key.granted, key.settled, key.remaining, key.reserved, key.per_minute)),
                "revoked" if key.revoked else "",
            )
            for key in keys.all()
        ]
    head = ("id", "name", "key", "made", "granted", "settled", "remaining", "reserved", "a minute", "")
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        for row in (head, *rows):
            typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for title in head:
        table.add_column(title, justify="right" if title in head[4:9] else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@app.command()
def revoke(key: Which, database: Url = None, config: Config = None, set_: Assigned = None) -> None:
    """Refuse a key from now on."""
    with _keys(database, config, set_) as keys:
        revoked = keys.revoke(key)
    typer.echo(f"key {revoked.id} ({revoked.name}) is revoked")


@app.command()
def grant(
    key: Which,
    credits: Annotated[int, typer.Option("--credits", metavar="N", help="Credits to add.")] = 0,
    rate: Rate = None,
    database: Url = None,
    config: Config = None,
    set_: Assigned = None,
) -> None:
    """Give a key more credits, another rate, or both."""
    with _keys(database, config, set_) as keys:
        granted = keys.grant(key, credits=credits, per_minute=rate)
    typer.echo(f"key {granted.id} ({granted.name}): {_counts(granted)}")


def _counts(key: ApiKey) -> str:
    return f"{key.remaining} credits left of {key.granted}, {key.per_minute} requests a minute"


@contextmanager
def _keys(url: str | None, config: Path | None, assignments: list[str] | None) -> Iterator[Keys]:
    with needs_server():
        from livecut.server.store.database import Database
        from livecut.server.store.keys import Keys
    from livecut.cli.flags import settings_from_flags

    settings = settings_from_flags(config=config, assignments=assignments or (), flags={"server.database": url})
    secret = settings.server.database
    database = Database(None if secret is None else secret.get_secret_value())
    try:
        yield Keys(database)
    finally:
        database.close()
