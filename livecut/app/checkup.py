"""Gathers what the doctor looks at: everything that `run` opens is opened for a moment, as `run` would."""

from __future__ import annotations

import errno
import importlib
import os
import statistics
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

import numpy as np

from livecut.app.findings import Facts, Tried, unloadable
from livecut.errors import LivecutError
from livecut.settings import Settings
from livecut.sinks.devices import VirtualCameraInfo, virtual_cameras
from livecut.sources.devices import CameraInfo, cameras
from livecut.types import Frame, Size

__all__ = ["gather"]

TIMED_FRAMES = 15
DEFAULT_SIZE = Size(1280, 720)
HEAVY = ("livecut.app.build", "livecut.sinks.recording", "livecut.sinks.window", "livecut.sources.video")
"""They import every library that `run` needs: when one of those does not load, nothing can be tried."""


def gather(settings: Settings) -> Facts:
    """Try the source, every output and the networks of `settings`.

    A camera's light goes on for a moment; files that would be written are left alone; nothing is shown to anybody.
    """
    packages = _packages()
    try:
        for module in HEAVY:
            importlib.import_module(module)
    except Exception as error:
        failure = unloadable(error)
        if failure is None:
            raise
        return Facts(packages=packages, import_error=failure)
    known: tuple[CameraInfo, ...] = cameras(details=True)
    loopbacks: tuple[VirtualCameraInfo, ...] = virtual_cameras() if sys.platform == "linux" else ()
    source, size, fps = _try_source(settings)
    wanted = settings.output.size or size or DEFAULT_SIZE
    plan, frame_ms = _try_plan(settings, wanted, size or wanted)
    return Facts(
        packages=packages,
        source=source,
        source_fps=fps,
        source_size=size,
        outputs=tuple(_try_output(settings, spec, wanted) for spec in settings.output.sinks),
        plan=plan,
        background=_try_background(settings, wanted),
        frame_ms=frame_ms,
        no_cuda=_no_cuda(settings),
        cameras=known,
        virtual_cameras=tuple(camera for camera in loopbacks if _is_used(camera, settings)),
    )


def _packages() -> dict[str, str]:
    prefixes = ("onnxruntime", "nvidia-", "opencv")
    found = ((str(entry.metadata["Name"] or "").lower(), entry.version) for entry in distributions())
    return {name: version for name, version in found if name.startswith(prefixes)}


def _try_source(settings: Settings) -> tuple[Tried, Size | None, float | None]:
    from livecut.app.opening import build_source

    try:
        source = build_source(settings, wait=time.sleep).source
    except LivecutError as error:
        return Tried(settings.source.input, error=error), None, None
    try:
        return Tried(source.name, f"{source.size} at {source.fps:g} fps"), source.size, source.fps
    finally:
        source.close()


def _try_output(settings: Settings, spec: str, size: Size) -> Tried:
    from livecut.sinks import is_path, open_sink
    from livecut.sinks.display import check_display
    from livecut.sinks.frames import is_frame_pattern
    from livecut.sinks.recording import SUFFIXES

    try:
        if spec == "window":
            check_display(os.environ)
            return Tried(spec)
        if is_path(spec) and (is_frame_pattern(spec) or Path(spec).suffix.lower() in SUFFIXES):
            _check_folder(spec)
            return Tried(spec)
        sink = open_sink(spec, size=size, fps=settings.output.fps or 30.0, pixel_format=settings.output.pixel_format)
    except LivecutError as error:
        return Tried(spec, error=error)
    try:
        return Tried(sink.name, "free" if spec.startswith(("virtualcam", "/dev/")) else "")
    finally:
        sink.close()


def _check_folder(spec: str) -> None:
    """Where a file or folder would be written: opening it would empty what is there."""
    from livecut.sinks.outfile import unavailable

    path = Path(spec)
    if not path.absolute().parent.is_dir():
        raise unavailable(path, FileNotFoundError())
    if not os.access(path.absolute().parent, os.W_OK):
        raise unavailable(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _try_plan(settings: Settings, size: Size, source: Size) -> tuple[Tried, float | None]:
    from livecut.app.build import build_plan
    from livecut.pipeline.meter import Meter

    name = f"{settings.effect.name} with {settings.model.name}"
    try:
        plan = build_plan(settings, size, Meter(), source=source)
    except LivecutError as error:
        return Tried(name, error=error), None
    try:
        canvas = plan.new_canvas()
        noise = np.random.default_rng(0).integers(0, 255, (source.height, source.width, 3), np.uint8)
        times = []
        for index in range(TIMED_FRAMES):
            started = time.monotonic_ns()
            plan.render(Frame(noise, index, started), canvas)
            times.append((time.monotonic_ns() - started) * 1e-6)
        return Tried(name, f"{plan.label}, {size}"), statistics.median(times)
    except LivecutError as error:
        return Tried(name, error=error), None
    finally:
        plan.close()


def _try_background(settings: Settings, size: Size) -> Tried | None:
    """Whether the background is to be had: with a fallback for it, the plan works without, too."""
    from livecut.app.backdrops import build_backdrop

    effect = settings.effect
    if "replace" not in ({effect.split.before, effect.split.after} if effect.name == "split" else {effect.name}):
        return None
    try:
        build_backdrop(effect.replace.model_copy(update={"fallback": "card"}), size).close()
    except LivecutError as error:
        return Tried(effect.replace.background, error=error)
    return Tried(effect.replace.background)


def _no_cuda(settings: Settings) -> str:
    """Why networks stay off CUDA on a machine that has an NVIDIA card and was not told to use something else."""
    from livecut.inference.accelerator import why_no_cuda

    if settings.device not in ("auto", "cuda"):
        return ""
    try:
        why = why_no_cuda()
    except LivecutError as error:
        return error.message
    return "" if "no NVIDIA driver" in why else why


def _is_used(camera: VirtualCameraInfo, settings: Settings) -> bool:
    """True when an output of `settings` names this virtual camera, or any."""
    targets = [
        spec.partition(":")[2] if spec.startswith("virtualcam") else spec
        for spec in settings.output.sinks
        if spec.startswith(("virtualcam", "/dev/video"))
    ]
    return any(target in ("", camera.path, camera.label) for target in targets)
