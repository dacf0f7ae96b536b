"""The whole way on the device shows what the CPU's plan shows, with one copy each way a frame, and fails closed."""

from __future__ import annotations

import logging
import os
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

if "1" not in map(os.environ.get, ("NUMBA_ENABLE_CUDASIM", "LIVECUT_TEST_TYPED", "LIVECUT_TEST_GPU")):
    pytest.skip("runs in numba's simulator: tests/kernels/cuda/test_in_simulator.py", allow_module_level=True)

from support.device import back, furthest, scenery, soft_planes
from support.fakes import ListSource

from livecut.app.build import chosen_networks
from livecut.app.resident import resident_plan
from livecut.effects.backdrop import LostBackdrop, PictureBackdrop, SourceBackdrop
from livecut.effects.blur import PAUSE_NS, Blur
from livecut.effects.bokeh import Bokeh
from livecut.effects.cutout import Cutout
from livecut.effects.matte_view import MatteView
from livecut.effects.replace import Replace
from livecut.effects.resident import RESIDENT
from livecut.errors import AcceleratorError, DeviceLost, EstimateError
from livecut.estimators.network import estimator_of
from livecut.estimators.refined import Refined
from livecut.estimators.resident import ResidentEstimator, ResidentRefined
from livecut.estimators.smoothed import Smoothed
from livecut.estimators.stable_depth import StableDepth
from livecut.estimators.strided import Strided
from livecut.inference.accelerator import Accelerator
from livecut.inference.null import NULL, NullRunner
from livecut.inference.resident import RawPlane
from livecut.inference.spec import InputSpec, ModelSpec
from livecut.kernels.cpu.geometry import Box, Fit, beside, fit, place_of_whole
from livecut.kernels.cpu.yuv import bgr_to_i420
from livecut.kernels.cuda.device import Device
from livecut.pipeline.inset import Inset
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import Plan
from livecut.pipeline.resident import ResidentPlan
from livecut.pipeline.resident_inset import DeviceInset
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Canvas, Frame, Pixels, Size, View

SIZE = Size(24, 16)
INPUT = InputSpec(name="image", width=12, height=8, layout="nhwc", colour="bgr", dtype="uint8")
SPEC: ModelSpec = NULL.model_copy(update={"input": INPUT})
BOTH = frozenset({Need.MATTE, Need.DEPTH})
REFINE: dict[str, Any] = {
    "refine": "guided",
    "guide_radius": 2,
    "guide_epsilon": 0.0008,
    "curve_low": 0.13,
    "curve_high": 0.82,
    "specks": 0.004,
    "smooth": 0.7,
}
TABLES: dict[str, dict[str, Any]] = {
    "blur": {"radius_px": 100.0, "dim": 0.2},
    "bokeh": {"aperture": 1.0, "max_radius_px": 60.0},
    "replace": {},
    "cutout": {},
    "matte": {},
}
ON_THE_CPU: dict[str, Any] = {
    "blur": Blur, "bokeh": Bokeh, "replace": Replace, "cutout": Cutout, "matte": MatteView,
}  # fmt: skip


class FakeNetwork:
    """Answers the same planes for every picture, on the device; counts how often it was asked."""

    def __init__(self, device: Device, spec: ModelSpec = SPEC) -> None:
        self.spec, self.device = spec, device
        given = spec.input
        self.image: Any = device.given(np.zeros(3 * given.width * given.height, np.uint8))
        self.tensor = self.image
        self.runs = self.closed = 0
        matte, depth = soft_planes(given.height, given.width)
        self.answers = {Need.MATTE: matte, Need.DEPTH: depth}
        self.planes: dict[Need, RawPlane] = {}
        self.lay()

    def lay(self) -> None:
        given = self.spec.input
        strides = (given.width * given.height, given.width, 1)
        for need, output in ((Need.MATTE, SPEC.matte), (Need.DEPTH, SPEC.depth)):
            assert output is not None
            self.planes[need] = RawPlane(self.device.given(self.answers[need]), 1, strides, output)

    def run(self) -> None:
        self.runs += 1

    def reset(self) -> None:
        pass

    def close(self) -> None:
        self.closed += 1


class HostNetwork(NullRunner):
    """The same answers on the host."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        matte, depth = soft_planes(INPUT.height, INPUT.width)
        self._planes = {Need.MATTE: matte, Need.DEPTH: depth}


def table(name: str) -> dict[str, Any]:
    if name != "replace" or TABLES["replace"]:
        return TABLES[name]
    return {"backdrop": PictureBackdrop(SIZE, scenery(SIZE.height, SIZE.width, 9)[0]), "light_wrap": 0.2, "match": 0.25}


def resident(
    name: str = "blur", *, stride: int = 1, max_age_ns: int = 10**9, spec: ModelSpec = SPEC,
    whole: Size | None = None, **options: Any,
) -> tuple[ResidentPlan, Any]:  # fmt: skip
    """`whole`: all of frames of this shape is shown."""
    device = Device()
    network: Any = FakeNetwork(device, spec)
    looked_at = SIZE if whole is None else place_of_whole(whole, SIZE).size
    estimator = ResidentEstimator(
        network, device, looked_at, BOTH,
        smooth=0.7, stabilise=0.9, cut_threshold=0.25, stride=stride, max_age_ns=max_age_ns,
    )  # fmt: skip
    grid, inset = estimator.plane_size, None
    if whole is not None:
        inset = DeviceInset(device, SIZE, whole, grid, depth=True)
        grid = inset.grid
    plan = ResidentPlan(
        device=device,
        size=SIZE,
        estimator=estimator,
        refiner=ResidentRefined(device, looked_at, estimator.plane_size, **REFINE),
        effect=RESIDENT[name](device, SIZE, grid, **table(name)),
        inset=inset,
        meter=Meter(),
        max_age_ns=max_age_ns,
        **options,
    )
    return plan, network


def by_the_cpu(name: str, bgr: Pixels, *, mirror: bool = False, mode: Fit = "cover") -> Canvas:
    def fit_to(bgr: Pixels, out: Pixels, *, mirror: bool, view: View) -> None:
        fit(bgr, out, mode=mode, mirrored=mirror, bars=None)

    effect = ON_THE_CPU[name](SIZE, **table(name))
    plan = Plan(
        size=SIZE,
        fit=fit_to,
        inset=Inset(SIZE) if mode == "contain" else None,
        mirror=mirror,
        estimators=(StableDepth(estimator_of(HostNetwork(), SIZE, BOTH), 0.9, 0.25),),
        refiner=Refined(SIZE, **REFINE),
        effect=effect,
        meter=Meter(),
        max_age_ns=10**9,
    )
    canvas = plan.new_canvas()
    plan.render(Frame(bgr, 0, 0), canvas)
    return canvas


def shots(count: int) -> list[tuple[Frame, np.ndarray]]:
    """Frames of a still room with a sensor's noise, and mattes that tremble as networks' do."""
    rng = np.random.default_rng(7)
    bgr, _ = scenery(SIZE.height, SIZE.width)
    matte, _ = soft_planes(INPUT.height, INPUT.width)
    found = []
    for index in range(count):
        noisy = np.clip(bgr.astype(np.int16) + rng.integers(-4, 5, bgr.shape), 0, 255).astype(np.uint8)
        trembling = np.clip(matte + rng.normal(0, 0.15, matte.shape), 0, 1).astype(np.float32)
        found.append((Frame(noisy, index, index * 33_333_333), trembling))
    return found


def show(plan: ResidentPlan, network: Any, shot: tuple[Frame, np.ndarray]) -> Pixels:
    network.answers[Need.MATTE][:] = shot[1]
    network.lay()
    canvas = plan.new_canvas()
    plan.render(shot[0], canvas)
    return canvas.bgr.copy()


@pytest.mark.parametrize("stride", [1, 2])
def test_what_is_remembered_is_the_cpus(stride: int) -> None:
    plan, network = resident("matte", stride=stride)
    host = HostNetwork()
    inner = Strided(estimator_of(host, SIZE, BOTH), stride, max_age_ns=10**9)
    theirs = Plan(
        size=SIZE,
        fit=lambda *_, **__: None,
        estimators=(Smoothed(inner, 0.7),),
        refiner=Refined(SIZE, **REFINE),
        effect=MatteView(SIZE),
        meter=Meter(),
        max_age_ns=10**9,
    )
    canvas = theirs.new_canvas()
    for shot in shots(4):
        host._planes[Need.MATTE][:] = shot[1]
        theirs.render(shot[0], canvas)
        ours = show(plan, network, shot)
        assert furthest(ours, canvas.bgr) <= 3, shot[0].index
    # Without memory it would be another picture.
    alone, fresh = resident("matte")
    assert furthest(show(alone, fresh, shot), ours) > 20


@pytest.mark.parametrize("name", ["matte", "blur"])
def test_another_plan_goes_on_as_if_there_had_been_one(name: str) -> None:
    seen = shots(3)
    plan, network = resident(name)
    for shot in seen[:2]:
        show(plan, network, shot)
    later, other = resident(name)
    later.go_on_from(plan)
    copies = later.device.copies
    assert (copies.up, copies.down) == (0, 0)
    swapped = show(later, other, seen[2])
    assert furthest(swapped, show(plan, network, seen[2])) == 0
    afresh, third = resident(name)
    assert furthest(swapped, show(afresh, third, seen[2])) > 2


def test_the_lens_and_the_scale_of_the_same_networks_depth_go_on() -> None:
    (shot,) = shots(1)
    plan, network = resident("bokeh")
    show(plan, network, shot)
    later, _ = resident("bokeh")
    later.go_on_from(plan)
    for part in (plan, later):
        part.device.finish()
    ours, theirs = (part._effect._blur._focus.value for part in (later, plan))  # type: ignore[attr-defined]
    assert back(ours, (-1,))[0] == back(theirs, (-1,))[0]
    ours, theirs = (part._estimator._stable for part in (later, plan))  # type: ignore[attr-defined]
    assert (back(ours._memory, (3,)) == back(theirs._memory, (3,))).all() and back(ours._memory, (3,))[0] == 1
    assert furthest(back(ours.held, (8, 12)), back(theirs.held, (8, 12))) == 0
    another, _ = resident("matte", spec=SPEC.model_copy(update={"name": "another"}))
    another.go_on_from(plan)
    assert another._estimator._last_index == 0  # type: ignore[attr-defined]
    assert not back(another._estimator._stable._memory, (3,)).any()  # type: ignore[attr-defined]


def test_mattes_go_on_on_another_networks_grid() -> None:
    first, second = shots(2)
    plan, network = resident("matte")
    show(plan, network, first)
    given = INPUT.model_copy(update={"width": 18})
    later, other = resident("matte", spec=SPEC.model_copy(update={"name": "another", "input": given}))
    later.go_on_from(plan)
    canvas = later.new_canvas()
    later.render(second[0], canvas)
    afresh, _ = resident("matte", spec=other.spec)
    other_canvas = afresh.new_canvas()
    afresh.render(second[0], other_canvas)
    assert furthest(canvas.bgr, other_canvas.bgr) > 20


def test_what_the_device_refuses_is_not_taken_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (shot,) = shots(1)
    plan, network = resident("matte")
    show(plan, network, shot)
    later, _ = resident("matte")

    def refused(*_: Any) -> None:
        raise AcceleratorError("the GPU refuses: no")

    monkeypatch.setattr("livecut.estimators.resident.refit", refused)
    with caplog.at_level(logging.WARNING):
        later.go_on_from(plan)
    assert [record.message for record in caplog.records] == [
        "the GPU refuses: no; what is smoothed over time starts afresh"
    ]
    assert not later._estimator._field._knows  # type: ignore[attr-defined]
    assert (later._estimator._last_index, later._refiner._held_index) == (None, None)  # type: ignore[attr-defined]


def test_what_shows_another_part_of_frames_has_nothing_to_go_on_from() -> None:
    (shot,) = shots(1)
    plan, network = resident("matte")
    show(plan, network, shot)
    for later in (resident("matte", mirror=True)[0], resident("matte", view=View(0.1, 0.1, 0.8))[0]):
        later.go_on_from(plan)
        assert (later._estimator._last_index, later._refiner._held_index) == (None, None)  # type: ignore[attr-defined]
    later, _ = resident("matte")
    by_cpu: Any = object()
    later.go_on_from(by_cpu)
    unseen, _ = resident("matte")
    later.go_on_from(unseen)
    assert (later._estimator._last_index, later._refiner._held_index) == (None, None)  # type: ignore[attr-defined]
    later.go_on_from(plan)
    assert (later._estimator._last_index, later._refiner._held_index) == (0, 0)  # type: ignore[attr-defined]
    later.reset()
    assert (later._estimator._last_index, later._refiner._held_index) == (None, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", list(TABLES))
def test_a_picture_is_the_cpus(name: str) -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    plan, _ = resident(name, planar=None if name == "cutout" else "i420")
    canvas = plan.new_canvas()
    assert plan.fits(canvas)
    plan.render(Frame(bgr, 0, 0), canvas)
    wanted = by_the_cpu(name, bgr)
    # An alpha that differs by a level may tip the colour beside it by one more.
    assert furthest(canvas.bgr, wanted.bgr) <= 2
    if name == "cutout":
        assert canvas.alpha is not None
        assert wanted.alpha is not None
        assert furthest(canvas.alpha, wanted.alpha) <= 1
        return
    assert canvas.planar is not None
    planes = np.empty(SIZE.width * SIZE.height * 3 // 2, np.uint8)
    bgr_to_i420(np.ascontiguousarray(canvas.bgr), planes)
    assert furthest(canvas.planar.planes, planes) == 0


@pytest.mark.parametrize("name", ["blur", "bokeh", "replace", "matte"])
@pytest.mark.parametrize("shape", [(16, 12), (9, 24), (16, 24)], ids=str)
def test_beside_a_whole_frame_it_is_the_cpus_too(name: str, shape: tuple[int, int]) -> None:
    bgr, _ = scenery(*shape)
    plan, _ = resident(name, whole=Size(shape[1], shape[0]))
    plan.warm()
    canvas = plan.new_canvas()
    plan.render(Frame(bgr, 0, 0), canvas)
    bars = beside(place_of_whole(Size(shape[1], shape[0]), SIZE), SIZE)
    assert len(bars) == (0 if shape == (SIZE.height, SIZE.width) else 2)
    for bar in bars:
        assert canvas.bgr[bar].any() == (name == "replace")
    assert furthest(canvas.bgr, by_the_cpu(name, bgr, mode="contain").bgr) <= 3


@pytest.mark.parametrize("name", ["blur", "replace"])
@pytest.mark.parametrize("whole", [Size(12, 16), SIZE], ids=str)
def test_a_frame_of_another_shape_than_was_told_is_shown_whole_too(name: str, whole: Size) -> None:
    plan, _ = resident(name, whole=whole)
    canvas = plan.new_canvas()
    place = place_of_whole(whole, SIZE)
    for rows, columns in ((9, 24), (24, 9), (whole.height, whole.width)):
        bgr, _ = scenery(rows, columns)
        plan.render(Frame(bgr, rows, rows), canvas)
        inner = place_of_whole(Size(columns, rows), place.size)
        shown = Box(place.x + inner.x, place.y + inner.y, inner.width, inner.height)
        bars = beside(shown, SIZE)
        for bar in bars:
            assert canvas.bgr[bar].any() == (name == "replace")
        within = slice(shown.y, shown.y + shown.height), slice(shown.x, shown.x + shown.width)
        assert canvas.bgr[within].any(axis=2).mean() > 0.9


def test_nothing_of_a_frame_of_another_shape_is_kept() -> None:
    plan, network = resident(stride=3, whole=Size(12, 16))
    plan.warm()
    canvas, runs = plan.new_canvas(), []
    for index, (rows, columns) in enumerate([(16, 12), (16, 12), (9, 24), (9, 24), (16, 12)]):
        before = network.runs
        plan.render(Frame(scenery(rows, columns)[0], index, index), canvas)
        runs.append(network.runs - before)
    assert runs == [1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("source", "fit", "network"),
    [
        (Size(24, 12), "contain", "livecut-joint-small"),
        (Size(9, 24), "contain", "livecut-joint-small-upright"),
        (Size(9, 24), "cover", "livecut-joint-small"),
        (None, "stretch", "livecut-joint-small"),
    ],
)
def test_it_is_built_for_the_shape_of_what_is_looked_at(source: Size | None, fit: Any, network: str) -> None:
    asked: list[str] = []

    class Pool:
        def take(self, spec: ModelSpec, accelerator: Accelerator, *, threads: int) -> Any:
            asked.append(spec.name)
            fake: Any = FakeNetwork(Device())
            fake.how = "CUDA"
            return fake

    pool: Any = Pool()
    wanted = apply(Settings(), {"output": {"fit": fit}, "effect": {"name": "bokeh"}})
    plan = resident_plan(wanted, SIZE, Meter(), Accelerator("cuda"), chosen_networks, source=source, pool=pool)
    assert plan is not None
    assert asked == [network]
    shape = source or SIZE
    bgr, _ = scenery(shape.height, shape.width)
    canvas = plan.new_canvas()
    plan.render(Frame(bgr, 0, 0), canvas)
    bars = beside(place_of_whole(shape, SIZE), SIZE) if fit == "contain" else ()
    assert bool(bars) == (fit == "contain")
    assert not any(canvas.bgr[bar].any() for bar in bars)
    plan.close()


def painted(effect: Any, level: int, captured_ns: int) -> int:
    """What a grey room becomes."""
    device, pixels = Device(), SIZE.width * SIZE.height
    grey, out = device.given(np.full(3 * pixels, level, np.uint8)), device.zeros_bytes(3 * pixels)
    effect.render(grey, device.zeros_bytes(pixels), None, out, captured_ns)
    return int(back(out, (3 * pixels,))[pixels])


@pytest.mark.parametrize(
    ("later_ns", "rests"), [(1, True), (PAUSE_NS, True), (PAUSE_NS + 1, False), (-1, False), (None, False)]
)
def test_a_room_of_long_ago_is_another_one(later_ns: int | None, rests: bool) -> None:
    effect = RESIDENT["blur"](Device(), SIZE, SIZE)
    assert painted(effect, 100, 0) == 100
    if later_ns is None:
        effect.reset()
    assert (painted(effect, 104, later_ns or 1) < 104) is rests


@pytest.mark.parametrize(("radius_px", "rests"), [(100.0, True), (104.0, False)])
def test_a_room_blurred_otherwise_is_another_one(radius_px: float, rests: bool) -> None:
    before, later = (RESIDENT["blur"](Device(), SIZE, SIZE, radius_px=radius) for radius in (100.0, radius_px))
    one, other = (effect._blur for effect in (before, later))  # type: ignore[attr-defined]
    assert one._shape == other._shape
    painted(before, 100, 0)
    later.go_on_from(before)
    assert (painted(later, 104, 1) < 104) is rests


def test_a_lost_background_is_the_cpus_blurred_room() -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    canvases = []
    for fallback in ("blur", "card"):
        with patch.dict(TABLES, replace={"backdrop": LostBackdrop(DeviceLost("gone")), "fallback": fallback}):
            plan, _ = resident("replace")
            canvas = plan.new_canvas()
            if fallback == "card":
                with pytest.raises(DeviceLost, match=r"^gone$"):
                    plan.render(Frame(bgr, 0, 0), canvas)
                break
            for index in range(2):
                plan.render(Frame(bgr, index, 0), canvas)
            canvases += [canvas.bgr.copy(), by_the_cpu("replace", bgr).bgr]
            assert plan._meter.snapshot().instead == "room blurred: gone"
    ours, wanted = canvases
    assert furthest(ours, wanted) <= 2


@pytest.mark.parametrize("mirror", [False, True])
def test_a_background_video_goes_on_in_the_next_plan(mirror: bool) -> None:
    sources = [ListSource(99, SIZE, fps=10.0) for _ in range(2)]
    plans: list[ResidentPlan] = []
    for source in sources:
        with patch.dict(TABLES, replace={"backdrop": SourceBackdrop(SIZE, source, what="film"), "light_wrap": 0.0}):
            plans.append(resident("replace", mirror=mirror and bool(plans))[0])
    earlier, later = plans
    bgr = scenery(SIZE.height, SIZE.width, 3)[0]

    def shown(plan: ResidentPlan, tenth: int) -> Pixels:
        canvas = plan.new_canvas()
        plan.render(Frame(bgr, tenth, tenth * 100_000_000), canvas)
        return canvas.bgr.copy()

    before = [shown(earlier, tenth) for tenth in range(4)]
    first = shown(later, 0)
    later.go_on_from(earlier)
    earlier.close()
    after = shown(later, 4)
    # where nothing but the video is seen
    room = np.logical_and.reduce([first == 0, *(picture == tenth for tenth, picture in enumerate(before))])
    assert room.mean() > 0.2
    assert [source.closed for source in sources] == [0, 1]
    assert (after[room] == 4).all()
    later.close()
    assert [source.closed for source in sources] == [1, 1]


@pytest.mark.parametrize("name", ["bokeh", "replace"])
def test_one_copy_each_way_a_frame(name: str) -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    plan, network = resident(name, planar="nv12")
    canvas = plan.new_canvas()
    plan.render(Frame(bgr, 0, 0), canvas)  # a still backdrop goes up once
    plan.device.copies.forget()
    for index in range(1, 3):
        plan.render(Frame(bgr, index, index), canvas)
        copies = plan.device.copies
        assert (copies.up, copies.down) == (index, index)
    assert network.runs == 3


def test_frames_of_other_sizes_mirrored_are_fitted() -> None:
    plan, _ = resident("blur", mirror=True)
    canvas = plan.new_canvas()
    for index, (height, width) in enumerate(((20, 30), (33, 48))):
        bgr, _ = scenery(height, width, index)
        plan.reset()
        plan.render(Frame(bgr, index, 0), canvas)
        assert furthest(canvas.bgr, by_the_cpu("blur", bgr, mirror=True).bgr) <= 3, (height, width)


@pytest.mark.parametrize(("need", "what"), [(Need.MATTE, "matte"), (Need.DEPTH, "depth")])
def test_a_nan_is_refused_and_forgotten(need: Need, what: str) -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    plan, network = resident("bokeh")
    canvas = plan.new_canvas()
    plan.render(Frame(bgr, 0, 0), canvas)
    before = canvas.bgr.copy()
    sound = network.answers[need].copy()
    network.answers[need][3, 5] = np.nan
    network.lay()
    with pytest.raises(EstimateError, match=rf"^the {what} is not finite$"):
        plan.render(Frame(bgr, 1, 1), canvas)
    network.answers[need][:] = sound
    network.lay()
    plan.render(Frame(bgr, 2, 2), canvas)
    assert furthest(canvas.bgr, before) <= 1


@pytest.mark.parametrize("need", [Need.MATTE, Need.DEPTH])
def test_planes_that_nobody_looked_at_are_not_kept(monkeypatch: pytest.MonkeyPatch, need: Need) -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    plan, network = resident("bokeh", stride=3)
    network.answers[need][3, 5] = np.nan
    network.lay()

    def failing(*_: Any) -> None:
        raise MemoryError("no memory for a picture")

    with monkeypatch.context() as patched:
        patched.setattr(plan._effect, "render", failing)
        with pytest.raises(MemoryError):
            plan.render(Frame(bgr, 0, 0), plan.new_canvas())
    with pytest.raises(EstimateError):
        plan.render(Frame(bgr, 1, 1), plan.new_canvas())


def test_what_does_not_come_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    plan, _ = resident("matte")
    canvas = plan.new_canvas()
    plan.render(Frame(bgr, 0, 0), canvas)
    monkeypatch.setattr(Device, "download", lambda *_: None)
    with pytest.raises(EstimateError, match=r"^the matte is not finite$"):
        plan.render(Frame(bgr, 1, 1), canvas)


def test_a_stride_asks_less_and_old_answers_are_refused() -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    plan, network = resident("matte", stride=3)
    canvas = plan.new_canvas()
    for index in range(4):
        plan.render(Frame(bgr, index, index * 10), canvas)
    assert network.runs == 2
    plan, network = resident("matte", stride=8, max_age_ns=50)
    for index in range(4):
        plan.render(Frame(bgr, index, index * 40), canvas)
    assert network.runs == 2
    with pytest.raises(EstimateError, match=r"^the matte is of a later frame$"):
        plan.render(Frame(bgr, 4, 0), canvas)


def test_it_is_warmed_closed_once_and_paints_on_any_canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    bgr, _ = scenery(SIZE.height, SIZE.width)
    plan, network = resident("matte")
    monkeypatch.setattr("livecut.pipeline.resident._WARM_UP", 1)
    plan.warm()
    assert (plan.device.copies.up, plan.device.copies.down) == (0, 0)
    plain, own = Canvas.empty(SIZE), plan.new_canvas()
    assert not plan.fits(plain)
    plan.render(Frame(bgr, 0, 0), plain)
    plan.render(Frame(bgr, 1, 1), own)
    assert furthest(plain.bgr, own.bgr) == 0
    plan.close()
    plan.close()
    assert network.closed == 1


def test_nothing_is_launched_later_that_was_not_compiled_before(monkeypatch: pytest.MonkeyPatch) -> None:
    launched, launch = set[str](), Device._launch

    def noted(self: Device, kernel: Any, *rest: Any) -> None:
        launched.add(kernel.py_func.__qualname__)
        launch(self, kernel, *rest)

    monkeypatch.setattr(Device, "_launch", noted)
    plan, _ = resident("matte", stride=8)
    plan.warm()
    later, _ = resident("matte", spec=SPEC.model_copy(update={"name": "another"}))
    lens, _ = resident("bokeh")
    whole, _ = resident("bokeh", whole=SIZE)
    whole.warm()
    narrow, _ = resident("bokeh", whole=Size(12, 16))
    narrow.warm()
    compiled = launched.copy()
    launched.clear()
    # cameras of other sizes, a second look of the network, and a plan that takes over
    for index, (height, width) in enumerate(((33, 48), (12, 20), (12, 20))):
        plan.render(Frame(scenery(height, width)[0], index, index * 2 * 10**9), plan.new_canvas())
    for shown in (whole, narrow):
        for index, (height, width) in enumerate(((9, 24), (16, 12))):
            shown.render(Frame(scenery(height, width)[0], index, index), shown.new_canvas())
    later.go_on_from(plan)
    lens.go_on_from(lens)
    assert {"_area", "_linear", "_remember", "_hold", "_refit", "_take_over"} <= launched <= compiled


def test_an_effect_without_its_needs_is_a_mistake() -> None:
    device = Device()
    network: Any = FakeNetwork(device)
    estimator = ResidentEstimator(
        network, device, SIZE, frozenset({Need.MATTE}), smooth=0.0, stabilise=0.0, cut_threshold=0.25, stride=1,
        max_age_ns=1,
    )  # fmt: skip
    effect = RESIDENT["bokeh"](device, SIZE, estimator.plane_size, **TABLES["bokeh"])
    refiner: Any = None
    with pytest.raises(ValueError, match=r"^no estimator gives depth$"):
        ResidentPlan(
            device=device, size=SIZE, estimator=estimator, refiner=refiner, effect=effect, meter=Meter(), max_age_ns=1
        )
