"""One path through the pixels: fit, estimate, refine, paint, lay on. Live frames and stills take the same one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol, runtime_checkable

from livecut.errors import EstimateError
from livecut.pipeline.meter import Meter
from livecut.pipeline.rehearsal import made_up_scene
from livecut.pipeline.trust import check_depth, check_matte, check_soft_matte
from livecut.pipeline.whole import Whole, fills_bars
from livecut.protocols import Continuing, Effect, Estimator, Framing, Layer, Need, Refiner, Tone
from livecut.types import WHOLE, Canvas, DepthMap, Frame, Matte, Pixels, Plane, Scene, Size, SoftMatte, View

__all__ = ["AnyPlan", "Fit", "Plan"]

_WARM_UP: Final = 2
"""Pictures forgotten at first, besides one that networks look at whatever the stride: what remembers runs from the
second on that they look at, an effect from its own second."""
_WARM_UP_NS: Final = 33_333_333


class Fit(Protocol):
    """Brings a frame of any size to the size of `out`."""

    def __call__(self, bgr: Pixels, out: Pixels, *, mirror: bool, view: View) -> None:
        """Fill all of `out` with what `view` shows, left and right swapped if `mirror`."""
        ...


@runtime_checkable
class _Remembering(Protocol):
    """A part that smooths over time."""

    @property
    def keeps_across_networks(self) -> bool:
        """What it remembers is worth something to another network's plan."""
        ...

    def go_on_from(self, earlier: object) -> None:
        """Take over what a part of the same kind remembers."""
        ...


@runtime_checkable
class _Rehearsing(Protocol):
    """A part that has work to do for some pictures only, and a grey one is none of them."""

    def rehearse(self) -> None:
        """Do it once, on something made up, and forget it."""
        ...


def _links(estimators: Sequence[Estimator]) -> Iterator[Estimator]:
    """Estimators and what they wrap."""
    for estimator in estimators:
        yield estimator
        yield from _links(getattr(estimator, "inner", ()))


class AnyPlan(Protocol):
    """What the pipeline runs: a plan of whatever works on the pixels. Used by one thread only."""

    needs: frozenset[Need]
    """What the effect and the layers must know about a frame."""
    size: Size
    label: str
    """What really computes, for the status line: network and execution provider."""

    def new_canvas(self) -> Canvas:
        """Memory of the right kind for `render`."""
        ...

    def fits(self, canvas: Canvas) -> bool:
        """True when `render` can paint on this canvas."""
        ...

    def render(self, frame: Frame, out: Canvas) -> Scene:
        """Paint one frame and return what the host knows about it. Raises whatever goes wrong."""
        ...

    def go_on_from(self, earlier: AnyPlan) -> None:
        """Take over what moves slowly from the plan before, on the thread that used it: a swap makes no jump."""
        ...

    def reset(self) -> None:
        """Forget earlier frames: another source, a cut."""
        ...

    def close(self) -> None:
        """Release what it holds. Idempotent."""
        ...


class Plan:
    """Everything that happens to a frame, fixed at construction; swapped whole, used by one thread only.

    `render` raises when the picture cannot be made safely; who calls it decides what stands there instead (the card
    in a live picture, an error for a still). `framing` chooses what is shown of a frame and `tone` its light, before
    anything else sees it; `mode` tells one `fit` from another. `layers` lie on what the effect painted, the lowest
    first. `max_age_ns`: how far an estimate may lie behind its frame. `sync`: where a matte is that of an earlier
    frame, that one is shown. `inset`: where a frame lies in the picture that does not fill it; estimators, refiner and
    framing see no more than that, nobody is beside it, and it is black there unless the effect fills it.
    """

    def __init__(
        self,
        *,
        size: Size,
        fit: Fit,
        mode: Hashable = None,
        inset: Whole | None = None,
        mirror: bool = False,
        framing: Framing | None = None,
        tone: Tone | None = None,
        estimators: Sequence[Estimator],
        refiner: Refiner | None,
        effect: Effect,
        layers: Sequence[Layer] = (),
        meter: Meter,
        max_age_ns: int,
        sync: bool = False,
        label: str = "",
    ) -> None:
        given: frozenset[Need] = frozenset().union(*(estimator.gives for estimator in estimators))
        needs = effect.needs.union(*(part.needs for part in (framing, *layers) if part is not None))
        missing = needs - given
        if missing:
            raise ValueError(f"no estimator gives {', '.join(sorted(need.value for need in missing))}")
        if Need.MATTE in needs and refiner is None:
            raise ValueError("an effect that needs a matte needs a refiner")
        self.needs = needs
        """What the effect and the layers must know about a frame."""
        self._layers = tuple(layers)
        self.size = size
        self.effect = effect
        self.label = label
        """What really computes, for the status line: network and execution provider."""
        self._fit = fit
        self._mode = mode
        self._inset = Whole() if inset is None else inset
        self._last_size: Size | None = None
        """Of the frame before, as the source gave it."""
        self._mirror = mirror
        self._framing = framing
        self._tone = tone
        self._estimators = tuple(estimators)
        self._refiner = refiner
        self._meter = meter
        self._max_age_ns = max_age_ns
        self._has_depth = bool(getattr(effect, "has_depth", False))
        self._fitted: Pixels | None = None
        self._sync = sync
        self._looked_at: Frame | None = None
        self._refined: Matte | None = None
        """What was refined last, of the inset: valid until the next time."""
        self._finds_motion = self._is_new_shot = False
        """Whether motion has led to a frame since the first; and whether none leads to this one."""
        self._closed = False

    def new_canvas(self) -> Canvas:
        """Memory of the right kind for `render`."""
        return Canvas.empty(self.size, alpha=self.effect.has_alpha, depth=self._has_depth)

    def fits(self, canvas: Canvas) -> bool:
        """True when `render` can paint on this canvas."""
        kind = (canvas.alpha is not None, canvas.depth is not None)
        # What a GPU's plan converted for the virtual camera would stay what it was and be shown in its place.
        is_plain = canvas.planar is None
        return is_plain and canvas.size == self.size and kind == (self.effect.has_alpha, self._has_depth)

    def warm(self, source: Size | None = None, before_effect: Callable[[], object] | None = None) -> None:
        """Render grey pictures and forget them: kernels compile and networks allocate before the first real frame.

        Then whatever has more to do where there is somebody does that once, too.

        `source`: the size of the frames to come, by default that of the picture. `before_effect` is called when all has
        been run but the effect and the layers.
        """
        for size in self._inset.other_shapes:  # which ask for kernels of their own
            self._estimate(self._fitted_frame(Frame(Canvas.empty(size).bgr, 0, 0)))
        grey = Canvas.empty(source or self.size).bgr
        grey.fill(128)
        frames = [Frame(grey, index, index * _WARM_UP_NS) for index in range(_WARM_UP)]
        # After so long networks look again, however seldom they are asked to.
        late = Frame(grey, _WARM_UP, frames[-1].captured_ns + self._max_age_ns + 1)
        if before_effect is not None:
            for frame in (*frames, late):
                self._estimate(self._fitted_frame(frame))
            before_effect()
            self.reset()
        canvas = self.new_canvas()
        for frame in frames:
            self.render(frame, canvas)
        self._estimate(self._fitted_frame(late))
        for part in _links(self._estimators):
            if isinstance(part, _Rehearsing):
                part.rehearse()
        self.effect.render(made_up_scene(self.size, _WARM_UP, late.captured_ns), canvas)
        self.reset()
        self._last_size = None
        self._meter.clear_stages()

    def render(self, frame: Frame, out: Canvas) -> Scene:
        """Paint one frame and return what was known about it. Raises whatever goes wrong; `out` is undefined then."""
        frame, matte, depth = self._estimate(self._fitted_frame(frame))
        scene = Scene(frame, matte, depth, self._inset.within, self._is_new_shot)
        with self._meter.stage("effect"):
            self.effect.render(scene, out)
            if not fills_bars(self.effect):
                self._inset.blacken(out)
        self._meter.shows(getattr(self.effect, "instead", ""))
        if self._layers:
            with self._meter.stage("layers"):
                for layer in self._layers:
                    layer.render(out, matte)
        return scene

    def go_on_from(self, earlier: AnyPlan) -> None:
        """Take over what moves slowly from the plan before, on the thread that used it: a swap makes no jump."""
        if not isinstance(earlier, Plan):
            return
        self._last_size = earlier._last_size
        if self._framing is not None and earlier._framing is not None and self._mirror == earlier._mirror:
            self._framing.go_on_from(earlier._framing)
        # What is remembered of another part of the frame is of other places.
        if self._shown == earlier._shown:
            self._remember(earlier)
        if self._tone is not None and earlier._tone is not None:
            self._tone.go_on_from(earlier._tone)
        if isinstance(self.effect, Continuing) and self.size == earlier.size:
            self.effect.go_on_from(earlier.effect)

    @property
    def _shown(self) -> tuple[Size, Hashable, bool, View]:
        """What of a frame is shown now, and how."""
        return self.size, self._mode, self._mirror, WHOLE if self._framing is None else self._framing.now

    def _remember(self, earlier: Plan) -> None:
        """What was smoothed over time goes on, each link of the estimators' chains from the one of its kind."""
        before: list[object] = [*_links(earlier._estimators), earlier._refiner]
        for link in (*_links(self._estimators), self._refiner):
            # Depth of another network has another scale.
            part: object = link
            if isinstance(part, _Remembering) and (self.label == earlier.label or part.keeps_across_networks):
                for one in before:
                    if type(one) is type(part):
                        part.go_on_from(one)

    def reset(self) -> None:
        """Forget earlier frames: another source, a cut."""
        self._looked_at = self._refined = None
        self._finds_motion = False
        for part in (*self._estimators, self._refiner, self._framing, self._tone):
            if part is not None:
                part.reset()
        if isinstance(self.effect, Continuing):
            self.effect.reset()

    def close(self) -> None:
        """Release networks and backgrounds. Idempotent."""
        if self._closed:
            return
        self._closed = True
        closers: list[Callable[[], None]] = [estimator.close for estimator in self._estimators]
        for close in (*closers, self.effect.close, *(layer.close for layer in self._layers)):
            close()

    def _fitted_frame(self, frame: Frame) -> Frame:
        if self._last_size not in (None, frame.size):
            self.reset()  # what was seen of a frame of another shape lies elsewhere in this one
        self._last_size = frame.size
        self._inset.look_at(frame.size)
        view = WHOLE if self._framing is None else self._framing.view(frame.captured_ns)
        fits = frame.size == self.size and not self._mirror and view == WHOLE
        if fits and self._tone is None:
            return frame
        if self._fitted is None:
            self._fitted = Canvas.empty(self.size).bgr
        if not fits:
            with self._meter.stage("fit"):
                self._fit(frame.bgr, self._fitted, mirror=self._mirror, view=view)
        if self._tone is not None:
            with self._meter.stage("tone"):
                self._tone(frame.bgr if fits else self._fitted, frame.captured_ns, self._fitted)
        return Frame(self._fitted, frame.index, frame.captured_ns)

    def _own_frame(self, frame: Frame, soft: SoftMatte) -> Frame:
        """The frame that the matte was made of, for as long as it is the last that was looked at."""
        if soft.frame_index == frame.index:
            pixels = Canvas.empty(self.size).bgr if self._looked_at is None else self._looked_at.bgr
            # A fitted frame's memory is painted over by the next one.
            pixels[...] = frame.bgr
            self._looked_at = Frame(pixels, frame.index, frame.captured_ns)
        elif self._looked_at is not None and self._looked_at.index == soft.frame_index:
            return self._looked_at
        return frame

    def _estimate(self, frame: Frame) -> tuple[Frame, Matte | None, DepthMap | None]:
        try:
            return self._estimated(frame)
        except EstimateError:
            # What is remembered may be what is wrong: a recurrent network's state would be refused for ever.
            self._finds_motion = False
            for estimator in self._estimators:
                estimator.reset()
            raise

    def _estimated(self, frame: Frame) -> tuple[Frame, Matte | None, DepthMap | None]:
        needs = self.needs
        soft: SoftMatte | None = None
        depth: DepthMap | None = None
        is_new = self._is_new_shot = False
        inner = self._inset.inner(frame)
        for estimator in self._estimators:
            with self._meter.stage("+".join(sorted(need.value for need in estimator.gives))):
                estimate = estimator.estimate(inner)
            # Asked afterwards: an estimator that fits itself to another aspect knows its planes' size only now.
            plane_size = estimator.plane_size or inner.size
            if Need.MATTE in needs & estimator.gives:
                soft = check_soft_matte(estimate.matte, plane_size, inner, self._max_age_ns)
                is_new |= soft.frame_index == frame.index
                self._is_new_shot = self._finds_motion and soft.is_after_cut(inner)
                self._finds_motion |= soft.motion is not None
                if estimate.held is not None:
                    check_soft_matte(estimate.held, plane_size, inner, self._max_age_ns, "matte of what is held")
            if Need.DEPTH in needs & estimator.gives:
                depth = check_depth(estimate.depth, plane_size, inner, self._max_age_ns)
                is_new |= depth.frame_index == frame.index
        if self._estimators:
            self._meter.looked(is_new)
        matte: Matte | None = None
        if soft is not None and self._refiner is not None:
            frame, matte = self._refine(self._refiner, frame, inner, soft)
            if self._framing is not None:
                laid = matte.captured_ns == frame.captured_ns
                self._framing.saw(matte if laid else replace(matte, captured_ns=frame.captured_ns))
            matte = self._inset.whole_matte(matte)
        if depth is not None:
            nearness = self._laid(depth.nearness, depth.captured_ns, frame)
            depth = self._inset.whole_depth(replace(depth, nearness=nearness))
        return frame, matte, depth

    def _laid(self, plane: Plane, made_ns: int, frame: Frame, beyond: float | None = None) -> Plane:
        """What was estimated of an earlier frame, where the view has moved since then."""
        if self._framing is None or made_ns == frame.captured_ns:
            return plane
        return self._framing.laid(plane, made_ns, frame.captured_ns, beyond)

    def _refine(self, refiner: Refiner, frame: Frame, inner: Frame, soft: SoftMatte) -> tuple[Frame, Matte]:
        """The frame to show, and the matte of its `inner` part."""
        if self._sync:
            own = self._own_frame(frame, soft)
            # A picture that is shown again keeps its matte: refined anew, without the motion that led to it, its edge
            # would jump while nothing moves.
            if self._refined is not None and own is not frame and self._refined.frame_index == own.index:
                return own, self._refined
            if own is not frame:
                frame, inner = own, self._inset.inner(own)
        with self._meter.stage("refine"):
            # Nobody is where nobody looked: the room must not be shown there.
            alpha = self._laid(soft.alpha, soft.captured_ns, frame, beyond=0.0)
            matte = check_matte(refiner.refine(inner, replace(soft, alpha=alpha)), inner)
        self._refined = matte
        return frame, matte
