"""What a measurement was taken on, and how much memory this process took."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from livecut import __version__
from livecut.kernels.cpu.seats import Seat

__all__ = ["fingerprint", "peak_memory_mb"]

_LIBRARIES = ("numpy", "opencv-python", "numba", "onnxruntime", "onnxruntime-gpu")
_MEGABYTE = 1e6


def fingerprint() -> dict[str, Any]:
    """Processor, cores, memory, system and the libraries that compute: what must be equal for times to compare."""
    return {
        "processor": _processor(),
        "cores": Seat.cores(),
        "memory_mb": _memory_mb(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "livecut": __version__,
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def peak_memory_mb() -> float:
    """The most memory this process has had resident so far, in megabytes; NaN where the system does not tell."""
    try:
        # Not `ru_maxrss`: a process inherits that from the one it was forked off.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / _MEGABYTE
    except (OSError, StopIteration, ValueError):
        return _peak_elsewhere()


def _peak_elsewhere() -> float:
    if sys.platform == "win32":
        return _peak_on_windows()
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / _MEGABYTE if sys.platform == "darwin" else most * 1024 / _MEGABYTE


def _peak_on_windows() -> float:
    import ctypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", ctypes.c_ulong),
            ("faults", ctypes.c_ulong),
            *((name, ctypes.c_size_t) for name in ("peak", "now", "a", "b", "c", "d", "page", "page_peak")),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    windll = getattr(ctypes, "windll")  # noqa: B009  it exists on Windows only
    process = ctypes.c_void_p(windll.kernel32.GetCurrentProcess())
    if not windll.psapi.GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb):
        return float("nan")
    return float(counters.peak) / _MEGABYTE


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _memory_mb() -> int:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _MEGABYTE)
    except (AttributeError, OSError, ValueError):
        return 0


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
