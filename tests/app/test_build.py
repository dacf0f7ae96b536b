"""Plans are built as the settings say."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from support.fakes import FakeEstimator

from livecut.app.build import _wrapped, build_estimators, build_plan, chosen_networks
from livecut.effects.backdrop import Backdrop, ColourBackdrop
from livecut.errors import LivecutError, ModelError, SettingsError
from livecut.estimators.gated import Gated
from livecut.estimators.kept import Kept
from livecut.inference import store
from livecut.inference.accelerator import Accelerator
from livecut.inference.null import NULL, NullRunner
from livecut.inference.runner import Network, open_runner
from livecut.inference.spec import ModelSpec
from livecut.kernels.cpu.geometry import beside, place_of_whole
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import Plan
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.settings.sections import ReplaceSettings
from livecut.types import Frame, Size

SIZE = Size(320, 180)


@pytest.fixture(autouse=True)
def _opencv_as_it_was() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize(("kernels", "threads"), [(0, 1), (2, 2)])
def test_kernels_take_the_threads_they_may(kernels: int, threads: int) -> None:
    settings = apply(Settings(), {"model": {"name": "null"}, "threads": {"kernels": kernels}, "device": "cpu"})
    build_plan(settings, Size(64, 36), Meter()).close()
    assert cv2.getNumThreads() == threads


@pytest.mark.parametrize("effect", ["blur", "bokeh", "none", "replace"])
def test_the_bars_beside_a_narrower_frame_are_black_to_their_edge_and_darken_nothing(effect: str) -> None:
    settings = apply(Settings(), {"device": "cpu", "effect": {"name": effect}, "output": {"fit": "contain"}})
    plan = build_plan(settings, Size(160, 90), Meter(), warm=False)
    try:
        canvas = plan.new_canvas()
        plan.render(Frame(np.full((120, 160, 3), 130, np.uint8), 0, 0), canvas)
    finally:
        plan.close()
    if effect == "replace":
        assert (canvas.bgr == canvas.bgr[0, 0]).all() and canvas.bgr[0, 0].any(), "its background fills them"
        return
    assert not canvas.bgr[:, :20].any() and not canvas.bgr[:, 140:].any()
    assert np.abs(canvas.bgr[:, 20:140].astype(int) - 130).max() <= 2


@pytest.mark.parametrize(
    ("source", "opened"),
    [(Size(640, 480), "upright"), (Size(720, 480), "small-matte"), (Size(480, 640), "upright"), (SIZE, "small-matte")],
    ids=str,
)
@pytest.mark.parametrize("fit", ["contain", "cover"])
def test_the_network_has_the_shape_of_what_it_sees(source: Size, opened: str, fit: str) -> None:
    """Beside a frame that is shown whole lies nothing to look at; of one that is cut the picture's shape is left."""
    settings = apply(Settings(), {"device": "cpu", "effect": {"name": "blur"}, "output": {"fit": fit}})
    names: list[str] = []

    def open_network(spec: ModelSpec, accelerator: Accelerator, *, threads: int) -> Network:
        names.append(spec.name)
        return open_runner(spec, accelerator, threads=threads)

    plan = build_plan(settings, SIZE, Meter(), source=source, open_network=open_network)
    try:
        canvas = plan.new_canvas()
        for index, size in enumerate((source, Size(200, 300), source)):  # a window that changes its shape
            plan.render(Frame(np.full((size.height, size.width, 3), 130, np.uint8), index, index), canvas)
            bars = beside(place_of_whole(size, SIZE), SIZE) if fit == "contain" else ()
            assert not any(canvas.bgr[bar].any() for bar in bars)
    finally:
        plan.close()
    assert len(names) == 1
    assert (opened if fit == "contain" else "small-matte") in names[0]


BOTH = frozenset({Need.MATTE, Need.DEPTH})
JOINT = "livecut-joint-small"


@pytest.mark.parametrize(
    ("model", "needs", "chosen"),
    [
        ({}, BOTH, [(JOINT, BOTH)]),
        ({}, {Need.MATTE}, [(JOINT, {Need.MATTE})]),
        ({}, {Need.DEPTH}, [(JOINT, {Need.DEPTH})]),
        ({"name": "rvm"}, {Need.MATTE}, [("rvm", {Need.MATTE})]),
        ({"name": "rvm"}, BOTH, [("rvm", {Need.MATTE}), (JOINT, {Need.DEPTH})]),
        ({"depth": JOINT, "name": "rvm"}, BOTH, [(JOINT, {Need.DEPTH}), ("rvm", {Need.MATTE})]),
        ({"depth": "tcmonodepth-small"}, {Need.DEPTH}, [("tcmonodepth-small", {Need.DEPTH})]),
        ({"depth": "tcmonodepth-small"}, {Need.MATTE}, [(JOINT, {Need.MATTE})]),
        ({"depth": "tcmonodepth-small"}, BOTH, [("tcmonodepth-small", {Need.DEPTH}), (JOINT, {Need.MATTE})]),
        ({"depth": "rvm"}, {Need.MATTE}, [(JOINT, {Need.MATTE})]),
        ({"name": "null"}, BOTH, [("null", BOTH)]),
        ({"name": "absent"}, frozenset(), []),
    ],
)
def test_a_depth_network_named_apart_gives_depth_and_nothing_is_loaded_twice(
    model: Patch, needs: frozenset[Need], chosen: list[tuple[str, frozenset[Need]]]
) -> None:
    settings = apply(Settings(), {"model": model})
    assert [(spec.name, wanted) for spec, wanted in chosen_networks(settings, frozenset(needs))] == chosen


def test_networks_that_do_not_give_what_they_are_named_for_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"^model\.depth: rvm gives no depth$"):
        chosen_networks(apply(Settings(), {"model": {"depth": "rvm"}}), BOTH)
    with pytest.raises(SettingsError, match=r"^tcmonodepth-small gives no matte, which is needed here$"):
        chosen_networks(apply(Settings(), {"model": {"name": "tcmonodepth-small"}}), BOTH)
    with pytest.raises(ModelError, match=r"^no network named 'absent'$"):
        chosen_networks(apply(Settings(), {"model": {"name": "absent"}}), BOTH)


@pytest.mark.parametrize("enabled", [False, True])
def test_the_motion_gate_stands_before_the_network_when_it_is_asked_for(enabled: bool) -> None:
    patch: Patch = {"model": {"name": "null"}, "matte": {"smooth": 0.0}, "motion_gate": {"enabled": enabled}}
    (estimator,), _ = build_estimators(apply(Settings(), patch), Size(64, 36), frozenset({Need.MATTE}))
    assert isinstance(estimator, Gated) is enabled


@pytest.mark.parametrize(("keep", "asked"), [("person", False), ("person+held", True), ("near", True)])
@pytest.mark.parametrize("size", [Size(64, 36), Size(36, 64), None])
def test_what_is_held_is_asked_for_only_where_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, keep: str, asked: bool, size: Size | None
) -> None:
    wide = NULL.model_copy(update={"name": "wide", "upright": "tall", "held": NULL.matte})
    tall = wide.model_copy(
        update={"name": "tall", "upright": "", "input": NULL.input.model_copy(update={"height": 512})}
    )
    monkeypatch.setattr(store, "manifest", lambda: {"wide": wide, "tall": tall})
    opened: list[ModelSpec] = []

    def open_network(spec: ModelSpec, accelerator: Accelerator, *, threads: int) -> Network:
        opened.append(spec)
        return NullRunner(spec)

    settings = apply(Settings(), {"matte": {"keep": keep}, "model": {"name": "wide"}, "device": "cpu"})
    needs = frozenset({Need.MATTE})
    ((_, wanted),) = chosen_networks(settings, needs)
    assert wanted == (BOTH | {Need.HELD} if asked else {Need.MATTE})
    (estimator,), _ = build_estimators(settings, size, needs, open_network=open_network)
    assert {spec.held is not None for spec in opened} == {asked}
    assert len(opened) == (2 if size is None else 1)
    estimator.close()
    ((_, wanted),) = chosen_networks(settings, frozenset({Need.DEPTH}))
    assert wanted == {Need.DEPTH}


@pytest.mark.parametrize(
    ("needs", "keep", "opened"),
    [
        ({Need.MATTE}, "person", "livecut-joint-small-matte"),
        ({Need.DEPTH}, "person", "livecut-joint-small"),
        (BOTH, "person", "livecut-joint-small"),
        ({Need.MATTE}, "person+held", "livecut-joint-small"),
    ],
)
def test_the_network_does_what_is_asked_for_and_goes_by_one_name(needs: set[Need], keep: str, opened: str) -> None:
    names: list[str] = []

    def open_network(spec: ModelSpec, accelerator: Accelerator, *, threads: int) -> Network:
        names.append(spec.name)
        return NullRunner(spec)

    settings = apply(Settings(), {"matte": {"keep": keep}, "device": "cpu"})
    estimators, label = build_estimators(settings, Size(64, 36), frozenset(needs), open_network=open_network)
    assert names == [opened]
    # What is remembered over time goes from plan to plan of the same label.
    assert label == "livecut-joint-small on CPU"
    for estimator in estimators:
        estimator.close()


@pytest.mark.parametrize("keep", ["person+held", "near"])
def test_what_else_is_kept_goes_by_depth(keep: str) -> None:
    settings = apply(Settings(), {"matte": {"keep": keep}, "model": {"name": "null"}, "device": "cpu"})
    matte_only = frozenset({Need.MATTE})
    assert [wanted for _, wanted in chosen_networks(settings, matte_only)] == [BOTH]
    apart = apply(settings, {"model": {"depth": "tcmonodepth-small"}})
    assert [spec.name for spec, _ in chosen_networks(apart, matte_only)] == ["tcmonodepth-small", "null"]
    assert [wanted for _, wanted in chosen_networks(settings, frozenset({Need.DEPTH}))] == [{Need.DEPTH}]
    (estimator,), _ = build_estimators(settings, Size(64, 36), matte_only)
    assert isinstance(estimator, Kept) and estimator.gives == BOTH
    estimator.close()
    (plain,), _ = build_estimators(settings, Size(64, 36), frozenset({Need.DEPTH}))
    assert not isinstance(plain, Kept)
    plain.close()


@pytest.fixture
def backdrops(monkeypatch: pytest.MonkeyPatch) -> list[Backdrop]:
    """Every backdrop that is opened; each notes that it was closed."""
    opened: list[Backdrop] = []

    class Noted(ColourBackdrop):
        closes = 0

        def close(self) -> None:
            self.closes += 1

    def build(settings: ReplaceSettings, size: Size) -> Backdrop:
        opened.append(Noted(size, (0, 0, 255)))
        return opened[-1]

    monkeypatch.setattr("livecut.app.backdrops.build_backdrop", build)
    return opened


@pytest.mark.parametrize(
    "patch",
    [
        {"effect": {"name": "replace"}, "model": {"name": "absent"}},
        {"effect": {"name": "split", "split": {"before": "replace", "after": "absent"}}, "model": {"name": "null"}},
        {"effect": {"name": "split", "split": {"before": "replace", "after": "blur"}}, "model": {"name": "absent"}},
    ],
)
def test_what_cannot_be_built_leaves_no_background_open(backdrops: list[Backdrop], patch: Patch) -> None:
    with pytest.raises(LivecutError):
        build_plan(apply(Settings(), {**patch, "device": "cpu"}), Size(64, 36), Meter())
    assert [backdrop.closes for backdrop in backdrops] == [1]  # type: ignore[attr-defined]


def test_what_fails_while_it_is_warmed_up_is_closed(backdrops: list[Backdrop], monkeypatch: pytest.MonkeyPatch) -> None:
    closes: list[str] = []
    monkeypatch.setattr(Plan, "warm", lambda *_: 1 / 0)
    monkeypatch.setattr(NullRunner, "close", lambda _: closes.append("network"))
    settings = apply(Settings(), {"effect": {"name": "replace"}, "model": {"name": "null"}, "device": "cpu"})
    with pytest.raises(ZeroDivisionError):
        build_plan(settings, Size(64, 36), Meter())
    assert [backdrop.closes for backdrop in backdrops] == [1]  # type: ignore[attr-defined]
    assert closes == ["network"]


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize(
    ("patch", "longest_ms"),
    [({"matte": {"stride": 8}}, 280), ({"motion_gate": {"enabled": True, "max_age_ms": 2000}}, 480)],
)
def test_with_sync_no_answer_is_kept_so_long_that_its_picture_would_be_too_old_to_be_shown(
    patch: Patch, longest_ms: int, sync: bool
) -> None:
    settings = apply(apply(Settings(), patch), {"matte": {"sync": sync, "smooth": 0.0}, "depth": {"stabilise": 0.0}})
    estimator = _wrapped(FakeEstimator(), settings, None)
    pixels = np.zeros((18, 32, 3), np.uint8)
    ages_ms = []
    for index in range(60):
        matte = estimator.estimate(Frame(pixels, index, index * 40_000_000)).matte
        assert matte is not None
        ages_ms.append((index - matte.frame_index) * 40)
    assert max(ages_ms) == (240 if sync else longest_ms)
