"""The refiner: its parts can be set and switched off, and it touches nobody's memory."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest

from livecut.estimators.refined import Refined
from livecut.protocols import Refiner
from livecut.settings.sections import MatteSettings
from livecut.types import Frame, Motion, Pixels, Plane, Plane8, Size, SoftMatte

SIZE = Size(160, 90)


def frame() -> Frame:
    """Dark on the left, bright on the right of column 83."""
    bgr = np.full((90, 160, 3), 30, np.uint8)
    bgr[:, 83:] = 200
    return Frame(bgr, 7, 70)


def soft(shape: tuple[int, int] = (22, 40)) -> SoftMatte:
    """A vague edge about there."""
    at = (np.arange(shape[1]) + 0.5) / shape[1] * 40
    row = np.clip(0.5 + (at - 83 / 4) / 6, 0, 1).astype(np.float32)
    return SoftMatte(np.broadcast_to(row, shape).copy(), 6, 60)


def steepest(refiner: Refined, matte: SoftMatte) -> int:
    alpha = refiner.refine(frame(), matte).alpha
    return int(np.abs(np.diff(alpha[45].astype(int))).max())


def test_guided_follows_the_edge_and_bilinear_does_not() -> None:
    assert steepest(Refined(SIZE, refine="guided", guide_radius=4), soft()) > 100
    assert steepest(Refined(SIZE, refine="guided-half", guide_radius=4), soft()) > 100
    assert steepest(Refined(SIZE, refine="bilinear"), soft()) < 40


def test_the_answer_is_of_the_matte_s_frame_and_time() -> None:
    matte = Refined(SIZE).refine(frame(), soft())
    assert (matte.frame_index, matte.captured_ns) == (6, 60)
    assert matte.alpha.shape == (90, 160) and matte.alpha.dtype == np.uint8


def test_the_soft_matte_is_not_changed() -> None:
    matte = soft()
    matte.alpha[3, 3] = 1.0
    before = matte.alpha.copy()
    Refined(SIZE, specks=0.05).refine(frame(), matte)
    assert np.array_equal(matte.alpha, before)


def test_the_picture_the_network_saw_is_the_guide_of_its_own_frame_only() -> None:
    shrunk = np.ascontiguousarray(frame().bgr[::4, ::4][:22, :40])
    elsewhere = np.ascontiguousarray(shrunk[:, ::-1])

    def alpha(seen: Pixels | None, frame_index: int) -> Plane8:
        matte = SoftMatte(soft().alpha, frame_index, 60, seen)
        return Refined(SIZE, guide_radius=4).refine(frame(), matte).alpha

    own = alpha(None, 7)
    assert not np.array_equal(alpha(elsewhere, 7), own)
    np.testing.assert_array_equal(alpha(elsewhere, 6), own)
    with pytest.raises(ValueError, match="guide"):
        alpha(shrunk[:, :20], 7)


def island() -> Plane:
    plane = np.zeros((22, 40), np.float32)
    plane[10:12, 10:12] = 1.0
    return plane


def test_specks_go_unless_switched_off() -> None:
    matte = SoftMatte(island(), 0, 0)
    assert Refined(SIZE, refine="bilinear", specks=0.01).refine(frame(), matte).alpha.max() == 0
    assert Refined(SIZE, refine="bilinear", specks=0.0).refine(frame(), matte).alpha.max() == 255


def test_the_curve_decides_what_is_nothing_and_what_is_whole() -> None:
    plane = np.full((22, 40), 0.3, np.float32)
    for low, high, expected in ((0.3, 0.9, 0), (0.1, 0.3, 255), (0.2, 0.4, 128)):
        refiner = Refined(SIZE, refine="bilinear", curve_low=low, curve_high=high, specks=0.0)
        assert np.abs(refiner.refine(frame(), SoftMatte(plane, 0, 0)).alpha.astype(int) - expected).max() <= 1


def test_mattes_of_changing_sizes_are_taken() -> None:
    refiner = Refined(SIZE)
    for shape in ((22, 40), (64, 64), (22, 40), (90, 160), (1, 1)):
        assert refiner.refine(frame(), soft(shape)).alpha.shape == (90, 160)


def test_the_settings_fit_its_keywords() -> None:
    table = MatteSettings().model_dump(
        include={"refine", "guide_radius", "guide_epsilon", "curve_low", "curve_high", "specks"}
    )
    assert isinstance(Refined(SIZE, **table), Refiner)
    own = {name: one.default for name, one in signature(Refined).parameters.items()}
    assert table.items() <= own.items(), "built by hand it is as the settings have it"


def test_what_a_network_is_in_two_minds_about_is_the_persons_by_default() -> None:
    # What somebody who moves newly covers gets about a half from networks: a curve in the middle would lose much of it.
    usual = MatteSettings()
    chosen = Refined(SIZE, refine="bilinear", specks=0.0, curve_low=usual.curve_low, curve_high=usual.curve_high)
    made = [Refined(SIZE, refine="bilinear", specks=0.0), chosen]
    for coverage, least, most in ((0.13, 0, 0), (0.475, 120, 136), (0.5, 132, 150), (0.82, 255, 255)):
        plane = np.full((22, 40), coverage, np.float32)
        for refiner in made:
            alpha = refiner.refine(frame(), SoftMatte(plane, 0, 0)).alpha
            assert least <= alpha.min() <= alpha.max() <= most


def test_a_curve_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^curve_low 0.5 must be below curve_high 0.5$"):
        Refined(SIZE, curve_low=0.5, curve_high=0.5)


def test_frames_of_another_size_are_taken_and_nothing_is_remembered_of_those_before() -> None:
    refiner = Refined(Size(80, 45), smooth=0.9)
    still, alike = np.zeros((22, 40), np.float32), np.ones((22, 40), np.float32)
    motion = Motion(still, still, alike, 7, 6)
    own = SoftMatte(soft().alpha, 7, 70, None, motion)
    refiner.refine(Frame(np.zeros((45, 80, 3), np.uint8), 6, 60), SoftMatte(alike, 6, 60))
    alpha = refiner.refine(frame(), own).alpha
    np.testing.assert_array_equal(alpha, Refined(SIZE, smooth=0.9).refine(frame(), own).alpha)
    assert alpha.shape == (90, 160)


def _answers(smooth: float, since: int, *, own: bool = True, reset: bool = False) -> tuple[Plane8, Plane8]:
    """Alphas of two frames of which the second is all person; it is said to have stood still since frame `since`."""
    refiner = Refined(SIZE, specks=0.0, smooth=smooth)
    picture = np.full((90, 160, 3), 90, np.uint8)
    nobody, person = np.zeros((22, 40), np.float32), np.ones((22, 40), np.float32)
    first = refiner.refine(Frame(picture, 3, 30), SoftMatte(nobody, 3, 30)).alpha.copy()
    if reset:
        refiner.reset()
    motion = Motion(nobody, nobody, person, 4, since)
    index = 4 if own else 5
    second = refiner.refine(Frame(picture, index, 40), SoftMatte(person, 4, 40, None, motion)).alpha
    return first, second


def test_alpha_is_remembered_where_the_matte_says_how_the_picture_moved() -> None:
    first, second = _answers(0.5, 3)
    assert (first == 0).all() and np.abs(second - 255 * 0.2).max() <= 1


@pytest.mark.parametrize(("smooth", "since", "own", "reset"), [
    (0.0, 3, True, False), (0.5, 2, True, False), (0.5, 3, False, False), (0.5, 3, True, True),
])  # fmt: skip
def test_every_other_frame_stands_for_itself(smooth: float, since: int, own: bool, reset: bool) -> None:
    """Not smoothed, from another frame than the last, a kept matte, after a reset."""
    assert (_answers(smooth, since, own=own, reset=reset)[1] == 255).all()


def test_an_alpha_outlives_the_next_call() -> None:
    """It is read there as the one before, not written."""
    refiner = Refined(SIZE, smooth=0.5)
    first = refiner.refine(frame(), SoftMatte(soft().alpha, 7, 70)).alpha
    copy = first.copy()
    refiner.refine(frame(), SoftMatte(soft().alpha * np.float32(0.3), 7, 70))
    assert np.array_equal(first, copy)


def test_after_a_reset_it_is_as_new() -> None:
    # On a grid of several of the local model's tiles, of which the second matte leaves most alone.
    rng = np.random.default_rng(12)
    shots = [Frame(rng.integers(0, 256, (144, 384, 3), np.uint8), index, index) for index in range(2)]
    everywhere = np.full((72, 192), 0.6, np.float32)  # a half would be a speck as large as the picture
    edges = np.zeros((72, 192), np.float32)
    edges[20:50, 20:40] = 1.0
    edges[19:51, [19, 40]] = 0.5
    for refine in ("guided", "guided-half"):
        used, fresh = (Refined(Size(384, 144), refine=refine, smooth=0.6) for _ in range(2))
        used.refine(shots[0], SoftMatte(everywhere, 0, 0))
        used.reset()
        after = used.refine(shots[1], SoftMatte(edges, 1, 1)).alpha
        assert after.max() == 255 and after.min() == 0
        np.testing.assert_array_equal(after, fresh.refine(shots[1], SoftMatte(edges, 1, 1)).alpha)
