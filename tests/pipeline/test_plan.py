"""A plan loads what its effect needs, refuses answers it cannot trust and closes everything once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.fakes import FakeEstimator, NearestRefiner, PaintEffect, crop_fit

from livecut.errors import EstimateError
from livecut.estimators.refined import Refined
from livecut.estimators.smoothed import Smoothed
from livecut.estimators.strided import Strided
from livecut.kernels.cpu.geometry import beside, fit, place_of_whole
from livecut.kernels.cpu.surround import surrounding
from livecut.look.framing import FixedFraming, FollowFraming
from livecut.pipeline.inset import Inset
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import Plan
from livecut.protocols import Effect, Estimator, Framing, Layer, Need, Tone
from livecut.types import Canvas, Estimate, Frame, Matte, Pixels, Planar, Plane, Size, View

SIZE = Size(48, 27)
BOTH = frozenset({Need.MATTE, Need.DEPTH})


def _plan(
    effect: PaintEffect,
    *estimators: FakeEstimator,
    mirror: bool = False,
    refine: bool = True,
    layers: Sequence[Layer] = (),
) -> Plan:
    return Plan(
        size=SIZE,
        fit=crop_fit,
        mirror=mirror,
        estimators=estimators,
        refiner=NearestRefiner() if refine else None,
        effect=effect,
        layers=layers,
        meter=Meter(),
        max_age_ns=100_000_000,
    )


def _frame(size: Size = SIZE, captured_ns: int = 10**9) -> Frame:
    rng = np.random.default_rng(3)
    return Frame(rng.integers(0, 256, (size.height, size.width, 3), np.uint8), 7, captured_ns)


def test_what_the_effect_shows_instead_reaches_the_meter() -> None:
    effect = PaintEffect()
    plan, meter = _plan(effect), Meter()
    plan._meter = meter
    for told in ("room blurred: gone", ""):
        effect.instead = told  # type: ignore[attr-defined]
        plan.render(_frame(), plan.new_canvas())
        assert meter.snapshot().instead == told


@pytest.mark.parametrize("before_effect", [None, lambda: None])
def test_what_remembers_is_warm_however_seldom_networks_are_asked(before_effect: Callable[[], object] | None) -> None:
    """What compares one look with the next is compiled at the second one: not among the pictures that are shown."""
    looks: list[int] = []

    def noted(estimate: Estimate) -> Estimate:
        assert estimate.matte is not None
        looks.append(estimate.matte.frame_index)
        return estimate

    effect = PaintEffect()
    seldom: Any = Strided(FakeEstimator(fault=noted), 8, max_age_ns=100_000_000)
    plan = _plan(effect, seldom)
    plan.warm(None, before_effect)
    assert looks == [0, 2] * (1 if before_effect is None else 2)
    assert [scene.frame.index for scene in effect.scenes] == [0, 1, 2]
    made_up = effect.scenes[-1].matte
    assert made_up is not None and made_up.alpha.max() == 255, "an effect has more to do where there is somebody"
    plan.render(_frame(), plan.new_canvas())
    assert looks[-1] == 7


@pytest.mark.parametrize("needs", [frozenset(), frozenset({Need.MATTE}), frozenset({Need.DEPTH}), BOTH])
def test_the_scene_holds_what_the_effect_needs(needs: frozenset[Need]) -> None:
    effect = PaintEffect(needs)
    plan = _plan(effect, FakeEstimator())
    canvas = plan.new_canvas()
    frame = _frame()
    scene = plan.render(frame, canvas)
    assert scene is effect.scenes[0]
    assert (scene.matte is not None) == (Need.MATTE in needs)
    assert (scene.depth is not None) == (Need.DEPTH in needs)
    if scene.matte is not None:
        assert scene.matte.alpha.shape == (SIZE.height, SIZE.width)
    np.testing.assert_array_equal(canvas.bgr, 255 - frame.bgr)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("size", [SIZE, Size(1, 1), Size(30, 40), Size(640, 361)])
def test_frames_of_any_size_are_fitted(size: Size, mirror: bool) -> None:
    plan = _plan(PaintEffect(BOTH), FakeEstimator(), mirror=mirror)
    canvas = plan.new_canvas()
    frame = _frame(size)
    plan.render(frame, canvas)
    expected = np.empty_like(canvas.bgr)
    crop_fit(frame.bgr, expected, mirror=mirror)
    np.testing.assert_array_equal(canvas.bgr, 255 - expected)


@pytest.mark.parametrize("fills", [False, True])
def test_beside_a_frame_that_is_shown_whole_nobody_is_and_nothing_of_the_room(fills: bool) -> None:
    effect = PaintEffect(BOTH)
    effect.fills_bars = fills  # type: ignore[attr-defined]
    plan = Plan(
        size=SIZE,
        fit=lambda bgr, out, **_: fit(bgr, out, mode="contain", bars=None),
        inset=Inset(SIZE),
        estimators=(FakeEstimator(),),
        refiner=NearestRefiner(),
        effect=effect,
        meter=Meter(),
        max_age_ns=100_000_000,
    )
    canvas = plan.new_canvas()
    for size in (Size(27, 27), SIZE, Size(96, 9)):
        scene = plan.render(_frame(size), canvas)
        assert scene.matte is not None
        bars = beside(place_of_whole(size, SIZE), SIZE)
        assert len(bars) == (0 if size == SIZE else 2)
        for bar in bars:
            assert not scene.matte.alpha[bar].any()
            assert canvas.bgr[bar].any() == fills
        rest = np.ones((SIZE.height, SIZE.width), bool)
        for bar in bars:
            rest[bar] = False
        within = np.zeros_like(rest)
        within[scene.within] = True
        np.testing.assert_array_equal(within, rest)
        assert scene.matte.alpha[rest].any()
        np.testing.assert_array_equal(canvas.bgr[rest], 255 - scene.frame.bgr[rest])


def _contained(effect: PaintEffect, *estimators: Any, sync: bool = False, framing: Framing | None = None) -> Plan:
    def fit_to(bgr: Pixels, out: Pixels, *, mirror: bool, view: View) -> None:
        fit(bgr, out, mode="contain", mirrored=mirror, view=view, bars=None)

    return Plan(
        size=SIZE,
        fit=fit_to,
        inset=Inset(SIZE),
        framing=framing,
        estimators=estimators,
        refiner=NearestRefiner(),
        effect=effect,
        meter=Meter(),
        max_age_ns=10**9,
        sync=sync,
    )


def test_networks_look_at_the_frame_without_what_lies_beside_it() -> None:
    seen: list[Pixels] = []

    class Looking(FakeEstimator):
        def estimate(self, frame: Frame) -> Estimate:
            seen.append(frame.bgr.copy())
            return super().estimate(frame)

    plan = _contained(PaintEffect(BOTH), Looking())
    canvas = plan.new_canvas()
    for size in (Size(27, 27), SIZE, Size(96, 9)):
        frame = _frame(size)
        scene = plan.render(frame, canvas)
        place = place_of_whole(size, SIZE)
        within = slice(place.y, place.y + place.height), slice(place.x, place.x + place.width)
        np.testing.assert_array_equal(seen[-1], scene.frame.bgr[within])
        assert scene.matte is not None and scene.depth is not None
        alone, grid = plan._estimators[0].estimate(Frame(seen[-1], 1, 1)), scene.depth.nearness.shape
        assert alone.matte is not None and alone.depth is not None
        whole = NearestRefiner().refine(Frame(seen[-1], 1, 1), alone.matte)
        np.testing.assert_array_equal(scene.matte.alpha[within], whole.alpha)
        rows, columns = alone.depth.nearness.shape
        assert grid == surrounding(Size(columns, rows), place, SIZE)[::-1]


def test_shown_later_a_whole_frame_keeps_the_matte_of_its_own() -> None:
    plan = _contained(PaintEffect(BOTH), Strided(FakeEstimator(), 2), sync=True)
    first, second = plan.new_canvas(), plan.new_canvas()
    for index, size in ((7, Size(27, 27)), (8, Size(27, 27))):
        frame = replace(_frame(size), index=index)
        scene = plan.render(frame, first if index == 7 else second)
        assert scene.frame.index == 7
        assert scene.matte is not None and scene.matte.frame_index == 7
    np.testing.assert_array_equal(first.bgr, second.bgr)


@pytest.mark.parametrize("sync", [False, True])
def test_nothing_of_a_frame_of_another_shape_is_kept(sync: bool) -> None:
    """What was seen of it lies elsewhere in this one: laid there it would show the room."""
    plan = _contained(PaintEffect(BOTH), Strided(FakeEstimator(), 4), sync=sync)
    canvas = plan.new_canvas()
    shown = []
    for index, size in enumerate([Size(27, 27), Size(27, 27), Size(96, 9), Size(96, 9), SIZE]):
        scene = plan.render(replace(_frame(size), index=index), canvas)
        assert scene.matte is not None
        shown.append(scene.matte.frame_index)
    assert shown == [0, 0, 2, 2, 4]


def test_memory_that_was_taken_over_is_kept_however_the_plan_was_warmed() -> None:
    strided = (Strided(FakeEstimator(), 4, max_age_ns=100_000_000) for _ in range(2))
    first, second = (_contained(PaintEffect(BOTH), one) for one in strided)
    resets: list[bool] = []
    monkey: Any = second._estimators[0]
    first.warm(Size(27, 27))
    second.warm(SIZE)
    first.render(_frame(Size(27, 27)), first.new_canvas())
    second.go_on_from(first)
    monkey.reset = lambda: resets.append(True)
    second.render(replace(_frame(Size(27, 27)), index=8), second.new_canvas())
    assert not resets
    second.render(replace(_frame(), index=9), second.new_canvas())
    assert resets


def test_frames_of_any_shape_are_warm_where_all_of_them_is_shown() -> None:
    """They ask for kernels of their own, which a live picture must not wait for."""
    seen: list[Size] = []

    class Looking(FakeEstimator):
        def estimate(self, frame: Frame) -> Estimate:
            seen.append(frame.size)
            return super().estimate(frame)

    plan = _contained(PaintEffect(BOTH), Looking())
    plan.warm(Size(27, 27))
    assert any(size.height > 3 * size.width for size in seen)
    assert any(size.width > 3 * size.height for size in seen)
    assert seen[-1] == Size(27, 27)


def test_auto_framing_counts_from_the_frames_own_edge() -> None:
    """Zoomed, it goes by where she is in the frame, which the bars beside it have nothing to do with."""
    mattes: list[Matte] = []

    class Noting(FollowFraming):
        def saw(self, matte: Matte) -> None:
            mattes.append(matte)

    plan = _contained(PaintEffect(BOTH), FakeEstimator(), framing=Noting(SIZE))
    plan.render(_frame(Size(27, 27)), plan.new_canvas())
    assert mattes[0].alpha.shape == (27, 27)


def test_needs_nobody_gives_are_refused_at_construction() -> None:
    with pytest.raises(ValueError, match="no estimator gives depth, matte"):
        _plan(PaintEffect(BOTH))
    with pytest.raises(ValueError, match="needs a refiner"):
        _plan(PaintEffect(BOTH), FakeEstimator(), refine=False)


def test_an_answer_of_another_size_is_refused() -> None:
    estimator = FakeEstimator()
    plan = _plan(PaintEffect(BOTH), estimator)
    estimator.plane_size = Size(16, 9)
    with pytest.raises(EstimateError, match="the matte is 32x18, not 16x9"):
        plan.render(_frame(), plan.new_canvas())


def test_an_answer_without_a_matte_is_refused() -> None:
    plan = _plan(PaintEffect(BOTH), FakeEstimator(fault=lambda estimate: Estimate(None, estimate.depth)))
    with pytest.raises(EstimateError, match="no matte"):
        plan.render(_frame(), plan.new_canvas())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": np.full((18, 32), np.nan, np.float32)}, "the matte of what is held is not finite"),
        ({"alpha": np.full((18, 32), 2, np.float32)}, "the matte of what is held leaves 0 … 1"),
        ({"alpha": np.zeros((9, 32), np.float32)}, "the matte of what is held is 32x9, not 32x18"),
        ({"captured_ns": 0}, "the matte of what is held is 1000 ms older than its frame"),
    ],
)
def test_what_is_held_is_trusted_no_more_than_the_matte(changes: dict[str, Any], message: str) -> None:
    def told(estimate: Estimate) -> Estimate:
        assert estimate.matte is not None
        return replace(estimate, held=replace(estimate.matte, **changes))

    plan = _plan(PaintEffect(BOTH), FakeEstimator(fault=told))
    with pytest.raises(EstimateError, match=message):
        plan.render(_frame(), plan.new_canvas())
    _plan(PaintEffect(frozenset({Need.DEPTH})), FakeEstimator(fault=told)).render(_frame(), plan.new_canvas())


def test_canvases_are_told_apart() -> None:
    plan = _plan(PaintEffect())
    assert plan.fits(plan.new_canvas())
    assert not plan.fits(Canvas.empty(SIZE, alpha=True))
    assert not plan.fits(Canvas.empty(Size(48, 28)))


def test_close_closes_everything_once_and_reset_reaches_all() -> None:
    effect, first, second = PaintEffect(BOTH), FakeEstimator(), FakeEstimator()
    plan = _plan(effect, first, second)
    plan.reset()
    plan.close()
    plan.close()
    assert (effect.closed, first.closed, second.closed) == (1, 1, 1)
    assert (first.resets, second.resets) == (1, 1)


class _DarkLayer:
    """Halves what is there; remembers what it was given."""

    def __init__(self, needs: frozenset[Need] = frozenset(), *, fault: Exception | None = None) -> None:
        self.needs, self._fault = needs, fault
        self.mattes: list[Matte | None] = []
        self.closed = 0

    def render(self, out: Canvas, matte: Matte | None) -> None:
        self.mattes.append(matte)
        if self._fault is not None:
            raise self._fault
        np.floor_divide(out.bgr, 2, out=out.bgr)

    def close(self) -> None:
        self.closed += 1


def test_layers_lie_on_what_the_effect_painted_and_bring_their_needs() -> None:
    layers = (_DarkLayer(), _DarkLayer(frozenset({Need.MATTE})))
    effect = PaintEffect()
    plan = _plan(effect, FakeEstimator(), layers=layers)
    canvas, frame = plan.new_canvas(), _frame()
    scene = plan.render(frame, canvas)
    np.testing.assert_array_equal(canvas.bgr, (255 - frame.bgr) // 2 // 2)
    assert scene.matte is not None and layers[1].mattes == [scene.matte]
    plan.close()
    plan.close()
    assert [layer.closed for layer in layers] == [1, 1]


def test_a_layers_needs_are_checked_as_an_effects_are() -> None:
    with pytest.raises(ValueError, match="no estimator gives matte"):
        _plan(PaintEffect(), layers=(_DarkLayer(frozenset({Need.MATTE})),))


def test_a_layer_that_raises_leaves_no_picture() -> None:
    plan = _plan(PaintEffect(), layers=(_DarkLayer(fault=OSError("the font is gone")),))
    with pytest.raises(OSError, match="the font is gone"):
        plan.render(_frame(), plan.new_canvas())


class _Left:
    """Shows the left half; remembers what it saw."""

    needs = frozenset({Need.MATTE})

    def __init__(self) -> None:
        self.mattes: list[Matte] = []
        self.resets = 0
        self.earlier: Framing | None = None

    @property
    def now(self) -> View:
        return View(0.0, 0.25, 0.5)

    def view(self, captured_ns: int) -> View:
        return self.now

    def saw(self, matte: Matte) -> None:
        self.mattes.append(matte)

    def laid(self, plane: Plane, made_ns: int, shown_ns: int, beyond: float | None = None) -> Plane:
        return plane if made_ns == shown_ns else np.roll(plane, 1, axis=1)

    def go_on_from(self, earlier: Framing) -> None:
        self.earlier = earlier

    def reset(self) -> None:
        self.resets += 1


class _Darker:
    """Halves the light."""

    def __init__(self) -> None:
        self.resets = 0
        self.earlier: Tone | None = None

    def __call__(self, bgr: Pixels, captured_ns: int, out: Pixels) -> None:
        np.floor_divide(bgr, 2, out=out)

    def go_on_from(self, earlier: Tone) -> None:
        self.earlier = earlier

    def reset(self) -> None:
        self.resets += 1


def _looking(framing: Framing | None, tone: Tone | None, *, mirror: bool = False) -> tuple[Plan, list[View]]:
    shown: list[View] = []

    def fit(bgr: Pixels, out: Pixels, *, mirror: bool, view: View) -> None:
        shown.append(view)
        crop_fit(bgr, out, mirror=mirror)

    plan = Plan(
        size=SIZE,
        fit=fit,
        mirror=mirror,
        framing=framing,
        tone=tone,
        estimators=(FakeEstimator(),),
        refiner=NearestRefiner(),
        effect=PaintEffect(),
        meter=Meter(),
        max_age_ns=100_000_000,
    )
    return plan, shown


def test_framing_chooses_the_view_and_sees_the_matte_of_it() -> None:
    framing = _Left()
    plan, shown = _looking(framing, None)
    scene = plan.render(_frame(), plan.new_canvas())
    assert shown == [View(0.0, 0.25, 0.5)]
    assert scene.matte is not None and framing.mattes == [scene.matte]


def test_tone_changes_what_everything_else_sees_and_never_the_sources_own_memory() -> None:
    plan, shown = _looking(None, _Darker())
    frame, canvas = _frame(), plan.new_canvas()
    before = frame.bgr.copy()
    plan.render(frame, canvas)
    np.testing.assert_array_equal(canvas.bgr, 255 - before // 2)
    np.testing.assert_array_equal(frame.bgr, before)
    assert shown == []
    plan, shown = _looking(_Left(), _Darker())
    plan.render(frame, canvas)
    np.testing.assert_array_equal(canvas.bgr, 255 - before // 2)
    assert len(shown) == 1


def test_a_plan_goes_on_where_the_one_before_was() -> None:
    first, second = (_looking(_Left(), _Darker())[0] for _ in range(2))
    framing, tone = _Left(), _Darker()
    plan, _ = _looking(framing, tone)
    plan.go_on_from(first)
    assert isinstance(framing.earlier, _Left) and isinstance(tone.earlier, _Darker)
    mirrored, _ = _looking(turned := _Left(), None, mirror=True)
    mirrored.go_on_from(second)
    assert turned.earlier is None
    plan.reset()
    assert (framing.resets, tone.resets) == (1, 1)


def test_a_canvas_with_a_gpus_converted_picture_is_not_painted_on() -> None:
    plan = _plan(PaintEffect(), FakeEstimator())
    canvas = plan.new_canvas()
    assert plan.fits(canvas)
    converted = replace(canvas, planar=Planar("i420", np.zeros(SIZE.width * SIZE.height * 3 // 2, np.uint8), SIZE))
    assert not plan.fits(converted)


class _Kept(FakeEstimator):
    """Says what it was told to go on from."""

    keeps_across_networks = True
    earlier: object = None

    def go_on_from(self, earlier: object) -> None:
        self.earlier = earlier


@pytest.mark.parametrize(
    ("framing", "mode", "goes_on"),
    [
        (FixedFraming(SIZE, 2.0, 0.5, 0.5), "cover", True),
        (FixedFraming(SIZE, 2.0, 0.4, 0.5), "cover", False),
        (FixedFraming(SIZE, 1.5, 0.5, 0.5), "cover", False),
        (FixedFraming(SIZE, 2.0, 0.5, 0.5), "stretch", False),
        (FollowFraming(SIZE), "cover", False),
        (None, "cover", False),
    ],
)
def test_what_is_remembered_goes_on_only_where_the_same_part_of_the_frame_is_shown(
    framing: Framing | None, mode: str, goes_on: bool
) -> None:
    def plan(framing: Framing | None, mode: str, estimator: FakeEstimator) -> Plan:
        return Plan(
            size=SIZE,
            fit=crop_fit,
            mode=mode,
            framing=framing,
            estimators=(estimator,),
            refiner=NearestRefiner(),
            effect=PaintEffect(),
            meter=Meter(),
            max_age_ns=100_000_000,
        )

    one, other = _Kept(), _Kept()
    earlier = plan(FixedFraming(SIZE, 2.0, 0.5, 0.5), "cover", one)
    plan(framing, mode, other).go_on_from(earlier)
    assert (other.earlier is one) is goes_on


def test_a_view_that_follows_goes_on_with_what_is_remembered() -> None:
    one, other = (_looking(FollowFraming(SIZE), None)[0] for _ in range(2))
    one._framing._shown = View(0.2, 0.2, 0.5)  # type: ignore[union-attr]
    assert other._shown != one._shown
    other.go_on_from(one)
    assert other._shown == one._shown


def test_an_effect_that_gives_depth_for_files_gets_memory_for_it() -> None:
    effect = PaintEffect()
    effect.has_depth = True  # type: ignore[attr-defined]
    plan, other = _plan(effect, FakeEstimator()), _plan(PaintEffect(), FakeEstimator())
    canvas = plan.new_canvas()
    assert canvas.depth is not None and canvas.depth.shape == (SIZE.height, SIZE.width)
    assert plan.fits(canvas) and not other.fits(canvas)
    assert other.new_canvas().depth is None


class _Eases(PaintEffect):
    """Remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.resets = 0
        self.earlier: Effect | None = None

    def go_on_from(self, earlier: Effect) -> None:
        self.earlier = earlier

    def reset(self) -> None:
        self.resets += 1


def test_an_effect_that_remembers_goes_on_where_the_one_before_was() -> None:
    earlier, effect = PaintEffect(), _Eases()
    plan = _plan(effect, FakeEstimator())
    plan.go_on_from(_plan(earlier, FakeEstimator()))
    assert effect.earlier is earlier
    plan.reset()
    assert effect.resets == 1


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("sync", [False, True])
def test_a_picture_waits_for_its_own_matte_where_asked(sync: bool, mirror: bool) -> None:
    effect = PaintEffect(frozenset({Need.MATTE}))
    plan = Plan(
        size=SIZE,
        fit=crop_fit,
        mirror=mirror,
        estimators=[Strided(FakeEstimator(), 3)],
        refiner=NearestRefiner(),
        effect=effect,
        meter=Meter(),
        max_age_ns=100_000_000,
        sync=sync,
    )
    canvas = plan.new_canvas()
    rng = np.random.default_rng(5)
    pictures, shown = [], []
    for index in range(7):
        frame = Frame(rng.integers(0, 256, (27, 48, 3), np.uint8), index, 10**9 + index * 10_000_000)
        plan.render(frame, canvas)
        expected = np.empty_like(canvas.bgr)
        crop_fit(frame.bgr, expected, mirror=mirror)
        pictures.append(255 - expected)
        shown.append(canvas.bgr.copy())
    wanted = [0, 0, 0, 3, 3, 3, 6] if sync else list(range(7))
    for own, index in zip(shown, wanted, strict=True):
        np.testing.assert_array_equal(own, pictures[index])
    assert [scene.frame.index for scene in effect.scenes] == wanted
    plan.reset()
    plan.render(Frame(np.zeros((27, 48, 3), np.uint8), 9, 2 * 10**9), canvas)
    assert canvas.bgr.min() == 255


class Remembering(FakeEstimator):
    """Writes down whom it was given."""

    keeps_across_networks = True

    def __init__(self) -> None:
        super().__init__()
        self.earlier: list[object] = []

    def go_on_from(self, earlier: object) -> None:
        self.earlier.append(earlier)


class RememberingDepth(Remembering):
    keeps_across_networks = False


class Wrapper(FakeEstimator):
    def __init__(self, *inner: FakeEstimator) -> None:
        super().__init__()
        self.inner = inner


def _remembering(label: str = "one", *, mirror: bool = False) -> tuple[Plan, Remembering, RememberingDepth]:
    parts = Remembering(), RememberingDepth()
    plan = _plan(PaintEffect(BOTH), Wrapper(Wrapper(parts[0]), parts[1]), mirror=mirror)
    plan.label = label
    return plan, *parts


def test_what_is_smoothed_over_time_goes_on_from_the_plan_before() -> None:
    (before, matte_before, depth_before), (after, matte, depth) = _remembering(), _remembering()
    after.go_on_from(before)
    assert (matte.earlier, depth.earlier) == ([matte_before], [depth_before])


def test_another_networks_depth_is_not_gone_on_from() -> None:
    (before, matte_before, _), (after, matte, depth) = _remembering("one"), _remembering("another")
    after.go_on_from(before)
    assert (matte.earlier, depth.earlier) == ([matte_before], [])


def test_a_mirrored_picture_begins_afresh() -> None:
    (before, *_), (after, matte, depth) = _remembering(), _remembering(mirror=True)
    after.go_on_from(before)
    assert (matte.earlier, depth.earlier) == ([], [])


def test_a_picture_that_is_shown_again_keeps_its_matte() -> None:
    # With what really runs: smoothed mattes, refined alpha that is remembered. A repeat comes without the motion since
    # the last look, and would lose what was remembered.
    rng = np.random.default_rng(8)
    size = Size(160, 90)

    def tremble(estimate: Estimate) -> Estimate:
        assert estimate.matte is not None
        alpha = estimate.matte.alpha
        noisy = np.clip(alpha + rng.normal(0, 0.05, alpha.shape), 0, 1).astype(np.float32)
        return replace(estimate, matte=replace(estimate.matte, alpha=noisy))

    plan = Plan(
        size=size,
        fit=crop_fit,
        estimators=[Smoothed(Strided(FakeEstimator(fault=tremble), 3), 0.6)],
        refiner=Refined(size, smooth=0.6),
        effect=PaintEffect(frozenset({Need.MATTE})),
        meter=Meter(),
        max_age_ns=1_000_000_000,
        sync=True,
    )
    canvas = plan.new_canvas()
    room = rng.integers(0, 256, (90, 160, 3), np.uint8)
    alphas, shown = [], []
    for index in range(12):
        noisy = np.clip(room + rng.normal(0, 6, room.shape), 0, 255).astype(np.uint8)
        scene = plan.render(Frame(noisy, index, index * 33_333_333), canvas)
        assert scene.matte is not None
        alphas.append(scene.matte.alpha.copy())
        shown.append(scene.frame.index)
    assert shown == [index // 3 * 3 for index in range(12)]
    for index in range(1, 12):
        same = np.array_equal(alphas[index], alphas[index - 1])
        assert same == (shown[index] == shown[index - 1]), index


@pytest.mark.parametrize("sync", [False, True])
def test_what_was_estimated_of_an_earlier_frame_is_laid_on_the_view_of_the_one_that_is_shown(sync: bool) -> None:
    """While the view moves, a matte of two frames ago is of another part of the picture: it would show the room."""
    framing, effect = _Left(), PaintEffect(BOTH)
    plan = Plan(
        size=SIZE,
        fit=lambda bgr, out, *, mirror, view: crop_fit(bgr, out, mirror=mirror),
        framing=framing,
        estimators=(Strided(FakeEstimator(), 2),),
        refiner=NearestRefiner(),
        effect=effect,
        meter=Meter(),
        max_age_ns=10**9,
        sync=sync,
    )
    pixels = _frame().bgr
    first, second = (plan.render(Frame(pixels, index, index * 10**7), plan.new_canvas()) for index in (0, 1))
    assert first.matte is not None and second.matte is not None and first.depth is not None and second.depth is not None
    same = np.array_equal(first.matte.alpha, second.matte.alpha)
    assert same is sync, "with sync the frame that was looked at is shown, in its own view"
    shift = 0 if sync else 1
    np.testing.assert_array_equal(second.depth.nearness, np.roll(first.depth.nearness, shift, axis=1))
    assert [matte.captured_ns for matte in framing.mattes] == [0, 0 if sync else 10**7]


def test_after_an_answer_that_was_refused_estimators_begin_afresh() -> None:
    """What is wrong may be what they remember, and would be refused for ever."""

    def once(estimate: Estimate) -> Estimate:
        assert estimate.matte is not None
        if not estimator.resets:
            estimate.matte.alpha[0, 0] = np.nan
        return estimate

    estimator = FakeEstimator(fault=once)
    plan = _plan(PaintEffect(BOTH), estimator)
    with pytest.raises(EstimateError):
        plan.render(_frame(), plan.new_canvas())
    assert estimator.resets == 1
    plan.render(_frame(), plan.new_canvas())
    assert estimator.resets == 1


def test_a_frame_that_looks_like_none_before_is_told_to_the_effect() -> None:
    """Not the first of all or after a reset, nor one where no motion is ever looked for."""
    rng = np.random.default_rng(1)
    shots = [np.ascontiguousarray(rng.integers(0, 256, (27, 48, 3), np.uint8)) for _ in range(3)]

    def seen(estimator: Estimator) -> list[int]:
        effect = PaintEffect(frozenset({Need.MATTE}))
        plan = Plan(
            size=SIZE, fit=crop_fit, estimators=[estimator], refiner=NearestRefiner(), effect=effect, meter=Meter(),
            max_age_ns=10**9,
        )  # fmt: skip
        for index in range(12):
            if index == 9:
                plan.reset()
            shot = shots[2 if index >= 9 else index // 4 % 2]
            plan.render(Frame(shot, index, index * 33_000_000), plan.new_canvas())
        plan.close()
        return [scene.frame.index for scene in effect.scenes if scene.is_new_shot]

    assert seen(Smoothed(FakeEstimator(), 0.6)) == [4, 8]
    assert seen(FakeEstimator()) == []


@pytest.mark.parametrize("source", [SIZE, Size(10, 27)])
def test_a_new_shot_of_depth_reaches_the_effect(source: Size) -> None:
    def told(estimate: Estimate) -> Estimate:
        assert estimate.depth is not None
        return replace(estimate, depth=replace(estimate.depth, is_new_shot=True))

    effect = PaintEffect(frozenset({Need.DEPTH}))
    plan = Plan(
        size=SIZE, fit=crop_fit, inset=Inset(SIZE), estimators=[FakeEstimator(fault=told)],
        refiner=None, effect=effect, meter=Meter(), max_age_ns=10**9,
    )  # fmt: skip
    plan.render(_frame(source), plan.new_canvas())
    (depth,) = (scene.depth for scene in effect.scenes)
    assert depth is not None and depth.is_new_shot
