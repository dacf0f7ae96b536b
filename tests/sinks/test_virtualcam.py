"""The virtual camera, with a backend registered at pyvirtualcam that records bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from support.video_nodes import CAPTURE, OUTPUT, FakeNode, VideoNodes

from livecut import v4l2
from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.protocols import Sink
from livecut.sinks import virtualcam
from livecut.sinks.virtualcam import VirtualCamera
from livecut.types import CARD_INDEX, Picture, Planar, Size

pyvirtualcam = pytest.importorskip("pyvirtualcam")

NO_DEVICES = v4l2.Host(*(Path("/nowhere"),) * 4)


def fourcc(text: str) -> int:
    return int.from_bytes(text.encode(), "little")


class Recorder:
    """A backend of pyvirtualcam's contract."""

    opened: list[Recorder] = []  # noqa: RUF012 - the class is registered, so the test reaches instances through it
    native: str | None = None
    accepts: tuple[str, ...] = ("I420", "NV12")

    def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str | None, **_: Any) -> None:
        self.format = fourcc.to_bytes(4, "little").decode()
        if self.format not in self.accepts:
            raise RuntimeError(f"{self.format} is not\nsupported")
        self.arguments = (width, height, fps, device)
        self.frames: list[bytes] = []
        self.closed = 0
        self.broken = False
        self._device = device or "recorder"
        type(self).opened.append(self)

    def send(self, frame: np.ndarray) -> None:
        if self.broken:
            raise RuntimeError("the cable\nwas cut")
        self.frames.append(frame.tobytes())

    def close(self) -> None:
        self.closed += 1

    def device(self) -> str:
        return self._device

    def native_fourcc(self) -> int | None:
        return fourcc(type(self).native) if type(self).native else None  # type: ignore[arg-type]


@pytest.fixture
def recorder() -> Iterator[type[Recorder]]:
    backend = type("FreshRecorder", (Recorder,), {"opened": []})
    pyvirtualcam.register_backend("recorder", backend)
    yield backend
    del pyvirtualcam.camera.BACKENDS["recorder"]


def slow_planes(bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """BT.601 limited range in exact arithmetic, chroma from the mean of each square, rounded half up."""
    b, g, r = (bgr[..., channel].astype(np.float64) for channel in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    squares = [
        plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean(axis=(1, 3)) for plane in (b, r, luma)
    ]
    u = 128 + 224 / 255 * (squares[0] - squares[2]) / (2 * (1 - 0.114))
    v = 128 + 224 / 255 * (squares[1] - squares[2]) / (2 * (1 - 0.299))
    return 16 + 219 / 255 * luma, u, v


@pytest.mark.parametrize("pixel_format", ["i420", "nv12"])
def test_the_backend_gets_the_planes_of_every_picture_in_order(
    recorder: type[Recorder], picture: Callable[..., Picture], pixel_format: Any
) -> None:
    size = Size(64, 48)
    camera = VirtualCamera(size=size, fps=25.0, pixel_format=pixel_format, host=NO_DEVICES)
    pictures = [picture(index, size) for index in range(7)]
    for each in pictures:
        camera.write(each)
    camera.close()
    (backend,) = recorder.opened
    assert backend.arguments == (64, 48, 25.0, None)
    assert len(backend.frames) == 7
    for sent, each in zip(backend.frames, pictures, strict=True):
        y, u, v = slow_planes(each.bgr)
        raw = np.frombuffer(sent, np.uint8).astype(np.float64)
        chroma = raw[64 * 48 :]
        got_u, got_v = (chroma[: 32 * 24], chroma[32 * 24 :]) if pixel_format == "i420" else (chroma[::2], chroma[1::2])
        assert np.abs(raw[: 64 * 48].reshape(48, 64) - y).max() <= 0.502
        assert np.abs(got_u.reshape(24, 32) - u).max() <= 0.502
        assert np.abs(got_v.reshape(24, 32) - v).max() <= 0.502


def test_auto_takes_the_native_format(recorder: type[Recorder]) -> None:
    assert VirtualCamera(size=Size(4, 4), fps=30, host=NO_DEVICES).pixel_format == "i420"
    recorder.native = "NV12"
    camera = VirtualCamera(size=Size(4, 4), fps=30, host=NO_DEVICES)
    assert camera.pixel_format == "nv12"
    assert [(backend.format, backend.closed) for backend in recorder.opened[1:]] == [("I420", 1), ("NV12", 0)]
    recorder.native = "UYVY"
    assert VirtualCamera(size=Size(4, 4), fps=30, host=NO_DEVICES).pixel_format == "i420"
    assert VirtualCamera(size=Size(4, 4), fps=30, host=NO_DEVICES, pixel_format="nv12").pixel_format == "nv12"


def test_auto_takes_what_the_backend_accepts(recorder: type[Recorder]) -> None:
    recorder.accepts = ("NV12",)
    assert VirtualCamera(size=Size(4, 4), fps=30, host=NO_DEVICES).pixel_format == "nv12"


def test_odd_sides_lose_a_line(recorder: type[Recorder], picture: Callable[..., Picture]) -> None:
    camera = VirtualCamera(size=Size(65, 49), fps=30, host=NO_DEVICES)
    assert camera.size == Size(64, 48)
    whole = picture(0, Size(65, 49))
    camera.write(whole)
    reference = VirtualCamera(size=Size(64, 48), fps=30, host=NO_DEVICES)
    cropped = np.ascontiguousarray(whole.bgr[:48, :64])
    reference.write(Picture(cropped, None, 0, 0))
    assert recorder.opened[0].frames == recorder.opened[1].frames
    with pytest.raises(DeviceUnavailable, match=r"^1x1 is too small for a virtual camera$"):
        VirtualCamera(size=Size(1, 1), fps=30, host=NO_DEVICES)


@pytest.mark.parametrize(
    ("name", "size", "is_taken"),
    [("i420", Size(64, 48), True), ("nv12", Size(64, 48), False), ("i420", Size(64, 46), False)],
)
def test_what_is_converted_already_is_sent_as_it_is(
    recorder: type[Recorder], picture: Callable[..., Picture], name: Literal["i420", "nv12"], size: Size, is_taken: bool
) -> None:
    camera = VirtualCamera(size=Size(64, 48), fps=30, pixel_format="i420", host=NO_DEVICES)
    planes = np.full(size.width * size.height * 3 // 2, 99, np.uint8)
    camera.write(replace(picture(0, Size(64, 48)), planar=Planar(name, planes, size)))
    (sent,) = recorder.opened[0].frames
    assert (sent == planes.tobytes()) == is_taken
    assert len(sent) == 64 * 48 * 3 // 2


@pytest.mark.parametrize("pixel_format", ["i420", "nv12"])
def test_the_card_needs_no_kernel_and_looks_the_same_with_it(
    recorder: type[Recorder], picture: Callable[..., Picture], pixel_format: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = Size(65, 48)
    card, other = (replace(picture(seed, size), index=CARD_INDEX) for seed in (1, 2))
    camera = VirtualCamera(size=size, fps=30, pixel_format=pixel_format, host=NO_DEVICES)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "livecut.kernels.cpu.yuv", None)
        for each in (card, card, other, card):
            camera.write(each)
        with pytest.raises(ImportError):
            camera.write(picture(3, size))
    camera.prepare()
    for each in (card, other):
        camera.write(each)
    before, again, changed, back, first, second = recorder.opened[0].frames
    assert before == again == back == first
    assert changed == second != first


def test_transparent_pictures_go_over_green(recorder: type[Recorder], picture: Callable[..., Picture]) -> None:
    camera = VirtualCamera(size=Size(8, 8), fps=30, host=NO_DEVICES)
    camera.write(picture(0, Size(8, 8), alpha=0))
    luma = 16 + 219 / 255 * (0.587 * 0xB1 + 0.114 * 0x40)
    assert recorder.opened[0].frames[0][:64] == bytes([round(luma)]) * 64


def test_a_wrong_size_is_a_bug(recorder: type[Recorder], picture: Callable[..., Picture]) -> None:
    camera = VirtualCamera(size=Size(8, 8), fps=30, host=NO_DEVICES)
    with pytest.raises(ValueError, match="the picture is 10x8, the virtual camera 8x8"):
        camera.write(picture(0, Size(10, 8)))


def test_a_camera_that_dies_is_lost(recorder: type[Recorder], picture: Callable[..., Picture]) -> None:
    camera = VirtualCamera(size=Size(64, 48), fps=30, device="mine", host=NO_DEVICES)
    recorder.opened[0].broken = True
    with pytest.raises(DeviceLost, match=r"^mine was lost: the cable was cut$"):
        camera.write(picture())
    camera.close()
    camera.close()
    assert recorder.opened[0].closed == 1
    with pytest.raises(DeviceLost, match=r"^mine is closed$"):
        camera.write(picture())
    assert isinstance(camera, Sink)


@pytest.mark.skipif(sys.platform != "linux", reason="v4l2loopback is Linux'")
def test_without_any_device_the_hint_is_the_command_that_makes_one() -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        VirtualCamera(size=Size(8, 8), fps=30, host=NO_DEVICES)
    assert caught.value.message == "there is no virtual camera: v4l2loopback is not installed"
    assert caught.value.hint.endswith("sudo modprobe v4l2loopback exclusive_caps=1 card_label=livecut")


def test_a_backend_that_refuses_is_one_line(recorder: type[Recorder]) -> None:
    recorder.accepts = ()
    with pytest.raises(DeviceUnavailable) as caught:
        VirtualCamera(size=Size(8, 8), fps=30, device="cam", host=NO_DEVICES)
    assert caught.value.message == (
        "the virtual camera 'cam' cannot be opened: 'recorder' backend: I420 is not supported; "
        "'recorder' backend: NV12 is not supported"
    )


def test_pyvirtualcam_is_loaded_only_by_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(DeviceUnavailable, match=r"^virtual cameras need pyvirtualcam: ") as caught:
        virtualcam._import()
    assert caught.value.hint == "pip install pyvirtualcam"


@pytest.mark.skipif(sys.platform != "linux", reason="v4l2loopback is Linux'")
def test_a_loopback_is_made_writable_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorder: type[Recorder], picture: Callable[..., Picture]
) -> None:
    machine = VideoNodes(tmp_path, {10: FakeNode("livecut", "v4l2 loopback", caps=0)})
    node = machine.nodes[10]
    caps_at_open = []

    class Loopback(recorder):  # type: ignore[misc, valid-type]
        def __init__(self, **given: Any) -> None:
            caps_at_open.append(node.caps)
            super().__init__(**given)

    monkeypatch.setitem(pyvirtualcam.camera.BACKENDS, "v4l2loopback", Loopback)
    camera = VirtualCamera(size=Size(64, 48), fps=30, host=machine.host)
    assert camera.name == f"{machine.path(10)} (livecut)"
    assert caps_at_open == [OUTPUT]
    node.caps = CAPTURE
    camera.write(picture())
    node.caps = 0  # what 0.12 does when the writer closes
    camera.close()
    assert node.caps == OUTPUT


@pytest.mark.skipif(sys.platform != "linux", reason="v4l2loopback is Linux'")
def test_another_programs_device_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorder: type[Recorder]
) -> None:
    machine = VideoNodes(tmp_path, {10: FakeNode("OBS", "v4l2 loopback", CAPTURE, flowing=True)})
    monkeypatch.setitem(pyvirtualcam.camera.BACKENDS, "v4l2loopback", recorder)
    del pyvirtualcam.camera.BACKENDS["recorder"]
    monkeypatch.setitem(pyvirtualcam.camera.BACKENDS, "recorder", recorder)
    recorder.accepts = ()
    for device in (None, str(machine.path(10)), "OBS"):
        with pytest.raises(DeviceUnavailable):
            VirtualCamera(size=Size(64, 48), fps=30, device=device, host=machine.host)
    assert recorder.opened == []


def test_who_watches_is_asked_of_v4l2loopback_only(recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    camera = VirtualCamera(size=Size(4, 4), fps=30, host=NO_DEVICES)
    assert camera.is_watched() is None, "another backend"
    asked: list[str] = []

    class Told:
        is_exact = False

        def __init__(self, path: str, *, host: v4l2.Host) -> None:
            asked.append(path)

        def is_there(self) -> bool:
            return True

        def close(self) -> None:
            asked.append("closed")

    monkeypatch.setattr(virtualcam, "Audience", Told)
    monkeypatch.setattr(virtualcam, "BUILT_IN_LINUX", "recorder")
    assert camera.is_watched() is camera.is_watched() is True
    assert asked == ["recorder"], "once"
    camera.close()
    assert asked == ["recorder", "closed"]
    assert camera.is_watched() is None
