"""`split`: two effects side by side."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.effects.blur import Blur
from livecut.effects.cutout import Cutout
from livecut.effects.depth_view import DepthView
from livecut.effects.matte_view import MatteView
from livecut.effects.passthrough import Passthrough
from livecut.effects.split import Split
from livecut.protocols import Effect, Need
from livecut.types import EVERYWHERE, Canvas, DepthMap, Frame, Part, Scene, Size


def alone(effect: Effect, scene: Scene, size: Size) -> Canvas:
    out = Canvas.empty(size, alpha=effect.has_alpha)
    effect.render(scene, out)
    return out


@pytest.mark.parametrize("position", [0.0, 0.3, 1.0])
def test_each_side_is_what_its_effect_paints(scene: Scene, size: Size, position: float) -> None:
    out = alone(Split(size, MatteView(size), Blur(size), position), scene, size)
    left, right = alone(MatteView(size), scene, size), alone(Blur(size), scene, size)
    column = round(position * size.width)
    assert np.array_equal(out.bgr[:, : max(0, column - 1)], left.bgr[:, : max(0, column - 1)])
    assert np.array_equal(out.bgr[:, column + 1 :], right.bgr[:, column + 1 :])
    if 0 < column < size.width:
        assert (out.bgr[:, column - 1 : column + 1] == 255).all()


def test_needs_are_those_of_both(size: Size) -> None:
    assert Split(size, Passthrough(size), Blur(size)).needs == {Need.MATTE}
    assert Split(size, Passthrough(size), Passthrough(size)).needs == frozenset()
    assert isinstance(Split(size, Passthrough(size), Blur(size)), Effect)


def test_one_side_with_alpha_makes_the_other_opaque(scene: Scene, size: Size) -> None:
    effect = Split(size, Cutout(size), Blur(size))
    assert effect.has_alpha
    out = alone(effect, scene, size)
    assert scene.matte is not None and out.alpha is not None
    column = round(0.5 * size.width)
    assert np.array_equal(out.alpha[:, : column - 1], scene.matte.alpha[:, : column - 1])
    assert (out.alpha[:, column - 1 :] == 255).all()


def test_the_line_is_opaque_where_both_sides_are_transparent(scene: Scene, size: Size) -> None:
    out = alone(Split(size, Cutout(size), Cutout(size), 0.3), scene, size)
    assert out.alpha is not None
    column = round(0.3 * size.width)
    assert (out.alpha[:, column - 1 : column + 1] == 255).all()


@pytest.mark.parametrize("within", [EVERYWHERE, (slice(20, 160), slice(40, 290))])
def test_a_scale_stands_on_the_side_it_belongs_to(within: Part) -> None:
    size = Size(320, 180)
    depth = DepthMap(np.full((9, 16), 0.5, np.float32), 0, 0)
    scene = Scene(Frame(Canvas.empty(size).bgr, 0, 0), None, depth, within)
    plain = alone(Split(size, DepthView(size, legend=False), DepthView(size, legend=False)), scene, size)
    for sides in ((True, False), (False, True), (True, True)):
        before, after = (DepthView(size, legend=legend) for legend in sides)
        split = Split(size, before, after)
        drawn = (alone(split, scene, size).bgr != plain.bgr).any(axis=2)
        rows, columns = within[0].indices(size.height), within[1].indices(size.width)
        for legend, first, last in zip(sides, (columns[0], 160), (160, columns[1]), strict=True):
            side = drawn[rows[0] : rows[1], first:last].copy()
            assert side.any() == legend
            drawn[rows[0] : rows[1], first:last] = False
            # As far from its side's right edge as it would be from the picture's.
            assert not legend or last - first - 1 - np.flatnonzero(side.any(axis=0))[-1] in (4, 5)
        assert not drawn.any()


@pytest.mark.parametrize("position", [0.0, 0.05, 0.95, 1.0])
def test_a_side_that_is_too_narrow_has_no_scale(position: float) -> None:
    size = Size(320, 180)
    scene = Scene(Frame(Canvas.empty(size).bgr, 0, 0), None, DepthMap(np.full((9, 16), 0.5, np.float32), 0, 0))
    with_scale, without = (
        alone(Split(size, DepthView(size, legend=legend), DepthView(size, legend=legend), position), scene, size).bgr
        for legend in (True, False)
    )
    column = round(position * size.width)
    narrow = slice(0, column) if position < 0.5 else slice(column, size.width)
    assert np.array_equal(with_scale[:, narrow], without[:, narrow])
    assert (with_scale != without).any()


def test_what_a_side_shows_instead_is_told(size: Size) -> None:
    one, two = Passthrough(size), Passthrough(size)
    one.instead = two.instead = "room blurred: camera 1 is gone"  # type: ignore[attr-defined]
    assert Split(size, one, two).instead == Split(size, Blur(size), two).instead == "room blurred: camera 1 is gone"
    assert Split(size, Blur(size), Blur(size)).instead == ""


class Counted(Passthrough):
    """Counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_closing_closes_both(size: Size) -> None:
    before, after = Counted(size), Counted(size)
    Split(size, before, after).close()
    assert (before.closed, after.closed) == (1, 1)


def test_one_that_fails_to_close_leaves_the_other_closed(size: Size) -> None:
    before, after = Counted(size), Counted(size)

    def failing() -> None:
        raise OSError("no such device")

    before.close = failing  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no such device"):
        Split(size, before, after).close()
    assert after.closed == 1


def test_a_position_outside_is_refused(size: Size) -> None:
    with pytest.raises(ValueError, match=r"^position must be 0 … 1, not 1.2$"):
        Split(size, Passthrough(size), Passthrough(size), 1.2)


class Remembers(Passthrough):
    """Notes what it is told to go on from."""

    earlier: Effect | None = None
    resets = 0

    def go_on_from(self, earlier: Effect) -> None:
        self.earlier = earlier

    def reset(self) -> None:
        self.resets += 1


def test_each_side_goes_on_from_the_same_side(size: Size) -> None:
    before, after = Remembers(size), Remembers(size)
    left, right = Passthrough(size), Blur(size)
    split = Split(size, before, after)
    split.go_on_from(Split(size, left, right))
    assert before.earlier is left and after.earlier is right
    split.go_on_from(Blur(size))
    split.reset()
    assert (before.resets, after.resets) == (1, 1)
    assert before.earlier is left
    Split(size, left, right).reset()
