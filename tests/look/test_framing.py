"""The picture follows a person and comes to rest; its view never leaves the picture nor goes closer than it may."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livecut.kernels.cpu.silhouette import Bust
from livecut.look.framing import FixedFraming, FollowFraming, on_pixels, portrait
from livecut.protocols import Framing, Need
from livecut.types import WHOLE, Matte, Size, View

SIZE = Size(320, 180)
FRAME_NS = 33_333_333


def room(centre: float, top: float, shoulders: float, size: Size = SIZE) -> NDArray[np.bool_]:
    """Head, neck and shoulders in a whole picture; lengths are shares of its width, `top` of its height."""
    y, x = np.mgrid[0 : size.height, 0 : size.width] / size.width
    down = y - top * size.height / size.width
    head = ((x - centre) / (0.2 * shoulders)) ** 2 + ((down - 0.26 * shoulders) / (0.26 * shoulders)) ** 2 < 1
    body = (np.abs(x - centre) < shoulders / 2) & (down > 0.62 * shoulders)
    neck = (np.abs(x - centre) < 0.1 * shoulders) & (down > 0.3 * shoulders)
    return np.asarray(head | body | neck)


def shown(person: NDArray[np.bool_], view: View, captured_ns: int) -> Matte:
    """The matte of what a view shows of a room."""
    height, width = person.shape
    rows = np.clip((view.y + (np.arange(height) + 0.5) / height * view.share) * height, 0, height - 1).astype(int)
    columns = np.clip((view.x + (np.arange(width) + 0.5) / width * view.share) * width, 0, width - 1).astype(int)
    return Matte(np.ascontiguousarray(person[rows][:, columns] * 255, np.uint8), 0, captured_ns)


def follow(framing: FollowFraming, person: NDArray[np.bool_], frames: int, start: int = 0) -> list[View]:
    views = []
    for index in range(start, start + frames):
        view = framing.view(index * FRAME_NS)
        framing.saw(shown(person, view, index * FRAME_NS))
        views.append(view)
    return views


def check(views: list[View], max_zoom: float) -> None:
    for view in views:
        assert 1 / max_zoom - 1e-9 <= view.share <= 1.0
        assert -1e-9 <= view.x <= 1 - view.share + 1e-9 and -1e-9 <= view.y <= 1 - view.share + 1e-9
    for before, after in pairwise(views):
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 0.05 + 1e-3


@settings(max_examples=25, deadline=None)
@given(st.floats(0.15, 0.85), st.floats(0.05, 0.5), st.floats(0.1, 0.6), st.floats(1.0, 3.0))
def test_it_comes_to_rest_with_the_head_in_the_picture(
    centre: float, top: float, shoulders: float, max_zoom: float
) -> None:
    framing = FollowFraming(SIZE, max_zoom, ease_s=1.0)
    views = follow(framing, room(centre, top, shoulders), 240)
    check(views, max_zoom)
    last = views[-1]
    assert len(set(views[-60:])) == 1
    assert last.x <= centre <= last.x + last.share
    assert last.y <= top + 1e-6 and top < last.y + 0.75 * last.share
    # One way: the zoom of a person who sits still never turns round by more than can be seen.
    shares = np.array([view.share for view in views])
    back = np.clip(np.diff(shares), 0, None).sum()
    assert back < 0.03


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 0.9), st.floats(0.0, 0.6), st.floats(0.05, 0.9)), min_size=1, max_size=6))
def test_people_who_jump_about_do_not_throw_it_off(places: list[tuple[float, float, float]]) -> None:
    framing = FollowFraming(SIZE, 2.0, ease_s=0.5)
    views: list[View] = []
    for place in places:
        views += follow(framing, room(*place), 12, start=len(views))
    check(views, 2.0)


def test_a_head_that_sways_a_little_moves_nothing() -> None:
    framing = FollowFraming(SIZE, 2.0, ease_s=0.5)
    views = follow(framing, room(0.5, 0.3, 0.25), 120)
    for index in range(120, 220):
        sway = 0.008 * np.sin(index / 4)
        views += follow(framing, room(0.5 + sway, 0.3 - sway, 0.25), 1, start=index)
    assert len(set(views[-80:])) == 1 and views[-1].share < 0.7


def test_a_person_who_walks_is_followed_without_turning_back() -> None:
    framing = FollowFraming(SIZE, 2.0, ease_s=0.8)
    views = follow(framing, room(0.3, 0.3, 0.2), 90)
    for index in range(90, 180):
        centre = 0.3 + 0.4 * (index - 90) / 90
        views += follow(framing, room(centre, 0.3, 0.2), 1, start=index)
    views += follow(framing, room(0.7, 0.3, 0.2), 90, start=180)
    across = np.array([view.x for view in views[90:]])
    assert np.clip(-np.diff(across), 0, None).sum() < 0.02
    last = views[-1]
    assert abs(last.x + last.share / 2 - 0.7) < 0.05


def test_when_everybody_has_left_the_whole_picture_is_shown_again() -> None:
    framing = FollowFraming(SIZE, 2.0, ease_s=0.5)
    views = follow(framing, room(0.5, 0.3, 0.2), 90)
    nobody = np.zeros((180, 320), bool)
    assert views[-1].share == 0.5
    held = follow(framing, nobody, 30, start=90)
    assert set(held) == {views[-1]}
    assert follow(framing, nobody, 120, start=120)[-1] == WHOLE


def test_a_stall_is_no_jump_and_a_reset_is_the_whole_picture() -> None:
    framing = FollowFraming(SIZE, 2.0, ease_s=0.5)
    before = follow(framing, room(0.5, 0.3, 0.2), 8)[-1]
    after = framing.view(1000 * FRAME_NS)
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 0.05 + 1e-6
    framing.reset()
    assert framing.view(0) == WHOLE


def test_a_matte_of_an_earlier_frame_is_placed_where_it_was_taken() -> None:
    straight, late = FollowFraming(SIZE, 2.0, ease_s=0.5), FollowFraming(SIZE, 2.0, ease_s=0.5)
    person, mattes = room(0.25, 0.3, 0.2), []
    for index in range(150):
        view = straight.view(index * FRAME_NS)
        straight.saw(shown(person, view, index * FRAME_NS))
        old = late.view(index * FRAME_NS)
        mattes.append(shown(person, old, index * FRAME_NS))
        late.saw(mattes[max(0, index - 6)])
    assert straight.view(10**10) == late.view(10**10)


def test_a_fixed_crop_lies_on_pixels_and_inside_the_picture() -> None:
    framing = FixedFraming(Size(1280, 720), 1.5, 1.0, 0.5)
    assert isinstance(framing, Framing) and framing.needs == frozenset()
    view = framing.view(0)
    assert view == framing.view(10**9)
    assert view.share == 54 / 80 and view.x == pytest.approx(1 - 54 / 80)
    for value in (view.x * 1280, view.y * 720, view.share * 1280, view.share * 720):
        assert value == pytest.approx(round(value))
    assert FixedFraming(SIZE, 1.0, 0.0, 1.0).view(0) == WHOLE


@settings(max_examples=25, deadline=None)
@given(st.floats(-0.35, 0.2), st.floats(0.15, 0.85), st.floats(0.1, 0.6))
def test_a_head_in_what_was_cut_off_is_found(top: float, centre: float, shoulders: float) -> None:
    """A frame half as high again above and below; she stands in it with her head above what is shown at first."""
    beyond = (0.0, 0.5)
    framing = FollowFraming(SIZE, 2.0, beyond=beyond)
    views = []
    tall = Size(SIZE.width, 2 * SIZE.height)
    person = room(centre, (top + 0.5) * SIZE.height / tall.height, shoulders, tall)
    for index in range(400):
        view = framing.view(index * FRAME_NS)
        rows = ((view.y + 0.5 + (np.arange(180) + 0.5) / 180 * view.share) * 180).astype(int)
        columns = ((view.x + (np.arange(320) + 0.5) / 320 * view.share) * 320).astype(int)
        assert rows.min() >= 0 and rows.max() < 360 and columns.min() >= 0 and columns.max() < 320
        alpha = np.ascontiguousarray(person[rows][:, columns] * 255, np.uint8)
        framing.saw(Matte(alpha, index, index * FRAME_NS))
        views.append(view)
    assert not alpha[0].any(), "her head is in the picture"
    assert views[-1] == views[-30], "and the picture rests"


def test_it_looks_beyond_the_picture_only_for_a_head_that_is_cut_off() -> None:
    seated = room(0.5, 0.05, 0.3)  # all of her head is there, if hardly any room above it
    views = follow(FollowFraming(SIZE, 1.0, beyond=(0.5, 0.5)), seated, 60)
    assert views == [WHOLE] * 60
    little = FollowFraming(SIZE, 1.0, beyond=(0.5, 0.1))
    assert {view.y for view in follow(little, room(0.5, -0.2, 0.3), 60)} == {0.0}, "too little to be worth it"


def test_what_is_seen_below_a_cut_says_little_of_how_large_somebody_is() -> None:
    arm = Bust(0.5, 0.0, 0.08)
    assert portrait(arm, WHOLE, 4.0).share == 0.25
    up = portrait(arm, WHOLE, 4.0, (0.0, 0.5))
    assert up.share == 1.0 and up.y == pytest.approx(-0.2)
    assert portrait(arm, View(0.0, -0.5, 1.0), 4.0, (0.0, 0.5)).share == 0.25, "there is no more above"


def test_where_it_loses_a_person_by_looking_beyond_it_does_not_for_a_while() -> None:
    """Networks may see somebody in the one view and nobody in the other: the picture must not swing for ever."""
    framing = FollowFraming(SIZE, 1.0, ease_s=0.5, beyond=(0.0, 0.5))
    person, nobody = room(0.5, -0.1, 0.5), np.zeros((180, 320), bool)
    turned = []
    for index in range(1500):
        view = framing.view(index * FRAME_NS)
        framing.saw(shown(nobody if view.y < -0.05 else person, WHOLE, index * FRAME_NS))
        turned.append(view.y < -0.05)
    turns = [index for index, (before, after) in enumerate(pairwise(turned)) if after and not before]
    assert turns and all(b - a > 20 * 30 for a, b in pairwise(turns))
    assert turned.count(True) < 0.25 * len(turned)


def test_where_it_loses_a_person_by_going_close_it_stays_further_away() -> None:
    """A network that does not see a face that fills the picture: found in the whole picture, lost again, and so on."""
    framing, person = FollowFraming(SIZE, 4.0, ease_s=0.5), room(0.6, 0.3, 0.1)
    views: list[View] = []
    for index in range(1200):
        view = framing.view(index * FRAME_NS)
        seen = person if view.share > 0.5 else np.zeros_like(person)
        framing.saw(shown(seen, view, index * FRAME_NS))
        views.append(view)
    assert min(view.share for view in views) < 0.5, "it was never too close"
    late = views[600:]
    assert len(set(late)) == 1
    assert 0.5 < late[0].share < 1.0


@pytest.mark.parametrize("shoulders", [0.22, 0.5])
def test_who_walks_away_twice_is_framed_as_before(shoulders: float) -> None:
    framing, person, nobody = FollowFraming(SIZE), room(0.5, 0.2, shoulders), np.zeros((180, 320), bool)
    start = 0
    for who, seconds in ((person, 5), (nobody, 3), (person, 4), (nobody, 3), (room(0.5, 0.2, 0.22), 10)):
        views = follow(framing, who, seconds * 30, start)
        start += seconds * 30
    assert views[-1].share == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("places", [((0.5, 0.15), (0.5, 0.42)), ((0.5, 0.15), (0.5, 0.34)), ((0.38, 0.2), (0.62, 0.2))])
def test_who_moves_to_and_fro_is_followed_and_nobody_is_left_at_the_edge(
    places: tuple[tuple[float, float], tuple[float, float]],
) -> None:
    framing, start = FollowFraming(SIZE), 0
    for centre, top in places * 4:
        views = follow(framing, room(centre, top, 0.22), 180, start)
        start += 180
        view = views[-1]
        assert 0.0 < (top - view.y) / view.share < 0.36
        assert abs((centre - view.x) / view.share - 0.5) < 0.21
    middle, height = (sum(one[axis] for one in places) / 2 for axis in (0, 1))
    view = follow(framing, room(middle, height, 0.22), 300, start)[-1]
    assert 0.0 < (height - view.y) / view.share < 0.36
    assert abs((middle - view.x) / view.share - 0.5) < 0.21


@given(st.floats(0.1, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_rounding_keeps_a_view_inside(share: float, x: float, y: float) -> None:
    for size in (Size(1280, 720), Size(1, 1), Size(719, 1281), Size(640, 480)):
        view = on_pixels(View(x * (1 - share), y * (1 - share), share), size)
        assert 0.0 < view.share <= 1.0
        assert 0.0 <= view.x <= 1 - view.share + 1e-9 and 0.0 <= view.y <= 1 - view.share + 1e-9


def test_a_portrait_has_headroom_and_goes_up_for_a_head_that_is_cut_off() -> None:
    view = portrait(Bust(0.5, 0.4, 0.225), WHOLE, 4.0)
    assert view == pytest.approx((0.25, 0.35, 0.5))
    cut = portrait(Bust(0.5, 0.0, 0.45), View(0.25, 0.35, 0.5), 4.0)
    assert cut.y < 0.35 - 0.05 and cut.share == pytest.approx(0.5)


def test_it_needs_the_matte_and_sensible_bounds() -> None:
    framing = FollowFraming(SIZE)
    assert isinstance(framing, Framing) and framing.needs == {Need.MATTE}
    with pytest.raises(ValueError, match=r"^max_zoom must be at least 1, not 0.5$"):
        FollowFraming(SIZE, 0.5)
    with pytest.raises(ValueError, match=r"^zoom must be at least 1, not 0.5$"):
        FixedFraming(SIZE, 0.5, 0.5, 0.5)


def test_a_change_of_settings_makes_no_jump() -> None:
    earlier, person = FollowFraming(SIZE, 2.0, ease_s=1.0), room(0.3, 0.3, 0.15)
    before = follow(earlier, person, 10)
    framing = FollowFraming(SIZE, 3.0, ease_s=1.0)
    framing.go_on_from(earlier)
    after = follow(framing, person, 150, start=10)
    check([*before, *after], 3.0)
    assert before[-1].share > after[0].share > 0.5 * before[-1].share
    assert after[-1].share < 0.42
    framing.go_on_from(FixedFraming(SIZE, 2.0, 0.5, 0.5))
    assert framing.view(200 * FRAME_NS) == after[-1]
