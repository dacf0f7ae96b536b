"""What stands between a machine and 30 frames a second in a call: pure checks over facts gathered elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from livecut.errors import DeviceUnavailable, LivecutError
from livecut.sinks.devices import MODPROBE, VirtualCameraInfo
from livecut.sources.devices import CameraInfo
from livecut.types import Size

__all__ = ["Facts", "Finding", "Tried", "examine", "exit_code", "missing_library", "unloadable"]

CALL_FPS: Final = 30.0
VIDEO_GROUP: Final = "sudo usermod -aG video $USER, then log in again"
RUNTIMES: Final = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")

State = Literal["ok", "note", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    topic: str
    state: State
    """`note`: `run` works, less well than it could; `broken`: `run` ends with `exit_code`."""
    text: str
    fix: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """A part of `run` that was tried for real."""

    name: str
    says: str = ""
    """What it is, when it works."""
    error: LivecutError | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the checks know."""

    packages: Mapping[str, str] = field(default_factory=dict)
    """Names and versions of what is installed, as far as it matters."""
    import_error: LivecutError | None = None
    """A library that does not load; then nothing could be tried."""
    source: Tried | None = None
    source_fps: float | None = None
    source_size: Size | None = None
    outputs: Sequence[Tried] = ()
    plan: Tried | None = None
    background: Tried | None = None
    """What is to stand behind the person under `replace`."""
    frame_ms: float | None = None
    """Time of one frame through networks and effect."""
    no_cuda: str = ""
    """Why networks do not run on CUDA; empty when they do, or when that is not to be expected."""
    cameras: Sequence[CameraInfo] = ()
    virtual_cameras: Sequence[VirtualCameraInfo] = ()


def examine(facts: Facts) -> tuple[Finding, ...]:
    """Every finding, in the order in which `run` would come upon it."""
    checks = (
        _imports,
        _runtimes,
        _source,
        _rate,
        _permissions,
        _outputs,
        _exclusive,
        _plan,
        _background,
        _cuda,
        _speed,
    )
    return tuple(finding for check in checks for finding in check(facts))


def exit_code(findings: Iterable[Finding]) -> int:
    """0 when `run` would work, else what it would end with."""
    return next((finding.exit_code for finding in findings if finding.state == "broken"), 0)


def missing_library(error: ImportError) -> LivecutError:
    """What an import that failed means, in one line with the command that mends it."""
    text = " ".join(str(error).split())
    # OpenCV's wheel brings all but the system's: the GL, X and GLib libraries.
    if "cannot open shared object file" in text and (error.name or "cv2").partition(".")[0] == "cv2":
        return LivecutError(
            f"OpenCV does not load: {text}", hint="sudo apt install libgl1 libglib2.0-0 (or your system's packages)"
        )
    name = (error.name or "").partition(".")[0]
    package = {"cv2": "opencv-python", "PIL": "Pillow", "av": "av"}.get(name, name)
    return LivecutError(
        f"a library does not load: {text}", hint=f"pip install --force-reinstall {package or 'livecut'}"
    )


def unloadable(error: Exception) -> LivecutError | None:
    """What an exception means that a library raises where it is imported; None for any other."""
    if isinstance(error, ImportError):
        return missing_library(error)
    if isinstance(error, RuntimeError) and str(error).startswith("cannot cache function"):
        return DeviceUnavailable(
            "compiled kernels can be kept nowhere: neither livecut's own folder nor a cache may be written to",
            hint="name a folder that may be, in NUMBA_CACHE_DIR",
        )
    return None


def _imports(facts: Facts) -> Iterator[Finding]:
    if facts.import_error is not None:
        yield _broken("python", facts.import_error)


def _runtimes(facts: Facts) -> Iterator[Finding]:
    there = [f"{name} {facts.packages[name]}" for name in RUNTIMES if name in facts.packages]
    if len(there) > 1:
        names = " ".join(name for name in RUNTIMES if name in facts.packages)
        wanted = "onnxruntime-gpu" if "onnxruntime-gpu" in facts.packages else "onnxruntime"
        # They share one folder: which of them is imported is whichever was unpacked last.
        yield Finding(
            "onnxruntime",
            "note",
            f"{' and '.join(there)} are installed over each other",
            f"pip uninstall -y {names}, then pip install {wanted}",
        )
    elif there:
        yield Finding("onnxruntime", "ok", there[0])


def _source(facts: Facts) -> Iterator[Finding]:
    if facts.source is not None:
        yield _tried("source", facts.source)


def _rate(facts: Facts) -> Iterator[Finding]:
    if facts.source is None or facts.source.error is not None or not facts.source_fps:
        return
    if facts.source_fps < CALL_FPS - 1 and facts.source.name.startswith("camera"):
        better = _better_format(facts)
        yield Finding(
            "source",
            "note",
            f"{facts.source.name} gives {facts.source_fps:g} fps only",
            f"livecut run --size {better}" if better else "more light, or a smaller --size, often gives more",
        )


def _better_format(facts: Facts) -> str:
    """The largest size at which this camera offers full rate, if it is another one."""
    known = {f"camera {camera.index} ({camera.name})": camera for camera in facts.cameras}
    camera = known.get(facts.source.name) if facts.source else None
    sizes = [
        given.size
        for given in (camera.formats if camera else ())
        if given.fps and max(given.fps) >= CALL_FPS and given.size != facts.source_size
    ]
    sizes = [size for size in sizes if size.height <= 1080]
    return str(max(sizes, key=lambda size: size.width * size.height)) if sizes else ""


def _permissions(facts: Facts) -> Iterator[Finding]:
    forbidden = [camera.path for camera in facts.cameras if camera.problem in (1, 13)]
    failed = facts.source is not None and facts.source.error is not None
    if forbidden and not failed:
        yield Finding("source", "note", f"no permission to use {', '.join(forbidden)}", VIDEO_GROUP)


def _outputs(facts: Facts) -> Iterator[Finding]:
    for output in facts.outputs:
        yield _tried("output", output)


def _exclusive(facts: Facts) -> Iterator[Finding]:
    for camera in facts.virtual_cameras:
        if not camera.exclusive:
            yield Finding(
                "output",
                "note",
                f"{camera.path} ({camera.label}) has no exclusive_caps: Chrome and Teams will not list it",
                f"sudo modprobe -r v4l2loopback, then {MODPROBE}",
            )


def _plan(facts: Facts) -> Iterator[Finding]:
    if facts.plan is not None:
        yield _tried("networks", facts.plan)


def _background(facts: Facts) -> Iterator[Finding]:
    background = facts.background
    if background is None or facts.plan is None or facts.plan.error is not None:
        return  # without it there is no plan either: that was said
    if background.error is None:
        yield _tried("background", background)
    else:
        text = f"{background.error.message}: your own room stands there instead, strongly blurred"
        yield Finding("background", "note", text, background.error.hint)


def _cuda(facts: Facts) -> Iterator[Finding]:
    if facts.no_cuda:
        yield Finding("networks", "note", f"not on CUDA: {facts.no_cuda}", _cuda_fix(facts.no_cuda, facts.packages))


def _cuda_fix(why: str, packages: Mapping[str, str]) -> str:
    if "built without" in why:
        return "pip uninstall -y onnxruntime, then pip install --force-reinstall onnxruntime-gpu"
    if "driver" in why.lower():
        return "install NVIDIA's driver until nvidia-smi lists the card"
    have = ", ".join(f"{name} {packages[name]}" for name in sorted(packages) if name.startswith("nvidia-"))
    return "pip install 'livecut[cuda]'" + (f" (installed: {have})" if have else "")


def _speed(facts: Facts) -> Iterator[Finding]:
    if facts.frame_ms is None:
        return
    rate = 1000.0 / facts.frame_ms
    text = f"one picture takes {facts.frame_ms:.0f} ms, which is {rate:.0f} fps"
    if round(rate) >= CALL_FPS:
        yield Finding("speed", "ok", text)
    else:
        yield Finding("speed", "note", text, "livecut run --set matte.stride=2, or a smaller --size")


def _tried(topic: str, tried: Tried) -> Finding:
    if tried.error is not None:
        return _broken(topic, tried.error)
    return Finding(topic, "ok", f"{tried.name}: {tried.says}" if tried.says else tried.name)


def _broken(topic: str, error: LivecutError) -> Finding:
    return Finding(topic, "broken", error.message, error.hint, error.exit_code)
