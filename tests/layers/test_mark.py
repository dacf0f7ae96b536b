"""A mark lies over the picture, or behind the person in it."""

from __future__ import annotations

import pytest

from livecut.kernels.cpu.stamp import Stamp
from livecut.layers.mark import Mark
from livecut.protocols import Layer, Need
from livecut.types import Canvas, Matte, Size


def test_over_the_picture_it_covers_the_person_too(size: Size, canvas: Canvas, matte: Matte, red: Stamp) -> None:
    mark = Mark(size, red, corner="bottom-left", margin_px=0.0)
    assert isinstance(mark, Layer) and mark.needs == frozenset()
    mark.render(canvas, None)
    assert (canvas.bgr[-20:] == (0, 0, 255)).all()
    assert (canvas.bgr[:-20] == 90).all()


def test_behind_it_covers_the_room_only(size: Size, canvas: Canvas, matte: Matte, red: Stamp) -> None:
    mark = Mark(size, red, corner="top-left", margin_px=0.0, behind=True)
    assert mark.needs == {Need.MATTE}
    mark.render(canvas, matte)
    half = size.width // 2
    assert (canvas.bgr[:20, :half] == (0, 0, 255)).all()
    assert (canvas.bgr[:20, half:] == 90).all()


def test_behind_nobody_knows_whom_it_raises(size: Size, canvas: Canvas, red: Stamp) -> None:
    mark = Mark(size, red, corner="top-left", margin_px=0.0, behind=True)
    with pytest.raises(ValueError, match=r"^a layer behind the person needs a matte$"):
        mark.render(canvas, None)


def test_the_margin_grows_with_the_frame(canvas: Canvas, size: Size, red: Stamp) -> None:
    Mark(size, red, corner="top-left", margin_px=80.0).render(canvas, None)
    assert (canvas.bgr[:10] == 90).all() and (canvas.bgr[10, 10:] == (0, 0, 255)).all()
