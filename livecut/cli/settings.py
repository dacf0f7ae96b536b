"""`livecut settings`: the whole tree with values, bounds and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["settings"]


def settings(
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one setting.")] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="As shipped, whatever settings files and the environment say.")
    ] = False,
    json_schema: Annotated[bool, typer.Option("--json-schema", help="Print the JSON schema instead.")] = False,
) -> None:
    """Print every setting as it would be used: value, default, bounds and help."""
    import json

    from livecut.cli.flags import start_from_flags
    from livecut.errors import SettingsError
    from livecut.settings import Settings
    from livecut.settings.listing import listing

    if defaults and (config is not None or set_):
        raise SettingsError("--defaults goes with no --config and no --set", hint="livecut settings --defaults")
    if json_schema:
        typer.echo(json.dumps(Settings.model_json_schema(), indent=2))
        return
    tree = Settings() if defaults else start_from_flags(config=config, assignments=set_ or ()).base
    # As bytes: saved, it is TOML, which is UTF-8 whatever the system's encoding.
    typer.echo(listing(tree).encode())
