"""`livecut doctor`: what stands between this machine and 30 frames a second in a call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from livecut.app.findings import Finding

__all__ = ["doctor"]

MARKS = {"ok": "ok    ", "note": "note  ", "broken": "broken"}


def doctor(
    source: Annotated[str | None, typer.Option(help="As of `run`. Default: camera 0.")] = None,
    sink: Annotated[list[str] | None, typer.Option(help="As of `run`; repeatable. Default: virtualcam.")] = None,
    effect: Annotated[str | None, typer.Option(help="As of `run`. Default: blur.")] = None,
    device: Annotated[str | None, typer.Option(help="As of `run`. Default: auto.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="As of `run`.")] = None,
    model: Annotated[str | None, typer.Option(help="As of `run`.")] = None,
    config: Annotated[Path | None, typer.Option(help="As of `run`.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="As of `run`; repeatable.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="As of `run`.")] = False,
) -> None:
    """Try what `run` needs, and say what mends it. Ends with 0 if `run` would work, else as `run` would.

    A camera's light goes on for a moment; nothing is recorded or shown.
    """
    from livecut.app.checkup import gather
    from livecut.app.findings import examine, exit_code
    from livecut.cli.flags import start_from_flags

    flags: dict[str, Any] = {
        "source.input": source,
        "output.sinks": sink or None,
        "output.size": size,
        "effect.name": effect,
        "device": device,
        "model.name": model,
    }
    begun = start_from_flags(config=config, assignments=set_ or (), flags=flags)
    findings = examine(gather(begun.base))
    for line in report(findings):
        typer.echo(line)
    code = exit_code(findings)
    if code:
        raise typer.Exit(code)


def report(findings: tuple[Finding, ...]) -> list[str]:
    """The findings as lines: mark, topic, text, and below it the command that mends it."""
    width = max((len(finding.topic) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.state]}  {finding.topic:<{width}}  {finding.text}")
        if finding.fix:
            lines.append(f"{'':<6}  {'':<{width}}  -> {finding.fix}")
    broken = sum(finding.state == "broken" for finding in findings)
    lines.append("livecut run would work" if not broken else "livecut run would not work")
    return lines
