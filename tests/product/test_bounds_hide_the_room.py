"""No value that the settings allow lets the room out: each number at its bounds, each choice, random mixtures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Literal, get_args, get_origin

import annotated_types
import numpy as np
import pytest
from pydantic.fields import FieldInfo
from support.markers import (
    DETAIL_SHARE,
    MARKER_SHARE,
    SIZE,
    RoomEstimator,
    code_is_readable,
    fine_detail,
    marker_pixels,
    paint_room,
)

from livecut import plugins
from livecut.app.build import build_plan
from livecut.estimators.kept import Kept
from livecut.estimators.smoothed import Smoothed
from livecut.estimators.stable_depth import StableDepth
from livecut.estimators.strided import Strided
from livecut.pipeline.meter import Meter
from livecut.protocols import Estimator
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.settings.sections import EffectSettings
from livecut.types import Frame

EFFECTS = sorted(set(plugins.names("effects")) - {"none"})
FRAMES = 3
MIXTURES = 24
DOUBT = 0.05
"""As much of a person as networks see in nine tenths of an empty room."""
_UNBOUNDED = 1e6
_ROOMS = [paint_room(index) for index in range(FRAMES)]
_RAW_DETAIL, _RAW_MARKERS = fine_detail(_ROOMS[0]), marker_pixels(_ROOMS[0])


def _bounds(field: FieldInfo) -> tuple[float, float]:
    """Least and greatest value; just inside where the bound itself is excluded."""
    low, high = -_UNBOUNDED, _UNBOUNDED
    for rule in field.metadata:
        if isinstance(rule, annotated_types.Ge):
            low = float(rule.ge)  # type: ignore[arg-type]
        elif isinstance(rule, annotated_types.Gt):
            low = float(np.nextafter(rule.gt, np.inf, dtype=np.float64))  # type: ignore[call-overload]
        elif isinstance(rule, annotated_types.Le):
            high = float(rule.le)  # type: ignore[arg-type]
        elif isinstance(rule, annotated_types.Lt):
            high = float(np.nextafter(rule.lt, -np.inf, dtype=np.float64))  # type: ignore[call-overload]
    return low, high


def _extremes(field: FieldInfo) -> tuple[Any, ...]:
    """Every choice there is, or the ends of the range; nothing for free text."""
    kind = field.annotation
    if kind is bool:
        return False, True
    if kind is int:
        return tuple(round(end) for end in _bounds(field))
    if kind is float:
        return _bounds(field)
    return get_args(kind) if get_origin(kind) is Literal else ()


def _fields(effect: str) -> Iterator[tuple[str, FieldInfo]]:
    """Dotted paths of all that shapes what `effect` shows."""
    tables = {"matte": Settings.model_fields["matte"], "depth": Settings.model_fields["depth"]}
    if effect in EffectSettings.model_fields:
        tables[f"effect.{effect}"] = EffectSettings.model_fields[effect]
    for path, table in tables.items():
        for name, field in table.annotation.model_fields.items():  # type: ignore[union-attr]
            if _extremes(field):
                yield f"{path}.{name}", field


def _estimator(settings: Settings, *, holds: bool = False) -> Estimator:
    """The room through all that changes a network's answer over time."""
    matte, depth = settings.matte, settings.depth
    estimator: Estimator = RoomEstimator(doubt=DOUBT, holds=holds)
    estimator = Strided(estimator, matte.stride, max_age_ns=10**12)
    estimator = StableDepth(Smoothed(estimator, matte.smooth), depth.stabilise, depth.cut_threshold)
    return estimator if matte.keep == "person" else Kept((estimator,), matte.keep)


def _faults(settings: Settings, *, holds: bool = False) -> list[str]:
    """What of the room can be seen in the first pictures under these settings."""
    effect = settings.effect.name
    plan = build_plan(settings, SIZE, Meter(), estimators=(_estimator(settings, holds=holds),), warm=False)
    canvas = plan.new_canvas()
    seen = []
    for index, room in enumerate(_ROOMS):
        plan.render(Frame(room, index, index * 33_333_333), canvas)
        bgr = canvas.bgr
        if canvas.alpha is not None:  # what a viewer sees through transparency
            bgr = (bgr.astype(np.uint16) * (canvas.alpha[:, :, None] > 8)).astype(np.uint8)
        detail, markers = fine_detail(bgr) / _RAW_DETAIL, marker_pixels(bgr) / _RAW_MARKERS
        if code_is_readable(bgr, index):
            seen.append("the code can be read")
        if detail >= DETAIL_SHARE:
            seen.append(f"{detail:.1%} of the fine detail")
        if markers > (MARKER_SHARE if effect in ("blur", "bokeh") else 0.0):
            seen.append(f"{markers:.1%} of the markers")
    plan.close()
    return seen


def _settings(effect: str, changes: dict[str, Any]) -> Settings:
    settings = apply(Settings(), {"effect": {"name": effect, "replace": {"background": "#203040"}}})
    patch: dict[str, Any] = {}
    for path, value in changes.items():
        *tables, name = path.split(".")
        at = patch
        for table in tables:
            at = at.setdefault(table, {})
        at[name] = value
    return apply(settings, patch)


def _one_at_a_time(effect: str) -> Iterator[dict[str, Any]]:
    """Each field at each extreme; those of the effect's own table under each combination of its choices."""
    choices = {path: _extremes(field) for path, field in _fields(effect) if get_origin(field.annotation) is Literal}
    own = {path: values for path, values in choices.items() if path.startswith("effect.")}
    for path, field in _fields(effect):
        kept = {name: values for name, values in own.items() if name != path and path.startswith("effect.")}
        for value in _extremes(field):
            for chosen in product(*kept.values()):
                yield {path: value, **dict(zip(kept, chosen, strict=True))}


@pytest.mark.parametrize("effect", EFFECTS)
def test_no_bound_and_no_choice_shows_the_room(effect: str) -> None:
    faults = [(changes, seen) for changes in _one_at_a_time(effect) if (seen := _faults(_settings(effect, changes)))]
    assert faults == []


def _mixture(effect: str, random: np.random.Generator) -> dict[str, Any]:
    """Every setting at a bound, between, or left alone."""
    changes: dict[str, Any] = {}
    for path, field in _fields(effect):
        extremes = _extremes(field)
        where = random.integers(4)
        if where == 0:
            continue
        if field.annotation is float and where == 1:
            changes[path] = float(random.uniform(*extremes))
        elif field.annotation is int and where == 1:
            changes[path] = int(random.integers(extremes[0], extremes[1] + 1))
        else:
            changes[path] = extremes[random.integers(len(extremes))]
    usual = Settings().matte
    if changes.get("matte.curve_low", usual.curve_low) >= changes.get("matte.curve_high", usual.curve_high):
        del changes["matte.curve_low"]
    return changes


@pytest.mark.parametrize("effect", EFFECTS)
def test_no_mixture_of_allowed_values_shows_the_room(effect: str) -> None:
    random = np.random.default_rng(EFFECTS.index(effect))
    for _ in range(MIXTURES):
        changes = _mixture(effect, random)
        assert (changes, _faults(_settings(effect, changes))) == (changes, [])


def test_the_detectors_see_the_room_of_none() -> None:
    seen = _faults(_settings("none", {}))
    assert seen.count("the code can be read") == FRAMES
    assert len(seen) == 3 * FRAMES


@pytest.mark.parametrize("keep", ["person+held", "near"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_a_network_that_tells_what_is_held_does_not_show_the_room(effect: str, keep: str) -> None:
    assert _faults(_settings(effect, {"matte.keep": keep}), holds=True) == []
