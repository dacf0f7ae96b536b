"""Opens what pictures come from and go to; light, for nothing may keep the privacy card waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livecut.app.overwriting import refuse_overwriting
from livecut.errors import DeviceUnavailable
from livecut.paths import without_secrets
from livecut.pipeline.timing import Timing
from livecut.protocols import Sink, Source
from livecut.settings import Settings
from livecut.sinks import is_path, is_virtual_camera, open_sink, xcb
from livecut.sources import open_source
from livecut.sources.paced import Paced
from livecut.types import Size

if TYPE_CHECKING:
    from livecut.sinks.window import Key

__all__ = ["Opened", "build_source", "open_outputs", "rests_unwatched", "timing_for"]

log = logging.getLogger(__name__)

# Sinks that take pictures as fast as they come: nothing is gained by making them wait.
_UNCLOCKED = ("memory", "null")


@dataclass(frozen=True, slots=True)
class Opened:
    """A source as the pipeline runs it."""

    source: Source
    reopen: Callable[[], Source] | None
    """Opens a lost camera again; None for what cannot come back."""
    paced: bool
    """A file that is played at its own rate."""
    frame_limit: int | None = None
    """A still picture on its way into files is one frame, not an endless video."""


def build_source(settings: Settings, *, wait: Callable[[float], object]) -> Opened:
    """Open the source; `wait(seconds)` is how a file's pacing sleeps. Raises `DeviceError`, `ImageError`."""
    wanted = settings.source

    def open_it() -> Source:
        return open_source(
            wanted.input,
            size=wanted.size or settings.output.size,
            fps=wanted.fps or settings.output.fps,
            mjpg=wanted.mjpg,
            loop=wanted.loop,
            stale_after_s=wanted.stale_after_s,
            timeout_s=wanted.timeout_s,
        )

    refuse_overwriting(settings)
    if "window" in settings.output.sinks:
        xcb.claim_libraries()
    source = open_it()
    recordings = [sink for sink in settings.output.sinks if is_path(sink)]
    if recordings and getattr(source, "has_sound", False):
        log.warning("%s has sound, %s gets the pictures alone", source.name, recordings[0])
    if not source.live:
        paced = wanted.pace == "realtime" or (wanted.pace == "auto" and not _only_files(settings.output.sinks))
        once = 1 if getattr(source, "still", False) and not paced else None
        return Opened(Paced(source, wait=wait) if paced else source, None, paced, once)
    is_stream = "://" in wanted.input
    return Opened(source, None if is_stream else open_it, False)


def timing_for(settings: Settings, source: Source, *, paced: bool) -> Timing:
    """How the output is clocked: by its own rate, or frame by frame when a file goes into files."""
    fps = settings.output.fps or source.fps or 30.0
    lossless = not paced and not source.live
    max_age_ns = settings.privacy.max_age_ns
    return Timing(fps, max_age_ns, lossless, source_fps=source.fps or None, hold=lossless or paced)


def rests_unwatched(settings: Settings, opened: Opened) -> bool:
    """Whether the source is to be closed while nobody looks; says so where that was asked for and cannot be."""
    if not settings.output.on_demand:
        return False
    if opened.reopen is None:
        log.warning("output.on_demand is for cameras: %s stays open", opened.source.name)
        return False
    for sink in settings.output.sinks:
        if not is_virtual_camera(sink):
            log.warning(
                "output.on_demand: of %s nobody knows who looks, %s stays open",
                without_secrets(sink),
                opened.source.name,
            )
            return False
    return True


def open_outputs(settings: Settings, size: Size, fps: float, *, on_key: Callable[[Key], object]) -> list[Sink]:
    """Open every sink; when one fails, those before it are closed again."""
    sinks: list[Sink] = []
    try:
        for spec in settings.output.sinks:
            sinks.append(
                open_sink(
                    spec,
                    size=size,
                    fps=fps,
                    alpha=settings.effect.name == "cutout",
                    depth=settings.effect.name == "depth" and settings.effect.depth.sixteen_bits,
                    pixel_format=settings.output.pixel_format,
                    colour=settings.effect.cutout.colour,
                    on_key=on_key,
                )
            )
    except BaseException:
        for sink in sinks:
            sink.close()
        raise
    if not sinks:
        raise DeviceUnavailable("there is no output", hint="name one, e.g. --sink window")
    return sinks


def _only_files(sinks: Sequence[str]) -> bool:
    return all(sink in _UNCLOCKED or not _is_clocked(sink) for sink in sinks)


def _is_clocked(sink: str) -> bool:
    return sink == "window" or sink.startswith(("virtualcam", "/dev/video"))
