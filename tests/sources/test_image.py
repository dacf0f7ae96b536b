"""Stills as sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecut.errors import ImageError
from livecut.protocols import Source, Timed
from livecut.sources.image import LONGEST_PX, ImageSource
from livecut.types import Size


def save(path: Path, size: tuple[int, int]) -> Path:
    Image.new("RGB", size, (1, 2, 3)).save(path)
    return path


def test_the_same_picture_at_a_steady_rate(tmp_path: Path) -> None:
    source = ImageSource(save(tmp_path / "a.png", (7, 5)), clock=iter(range(100)).__next__)
    assert isinstance(source, Source)
    assert isinstance(source, Timed)
    assert (source.size, source.fps, source.live, source.name) == (Size(7, 5), 30.0, False, "picture a.png")
    positions = []
    for index in range(4):
        frame = source.read()
        assert frame is not None
        assert (frame.index, frame.captured_ns) == (index, index)
        np.testing.assert_array_equal(frame.bgr, np.full((5, 7, 3), (3, 2, 1)))
        positions.append(source.position_s)
    assert positions == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30])
    source.close()
    source.close()


def test_a_rate_may_be_asked(tmp_path: Path) -> None:
    assert ImageSource(save(tmp_path / "a.png", (1, 1)), fps=12.5).fps == 12.5


def test_large_pictures_are_reduced(tmp_path: Path) -> None:
    assert ImageSource(save(tmp_path / "a.png", (6000, 30))).size == Size(LONGEST_PX, 20)


def test_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello")
    with pytest.raises(ImageError, match=r"a\.txt is no picture$"):
        ImageSource(path)
