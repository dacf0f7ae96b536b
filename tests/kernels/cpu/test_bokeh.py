"""The lens against a slow one that scatters, and the promises it makes to the person and to the room."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.scatter import lens_reference

from livecut.kernels.cpu.bokeh import LensBlur
from livecut.types import Pixels, Plane, Plane8, Size

DEFAULTS: dict[str, Any] = {
    "focus": "person",
    "point": (0.5, 0.5),
    "distance": 0.8,
    "aperture": 0.6,
    "max_radius_px": 128.0,
    "depth_of_field": 0.0,
    "highlights": 0.5,
    "least_blur": 0.0,
}
BLOOM = 4.0
"""What `highlights` 0.5 raises white by."""


def _lens(size: Size, **changes: Any) -> LensBlur:
    return LensBlur(size, **{**DEFAULTS, **changes})


def _render(lens: LensBlur, bgr: Pixels, alpha: Plane8, nearness: Plane) -> Pixels:
    out = np.full_like(bgr, 77)
    lens(bgr, alpha, nearness, out)
    return out


def _room(size: Size, seed: int = 3) -> Pixels:
    """Something with detail of every size, and lamps."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    bgr = np.stack([90 + 60 * np.sin(x / (5 + 3 * c) + c) * np.cos(y / (7 - c)) for c in range(3)], axis=-1)
    bgr += random.normal(0, 12, bgr.shape)
    for _ in range(6):
        v, u = random.integers(0, size.height), random.integers(0, size.width)
        bgr[max(v - 1, 0) : v + 2, max(u - 1, 0) : u + 2] = 255
    room: Pixels = np.clip(bgr, 0, 255).astype(np.uint8)
    return room


def _person(size: Size) -> Plane8:
    """An ellipse with a soft rim, at the lower border."""
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    from_centre = np.hypot((x - 0.45 * size.width) / (0.2 * size.width), (y - size.height) / (0.6 * size.height))
    alpha: Plane8 = np.clip((1 - from_centre) * 0.2 * size.width * 128 + 128, 0, 255).astype(np.uint8)
    return alpha


def _empty(size: Size) -> Plane8:
    return np.zeros((size.height, size.width), np.uint8)


def _flat(size: Size, value: float) -> Plane:
    return np.full((size.height, size.width), value, np.float32)


@pytest.mark.parametrize("highlights", [0.0, 0.5])
def test_a_flat_room_is_scattered_as_by_the_slow_lens(highlights: float) -> None:
    size = Size(96, 54)
    bgr, alpha = _room(size), _person(size)
    nearness = np.where(alpha > 127, 0.9, 0.2).astype(np.float32)
    lens = _lens(size, aperture=1.5, highlights=highlights)
    assert lens.block == 1
    out = _render(lens, bgr, alpha, nearness)
    radius = 0.7 * 1.5 / 20 * 54
    expected = lens_reference(bgr, alpha, np.full(alpha.shape, radius), 8 * highlights)
    assert np.abs(out - expected).mean() < 0.7
    assert np.percentile(np.abs(out - expected), 99) < 6


def test_a_room_in_two_planes_is_scattered_as_by_the_slow_lens() -> None:
    """The right half stands nearer: its discs are smaller, and nothing of the far half spreads over it."""
    size = Size(120, 60)
    bgr, alpha = _room(size), _empty(size)
    bgr[:, :60, 2] = 250
    bgr[:, 60:, 2] = 10
    nearness = np.where(np.arange(120) < 60, 0.1, 0.55)[None].repeat(60, axis=0).astype(np.float32)
    out = _render(_lens(size, focus="distance", distance=0.9, aperture=1.5), bgr, alpha, nearness)
    radius = (0.9 - nearness) * 1.5 / 20 * 60
    expected = lens_reference(bgr, alpha, radius.astype(np.float64), BLOOM)
    inner = np.abs(out - expected)[:, 3:-3]
    assert inner.mean() < 2.0
    assert out[:, 63:, 2].mean() == pytest.approx(expected[:, 63:, 2].mean(), abs=2)


@pytest.mark.parametrize("size", [Size(200, 112), Size(131, 97)])
def test_the_reduced_grid_stays_near_the_slow_lens(size: Size) -> None:
    bgr, alpha = _room(size), _person(size)
    nearness = np.where(alpha > 127, 0.9, 0.1).astype(np.float32)
    lens = _lens(size, aperture=3.0, highlights=0.5)
    assert lens.block >= 3
    out = _render(lens, bgr, alpha, nearness)
    expected = lens_reference(bgr, alpha, np.full(alpha.shape, 0.8 * 3.0 / 20 * size.height), BLOOM)
    away = alpha == 0
    assert np.abs(out - expected)[away].mean() < 3.0
    assert np.abs(out - expected).mean() < 2.5


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 90), st.integers(1, 60), st.integers(0, 9), st.floats(0.1, 4))
def test_the_person_keeps_every_byte(width: int, height: int, seed: int, aperture: float) -> None:
    random = np.random.default_rng(seed)
    size = Size(width, height)
    bgr = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    alpha = random.choice(np.array([0, 30, 200, 255, 255], np.uint8), (height, width))
    nearness = np.full((7, 11), random.random(), np.float32)
    out = _render(_lens(size, aperture=aperture, least_blur=0.4), bgr, alpha, nearness)
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])


def test_no_colour_of_the_person_reaches_the_room() -> None:
    size = Size(160, 90)
    alpha = _person(size)
    green, magenta = np.array([30, 160, 40]), np.array([230, 20, 220])
    cover = alpha[..., None] / 255
    bgr = np.rint(green * (1 - cover) + magenta * cover).astype(np.uint8)
    nearness = np.where(alpha > 127, 0.9, 0.1).astype(np.float32)
    out = _render(_lens(size, aperture=2.0), bgr, alpha, nearness)
    assert np.abs(out[alpha == 0].astype(int) - green).max() <= 1


def test_smeared_depth_leaves_no_sharp_rim() -> None:
    """Networks smear depth across the outline; the room right beside the person is blurred like the rest of it."""
    size = Size(320, 180)
    bgr = _room(size)
    bgr[:, ::2] //= 3
    alpha = _person(size)
    small = np.kron(np.ones((1, 1)), alpha[::4, ::4] / 255.0)
    for _ in range(4):
        small = (
            small + np.roll(small, 1, 0) + np.roll(small, -1, 0) + np.roll(small, 1, 1) + np.roll(small, -1, 1)
        ) / 5
    nearness = (0.1 + 0.8 * small).astype(np.float32)
    out = _render(_lens(size, aperture=1.0), bgr, alpha, nearness).astype(float)
    detail = np.abs(np.diff(out, axis=1)).mean(axis=-1)
    rim = np.zeros(alpha.shape, bool)
    for dx in range(1, 9):
        rim |= (np.roll(alpha, dx, 1) > 0) | (np.roll(alpha, -dx, 1) > 0)
    rim &= alpha == 0
    away = ~rim & (alpha == 0)
    assert detail[rim[:, 1:]].mean() < 1.5 * detail[away[:, 1:]].mean() + 0.5


@pytest.mark.parametrize("highlights", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("level", [0, 17, 128, 200, 255])
def test_even_areas_keep_their_level(level: int, highlights: float) -> None:
    size = Size(64, 36)
    bgr = np.full((36, 64, 3), level, np.uint8)
    out = _render(_lens(size, highlights=highlights), bgr, _empty(size), _flat(size, 0.0))
    assert np.abs(out.astype(int) - level).max() <= 1


def test_a_lamp_becomes_a_flat_bright_disc() -> None:
    size = Size(240, 180)
    bgr = np.full((180, 240, 3), 10, np.uint8)
    bgr[84:96, 114:126] = 255
    plain, blooming = (
        _render(_lens(size, aperture=2.0, highlights=h), bgr, _empty(size), _flat(size, 0.0)).astype(float)[..., 1]
        for h in (0.0, 1.0)
    )
    y, x = np.mgrid[0:180, 0:240]
    far = np.hypot(y - 89.5, x - 119.5)
    # Nobody in the picture: the focus rests where people usually are.
    radius = 0.9 * 2.0 / 20 * 180
    inner = far < radius - 8 - 3
    assert blooming[inner].min() > plain[inner].mean() + 30
    assert np.ptp(blooming[inner]) < 10, "neither a peak in the middle nor rings"
    assert np.abs(blooming[far > radius + 8 + 5] - 10).max() <= 1


def test_blur_hides_more_the_farther_it_is() -> None:
    size = Size(256, 144)
    # Squares wider than the discs: finer ones come back, faint and inverted, at the side lobes of a disc.
    squares = np.kron(np.indices((12, 22)).sum(axis=0) % 2 * 200 + 20, np.ones((12, 12)))[:144, :256, None]
    bgr = np.ascontiguousarray(squares.repeat(3, axis=2), np.uint8)
    contrast = []
    for nearness in (0.55, 0.35, 0.25, 0.15):
        out = _render(_lens(size, focus="distance", aperture=1.0), bgr, _empty(size), _flat(size, nearness))
        contrast.append(float(out.std()))
    assert contrast[0] < 0.85 * float(bgr.std()), "not even what is in focus is shown as it is"
    assert all(a > b for a, b in pairwise(contrast))
    assert contrast[-1] < 0.7 * contrast[0]


def test_everything_but_the_person_is_blurred_even_where_depth_says_it_is_near() -> None:
    size = Size(320, 180)
    bgr = np.kron(np.indices((45, 80)).sum(axis=0) % 2 * 255, np.ones((4, 4)))[..., None].repeat(3, axis=2)
    bgr = bgr.astype(np.uint8)
    alpha = _person(size)
    for value in (0.0, 0.5, 1.0):
        out = _render(_lens(size, least_blur=0.4), bgr, alpha, _flat(size, value))
        assert out[alpha == 0].std() < 0.25 * bgr[alpha == 0].std()


def _front(size: Size) -> tuple[Pixels, Plane8, Plane]:
    """A red person near the lens before a room with detail."""
    bgr, alpha = _room(size), _person(size)
    bgr[alpha > 127] = (10, 10, 240)
    return bgr, alpha, np.where(alpha > 127, 0.9, 0.2).astype(np.float32)


def test_what_is_before_the_focus_spreads_over_what_is_behind() -> None:
    size = Size(320, 180)
    bgr, alpha, nearness = _front(size)
    out = _render(_lens(size, focus="distance", distance=0.2, aperture=2.0), bgr, alpha, nearness)
    beside = np.zeros(alpha.shape, bool)
    for dx in range(1, 7):
        beside |= (np.roll(alpha, dx, 1) > 250) | (np.roll(alpha, -dx, 1) > 250)
    beside &= alpha == 0
    redder = out[beside].astype(float) - bgr[beside]
    assert redder[:, 2].mean() > 15
    assert redder[:, 0].mean() < 0
    middle = out[-20:, 130:160]
    assert np.abs(middle.astype(int) - (10, 10, 240)).max() <= 3, "it is opaque, also at the lower border"


def test_a_person_in_focus_keeps_every_byte_away_from_what_is_before_them() -> None:
    size = Size(320, 180)
    bgr, alpha, nearness = _front(size)
    nearness[:, 250:] = 0.98
    out = _render(_lens(size, focus="distance", distance=0.9, aperture=1.0), bgr, alpha, nearness)
    assert np.array_equal(out[alpha == 255], bgr[alpha == 255])


@pytest.mark.parametrize("aperture", [1e-4, 0.4, 4.0])
@pytest.mark.parametrize("focus", ["person", "follow", "point", "distance"])
def test_the_room_is_never_in_focus(focus: str, aperture: float) -> None:
    """Wherever it stands, whatever is asked for: the lens is pointed at the very room."""
    size = Size(320, 180)
    bgr = np.kron(np.indices((90, 160)).sum(axis=0) % 2 * 255, np.ones((2, 2)))[..., None].repeat(3, axis=2)
    bgr = bgr.astype(np.uint8)
    alpha = _person(size)
    for value in (0.0, 0.5, 1.0):
        lens = _lens(
            size,
            focus=focus,
            point=(0.9, 0.1),
            distance=value,
            aperture=aperture,
            depth_of_field=1.0,
            max_radius_px=1.0,
        )
        out = _render(lens, bgr, alpha, _flat(size, value))
        assert np.abs(np.diff(out[alpha == 0].astype(int), axis=0)).mean() < 12
        assert out[alpha == 0].std() < 0.05 * bgr[alpha == 0].std()


def test_the_focus_point_decides() -> None:
    size = Size(320, 180)
    bgr, alpha, nearness = _front(size)
    bgr[alpha > 127] = _room(size, seed=9)[alpha > 127]
    on_person = _render(_lens(size, focus="point", point=(0.45, 0.9), aperture=2.0), bgr, alpha, nearness)
    on_room = _render(_lens(size, focus="point", point=(0.95, 0.1), aperture=2.0), bgr, alpha, nearness)
    inside = np.zeros_like(alpha, bool)
    inside[150:175, 130:160] = True
    corner = np.zeros_like(alpha, bool)
    corner[:40, 270:] = True
    assert np.array_equal(on_person[inside], bgr[inside])
    assert on_person[corner].std() < 0.5 * on_room[corner].std()
    assert on_room[corner].std() < 0.9 * bgr[corner].std(), "the room keeps the least blur"
    person = (slice(150, 175), slice(130, 160))
    assert (
        np.abs(np.diff(on_room[person].astype(int), axis=1)).mean()
        < 0.5 * np.abs(np.diff(bgr[person].astype(int), axis=1)).mean()
    )


def test_the_focus_is_pulled_to_where_the_person_goes() -> None:
    size = Size(160, 90)
    bgr, alpha = _room(size), _person(size)
    lens = _lens(size, aperture=2.0, focus_pull_s=0.5)

    def room_after(person: float, lens: LensBlur) -> NDArray[np.float64]:
        nearness = np.where(alpha > 127, person, 0.1).astype(np.float32)
        return _render(lens, bgr, alpha, nearness).astype(np.float64)

    calm = room_after(0.6, lens)
    at_once = room_after(0.8, _lens(size, aperture=2.0))
    way = [np.abs(room_after(0.8, lens) - at_once).mean() for _ in range(45)]
    assert way[2] > 0.4 * np.abs(calm - at_once).mean(), "it does not jump"
    assert max(way[40:]) < 0.08 * way[0], "it arrives"
    other = _lens(size, aperture=2.0, focus_pull_s=0.5)
    other.go_on_from(lens)
    assert np.abs(room_after(0.8, other) - at_once).mean() < 0.1 * np.abs(calm - at_once).mean()
    lens.reset()
    assert np.array_equal(room_after(0.6, lens), calm), "after a reset it is there at once"


def test_the_room_does_not_pump_with_a_person_who_trembles() -> None:
    size = Size(160, 90)
    bgr, alpha = _room(size), _person(size)
    lens = _lens(size, aperture=2.0)
    random = np.random.default_rng(5)
    planes = [np.where(alpha > 127, 0.7 + random.normal(0, 0.01), 0.1).astype(np.float32) for _ in range(20)]
    first, *others = (_render(lens, bgr, alpha, nearness) for nearness in planes)
    assert all(np.array_equal(first, other) for other in others)


def test_following_the_head_leaves_a_hand_before_it_out_of_focus() -> None:
    size = Size(320, 180)
    bgr, alpha = _room(size), _person(size)
    nearness = np.where(alpha > 127, 0.6, 0.1).astype(np.float32)
    nearness[140:, :] = np.where(alpha[140:] > 127, 1.0, 0.1)
    out = _render(_lens(size, focus="follow", aperture=2.0, depth_of_field=0.05), bgr, alpha, nearness)
    head = alpha == 255
    head[125:] = False
    assert np.array_equal(out[head], bgr[head])
    hand = (slice(155, 178), slice(125, 165))
    assert (
        np.abs(np.diff(out[hand].astype(int), axis=1)).mean()
        < 0.4 * np.abs(np.diff(bgr[hand].astype(int), axis=1)).mean()
    )


@pytest.mark.parametrize("blades", [5, 6])
def test_a_lamp_shows_the_blades(blades: int) -> None:
    """Bright where the polygon is, dark where only the disc of its area would be."""
    size = Size(240, 180)
    bgr = np.full((180, 240, 3), 10, np.uint8)
    bgr[88:92, 118:122] = 255
    options = {"aperture": 3.0, "highlights": 1.0, "max_radius_px": 128.0}
    disc, shape = (
        _render(_lens(size, blades=n, **options), bgr, _empty(size), _flat(size, 0.0))[..., 1].astype(float)
        for n in (0, blades)
    )
    y, x = np.mgrid[0:180, 0:240]
    turn = (np.arctan2(y - 89.5, x - 119.5) + np.pi / 2) % (2 * np.pi / blades) - np.pi / blades
    far = np.hypot(y - 89.5, x - 119.5)
    corner = (np.abs(turn) > 0.85 * np.pi / blades) & (shape > 30)
    side = (np.abs(turn) < 0.15 * np.pi / blades) & (shape > 30)
    round_ = disc > 30
    assert far[corner].max() > 1.02 * far[round_].max()
    assert far[side].max() < 0.99 * far[round_].max()
    assert shape.sum() == pytest.approx(disc.sum(), rel=0.03)


def test_a_blurred_slope_shows_no_steps() -> None:
    size = Size(512, 64)
    slope = np.linspace(100, 108, 512)
    noisy = slope[None, :, None] + np.random.default_rng(1).normal(0, 2, (64, 512, 3))
    out = _render(_lens(size, aperture=2.0), np.rint(noisy).astype(np.uint8), _empty(size), _flat(size, 0.0))
    columns = out.astype(float).mean(axis=(0, 2))
    smooth = np.convolve(columns, np.ones(9) / 9, mode="same")[20:-20]
    assert np.abs(smooth - slope[20:-20]).max() < 0.6


@pytest.mark.parametrize(
    "size", [Size(1, 1), Size(1, 17), Size(17, 1), Size(2, 2), Size(33, 31), Size(65, 1), Size(127, 66)]
)
@pytest.mark.parametrize("focus", ["person", "follow", "point", "distance"])
@pytest.mark.parametrize("aperture", [0.05, 4.0])
def test_any_size(size: Size, focus: str, aperture: float) -> None:
    random = np.random.default_rng(size.width)
    bgr = random.integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
    alpha = random.integers(0, 256, (size.height, size.width), dtype=np.uint8)
    nearness = random.uniform(-0.5, 1.5, (3, 5)).astype(np.float32)
    out = _render(_lens(size, focus=focus, aperture=aperture, distance=0.4), bgr, alpha, nearness)
    low, high = int(bgr.min()), int(bgr.max())
    assert out.min() >= low - 1
    assert out.max() <= high + 1


def test_what_is_refused() -> None:
    size = Size(8, 6)
    bgr, alpha, nearness = _room(size), _empty(size), _flat(size, 0.5)
    lens = _lens(size)
    nearness[2, 3] = np.nan
    with pytest.raises(ValueError, match="nearness must be finite"):
        _render(lens, bgr, alpha, nearness)
    with pytest.raises(ValueError, match=r"nearness must be \(h, w\) float32, not \(6, 8\) float64"):
        _render(lens, bgr, alpha, np.zeros((6, 8)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alpha must be"):
        _render(lens, bgr, np.zeros((8, 6), np.uint8), nearness)
    with pytest.raises(ValueError, match="focus is person, point, distance or follow, not 'face'"):
        _lens(size, focus="face")
    with pytest.raises(ValueError, match="aperture, max_radius_px, highlights or least_blur out of range"):
        _lens(size, aperture=0.0)
