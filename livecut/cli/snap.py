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
    mode: Annotated[
        Literal["image", "mask"] | None, typer.Option(help="Cut-out with transparency (default), or grey mask.")
    ] = None,
    background: Annotated[str | None, typer.Option(help="Colour or picture to put behind.")] = None,
    burst: Annotated[int, typer.Option(min=1, max=120, help="Take the sharpest of so many frames.")] = 10,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Size asked of a camera.")] = None,
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any setting.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Take a still: what the running filter shows, as it shows it; else a person cut out of the camera's picture.

    The running filter's picture is already made: --mode, --background, --size and --set are for a picture of --source.
    """
    import datetime

    from livecut.app.mailbox import ask, running
    from livecut.app.still_files import kind_of, refuse_over, write_whole
    from livecut.app.stills import StillWork
    from livecut.cli.flags import settings_from_flags
    from livecut.errors import SettingsError
    from livecut.paths import expanded

    target = Path(f"livecut-{datetime.datetime.now():%Y%m%d-%H%M%S}.png") if output is None else expanded(output)
    settings = settings_from_flags(
        config=config, assignments=set_ or (), flags={"source.input": source, "source.size": size}
    )
    refuse_over(target, [Path(settings.source.input), *([Path(background)] if background else [])])
    mark = next(running(), None) if source is None else None
    kind = kind_of(target) or "png"
    if mark is not None:
        given = {"--mode": mode, "--background": background, "--size": size, "--config": config, "--set": set_}
        unused = [flag for flag, value in given.items() if value]
        if unused:
            raise SettingsError(
                f"the running filter's picture is taken as it shows it: {', '.join(unused)} cannot change that",
                hint="leave it out, or end the filter and name a --source",
            )
        ask(mark, "still", path=str(target.absolute()), burst=burst)
    else:
        if kind == "jpeg" and mode != "mask" and background is None:
            raise SettingsError("a JPEG has no transparency", hint="-o NAME.png, or --background COLOUR")
        work = StillWork(settings, via="local")
        try:
            picture = _best(settings, burst)
            cut = work.cut(picture, mode=mode or "image", background=background, name="the camera's picture")
        finally:
            work.close()
        write_whole(target, cut.encoded(kind))
    typer.echo(f"wrote {target}")


def _best(settings: Settings, burst: int) -> Pixels:
    """The sharpest of `burst` frames, once the camera has settled."""
    import time

    from livecut.app.opening import build_source
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
