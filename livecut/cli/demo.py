"""`livecut demo`: a first run without camera, GPU or download."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["demo"]

SHEET = "livecut-demo.png"


def demo(
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of the picture.")] = "1280x720",
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, directml or coreml.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="So many frames instead of ten seconds.")] = None,
    window: Annotated[bool, typer.Option("--window/--no-window", help="Show it where there is a display.")] = True,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more; a traceback when something fails.")
    ] = False,
) -> None:
    """Ten seconds of a moving portrait through matte, depth and bokeh.

    Writes livecut-demo.mp4 and livecut-demo.png (input, matte, depth, blur, bokeh, replace) to the current folder.
    """
    import time
    from pathlib import Path

    from livecut.app.demo import SECONDS, VIDEO, contact_sheet, demo_session, has_display
    from livecut.app.still_files import write_whole
    from livecut.app.still_image import encode_png
    from livecut.cli.flags import settings_from_flags
    from livecut.cli.stages import print_stages
    from livecut.types import Size

    settings = settings_from_flags(flags={"output.size": size, "device": device})
    assert settings.output.size is not None
    count = frames if frames is not None else SECONDS * 30
    session = demo_session(settings, Path(), frames=count, window=window and has_display())
    typer.echo(f"{count} frames of the demo source at {session.size} through matte, depth and bokeh …", err=True)
    start = time.perf_counter()
    session.run()
    elapsed = time.perf_counter() - start
    seen = session.status()
    print_stages(seen)
    typer.echo(f"{seen.pictures_out} pictures, {seen.cards} of them cards, in {elapsed:.1f} s; {session.label}")
    width = min(settings.output.size.width, 640)
    panel = Size(width, max(1, round(width * settings.output.size.height / settings.output.size.width)))
    write_whole(Path(SHEET), encode_png(contact_sheet(settings, panel)))
    typer.echo(f"wrote {VIDEO} and {SHEET}")
