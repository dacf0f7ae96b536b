"""Turns settings into plans: estimators, refiner and effect."""

from __future__ import annotations

import contextlib
import inspect
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from livecut import plugins
from livecut.app.backdrops import replace_table
from livecut.app.layers import build_layers
from livecut.app.resident import resident_plan
from livecut.errors import SettingsError
from livecut.estimators.gated import Gated
from livecut.estimators.kept import Kept
from livecut.estimators.network import estimator_of
from livecut.estimators.refined import Refined
from livecut.estimators.shaped import Shaped, nearest_shape
from livecut.estimators.smoothed import Smoothed
from livecut.estimators.stable_depth import StableDepth
from livecut.estimators.strided import Strided
from livecut.estimators.watched import MotionWatch
from livecut.inference.accelerator import Accelerator, choose
from livecut.inference.resident import ResidentPool
from livecut.inference.runner import Network, open_runner
from livecut.inference.spec import ModelSpec
from livecut.inference.store import find, for_needs, shapes_of
from livecut.kernels.cpu.geometry import beyond, fit, fit_boxes
from livecut.kernels.cpu.threads import use_threads
from livecut.look.framing import Beyond, FixedFraming, FollowFraming
from livecut.look.low_light import LowLight
from livecut.pipeline.inset import Inset
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import AnyPlan, Plan
from livecut.protocols import Effect, Estimator, Framing, Need
from livecut.settings import Settings
from livecut.settings.look import LookSettings
from livecut.types import Pixels, Size, View

__all__ = [
    "build_effect",
    "build_estimators",
    "build_plan",
    "chosen_networks",
    "cpu_plan",
]

log = logging.getLogger(__name__)

_MAX_NESTING = 2


def build_plan(
    settings: Settings,
    size: Size,
    meter: Meter,
    *,
    source: Size | None = None,
    estimators: Sequence[Estimator] | None = None,
    open_network: Callable[..., Network] = open_runner,
    residents: ResidentPool | None = None,
    warm: bool = True,
    before_effect: Callable[[], object] | None = None,
) -> AnyPlan:
    """The plan for pictures of `size` from frames of size `source`; if `warm`, the first takes no longer than others.

    Where CUDA is had the whole picture stays on it, as far as the settings allow. `estimators` stand in for the
    networks, `open_network` is as of `build_estimators`, `residents` lends the GPU's networks, `before_effect` is as of
    `Plan.warm`. Raises `SettingsError`, `PluginError`, `ImageError`, `ModelError` or `AcceleratorError`.
    """
    accelerator: Accelerator | None = None
    if estimators is None and settings.device in ("auto", "cuda") and settings.effect.name != "none":
        accelerator = choose(settings.device)
        if accelerator.device == "cuda":
            whole = resident_plan(
                settings, size, meter, accelerator, chosen_networks, source=source, pool=residents, warm=warm
            )
            if whole is not None:
                return whole
    return cpu_plan(
        settings,
        size,
        meter,
        source=source,
        estimators=estimators,
        open_network=open_network,
        accelerator=accelerator,
        warm=warm,
        before_effect=before_effect,
    )


def cpu_plan(
    settings: Settings,
    size: Size,
    meter: Meter,
    *,
    source: Size | None = None,
    estimators: Sequence[Estimator] | None = None,
    open_network: Callable[..., Network] = open_runner,
    accelerator: Accelerator | None = None,
    warm: bool = True,
    before_effect: Callable[[], object] | None = None,
) -> Plan:
    """A plan whose pictures the CPU works on, as of `build_plan`, wherever its networks run (`accelerator`)."""
    use_threads(settings.threads.kernels)
    output = settings.output
    source = source or size
    cut, place = fit_boxes(source, size, output.fit)
    looked_at = place.size  # not the bars beside it

    def fit_to(bgr: Pixels, out: Pixels, *, mirror: bool, view: View) -> None:
        # Beside the picture it is mirrored: networks know that, and effects mix neighbours. The bars come later.
        fit(bgr, out, mode=output.fit, mirrored=mirror, view=view, bars=None)

    # What is built here is closed again when the rest cannot be: a camera behind the person must not stay on.
    with contextlib.ExitStack() as stack:
        framing = _framing(settings.look, looked_at, beyond(cut, source))
        layers = build_layers(settings.layers, size)
        for layer in layers:
            stack.callback(layer.close)
        effect = build_effect(settings, size)
        stack.callback(effect.close)
        label = ""
        if estimators is None:
            needs = effect.needs.union(*(part.needs for part in (framing, *layers) if part is not None))
            estimators, label = build_estimators(
                settings, looked_at, needs, open_network=open_network, accelerator=accelerator
            )
            for estimator in estimators:
                stack.callback(estimator.close)
        plan = Plan(
            size=size,
            fit=fit_to,
            mode=output.fit,
            inset=Inset(size) if output.fit == "contain" else None,
            mirror=output.mirror,
            framing=framing,
            tone=LowLight(settings.look.low_light) if settings.look.low_light > 0.0 else None,
            estimators=estimators,
            refiner=_refiner(settings, looked_at),
            effect=effect,
            layers=layers,
            meter=meter,
            max_age_ns=settings.privacy.max_age_ns,
            sync=settings.matte.sync,
            label=label,
        )
        if warm:
            plan.warm(source, before_effect)
        stack.pop_all()
    return plan


def _framing(look: LookSettings, size: Size, more: Beyond) -> Framing | None:
    if look.framing.follow:
        return FollowFraming(size, look.framing.max_zoom, look.framing.ease_s, more)
    if look.zoom > 1.0:
        return FixedFraming(size, look.zoom, look.centre_x, look.centre_y)
    return None


def build_effect(settings: Settings, size: Size, name: str | None = None, *, depth: int = 0) -> Effect:
    """The effect by name (default: `effect.name`) with its table."""
    wanted = settings.effect
    name = wanted.name if name is None else name
    factory = plugins.load("effects", name)
    if name == "split":
        if depth >= _MAX_NESTING:
            raise SettingsError("effect.split: a split cannot show a split", hint="name other effects there")
        inner = partial(build_effect, settings, size, depth=depth + _MAX_NESTING)
        with contextlib.ExitStack() as stack:
            before = inner(wanted.split.before)
            stack.callback(before.close)
            after = inner(wanted.split.after)
            stack.callback(after.close)
            split = _made(factory, name, size=size, before=before, after=after, position=wanted.split.position)
            stack.pop_all()
        return split
    table: dict[str, Any] = wanted.plugin.get(name, {})
    if name == "replace":
        table = replace_table(settings, size)
    elif name != "none" and name in type(wanted).model_fields:
        table = getattr(wanted, name).model_dump()
    return _made(factory, name, size=size, **table)


def _made(factory: Callable[..., Any], name: str, **options: Any) -> Effect:
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as error:
        raise SettingsError(
            f"effect.plugin.{name}: {error}", hint="see what the plug-in's own documentation allows"
        ) from error
    effect: Effect = factory(**options)
    return effect


def build_estimators(
    settings: Settings,
    size: Size | None,
    needs: frozenset[Need],
    *,
    open_network: Callable[..., Network] = open_runner,
    accelerator: Accelerator | None = None,
) -> tuple[tuple[Estimator, ...], str]:
    """Only the networks that `needs` asks for, each with its wrappers, and a label that says what really runs.

    `size` of the frames; None: they come in any size, one after another. `open_network` is `open_runner`, or what lends
    loaded ones (`NetworkPool.take`).
    """
    if not needs:
        return (), "no network"
    accelerator = choose(settings.device)

    def opened(spec: ModelSpec) -> Network:
        return open_network(spec, accelerator, threads=settings.threads.inference)

    chosen: list[Estimator] = []
    labels: list[str] = []
    try:
        for spec, wanted in chosen_networks(settings, needs):
            # Smoothing wants the motion of what the network looks at, which can be found while it looks; depth by
            # itself wants to know of cuts.
            remembers = settings.matte.smooth if Need.MATTE in wanted else settings.depth.stabilise
            watch = MotionWatch() if remembers > 0 and size is not None else None
            estimator, runs_on = _in_shape(spec, size, wanted, opened, watch)
            chosen.append(_wrapped(estimator, settings, watch))
            labels.append(f"{spec.name} on {_where(runs_on)}")
        keep = settings.matte.keep
        if keep != "person" and Need.MATTE in needs:
            steady, max_age_ns = settings.matte.smooth > 0.0, settings.privacy.max_age_ns
            chosen = [Kept(chosen, keep, steady=steady, max_age_ns=max_age_ns)]
    except BaseException:
        for estimator in chosen:
            estimator.close()
        raise
    return tuple(chosen), ", ".join(labels)


def _in_shape(
    spec: ModelSpec,
    size: Size | None,
    wanted: frozenset[Need],
    opened: Callable[[ModelSpec], Network],
    watch: MotionWatch | None = None,
) -> tuple[Estimator, Accelerator]:
    """The estimator with the input that fits frames of `size` best, or with all inputs for frames of any size."""
    specs = tuple(for_needs(one, wanted) for one in shapes_of(spec))
    if size is not None:
        specs = (specs[nearest_shape(size, [one.input.size for one in specs])],)
    inner: list[tuple[Size, Estimator]] = []
    try:
        for one in specs:
            network = opened(one)
            inner.append((one.input.size, estimator_of(network, size or one.input.size, wanted, watch)))
    except BaseException:
        for _, estimator in inner:
            estimator.close()
        raise
    return (inner[0][1] if len(inner) == 1 else Shaped(inner)), network.accelerator


def chosen_networks(settings: Settings, needs: frozenset[Need]) -> list[tuple[ModelSpec, frozenset[Need]]]:
    """The networks that `needs` asks for, with what each is to give. Raises `SettingsError`, `ModelError`."""
    model = settings.model
    keeps_more = settings.matte.keep != "person" and Need.MATTE in needs
    if keeps_more:
        needs |= {Need.DEPTH}
    chosen: list[tuple[ModelSpec, frozenset[Need]]] = []
    missing = needs
    only_depth = frozenset({Need.DEPTH})
    # The shipped joint network stands in for depth that the chosen one does not give.
    for name, scope in ((model.depth, only_depth), (model.name, needs), (type(model)().name, only_depth)):
        if name is None or not missing & scope:
            continue
        spec = find(name)
        if name == model.depth and Need.DEPTH not in spec.gives:
            raise SettingsError(
                f"model.depth: {name} gives no depth", hint="`livecut models list` says what each gives"
            )
        if wanted := missing & scope & spec.gives:
            missing -= wanted
            # What is held is told beside the matte it is added to, and costs nothing where nobody asks.
            told = spec.gives & {Need.HELD} if keeps_more and Need.MATTE in wanted else frozenset()
            chosen.append((spec, wanted | told))
    if missing:
        what = ", ".join(sorted(need.value for need in missing))
        raise SettingsError(
            f"{settings.model.name} gives no {what}, which is needed here",
            hint="choose another --model (model.still for stills); one for depth alone is named in model.depth",
        )
    return chosen


def _wrapped(estimator: Estimator, settings: Settings, watch: MotionWatch | None) -> Estimator:
    matte, depth = settings.matte, settings.depth
    gives = estimator.gives
    stride = matte.stride if Need.MATTE in gives else depth.stride
    # With sync the picture of an answer's own frame is shown, and must not grow too old until the next one comes.
    max_age_ms = settings.privacy.max_matte_age_ms * (0.5 if matte.sync else 1.0)
    gate = settings.motion_gate
    if gate.enabled:
        age_ms = min(gate.max_age_ms, max_age_ms)
        estimator = Gated(estimator, threshold=gate.threshold, max_age_ns=round(age_ms * 1e6))
    if stride > 1:
        estimator = Strided(estimator, stride, max_age_ns=round(max_age_ms * 1e6))
    watched = Need.MATTE in gives and matte.smooth > 0
    if watched:
        estimator = Smoothed(estimator, matte.smooth, watch)
    if Need.DEPTH in gives and depth.stabilise > 0:
        alone = watch if Need.MATTE not in gives else None
        estimator = StableDepth(estimator, depth.stabilise, depth.cut_threshold, watched=watched, watch=alone)
    return estimator


def _where(accelerator: Accelerator) -> str:
    return accelerator.label


def _refiner(settings: Settings, size: Size) -> Refined:
    matte = settings.matte
    return Refined(
        size,
        refine=matte.refine,
        guide_radius=matte.guide_radius,
        guide_epsilon=matte.guide_epsilon,
        curve_low=matte.curve_low,
        curve_high=matte.curve_high,
        specks=matte.specks,
        smooth=matte.smooth,
    )
