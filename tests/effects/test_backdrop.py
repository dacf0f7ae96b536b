"""Backdrops: what stands there when, and what happens when it is lost."""

from __future__ import annotations

import time

import numpy as np
import pytest
from support.fakes import ListSource

from livecut.effects.backdrop import ColourBackdrop, PictureBackdrop, SourceBackdrop
from livecut.errors import DeviceLost
from livecut.types import Frame, Size

SECOND = 1_000_000_000


def numbered(count: int, *, fps: float = 10.0, dies_at: int | None = None) -> ListSource:
    """Frame n is all n."""
    return ListSource(
        count, Size(8, 6), fps=fps, dies_at=dies_at, paint=lambda index, size: np.full((6, 8, 3), index, np.uint8)
    )


def shown(backdrop: SourceBackdrop, captured_ns: int) -> int:
    picture = backdrop.picture(captured_ns)
    assert picture.shape == (4, 6, 3)
    assert picture.min() == picture.max()
    return int(picture[0, 0, 0])


def test_a_colour_fills_the_frame() -> None:
    backdrop = ColourBackdrop(Size(6, 4), (1, 2, 3))
    assert (backdrop.picture(0) == [1, 2, 3]).all()
    assert backdrop.still


def test_a_picture_is_fitted_once() -> None:
    bgr = np.zeros((4, 12, 3), np.uint8)
    bgr[:, 3:9] = 200
    assert (PictureBackdrop(Size(6, 4), bgr).picture(0) == 200).all()
    contained = PictureBackdrop(Size(6, 4), bgr, "contain").picture(0)
    assert (contained[0] == 0).all() and contained[1].max() > 150
    assert PictureBackdrop(Size(6, 4), bgr).still


def test_a_video_runs_at_its_own_pace_however_often_it_is_asked() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0))
    start = time.monotonic_ns()
    tenths = [0, 0, 1, 1, 2, 4, 4, 5]
    assert [shown(backdrop, start + tenth * SECOND // 10) for tenth in tenths] == tenths
    assert not backdrop.still


def test_a_long_pause_is_not_caught_up_with() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0))
    assert shown(backdrop, 0) == 0
    assert shown(backdrop, 60 * SECOND) == 4
    assert shown(backdrop, 60 * SECOND + SECOND // 10) == 5


def test_a_clock_that_goes_back_goes_on_from_the_picture_that_stands() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0))
    assert shown(backdrop, 50 * SECOND) == 0
    assert shown(backdrop, 50 * SECOND + 3 * SECOND // 10) == 3
    assert shown(backdrop, SECOND) == 3
    assert shown(backdrop, SECOND + 2 * SECOND // 10) == 5


def test_once_lost_it_stays_lost() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(100, fps=10.0, dies_at=2))
    assert shown(backdrop, 0) == 0
    for _ in range(3):
        with pytest.raises(DeviceLost, match=r"^the camera was unplugged$"):
            backdrop.picture(SECOND // 2)


def test_an_end_is_a_loss_too() -> None:
    backdrop = SourceBackdrop(Size(6, 4), numbered(2, fps=10.0))
    assert shown(backdrop, 0) == 0
    for _ in range(2):
        with pytest.raises(DeviceLost, match=r"^the background list has ended$") as error:
            backdrop.picture(SECOND)
        assert error.value.hint == "choose one that can be looped"


def test_closing_twice_closes_the_source_once() -> None:
    source = numbered(3)
    backdrop = SourceBackdrop(Size(6, 4), source)
    backdrop.close()
    backdrop.close()
    assert source.closed == 1


def test_frames_of_the_source_are_not_written_on() -> None:
    frames: list[Frame] = []
    source = numbered(3)
    read = source.read

    def kept() -> Frame | None:
        frame = read()
        assert frame is not None
        frame.bgr.flags.writeable = False
        frames.append(frame)
        return frame

    source.read = kept  # type: ignore[method-assign]
    assert shown(SourceBackdrop(Size(6, 4), source), 0) == 0
    assert len(frames) == 1
