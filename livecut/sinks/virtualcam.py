"""A virtual camera as a sink, through pyvirtualcam (GPL-2.0), which is imported only when this sink opens."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, Literal

import numpy as np

from livecut import v4l2
from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.kernels.cpu.yuv_plain import plain_yuv420, yuv420_bytes
from livecut.sinks.audience import Audience
from livecut.sinks.devices import MODPROBE, choose
from livecut.sinks.opaque import GREEN, Opaque
from livecut.types import Picture, Pixels, Plane8, Size

__all__ = ["VirtualCamera"]

_log = logging.getLogger(__name__)

BUILT_IN_LINUX: Final = "v4l2loopback"
_FORMATS: Final = ("I420", "NV12")


class VirtualCamera:
    """Writes I420 or NV12 (BT.601, limited range), so that neither pyvirtualcam nor the driver converts again.

    `device` is a path (/dev/video10), a label (Linux: the loopback's card label) or None for the first one that is
    free. A device that another program writes to is never taken. `auto` gives the format the driver uses natively:
    NV12 for OBS on Windows, I420 elsewhere. Backends registered with `pyvirtualcam.register_backend` are tried after
    the built-in ones. An odd side loses its last column or row: no driver takes it. `write` never waits.

    Raises `DeviceUnavailable` with the command that mends it; `write` raises `DeviceLost` when the camera is gone.
    """

    def __init__(
        self,
        *,
        size: Size,
        fps: float,
        device: str | None = None,
        pixel_format: Literal["auto", "i420", "nv12"] = "auto",
        colour: str = GREEN,
        host: v4l2.Host = v4l2.LIVE,
    ) -> None:
        self._given = size
        self.size: Final = Size(size.width - size.width % 2, size.height - size.height % 2)
        if min(self.size) == 0:
            raise DeviceUnavailable(f"{size} is too small for a virtual camera", hint="--size 1280x720")
        self._opaque = Opaque(colour)
        self._even = np.empty((self.size.height, self.size.width, 3), np.uint8)
        self._library = _import()
        self._host = host
        self._camera: Any = self._open(fps, device, pixel_format, host)
        self._path = str(self._camera.device)
        self.pixel_format: Final[str] = self._camera.fmt.name.lower()
        """`i420` or `nv12`: what it is given."""
        self._convert: Callable[[Pixels, Plane8], None] | None = None
        self._card: Pixels | None = None
        self._bytes = np.empty(yuv420_bytes(self.size), np.uint8)
        self._audience: Audience | None = None
        self._is_told = False
        label = next((node.name for node in v4l2.nodes(host) if node.path == self._path), "")
        self.name: Final = f"{self._path} ({label})" if label else self._path
        _log.info("%s: %s at %g fps, %s", self.name, self.size, fps, self.pixel_format)

    def write(self, picture: Picture) -> None:
        """Convert and hand over one picture; what is transparent lies over the key colour."""
        size = Size(picture.bgr.shape[1], picture.bgr.shape[0])
        if size != self._given:
            raise ValueError(f"the picture is {size}, the virtual camera {self._given}")
        if self._camera is None:
            raise DeviceLost(f"{self.name} is closed")
        planar = picture.planar
        if (
            planar is not None
            and (planar.name, planar.size) == (self.pixel_format, self.size)
            and picture.alpha is None
        ):
            self._send(planar.planes)
            return
        if self._convert is None and picture.is_card:
            self._send_card(picture.bgr)
            return
        bgr = self._opaque.of(picture)
        if self.size != self._given:
            np.copyto(self._even, bgr[: self.size.height, : self.size.width])
            bgr = self._even
        if self._convert is None:
            self.prepare()
            assert self._convert is not None
        self._convert(bgr, self._bytes)
        self._card = None
        self._send(self._bytes)

    def prepare(self) -> None:
        """Make the conversion's kernel ready, which compiles on the very first run; on any thread, and before `write`
        needs it. Until then the privacy card alone can be shown, which is converted without.
        """
        from livecut.kernels.cpu.yuv import bgr_to_i420, bgr_to_nv12

        convert = bgr_to_i420 if self.pixel_format == "i420" else bgr_to_nv12
        convert(np.zeros((2, 2, 3), np.uint8), np.empty(yuv420_bytes(Size(2, 2)), np.uint8))
        self._convert = convert

    def _send_card(self, bgr: Pixels) -> None:
        if bgr is not self._card:
            plain_yuv420(bgr[: self.size.height, : self.size.width], self._bytes, planar=self.pixel_format == "i420")
            self._card = bgr
        self._send(self._bytes)

    def _send(self, planes: Plane8) -> None:
        try:
            self._camera.send(planes)
        except (RuntimeError, OSError) as error:
            raise DeviceLost(f"{self.name} was lost: {_one_line(error)}") from error

    def is_watched(self) -> bool | None:
        """Whether a program captures from it; None where nothing tells (not v4l2loopback)."""
        if self._camera is None:
            return None
        if self._audience is None:
            if self._camera.backend != BUILT_IN_LINUX:
                if not self._is_told:
                    self._is_told = True
                    _log.warning("%s: nothing here tells who looks, so the camera stays open", self.name)
                return None
            self._audience = Audience(self._path, host=self._host)
            if not self._audience.is_exact:
                _log.info("%s: the driver does not count who captures; whoever has it open counts", self.name)
        return self._audience.is_there()

    def close(self) -> None:
        """Give the device back. Idempotent."""
        if self._audience is not None:
            self._audience.close()
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            camera.close()
        except (RuntimeError, OSError) as error:
            _log.warning("%s: %s", self.name, _one_line(error))
        self._make_writable(self._path)  # for whoever comes next, livecut or not

    def _make_writable(self, path: str) -> None:
        for node in v4l2.nodes(self._host):
            if node.path == path and not v4l2.has_writer(node, self._host):
                v4l2.make_writable(node, self._host)

    def _open(self, fps: float, device: str | None, pixel_format: str, host: v4l2.Host) -> Any:
        backends = list(self._library.camera.BACKENDS)
        refusal: DeviceUnavailable | None = None
        problems: list[str] = []
        for backend in backends:
            target = device
            if backend == BUILT_IN_LINUX and sys.platform == "linux":
                try:
                    target = choose(device, host).path
                    self._make_writable(target)
                except DeviceUnavailable as error:
                    refusal = error
                    continue
            for fmt in _order(pixel_format, backend):
                try:
                    return self._native(self._camera_of(backend, target, fps, fmt), pixel_format)
                except (RuntimeError, OSError, ValueError) as error:
                    problems.append(_one_line(error))
        if refusal is not None and not problems:
            raise refusal
        wanted = f"the virtual camera {device!r}" if device else "a virtual camera"
        raise DeviceUnavailable(
            f"{wanted} cannot be opened: {'; '.join(dict.fromkeys(problems))}", hint=_HINTS.get(sys.platform, "")
        )

    def _native(self, camera: Any, pixel_format: str) -> Any:
        """The camera itself, or with `auto` opened anew in its native format where that is the other of the two."""
        native = camera.native_fmt.name if camera.native_fmt else ""
        if pixel_format != "auto" or native not in _FORMATS or native == camera.fmt.name:
            return camera
        backend, device, fps = camera.backend, camera.device, camera.fps
        camera.close()
        return self._camera_of(backend, device, fps, native)

    def _camera_of(self, backend: str, device: str | None, fps: float, fmt: str) -> Any:
        return self._library.Camera(
            self.size.width,
            self.size.height,
            fps,
            fmt=self._library.PixelFormat[fmt],
            device=device,
            backend=backend,
        )


def _import() -> ModuleType:
    try:
        import pyvirtualcam
        import pyvirtualcam.camera
    except ImportError as error:
        raise DeviceUnavailable(
            f"virtual cameras need pyvirtualcam: {_one_line(error)}", hint="pip install pyvirtualcam"
        ) from error
    return pyvirtualcam  # type: ignore[no-any-return]


def _order(pixel_format: str, backend: str) -> tuple[str, ...]:
    """Formats to try: the one asked for, else the backend's native one first."""
    if pixel_format != "auto":
        return (pixel_format.upper(),)
    return ("NV12", "I420") if backend == "obs" and sys.platform == "win32" else ("I420", "NV12")


_HINTS: Final = {
    "linux": MODPROBE,
    "darwin": "install OBS 30 or newer from https://obsproject.com, start its virtual camera once, then close OBS",
    "win32": "install OBS from https://obsproject.com (or Unity Capture): it brings the virtual camera",
}


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
