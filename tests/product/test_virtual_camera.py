"""What a virtual camera is sent, through a whole session: 300 pictures, byte for byte those of the memory sink."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.fakes import ListSink

from livecut import v4l2
from livecut.app.session import Session
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Pixels

pyvirtualcam = pytest.importorskip("pyvirtualcam")

PICTURES = 300


class Recorder:
    """A backend of pyvirtualcam's contract that keeps every byte."""

    opened: list[Recorder] = []  # noqa: RUF012 - pyvirtualcam makes the instance, the test looks at it
    enough = threading.Event()

    def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str | None, **_: Any) -> None:
        self.asked = (width, height, fps, fourcc.to_bytes(4, "little").decode())
        self.sent: list[bytes] = []
        self.opened.append(self)

    def send(self, frame: np.ndarray) -> None:
        self.sent.append(frame.tobytes())
        if len(self.sent) >= PICTURES:
            self.enough.set()

    def close(self) -> None:
        pass

    def device(self) -> str:
        return "recorder"

    def native_fourcc(self) -> int | None:
        return None


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Recorder]]:
    monkeypatch.setattr(Recorder, "opened", [])
    monkeypatch.setattr(Recorder, "enough", threading.Event())
    monkeypatch.setattr(v4l2, "nodes", lambda host=v4l2.LIVE: ())  # no device of this machine
    built_in = dict(pyvirtualcam.camera.BACKENDS)
    pyvirtualcam.camera.BACKENDS.clear()
    pyvirtualcam.register_backend("recorder", Recorder)
    yield Recorder
    pyvirtualcam.camera.BACKENDS.clear()
    pyvirtualcam.camera.BACKENDS.update(built_in)


# BT.601, limited range, times 65536, for blue, green and red: what livecut says it sends.
LUMA = (6416, 33039, 16829)
U = (28784, -19071, -9713)
V = (-4681, -24103, 28784)


def weighted(row: tuple[int, int, int], bgr: np.ndarray) -> np.ndarray:
    total: np.ndarray = row[0] * bgr[..., 0] + row[1] * bgr[..., 1] + row[2] * bgr[..., 2]
    return total


def slow_planes(bgr: Pixels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Y of each pixel, U and V of the sum of each 2x2 square, rounded half up."""
    wide = bgr.astype(np.int64)
    squares = wide[::2, ::2] + wide[::2, 1::2] + wide[1::2, ::2] + wide[1::2, 1::2]
    y = (weighted(LUMA, wide) + (16 << 16) + (1 << 15)) >> 16
    u = (weighted(U, squares) + (128 << 18) + (1 << 17)) >> 18
    v = (weighted(V, squares) + (128 << 18) + (1 << 17)) >> 18
    return y.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)


def test_the_numbers_are_bt601_in_limited_range() -> None:
    red, green, blue = 0.299, 0.587, 0.114
    luma = [219 / 255 * share for share in (blue, green, red)]
    u = [112 / 255, -112 / 255 * green / (1 - blue), -112 / 255 * red / (1 - blue)]
    v = [-112 / 255 * blue / (1 - red), -112 / 255 * green / (1 - red), 112 / 255]
    for row, exact in ((LUMA, luma), (U, u), (V, v)):
        assert np.abs(np.array(row) - np.array(exact) * 65536).max() < 1
    assert sum(U) == sum(V) == 0


@pytest.mark.parametrize("pixel_format", ["i420", "nv12"])
def test_every_picture_byte_for_byte_and_in_order(recorder: type[Recorder], pixel_format: str) -> None:
    settings = apply(
        Settings(),
        {
            "source": {"input": "demo", "pace": "realtime"},
            "output": {"sinks": ["virtualcam"], "size": "160x90", "fps": 120, "pixel_format": pixel_format},
            "effect": {"name": "green"},
            "model": {"name": "null"},
        },
    )
    memory = ListSink()
    session = Session(settings, extra_sinks=[memory])
    session.start()
    assert recorder.enough.wait(120)
    session.stop()
    (camera,) = recorder.opened
    assert camera.asked == (160, 90, 120.0, pixel_format.upper())
    assert len(camera.sent) >= PICTURES
    assert abs(len(camera.sent) - len(memory.pictures)) <= 1, "the last one may have reached one of the two only"
    for sent, kept in zip(camera.sent[:PICTURES], memory.pictures, strict=False):
        y, u, v = slow_planes(kept.bgr)
        chroma = u.tobytes() + v.tobytes() if pixel_format == "i420" else np.stack((u, v), axis=-1).tobytes()
        assert sent == y.tobytes() + chroma
    shown = [picture.index for picture in memory.pictures if not picture.is_card]
    assert shown == sorted(shown)
    assert len(set(shown)) > 10
