"""livecut: real-time person matte, depth, lens-like blur and background replacement."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livecut.app.session import Session
    from livecut.app.stills import cutout, depth
    from livecut.errors import LivecutError
    from livecut.settings import Settings

__all__ = ["LivecutError", "Session", "Settings", "__version__", "cutout", "depth"]

__version__ = "0.1.0"

# Loaded on first use: `import livecut` must not cost what OpenCV, numba and ONNX Runtime cost.
_HOMES = {
    "LivecutError": "livecut.errors",
    "Session": "livecut.app.session",
    "Settings": "livecut.settings",
    "cutout": "livecut.app.stills",
    "depth": "livecut.app.stills",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'livecut' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
