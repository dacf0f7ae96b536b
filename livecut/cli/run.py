"""`livecut run`: the live filter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from livecut.server.panel.panel import Panel
    from livecut.settings import Settings

__all__ = ["run"]


def run(
    source: Annotated[
        str | None,
        typer.Option(help="demo, a file, a camera's number, /dev/videoN or name, or a URL. Default: camera 0."),
    ] = None,
    sink: Annotated[
        list[str] | None,
        typer.Option(
            help="virtualcam[:PATH|:LABEL], /dev/videoN, window, null or a file; repeatable. Default: virtualcam."
        ),
    ] = None,
    effect: Annotated[
        str | None,
        typer.Option(help="blur, bokeh, replace, green, cutout, depth, matte, split or none. Default: blur."),
    ] = None,
    background: Annotated[
        str | None, typer.Option(help="Colour, image or video to stand before (the effect is then `replace`).")
    ] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Size of the picture.")] = None,
    fps: Annotated[float | None, typer.Option(help="Rate of the picture.")] = None,
    mirror: Annotated[bool | None, typer.Option("--mirror/--no-mirror", help="Mirror left and right.")] = None,
    on_demand: Annotated[
        bool | None,
        typer.Option("--on-demand/--always-on", help="Open the camera only while a program looks (Linux)."),
    ] = None,
    loop: Annotated[bool | None, typer.Option("--loop/--no-loop", help="Start a file again at its end.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, directml or coreml.")] = None,
    model: Annotated[str | None, typer.Option(help="A network's name; `livecut models list` has them.")] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Begin with a preset of livecut.toml; flags go over it.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A livecut.toml to read; relative paths in it are those of its folder.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any other setting; repeatable.")
    ] = None,
    panel: Annotated[
        bool | None,
        typer.Option("--panel/--no-panel", help="Serve a control panel on this machine; its address is printed."),
    ] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="End after so many frames of the source.")] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more; a traceback when something fails.")
    ] = False,
) -> None:
    """Filter a camera, a file or a stream into a virtual camera, a window or a file.

    q ends (in the window), space shows the privacy card, m mirrors, 1 to 9 choose a
    preset; Ctrl-C ends, SIGUSR1 shows or hides the card.
    """
    import contextlib

    from livecut.app.mistakes import mistakes
    from livecut.app.overwriting import refuse_overwriting
    from livecut.app.session import Session
    from livecut.cli.flags import start_from_flags
    from livecut.cli.streams import tell
    from livecut.cli.watch import Watch
    from livecut.sinks import is_path

    if background is not None and effect is None:
        effect = "replace"
    flags: dict[str, Any] = {
        "source.input": source,
        "source.loop": loop,
        "output.sinks": sink or None,
        "output.size": size,
        "output.fps": fps,
        "output.mirror": mirror,
        "output.on_demand": on_demand,
        "effect.name": effect,
        "effect.replace.background": background,
        "device": device,
        "model.name": model,
        "panel.enabled": panel,
    }
    begun = start_from_flags(preset=preset, config=config, assignments=set_ or (), flags=flags)
    settings = begun.settings
    for mistake in mistakes(settings):
        if mistake.counts:
            raise begun.located(mistake.path, mistake.error)
    refuse_overwriting(settings, others={} if config is None else {"the configuration": config})
    if not sink:
        for output in filter(is_path, settings.output.sinks):
            tell(f"writing {output}")  # of the settings file's folder, which need not be this one
    with contextlib.ExitStack() as stack:
        panel_shown = stack.enter_context(_panel(settings)) if settings.panel.enabled else None
        watch = stack.enter_context(Watch())
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))  # Ctrl-C before there is a session to stop
        taps = () if panel_shown is None else (panel_shown.viewfinder,)
        session = watch.open(
            lambda: Session(
                settings,
                base=begun.base,
                broken=begun.broken,
                preset_order=begun.preset_order,
                frame_limit=frames,
                taps=taps,
            )
        )
        if panel_shown is not None:
            panel_shown.serve(session)
            tell(f"control panel: {panel_shown.url}")
        session.run()
    watch.report()


def _panel(settings: Settings) -> Panel:
    # Only where it is wanted: the first picture, which is the privacy card, waits for nothing that is not.
    from livecut.server.panel.panel import Panel

    return Panel(settings.panel)
