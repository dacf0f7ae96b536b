"""`livecut control`: tell the filter that runs what to do, from a keyboard shortcut or a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Tell the filter that runs (the newest, if several do) what to do: for keyboard shortcuts and scripts.",
    no_args_is_help=True,
)

Pid = Annotated[int | None, typer.Option(help="Of which process, where several filters run.")]


@app.command()
def hide(pid: Pid = None) -> None:
    """Show the privacy card."""
    _ask(pid, "privacy", on=True)


@app.command()
def show(pid: Pid = None) -> None:
    """Show the picture again."""
    _ask(pid, "privacy", on=False)


@app.command()
def toggle(pid: Pid = None) -> None:
    """Show the privacy card, or the picture again; says which."""
    typer.echo("hidden" if _ask(pid, "privacy", on=None) else "shown")


@app.command("set")
def set_(
    assignments: Annotated[
        list[str], typer.Argument(metavar="PATH=VALUE...", help="As --set of `livecut run`, all at once.")
    ],
    pid: Pid = None,
) -> None:
    """Change settings while it runs, until it ends: livecut control set effect.name=bokeh effect.bokeh.blades=6"""
    from livecut.app.rooted import rooted
    from livecut.settings.load import Patch, assignment, merged

    patch: Patch = {}
    for text in assignments:
        patch = merged(patch, assignment(text))
    # Of this folder, which need not be the filter's.
    _ask(pid, "set", patch=rooted(patch))


@app.command()
def preset(
    name: Annotated[str, typer.Argument(help="Of those that the filter was started with.")], pid: Pid = None
) -> None:
    """Change to a preset, over the settings of the filter's start."""
    _ask(pid, "preset", name=name)


@app.command()
def status(
    pid: Pid = None, json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False
) -> None:
    """Say what is shown, how fast, and by what."""
    from json import dumps

    seen = _ask(pid, "status")
    typer.echo(dumps(seen, indent=2) if json else _line(seen))


@app.command()
def stop(pid: Pid = None) -> None:
    """End it, as Ctrl-C does."""
    _ask(pid, "stop")


def _line(seen: Mapping[str, Any]) -> str:
    named = f"{seen['preset']} ({seen['effect']})" if seen["preset"] else seen["effect"]
    named = "the raw picture" if seen["room"] else named
    # A filter of an earlier version, which runs still, does not say whether it is starting.
    named = f"starting, then {named}" if seen.get("starting") else seen["instead"] or named
    shown = "hidden by the privacy switch" if seen["private"] else named
    fps, age = seen["fps"], seen["age_ms"]
    parts = [
        shown,
        f"{seen['source']} to {', '.join(seen['outputs'])}, {seen['size']}",
        f"in {fps['in']:.1f} fps, out {fps['out']:.1f} ({fps['new']:.1f} new)",
        f"age {age['p50']:.0f}/{age['p95']:.0f} ms",
        seen["quality"],
        seen["network"],
    ]
    return " | ".join(part for part in parts if part)


def _ask(pid: int | None, do: str, **what: Any) -> Any:
    from livecut.app.mailbox import ask, running
    from livecut.errors import DeviceUnavailable

    marks = [mark for mark in running() if pid is None or mark.name == f"run-{pid}"]
    if not marks:
        which = "no filter runs" if pid is None else f"no filter runs in process {pid}"
        raise DeviceUnavailable(which, hint="start one: livecut run")
    return ask(marks[0], do, **what)
