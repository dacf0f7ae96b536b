from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image

from livecut.colours import parse_colour
from livecut.server.panel.viewfinder import Viewfinder
from livecut.sinks.opaque import GREEN
from livecut.types import Picture


def _picture(width: int, height: int, *, alpha: int | None = None) -> Picture:
    bgr = np.full((height, width, 3), (200, 100, 50), np.uint8)
    return Picture(bgr, None if alpha is None else np.full((height, width), alpha, np.uint8), 7, 0)


def _seen(viewfinder: Viewfinder, picture: Picture) -> bytes:
    """What somebody who waits is given while `picture` is written again and again."""
    got: list[bytes] = []
    looking = threading.Thread(target=lambda: got.append(viewfinder.jpeg(30.0)))
    looking.start()
    while looking.is_alive():
        viewfinder.write(picture)
        looking.join(0.005)
    return got[0]


@pytest.mark.parametrize(
    ("size", "seen"), [((1280, 720), (640, 360)), ((640, 360), (640, 360)), ((1, 1), (1, 1)), ((1300, 31), (434, 11))]
)
def test_a_picture_in_its_colours_and_shape(size: tuple[int, int], seen: tuple[int, int]) -> None:
    image = Image.open(io.BytesIO(_seen(Viewfinder(), _picture(*size))))
    assert image.format == "JPEG"
    assert image.size == seen
    assert np.abs(np.asarray(image).astype(int) - (50, 100, 200)).max() <= 4


def test_what_is_transparent_lies_over_green() -> None:
    image = Image.open(io.BytesIO(_seen(Viewfinder(), _picture(64, 36, alpha=0))))
    assert np.abs(np.asarray(image).astype(int) - np.array(parse_colour(GREEN))[::-1]).max() <= 6


def test_the_outputs_thread_only_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    def worked(*given: object) -> None:
        raise AssertionError("a kernel, which may have to compile first")

    monkeypatch.setattr("livecut.kernels.cpu.composite.over_colour", worked)
    assert _seen(Viewfinder(), _picture(64, 36, alpha=128))


def test_unwatched_it_copies_nothing() -> None:
    viewfinder = Viewfinder()
    viewfinder.write(_picture(64, 36))
    assert viewfinder.jpeg(0.0) == b""


def test_who_waits_is_let_go_at_the_end() -> None:
    viewfinder = Viewfinder()
    got: list[bytes] = []
    looking = threading.Thread(target=lambda: got.append(viewfinder.jpeg(60.0)))
    looking.start()
    viewfinder.close()
    looking.join(30)
    assert got == [b""]
    assert viewfinder.jpeg(60.0) == b""


def test_it_is_watched_while_a_page_asks_and_a_moment_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr("livecut.server.panel.viewfinder.time.monotonic", lambda: now_s)
    viewfinder = Viewfinder()
    assert not viewfinder.is_watched()
    viewfinder.close()
    viewfinder.jpeg()
    assert viewfinder.is_watched()
    now_s += 1.9
    assert viewfinder.is_watched()
    now_s += 0.2
    assert not viewfinder.is_watched()
