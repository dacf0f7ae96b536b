"""The path through the pixels on a GPU: a frame goes up once, everything happens there, one picture comes down."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from livecut.errors import AcceleratorError, EstimateError
from livecut.kernels.cpu.checks import check_pixels
from livecut.kernels.cpu.geometry import Fit
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.geometry import fit
from livecut.kernels.cuda.output import Output
from livecut.pipeline.meter import Meter
from livecut.pipeline.plan import AnyPlan
from livecut.pipeline.resident_inset import DeviceInset
from livecut.pipeline.trust import check_age
from livecut.protocols import Layer, Need
from livecut.types import WHOLE, Canvas, Frame, Planar, Scene, Size, View

__all__ = ["DeviceCanvas", "ResidentPlan"]

log = logging.getLogger(__name__)

_WARM_UP: Final = 4
"""Pictures forgotten at first: kernels compile, and the network's launches are recorded on the second."""


class _Looked(Protocol):
    @property
    def nearness(self) -> Any: ...
    @property
    def frame_index(self) -> int: ...
    @property
    def captured_ns(self) -> int: ...


class _Estimator(Protocol):
    gives: frozenset[Need]

    def look(self, bgr: Any, frame: Frame, flags: Any, flags_at: int) -> Any: ...
    def go_on_from(self, earlier: Any) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


class _Refiner(Protocol):
    def refine(self, bgr: Any, looked: Any) -> Any: ...
    def go_on_from(self, earlier: Any) -> None: ...
    def reset(self) -> None: ...


class _Effect(Protocol):
    needs: frozenset[Need]
    has_alpha: bool
    fills_bars: bool

    def render(self, bgr: Any, alpha: Any, nearness: Any, out: Any, captured_ns: int) -> None: ...
    def go_on_from(self, earlier: Any) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class DeviceCanvas(Canvas):
    """A canvas in page-locked memory, its parts side by side as the device lays them."""

    memory: NDArray[np.uint8] | None = None
    """All of it, what is wrong with the picture at its end."""


class ResidentPlan:
    """Stands where a `Plan` does, for what the device can do: no framing that follows, no layer behind the person.

    One copy each way a frame, counted by the device; what was found wrong with the matte or the depth comes down with
    the picture, which is refused then. The matte itself stays on the device: the scene given back holds the frame only.
    """

    def __init__(
        self,
        *,
        device: Device,
        size: Size,
        estimator: _Estimator,
        refiner: _Refiner,
        effect: _Effect,
        meter: Meter,
        max_age_ns: int,
        mode: Literal["cover", "stretch"] = "cover",
        mirror: bool = False,
        view: View = WHOLE,
        inset: DeviceInset | None = None,
        layers: Sequence[Layer] = (),
        planar: Literal["i420", "nv12"] | None = None,
        label: str = "",
    ) -> None:
        """Take the memory. `view` is the part of a frame that is shown; `planar`: converted to this, too.

        `inset`: in the place of `mode`, where all of each frame is shown; `estimator` and `refiner` are for its place.
        `layers` lie on the picture when it has come down; they must not need the matte.
        """
        missing = effect.needs - estimator.gives
        if missing:
            raise ValueError(f"no estimator gives {', '.join(sorted(need.value for need in missing))}")
        if any(layer.needs for layer in layers):
            raise ValueError("a layer behind the person needs a plan of the CPU")
        self.size, self.label = size, label
        self.needs = effect.needs
        self.device = device
        self._estimator, self._refiner, self._effect = estimator, refiner, effect
        self._layers = tuple(layers)
        self._meter, self._max_age_ns = meter, max_age_ns
        self._fit_mode: Fit = mode
        self._mode, self._mirror, self._view = mode, mirror, view
        self._inset = inset
        self._looked_at = size if inset is None else inset.place.size
        # Converted before the layers lie on it, it would be another picture.
        self._output = Output(device, size, alpha=effect.has_alpha, planar=None if layers else planar)
        self._source_size: Size | None = None
        self._last_size: Size | None = None
        """Of the frame before; None before the first one that counts."""
        self._fitted: Any = None
        self._spare: DeviceCanvas | None = None
        self._closed = False

    def new_canvas(self) -> Canvas:
        """Page-locked memory for `render`."""
        return self._new_canvas()

    def fits(self, canvas: Canvas) -> bool:
        """True when `render` can paint on this canvas."""
        return (
            isinstance(canvas, DeviceCanvas)
            and canvas.size == self.size
            and (canvas.alpha is not None) == self._output.has_alpha
            and (canvas.planar.name if canvas.planar is not None else None) == self._output.planar
        )

    def warm(self) -> None:
        """Render grey pictures and forget them: kernels compile and launches are recorded before the first frame."""
        grey = Canvas.empty(self._looked_at).bgr
        grey.fill(128)
        canvas = self._new_canvas()
        for index in range(_WARM_UP):
            self.render(Frame(grey, index, 0), canvas)
        # After so long the network looks again, however seldom it is asked to.
        late = Frame(grey, _WARM_UP, self._max_age_ns + 1)
        bgr = self._uploaded(late)
        self._refiner.refine(bgr, self._estimator.look(bgr, late, self._output.memory, self._output.flags_at))
        # A camera may have any other size.
        given, fitted = (self.device.zeros_bytes(3 * 4 * 4) for _ in range(2))
        for source in (Size(1, 1), Size(4, 4)):
            fit(self.device, given, source, fitted, Size(2, 2))
        if self._inset is not None:
            self._inset.warm()
        self.device.finish()
        self.reset()
        self._last_size = None
        self._meter.clear_stages()
        self.device.copies.forget()

    def render(self, frame: Frame, out: Canvas) -> Scene:
        """Paint one frame. Raises whatever goes wrong; `out` is undefined then."""
        canvas = out if isinstance(out, DeviceCanvas) and self.fits(out) else self._own_canvas()
        assert canvas.memory is not None
        try:
            looked = self._begin(frame, canvas.memory)
            with self._meter.stage("download"):
                self.device.finish()
        except BaseException:
            self._settle()
            # What the device found wrong with the planes that are kept never came down.
            with contextlib.suppress(Exception):  # the first error is the one to tell
                self.reset()
            raise
        self._check(canvas.memory)
        self._meter.looked(looked.frame_index == frame.index)
        self._meter.shows(getattr(self._effect, "instead", ""))
        if canvas is not out:
            np.copyto(out.bgr, canvas.bgr)
            if out.alpha is not None and canvas.alpha is not None:
                np.copyto(out.alpha, canvas.alpha)
        if self._layers:
            with self._meter.stage("layers"):
                for layer in self._layers:
                    layer.render(out, None)
        return Scene(frame)

    def go_on_from(self, earlier: AnyPlan) -> None:
        """Take over what the plan before remembers, if it is one of the device's of the same size.

        Copied from memory to memory of the device, whose streams may be two: one waits for the other here. What the
        device refuses is not taken over.
        """
        if not isinstance(earlier, ResidentPlan) or self.size != earlier.size:
            return
        self._last_size = earlier._last_size
        try:
            earlier.device.finish()
            # What is remembered of another part of the frame is of other places.
            if self._shown == earlier._shown:
                self._estimator.go_on_from(earlier._estimator)
                self._refiner.go_on_from(earlier._refiner)
            self._effect.go_on_from(earlier._effect)
            self.device.finish()  # it may be released from here on
        except AcceleratorError as error:
            # A plan that starts afresh is one; half of another's memory is none.
            log.warning("%s; what is smoothed over time starts afresh", error)
            with contextlib.suppress(AcceleratorError):
                self.reset()

    def reset(self) -> None:
        """Forget earlier frames."""
        for part in (self._estimator, self._refiner, self._effect):
            part.reset()

    def close(self) -> None:
        """Release the network and the background. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._settle()
        for close in (self._estimator.close, self._effect.close, *(layer.close for layer in self._layers)):
            close()

    @property
    def _shown(self) -> tuple[object, bool, View]:
        """What of a frame is shown, and how."""
        how: object = self._mode if self._inset is None else self._inset.place
        return how, self._mirror, self._view

    def _begin(self, frame: Frame, memory: NDArray[np.uint8]) -> _Looked:
        """Put everything on the stream, from the upload to the download."""
        device, output = self.device, self._output
        with self._meter.stage("upload"):
            bgr = self._uploaded(frame)
        with self._meter.stage("launch"):
            output.begin()
            looked: _Looked = self._estimator.look(bgr, frame, output.memory, output.flags_at)
            # An estimate that was kept is judged by the host's clock, what is in it by the device.
            check_age(looked.captured_ns, frame, self._max_age_ns, "matte")
            alpha, nearness = self._refiner.refine(bgr, looked), looked.nearness
            if self._inset is not None:
                bgr, alpha, nearness = self._inset.whole(bgr, alpha, nearness)
            self._effect.render(bgr, alpha, nearness, output.memory, frame.captured_ns)
            if self._inset is not None and not self._effect.fills_bars:
                self._inset.clear(output.memory, 3)
            output.complete(alpha)
            memory[output.flags_at :] = 1  # what does not come down is wrong
            device.download(output.memory, memory)
        return looked

    def _uploaded(self, frame: Frame) -> Any:
        source = check_pixels("frame", frame.bgr)
        if self._last_size not in (None, source):
            self.reset()  # what was seen of a frame of another shape lies elsewhere in this one
        self._last_size = source
        if source != self._source_size:
            self._take_source(source)
        self._pinned[:] = frame.bgr.reshape(-1)
        self.device.upload(self._pinned, self._source)
        if self._fitted is None:
            return self._source
        fit(
            self.device, self._source, source, self._fitted, self._looked_at,
            mode=self._fit_mode, mirrored=self._mirror, view=self._view,
        )  # fmt: skip
        return self._fitted

    def _take_source(self, source: Size) -> None:
        count = 3 * source.width * source.height
        self._pinned = self.device.pinned(count)
        self._source = self.device.empty(count, np.uint8)
        if self._inset is not None:
            self._fit_mode = self._inset.look_at(source)
        fits = source == self._looked_at and not self._mirror and self._view == WHOLE
        pixels = 3 * self._looked_at.width * self._looked_at.height
        self._fitted = None if fits else self.device.empty(pixels, np.uint8)
        self._source_size = source

    def _check(self, memory: NDArray[np.uint8]) -> None:
        matte_is_wrong, depth_is_wrong = memory[self._output.flags_at :]
        if matte_is_wrong or depth_is_wrong:
            # What is remembered of such a frame is no more to be trusted than the frame.
            self.reset()
            raise EstimateError(f"the {'matte' if matte_is_wrong else 'depth'} is not finite")

    def _settle(self) -> None:
        """Wait until nothing on the stream reads or writes host memory any more, whatever came of it."""
        try:
            self.device.finish()
        except Exception:  # the first error is the one to tell
            return

    def _new_canvas(self) -> DeviceCanvas:
        output = self._output
        memory = output.new_host()
        views = output.views(memory)
        planar = None
        if views.planar is not None and output.planar is not None:
            planar = Planar(output.planar, views.planar, output.even)
        return DeviceCanvas(views.bgr, views.alpha, planar, memory)

    def _own_canvas(self) -> DeviceCanvas:
        if self._spare is None:
            self._spare = self._new_canvas()
        return self._spare
