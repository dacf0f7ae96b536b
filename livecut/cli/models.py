"""`livecut models`: list, describe, fetch and check the networks of the manifest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from livecut.errors import ModelError

if TYPE_CHECKING:
    from livecut.inference.spec import ModelSpec

__all__ = ["app"]

app = typer.Typer(help="List, describe, fetch and check the networks.", no_args_is_help=True)

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="As `livecut models list` shows them.")]
SomeNames = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: all that are on this machine.")
]


@app.command("list")
def list_() -> None:
    """List the networks: task, size, licence, and whether they are on this machine."""
    from livecut.inference.store import manifest

    head = ("name", "task", "input", "size", "licence", "here", "what it is")
    rows = [
        (spec.name, spec.task, str(spec.input.size), _megabytes(spec.bytes), spec.licence, _state(spec), spec.title)
        for spec in manifest().values()
    ]
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        for row in (head, *rows):
            typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for title in head:
        table.add_column(title, no_wrap=title != head[-1])
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@app.command()
def info(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Show all that is known about one network."""
    from livecut.inference.store import find, path_of

    spec = find(name)
    given, shape = spec.input, "x".join(map(str, spec.input.shape))
    lines = {
        "name": spec.name,
        "title": spec.title,
        "task": spec.task,
        "licence": f"{spec.licence} ({spec.licence_note})" if spec.licence_note else spec.licence,
        "size": _megabytes(spec.bytes),
        "digest": spec.digest,
        "address": spec.url,
        "source": f"{spec.source} @ {spec.commit}" if spec.commit else spec.source,
        "input": f"{given.name or 'the only one'}: {given.dtype} {shape}, {given.layout}, {given.colour}",
        "outputs": ", ".join(sorted(need.value for need in spec.gives)),
        "recurrent": ", ".join(f"{state.input} from {state.output}" for state in spec.states),
        "other aspect ratios": spec.fit,
        "file": str(path_of(spec)),
        "here": _state(spec),
    }
    for label, text in lines.items():
        if text:
            typer.echo(f"{label + ':':<21}{text}")


@app.command()
def get(
    names: Names, force: Annotated[bool, typer.Option("--force", help="Fetch again what is there.")] = False
) -> None:
    """Fetch networks; what was cut off goes on where it stopped."""
    from livecut.inference.fetch import fetch
    from livecut.inference.store import find

    for spec in [find(name) for name in names]:
        if spec.shipped:
            typer.echo(f"{spec.name} comes with livecut: nothing to fetch")
            continue
        typer.echo(f"{spec.name}: {spec.licence}" + (f" ({spec.licence_note})" if spec.licence_note else ""))
        with _bar(spec) as progress:
            path = fetch(spec, progress, force=force)
        typer.echo(f"{spec.name}: {path}")


@app.command()
def verify(names: SomeNames = None) -> None:
    """Check files against their digests; exit code 4 when one is missing or differs."""
    from livecut.inference.store import find, manifest, path_of
    from livecut.inference.store import verify as check

    if names:
        specs = [find(name) for name in names]
    else:
        specs = [spec for spec in manifest().values() if spec.shipped or path_of(spec).exists()]
    bad = []
    for spec in specs:
        problem = check(spec)
        typer.echo(f"{spec.name}: {problem or 'ok'}")
        if problem:
            bad.append(spec)
    if bad:
        shipped = [spec for spec in bad if spec.shipped]
        hint = "reinstall livecut" if shipped else f"livecut models get --force {' '.join(spec.name for spec in bad)}"
        raise ModelError(f"{len(bad)} of {len(specs)} networks cannot be used", hint=hint)


def _state(spec: ModelSpec) -> str:
    from livecut.inference.store import path_of, verify

    if not spec.shipped and not path_of(spec).exists():
        return "no"
    return "broken" if verify(spec) else "yes"


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.1f} MB"


@contextmanager
def _bar(spec: ModelSpec) -> Iterator[Callable[[int, int | None], None] | None]:
    """A progress bar where there is somebody to see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(spec.name, total=spec.bytes)
        yield lambda done, total: bar.update(task, completed=done, total=total)
