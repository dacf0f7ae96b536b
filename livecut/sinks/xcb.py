"""OpenCV's wheel and PyAV's bring libraries of X under the same names, of which a process loads the first it meets.

Of two halves that do not belong together Qt waits for ever, where no signal reaches it: OpenCV's must be first.
"""

from __future__ import annotations

import ctypes
import importlib.util
from contextlib import suppress
from pathlib import Path

from livecut.errors import DeviceUnavailable

__all__ = ["check_libraries", "claim_libraries"]

_MAPS = Path("/proc/self/maps")


def claim_libraries(package: Path | None = None) -> None:
    """Load OpenCV's, before anything imports PyAV. Nothing where there are none, as on other systems."""
    package = package or _package()
    plugin = package / "qt" / "plugins" / "platforms" / "libqxcb.so" if package is not None else None
    if plugin is not None and plugin.exists():
        with suppress(OSError):  # Qt will say what it lacks
            ctypes.CDLL(str(plugin))


def check_libraries(package: Path | None = None, maps: Path = _MAPS) -> None:
    """Raise `DeviceUnavailable` where others stand in their place."""
    package = package or _package()
    # opencv_python, opencv_contrib_python: whichever wheel brings Qt.
    own = next(package.parent.glob("opencv*python.libs"), None) if package is not None else None
    if own is None or not maps.exists():
        return
    names = {library.name for library in own.glob("libxcb-*")}
    for line in maps.read_text(errors="replace").splitlines():
        library = Path("/" + line.partition("/")[2])
        if library.name in names and library.parent.resolve() != own.resolve():
            raise DeviceUnavailable(
                f"a window would hang: {library.name} was loaded from {library.parent.name}, not from OpenCV",
                hint="open the window, or make the Session, before PyAV (av) is imported",
            )


def _package() -> Path | None:
    """Where OpenCV is, without importing it; None where that cannot be told."""
    found = importlib.util.find_spec("cv2")
    return Path(found.origin).parent if found is not None and found.origin else None
