"""Builds plans that keep the whole picture on the GPU, or says what keeps it from there."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

from livecut.app.backdrops import replace_table
from livecut.app.layers import build_layers
from livecut.errors import AcceleratorError
from livecut.estimators.shaped import nearest_shape
from livecut.inference.accelerator import Accelerator
from livecut.inference.null import NULL
from livecut.inference.resident import NotResident, ResidentPool
from livecut.inference.spec import ModelSpec
from livecut.inference.store import shapes_of
from livecut.kernels.cpu.geometry import fit_boxes
from livecut.look.framing import FixedFraming
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import AnyPlan
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.types import WHOLE, Size

if TYPE_CHECKING:
    from livecut.kernels.cuda.device import Device

__all__ = ["new_pool", "resident_plan", "why_not"]

log = logging.getLogger(__name__)

_NEEDS: Final = {
    "blur": frozenset({Need.MATTE}),
    "bokeh": frozenset({Need.MATTE, Need.DEPTH}),
    "replace": frozenset({Need.MATTE}),
    "green": frozenset({Need.MATTE}),
    "cutout": frozenset({Need.MATTE}),
    "matte": frozenset({Need.MATTE}),
}
"""Effects that paint on the GPU (`effects.resident`), and what they need."""

_BY_THE_CPU: Final = "networks run on CUDA, pictures are worked on by the CPU"

Choose = Callable[[Settings, frozenset[Need]], list[tuple[ModelSpec, frozenset[Need]]]]


def why_not(settings: Settings, choose_networks: Choose) -> str:
    """What these settings ask for that only the CPU's plan does, empty when the GPU's does it all."""
    effect, look = settings.effect, settings.look
    if effect.name not in _NEEDS or (effect.name == "matte" and effect.matte.over != "gray"):
        return f"the effect {effect.name} is painted by the CPU"
    if look.framing.follow:
        return "look.framing.follow looks at the matte"
    if look.low_light > 0.0:
        return "look.low_light looks at the picture first"
    if settings.motion_gate.enabled:
        return "motion_gate looks at the picture first"
    if settings.matte.sync:
        return "matte.sync keeps pictures"
    if settings.matte.keep != "person":
        return "matte.keep looks for more than the person"
    layers = settings.layers
    shown = {"image": layers.image.path, "text": layers.text.text.strip(), "clock": layers.clock.show}
    behind = [name for name, is_there in shown.items() if is_there and getattr(layers, name).behind]
    if behind:
        return f"layers.{behind[0]} stands behind the person"
    networks = choose_networks(settings, _NEEDS[effect.name])
    if len(networks) != 1:
        return "matte and depth come from two networks"
    if networks[0][0].name == NULL.name:
        return "the network null is none"
    return ""


def new_pool() -> ResidentPool:
    """Lends networks of the GPU; nothing is loaded before the first is taken."""
    return ResidentPool(_new_device)


def resident_plan(
    settings: Settings,
    size: Size,
    meter: Meter,
    accelerator: Accelerator,
    choose_networks: Choose,
    *,
    source: Size | None = None,
    pool: ResidentPool | None = None,
    warm: bool = True,
) -> AnyPlan | None:
    """The plan that keeps pictures of `size` on the GPU; None, and a line in the log, where the CPU has to paint them.

    `source`: the size of the frames to come, by default that of the picture.

    Raises `AcceleratorError` where CUDA was asked for by name and its kernels cannot be had.
    """
    reason = why_not(settings, choose_networks)
    if reason:
        _say(f"{_BY_THE_CPU}: {reason}")
        return None
    try:
        return _built(
            settings, size, source or size, meter, accelerator, choose_networks, pool or new_pool(), warm=warm
        )
    except NotResident as error:
        _say(f"{_BY_THE_CPU}: {error}")
        return None
    except AcceleratorError as error:
        if accelerator.required:
            raise
        log.warning("%s; pictures are worked on by the CPU", error)
        return None


@functools.cache
def _say(line: str) -> None:
    """Once: plans are built over and over."""
    log.warning("%s", line)


def _new_device() -> Device:
    problem = _why_no_kernels()
    if problem:
        raise AcceleratorError(
            f"CUDA kernels cannot be used: {problem}",
            hint="pip install 'livecut[cuda]' brings numba-cuda and its compiler; or --device cpu",
        )
    from livecut.kernels.cuda.device import Device

    return Device()


def _why_no_kernels() -> str:
    try:
        from livecut.kernels.cuda.device import why_no_kernels
    except Exception as error:  # numba-cuda looks for the runtime's library while it is imported, and raises its own
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return why_no_kernels()


def _built(
    settings: Settings, size: Size, source: Size, meter: Meter, accelerator: Accelerator, choose_networks: Choose,
    pool: ResidentPool, *, warm: bool,
) -> AnyPlan:  # fmt: skip
    name, fit = settings.effect.name, settings.output.fit
    looked_at = fit_boxes(source, size, fit)[1].size
    ((spec, wanted),) = choose_networks(settings, _NEEDS[name])
    shapes = shapes_of(spec)
    spec = shapes[nearest_shape(looked_at, [one.input.size for one in shapes])].without_held()
    with contextlib.ExitStack() as stack:
        network = pool.take(spec, accelerator, threads=settings.threads.inference)
        stack.callback(network.close)
        # Only now: where CUDA's kernels cannot be had, the pool has said so.
        from livecut.effects.resident import RESIDENT
        from livecut.estimators.resident import ResidentEstimator, ResidentRefined
        from livecut.pipeline.resident import ResidentPlan
        from livecut.pipeline.resident_inset import DeviceInset

        device: Any = network.device
        matte, depth, look = settings.matte, settings.depth, settings.look
        max_age_ns = settings.privacy.max_age_ns
        estimator = ResidentEstimator(
            network, device, looked_at, wanted,
            smooth=matte.smooth, stabilise=depth.stabilise, cut_threshold=depth.cut_threshold,
            stride=matte.stride, max_age_ns=max_age_ns,
        )  # fmt: skip
        refiner = ResidentRefined(
            device, looked_at, estimator.plane_size,
            refine=matte.refine, guide_radius=matte.guide_radius, guide_epsilon=matte.guide_epsilon,
            curve_low=matte.curve_low, curve_high=matte.curve_high, specks=matte.specks, smooth=matte.smooth,
        )  # fmt: skip
        grid, inset = estimator.plane_size, None
        if fit == "contain":
            inset = DeviceInset(device, size, source, grid, depth=Need.DEPTH in wanted)
            grid = inset.grid
        effect = RESIDENT[name](device, size, grid, **_table(settings, size))
        stack.callback(effect.close)
        view = FixedFraming(looked_at, look.zoom, look.centre_x, look.centre_y).view(0) if look.zoom > 1.0 else WHOLE
        plan = ResidentPlan(
            device=device, size=size, estimator=estimator, refiner=refiner, effect=effect, meter=meter,
            max_age_ns=max_age_ns, mode="stretch" if fit == "stretch" else "cover", inset=inset,
            mirror=settings.output.mirror, view=view,
            layers=build_layers(settings.layers, size), planar=_planar(settings),
            label=f"{spec.name} on {network.how} (whole pictures)",
        )  # fmt: skip
        if warm:
            plan.warm()
        stack.pop_all()
    return plan


def _table(settings: Settings, size: Size) -> dict[str, Any]:
    effect = settings.effect
    if effect.name == "replace":
        return replace_table(settings, size)
    if effect.name == "matte":
        return {}
    own: dict[str, Any] = getattr(effect, effect.name).model_dump()
    return own


def _planar(settings: Settings) -> Literal["i420", "nv12"] | None:
    """The format that virtual cameras are most likely to take; one that takes the other converts for itself."""
    cameras = [sink for sink in settings.output.sinks if sink.startswith(("virtualcam", "/dev/video"))]
    if not cameras or settings.effect.name == "cutout":
        return None
    return "nv12" if settings.output.pixel_format == "nv12" else "i420"
