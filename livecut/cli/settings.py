"""`livecut settings`: the whole tree with values, bounds and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["settings"]


def settings(
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one setting.")] = None,
    json_schema: Annotated[bool, typer.Option("--json-schema", help="Print the JSON schema instead.")] = False,
) -> None:
    """Print every setting as it would be used: value, default, bounds and help."""
    import json

    from livecut.cli.flags import settings_from_flags
    from livecut.settings import Settings
    from livecut.settings.listing import listing

    if json_schema:
        typer.echo(json.dumps(Settings.model_json_schema(), indent=2))
        return
    # As bytes: saved, it is TOML, which is UTF-8 whatever the system's encoding.
    typer.echo(listing(settings_from_flags(config=config, assignments=set_ or ())).encode())
