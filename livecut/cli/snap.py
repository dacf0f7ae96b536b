"""`livecut snap`: a still from the running filter, or the best of a short burst from the camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from livecut.settings import Settings
    from livecut.types import Pixels

__all__ = ["snap"]

SETTLE = 8
"""Frames a camera needs until exposure and white balance stand."""


def snap(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File. Default: livecut-DATE-TIME.png.")] = None,
    source: Annotated[
        str | None, typer.Option(help="As for run. Default: the filter that runs, else the first camera.")
    ] = None,
    mode: Annotated[Literal["image", "mask"], typer.Option(help="Cut-out with transparency, or grey mask.")] = "image",
    background: Annotated[str | None, typer.Option(help="Colour or picture to put behind.")] = None,
    burst: Annotated[int, typer.Option(min=1, max=120, help="Take the sharpest of so many frames.")] = 10,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Size asked of a camera.")] = None,
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any setting.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Take a still: what the running filter shows, as it shows it; else a person cut out of the camera's picture."""
    import datetime

    from livecut.app.snapshot import ask_running, running
    from livecut.app.still_files import refuse_over, write_whole
    from livecut.app.stills import StillWork
    from livecut.cli.flags import settings_from_flags

    target = output or Path(f"livecut-{datetime.datetime.now():%Y%m%d-%H%M%S}.png")
    settings = settings_from_flags(
        config=config, assignments=set_ or (), flags={"source.input": source, "source.size": size}
    )
    refuse_over(target, [Path(settings.source.input), *([Path(background)] if background else [])])
    mark = next(running(), None) if source is None else None
    if mark is not None:
        ask_running(mark, target)
    else:
        work = StillWork(settings, via="local")
        try:
            cut = work.cut(_best(settings, burst), mode=mode, background=background, name="the camera's picture")
        finally:
            work.close()
        write_whole(target, cut.png())
    typer.echo(f"wrote {target}")


def _best(settings: Settings, burst: int) -> Pixels:
    """The sharpest of `burst` frames, once the camera has settled."""
    import time

    from livecut.app.build import build_source
    from livecut.errors import DeviceLost
    from livecut.kernels.cpu.sharpness import sharpness

    source = build_source(settings, wait=time.sleep).source
    try:
        best, score = None, -1.0
        for number in range(SETTLE + burst):
            frame = source.read()
            if frame is None:
                break
            if number < SETTLE and source.live:
                continue
            value = sharpness(frame.bgr)
            if value > score:
                best, score = frame.bgr, value
        if best is None:
            raise DeviceLost(f"{source.name} gave no picture")
        return best
    finally:
        source.close()
