"""The clock tells the time and draws no more often than it changes."""

from __future__ import annotations

import time

import numpy as np
import pytest

from livecut.kernels.cpu.stamp import Stamp
from livecut.layers.clock import Clock
from livecut.layers.lettering import Lettering
from livecut.protocols import Layer, Need
from livecut.types import Canvas, Matte, Size


class Written(Lettering):
    """Keeps every text it was asked to draw."""

    def __init__(self) -> None:
        super().__init__(12, (255, 255, 255))
        self.texts: list[str] = []

    def stamp(self, text: str) -> Stamp | None:
        """Draw and keep."""
        self.texts.append(text)
        return super().stamp(text)


def test_it_is_drawn_once_a_second(size: Size, canvas: Canvas) -> None:
    lettering, now = Written(), 1_700_000_000.0
    clock = Clock(size, lettering, format="%H:%M:%S", corner="top-left", margin_px=8, now=lambda: now)
    assert isinstance(clock, Layer)
    for step in range(90):
        now = 1_700_000_000.0 + step / 30
        clock.render(canvas, None)
    expected = [time.strftime("%H:%M:%S", time.localtime(1_700_000_000 + second)) for second in range(3)]
    assert lettering.texts == expected
    assert canvas.bgr.max() > 200


def test_without_seconds_it_is_drawn_once_a_minute(size: Size, canvas: Canvas) -> None:
    lettering, now = Written(), 0.0
    clock = Clock(size, lettering, format="%M", corner="top-left", margin_px=8, now=lambda: now)
    for second in range(121):
        now = float(second)
        clock.render(canvas, None)
    assert len(lettering.texts) == 3


def test_a_clock_set_back_is_believed(size: Size, canvas: Canvas) -> None:
    lettering, now = Written(), 1000.0
    clock = Clock(size, lettering, format="%S", corner="top-left", margin_px=8, now=lambda: now)
    clock.render(canvas, None)
    now = 990.0
    clock.render(canvas, None)
    assert lettering.texts == ["40", "30"]


def test_behind_the_person_it_needs_the_matte(size: Size, canvas: Canvas, matte: Matte) -> None:
    clock = Clock(size, Lettering(40, (0, 0, 255)), format="888888", corner="top-left", margin_px=0, behind=True)
    assert clock.needs == {Need.MATTE}
    clock.render(canvas, matte)
    half = size.width // 2
    assert (canvas.bgr[:, half:] == 90).all()
    assert not np.array_equal(canvas.bgr[:, :half], np.full_like(canvas.bgr[:, :half], 90))
    with pytest.raises(ValueError, match=r"^a layer behind the person needs a matte$"):
        clock.render(canvas, None)


def test_a_format_that_says_nothing_shows_nothing(size: Size, canvas: Canvas) -> None:
    Clock(size, Lettering(12, (0, 0, 255)), format=" ", corner="centre", margin_px=0).render(canvas, None)
    assert (canvas.bgr == 90).all()
