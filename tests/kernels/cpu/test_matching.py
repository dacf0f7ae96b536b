"""A person's colours go towards the backdrop's: the right way, no farther than told, and slowly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.kernels.cpu import matching as matching_kernels
from livecut.kernels.cpu.matching import BOUND, LUMA, STEP, SURE, TINT, Matching
from livecut.types import Pixels, Plane8, Size

SIZE = Size(96, 72)
SECOND = 10**9
COLOUR = st.tuples(*(st.integers(0, 255),) * 3)


def plain(colour: tuple[int, ...]) -> Pixels:
    return np.full((SIZE.height, SIZE.width, 3), colour, np.uint8)


def person(colour: tuple[int, ...]) -> tuple[Pixels, Plane8]:
    """Of one colour in the middle, before a room of another."""
    bgr, alpha = plain((10, 250, 10)), np.zeros((SIZE.height, SIZE.width), np.uint8)
    bgr[10:60, 20:70], alpha[10:60, 20:70] = colour, 255
    return bgr, alpha


def matched(matching: Matching, bgr: Pixels, alpha: Plane8, backdrop: Pixels, at_ns: int) -> Pixels:
    matching.light(backdrop)
    return matching(bgr, alpha, at_ns)


@given(COLOUR, COLOUR, st.floats(0.0, 1.0))
def test_exposure_goes_towards_the_backdrop_s_and_colour_less_far(
    own: tuple[int, ...], other: tuple[int, ...], share: float
) -> None:
    bgr, alpha = person(own)
    given_bytes = bgr.copy()
    found = matched(Matching(SIZE, share), bgr, alpha, plain(other), 0)
    assert np.array_equal(bgr, given_bytes)
    colours = found[alpha == 255]
    assert (colours == colours[0]).all()
    brighter = (np.dot(LUMA, other) + 20) / (np.dot(LUMA, own) + 20)
    for mine, theirs, now in zip(own, other, colours[0].tolist(), strict=True):
        toward = brighter ** (1 - TINT) * ((theirs + 20) / (mine + 20)) ** TINT
        gain = np.clip(toward, 1 / BOUND, BOUND) ** share
        assert now == pytest.approx(min(255.0, mine * gain), abs=0.51)


@given(st.integers(0, 255), st.integers(0, 255), st.floats(0.0, 1.0))
def test_a_grey_goes_no_farther_than_the_backdrop_s(own: int, other: int, share: float) -> None:
    bgr, alpha = person((own,) * 3)
    now = int(matched(Matching(SIZE, share), bgr, alpha, plain((other,) * 3), 0)[30, 40, 1])
    # By way of the lift it may end beside the other's level, by no more than that.
    assert min(own, other) - 20 <= now <= max(own, other) + 20


@given(COLOUR, COLOUR)
def test_a_fifth_of_the_way_is_gentle(own: tuple[int, ...], other: tuple[int, ...]) -> None:
    bgr, alpha = person(own)
    now = matched(Matching(SIZE, 0.2), bgr, alpha, plain(other), 0)[30, 40].astype(float)
    assert (now <= np.array(own) * 1.25 + 1).all() and (now >= np.array(own) * 0.8 - 1).all()


def test_before_a_plain_colour_a_face_keeps_most_of_its_own() -> None:
    bgr, alpha = person((110, 140, 190))
    face = matched(Matching(SIZE, 0.2), bgr, alpha, plain((107, 90, 43)), 0)[30, 40].astype(int)
    was = np.array((110, 140, 190))
    assert (face < was).all(), "darker"
    assert np.ptp(face / was) < 0.1, "hardly of another colour"


def test_no_share_and_the_same_colour_change_nothing() -> None:
    bgr, alpha = person((40, 90, 160))
    assert np.array_equal(matched(Matching(SIZE, 0.0), bgr, alpha, plain((200, 10, 10)), 0), bgr)
    assert np.array_equal(matched(Matching(SIZE, 1.0), bgr, alpha, plain((40, 90, 160)), 0), bgr)


def test_another_backdrop_is_followed_slowly() -> None:
    bgr, alpha = person((100, 100, 100))
    matching = Matching(SIZE, 1.0)
    dark, bright = plain((70, 70, 70)), plain((150, 150, 150))

    def level(backdrop: Pixels, at_s: float) -> int:
        return int(matched(matching, bgr, alpha, backdrop, round(at_s * SECOND))[30, 40, 0])

    first = level(dark, 0.0)
    soon, later, last = level(bright, 0.033), level(bright, 1.0), level(bright, 9.0)
    assert first == pytest.approx(75, abs=1)
    assert first <= soon < first + 4
    assert 105 < later < 130
    assert last == pytest.approx(142, abs=1)


def test_another_one_goes_on_from_its_gains_and_forgets_them() -> None:
    bgr, alpha = person((100, 100, 100))
    dark, bright = plain((70, 70, 70)), plain((150, 150, 150))
    earlier, later, fresh = (Matching(SIZE, 1.0) for _ in range(3))
    was = int(matched(earlier, bgr, alpha, dark, 0)[30, 40, 0])
    later.go_on_from(earlier)
    now = int(matched(later, bgr, alpha, bright, SECOND // 30)[30, 40, 0])
    assert was <= now < was + 4
    later.forget()
    wanted = matched(fresh, bgr, alpha, bright, SECOND)
    assert wanted[30, 40, 0] > was + 50
    np.testing.assert_array_equal(matched(later, bgr, alpha, bright, SECOND), wanted)


def test_where_nobody_is_the_light_stays_as_it_was() -> None:
    bgr, alpha = person((100, 100, 100))
    nobody = np.zeros_like(alpha)
    matching = Matching(SIZE, 1.0)
    assert matched(matching, bgr, nobody, plain((200, 200, 200)), 0) is bgr
    lit = matched(matching, bgr, alpha, plain((70, 70, 70)), SECOND).copy()
    assert np.array_equal(matched(matching, bgr, nobody, plain((200, 200, 200)), 20 * SECOND), lit)


def test_a_picture_of_a_few_pixels_tells_nothing_and_is_no_trouble() -> None:
    bgr, alpha = np.full((1, 3, 3), 90, np.uint8), np.full((1, 3), 255, np.uint8)
    assert matched(Matching(Size(3, 1), 1.0), bgr, alpha, bgr // 2, 0) is bgr


@given(COLOUR, COLOUR, st.floats(0.0, 1.0), st.integers(0, 2**32 - 1))
def test_every_level_is_multiplied_as_a_table_of_the_gains_says(
    own: tuple[int, ...], other: tuple[int, ...], share: float, seed: int
) -> None:
    bgr, alpha = person(own)
    matching = Matching(SIZE, share)
    matched(matching, bgr, alpha, plain(other), 0)
    assert matching._gains.held is not None
    anything = np.random.default_rng(seed).integers(0, 256, bgr.shape, np.uint8)
    table = np.minimum(np.arange(256)[:, np.newaxis] * np.array(matching._gains.held), 255.0)
    found = matched(matching, anything, np.zeros_like(alpha), plain(other), 0).astype(float)
    for channel in range(3):
        wanted = table[anything[..., channel], channel]
        np.testing.assert_allclose(found[..., channel], wanted, atol=0.53)


def test_a_gain_of_one_keeps_every_level() -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, -1)
    out = np.empty_like(levels)
    use = np.full(levels.size, 16384, np.uint16)
    matching_kernels._times(1, levels, use, out)
    np.testing.assert_array_equal(out, levels)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_sure_person_s_sums_are_those_of_every_eighth_pixel(width: int, height: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bgr = rng.integers(0, 256, (height, width, 3), np.uint8)
    alpha = rng.integers(245, 256, (height, width)).astype(np.uint8)
    sums = np.zeros(3)
    count = matching_kernels._sum_sure(bgr.reshape(height, -1), alpha, sums)
    sure = alpha[::STEP, ::STEP] >= SURE
    assert count == np.count_nonzero(sure)
    np.testing.assert_array_equal(sums, bgr[::STEP, ::STEP][sure].astype(float).sum(axis=0))


def test_what_does_not_fit_is_refused() -> None:
    bgr, alpha = person((1, 2, 3))
    with pytest.raises(ValueError, match="share must be"):
        Matching(SIZE, 1.1)
    with pytest.raises(ValueError, match="backdrop"):
        matched(Matching(SIZE, 0.5), bgr, alpha, bgr[:-1], 0)
