"""Where networks run: choose an execution provider that really loads, and say so."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import io
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from livecut.errors import AcceleratorError

__all__ = ["CPU", "Accelerator", "Device", "choose", "runtime", "why_no_cuda"]

log = logging.getLogger("livecut.inference")

Device: TypeAlias = Literal["auto", "cpu", "cuda", "directml", "coreml"]

_PROVIDERS: Final[Mapping[str, str]] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
_LABELS: Final[Mapping[str, str]] = {"cpu": "CPU", "cuda": "CUDA", "directml": "DirectML", "coreml": "CoreML"}
_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "cuda": {
        # EXHAUSTIVE, the default, searches for seconds and takes gigabytes of workspace (onnxruntime#7612).
        "cudnn_conv_algo_search": "HEURISTIC",
        # Grow by what is asked for, not to the next power of two: the GPU is shared with the call itself.
        "arena_extend_strategy": "kSameAsRequested",
        "gpu_mem_limit": 2 * 1024**3,
    },
}

# A graph of one node, `y = Identity(x)` for one float, in ONNX's wire format: what a provider is tried on.
_PROBE: Final = (
    b'\x08\x08:/\n\x10\n\x01x\x12\x01y"\x08Identity\x12\x01pZ\x0b\n\x01x\x12\x06\n\x04\x08\x01\x12\x00'
    b"b\x0b\n\x01y\x12\x06\n\x04\x08\x01\x12\x00B\x04\n\x00\x10\r"
)


@dataclass(frozen=True, slots=True)
class Accelerator:
    """An execution provider and its options; `choose` has seen it load."""

    device: Literal["cpu", "cuda", "directml", "coreml"]
    options: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    """Why this one, for people."""
    required: bool = False
    """True when it was asked for by name: then nothing falls back from it."""

    @property
    def provider(self) -> str:
        """ONNX Runtime's name for it."""
        return _PROVIDERS[self.device]

    @property
    def label(self) -> str:
        """For people, e.g. `CUDA`."""
        return _LABELS[self.device]


CPU: Final = Accelerator("cpu", why="asked for")


@functools.cache
def runtime() -> Any:
    """ONNX Runtime, imported on first use; raises `AcceleratorError` when it cannot be."""
    # Newer builds keep a device number and events to be sent, on every system: nothing of this machine is anybody's
    # business. It is read when the library is loaded, so it must be set before.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        # It tells of devices it cannot see while it is imported; what matters is said by `choose`.
        ort = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise AcceleratorError(
            f"ONNX Runtime cannot be imported: {error}", hint="pip install --force-reinstall onnxruntime-gpu"
        ) from error
    ort.disable_telemetry_events()
    ort.set_default_logger_severity(3)
    return ort


def choose(device: Device = "auto", *, ort: Any = None, driver: Callable[[], bool] | None = None) -> Accelerator:
    """Choose where networks run; tries the provider on a graph of one node, for ONNX Runtime falls back in silence.

    `auto` takes CUDA where it works, else the CPU, and says so. Any other device is had or `AcceleratorError` raised.
    `ort` and `driver` stand in for ONNX Runtime and the look for NVIDIA's driver.
    """
    if device == "cpu":
        return CPU
    ort = runtime() if ort is None else ort
    if device in ("directml", "coreml"):
        problem = _problem(ort, device)
        if problem:
            raise AcceleratorError(f"{_LABELS[device]} cannot be used: {problem}", hint=_hint(device, problem))
        return Accelerator(device, why="asked for", required=True)
    present = (_driver_is_there if driver is None else driver)()
    problem = _problem(ort, "cuda") if present else "this machine has no NVIDIA driver"
    if not problem:
        asked = device == "cuda"
        return Accelerator("cuda", _OPTIONS["cuda"], "asked for" if asked else "it works here", required=asked)
    if device == "cuda":
        raise AcceleratorError(f"CUDA cannot be used: {problem}", hint=_hint("cuda", problem))
    # Without a driver there is nothing to fall back from.
    log.log(logging.WARNING if present else logging.INFO, "networks run on the CPU: %s", problem)
    return Accelerator("cpu", why=problem)


def why_no_cuda() -> str:
    """What keeps networks from running on CUDA, empty when nothing does."""
    return _problem(runtime(), "cuda") if _driver_is_there() else "this machine has no NVIDIA driver"


def _problem(ort: Any, device: Literal["cuda", "directml", "coreml"]) -> str:
    """Why a provider cannot be used, empty when it can."""
    provider = _PROVIDERS[device]
    if provider not in ort.get_available_providers():
        return f"the installed ONNX Runtime {ort.__version__} is built without it"
    if device == "cuda" and hasattr(ort, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does not find
            ort.preload_dlls()
    options = ort.SessionOptions()
    options.log_severity_level = 4  # its own account of a library that does not load is said here in one line
    try:
        ort.set_default_logger_severity(4)
        session = ort.InferenceSession(
            _PROBE, options, providers=[(provider, dict(_OPTIONS.get(device, {})))], enable_fallback=0
        )
    except Exception as error:  # pybind's exceptions share no base of their own
        return _first_line(error)
    finally:
        ort.set_default_logger_severity(3)
    if session.get_providers()[0] != provider:
        return (_missing_library(ort) if device == "cuda" else "") or "its libraries do not load"
    return ""


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _driver_is_there() -> bool:
    """True when NVIDIA's driver is installed."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _missing_library(ort: Any) -> str:
    """What the loader says when it is asked for the CUDA provider's library, empty when it loads."""
    folder = Path(ort.__file__).parent / "capi"
    suffix = "onnxruntime_providers_cuda.dll" if sys.platform == "win32" else "libonnxruntime_providers_cuda.so"
    try:
        ctypes.CDLL(str(folder / suffix))
    except OSError as error:
        text = _first_line(error)
        # The second case is no obstacle: the library asks its host for this symbol when it is loaded by it.
        return "" if "undefined symbol" in text else text
    return ""


def _hint(device: str, problem: str) -> str:
    if device == "directml":
        return "on Windows: pip uninstall onnxruntime-gpu, then pip install onnxruntime-directml; or --device cpu"
    if device == "coreml":
        return "CoreML is there on macOS only; or --device cpu"
    if "NVIDIA driver" in problem or "driver version" in problem:
        return "install NVIDIA's driver until nvidia-smi lists the card; or --device cpu"
    if "built without" in problem:
        return "pip uninstall onnxruntime, then pip install --force-reinstall onnxruntime-gpu; or --device cpu"
    return "pip install 'livecut[cuda]' brings NVIDIA's libraries; livecut doctor tells more; or --device cpu"
