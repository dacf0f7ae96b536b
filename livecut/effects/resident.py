"""Effects that paint on the GPU, by the names and tables of those that paint on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol

from livecut.colours import parse_colour
from livecut.effects.backdrop import Backdrop, ColourBackdrop, SourceBackdrop, closed_on_error
from livecut.effects.blur import PAUSE_NS
from livecut.effects.bokeh import _LEAST_BLADES
from livecut.effects.replace import ROOM_RADIUS_PX, Stopgap
from livecut.errors import DeviceError
from livecut.kernels.cpu.focus import Focus
from livecut.kernels.cuda.background_blur import BackgroundBlur
from livecut.kernels.cuda.bokeh import LensBlur
from livecut.kernels.cuda.composite import grey, over_picture
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.matching import Matching
from livecut.kernels.cuda.rim import Rim
from livecut.protocols import Need
from livecut.types import Size

__all__ = ["RESIDENT", "ResidentEffect"]


class ResidentEffect(Protocol):
    """Paints a scene whose parts are flat memory of the device."""

    needs: frozenset[Need]
    has_alpha: bool
    fills_bars: bool

    def render(self, bgr: Any, alpha: Any, nearness: Any, out: Any, captured_ns: int) -> None:
        """Begin to paint every pixel of `out` (3 · pixels) from `bgr` (3 · pixels) and `alpha` (pixels)."""
        ...

    def go_on_from(self, earlier: ResidentEffect) -> None:
        """Take over what an effect of the same kind remembers; all that it has begun must be done."""
        ...

    def reset(self) -> None:
        """Forget earlier frames."""
        ...

    def close(self) -> None:
        """Release what it holds. Idempotent."""
        ...


class _Plain:
    """What all of them share: nothing is remembered, nothing held."""

    needs = frozenset({Need.MATTE})
    has_alpha = False
    fills_bars = False

    def go_on_from(self, earlier: ResidentEffect) -> None:
        """Nothing to take over."""

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing is held."""


class ResidentBlur(_Plain):
    """`Blur` on the device; the room keeps still where the camera's only trembles."""

    def __init__(
        self, device: Device, size: Size, plane_size: Size, radius_px: float = 24.0, dim: float = 0.0,
        saturation: float = 1.0,
    ) -> None:  # fmt: skip
        self._blur = BackgroundBlur(device, size, radius_px, dim=dim, saturation=saturation, calm=True)
        self._last_ns: int | None = None

    def render(self, bgr: Any, alpha: Any, nearness: Any, out: Any, captured_ns: int) -> None:
        """Paint the person sharp and the rest blurred."""
        if self._last_ns is None or not 0 <= captured_ns - self._last_ns <= PAUSE_NS:
            self._blur.forget()
        self._last_ns = captured_ns
        self._blur(bgr, alpha, out)

    def go_on_from(self, earlier: ResidentEffect) -> None:
        """Let the room of the plan before rest on."""
        if isinstance(earlier, ResidentBlur) and self._blur.go_on_from(earlier._blur):
            self._last_ns = earlier._last_ns

    def reset(self) -> None:
        """Forget earlier frames."""
        self._last_ns = None


class ResidentBokeh(_Plain):
    """`Bokeh` on the device; the parameters are those of the settings table `effect.bokeh`."""

    needs = frozenset({Need.MATTE, Need.DEPTH})

    def __init__(
        self,
        device: Device,
        size: Size,
        plane_size: Size,
        *,
        focus: Focus = "person",
        focus_x: float = 0.5,
        focus_y: float = 0.4,
        focus_distance: float = 0.8,
        focus_pull_s: float = 0.6,
        aperture: float = 0.8,
        max_radius_px: float = 32.0,
        depth_of_field: float = 0.08,
        highlights: float = 0.5,
        least_blur: float = 0.5,
        blades: int = 0,
        blades_turned_deg: float = 0.0,
        quality: Literal["full", "draft"] = "full",
    ) -> None:
        self._blur = LensBlur(
            device,
            size,
            plane_size,
            focus=focus,
            point=(focus_x, focus_y),
            distance=focus_distance,
            aperture=aperture,
            max_radius_px=max_radius_px,
            depth_of_field=depth_of_field,
            highlights=highlights,
            least_blur=least_blur,
            blades=blades if blades >= _LEAST_BLADES else 0,
            blades_turned_deg=blades_turned_deg,
            focus_pull_s=focus_pull_s,
            draft=quality == "draft",
        )
        self._captured_ns: int | None = None

    def render(self, bgr: Any, alpha: Any, nearness: Any, out: Any, captured_ns: int) -> None:
        """Paint the scene as the lens sees it."""
        before_ns = captured_ns if self._captured_ns is None else self._captured_ns
        self._blur(bgr, alpha, nearness, out, max((captured_ns - before_ns) * 1e-9, 0.0))
        self._captured_ns = captured_ns

    def go_on_from(self, earlier: ResidentEffect) -> None:
        """Pull the focus over from where the plan before had it."""
        if isinstance(earlier, ResidentBokeh):
            self._blur.go_on_from(earlier._blur)
            self._captured_ns = earlier._captured_ns

    def reset(self) -> None:
        """Forget what was in focus."""
        self._blur.reset()
        self._captured_ns = None


class ResidentReplace(_Plain):
    """`Replace` on the device. A still backdrop goes up once; each picture of a moving one has to go up too."""

    fills_bars = True

    def __init__(
        self, device: Device, size: Size, plane_size: Size, *, backdrop: Backdrop, light_wrap: float = 0.15,
        decontaminate: bool = True, match: float = 0.0, fallback: Literal["blur", "card"] = "card",
    ) -> None:  # fmt: skip
        self._device, self._backdrop, self._pixels = device, backdrop, size.width * size.height
        self._is_there = False
        self._stopgap = Stopgap()
        self._room: BackgroundBlur | None = None
        with closed_on_error(backdrop):
            self._matching = Matching(device, size, match) if match > 0.0 else None
            with_care = decontaminate or light_wrap > 0.0
            self._rim = Rim(device, size, decontaminate=decontaminate, light_wrap=light_wrap) if with_care else None
            self._behind: Any = device.zeros_bytes(3 * self._pixels)
            self._host = device.pinned(3 * self._pixels)
            if fallback == "blur" and not backdrop.still:
                self._room = BackgroundBlur(device, size, ROOM_RADIUS_PX)
                # Compiled now, not in the moment of the loss.
                self._room(self._behind, device.zeros_bytes(self._pixels), device.zeros_bytes(3 * self._pixels))

    @property
    def instead(self) -> str:
        """What is shown in place of the backdrop, and why; empty as long as it is there."""
        return self._stopgap.text

    def render(self, bgr: Any, alpha: Any, nearness: Any, out: Any, captured_ns: int) -> None:
        """Paint the person over the backdrop. Raises when that is lost and nothing may stand there instead."""
        try:
            picture = self._backdrop.picture(captured_ns)
        except DeviceError as error:
            if self._room is None:
                raise
            self._stopgap.lost(error)
            self._room(bgr, alpha, out)
            return
        self._stopgap.back()
        if not (self._is_there and self._backdrop.still):
            self._host[:] = picture.reshape(-1)
            self._device.upload(self._host, self._behind)
            if self._rim is not None:
                self._rim.light(self._behind)
            if self._matching is not None:
                self._matching.light(picture)
            self._is_there = True
        if self._matching is not None:
            bgr = self._matching(bgr, alpha, captured_ns)
        if self._rim is None:
            over_picture(self._device, bgr, alpha, self._behind, self._pixels, out)
        else:
            self._rim.over(bgr, alpha, self._behind, out)

    def go_on_from(self, earlier: ResidentEffect) -> None:
        """Ease on from the light in which the person stood before, and play the same video on: nothing jumps."""
        if not isinstance(earlier, ResidentReplace):
            return
        if isinstance(self._backdrop, SourceBackdrop):
            self._backdrop.go_on_from(earlier._backdrop)  # each of its pictures goes up anyway
        if self._matching is not None and earlier._matching is not None:
            self._matching.go_on_from(earlier._matching)

    def reset(self) -> None:
        """Forget earlier frames."""
        if isinstance(self._backdrop, SourceBackdrop):
            self._backdrop.rest()
        if self._matching is not None:
            self._matching.forget()

    def close(self) -> None:
        """Close the backdrop. Idempotent."""
        self._backdrop.close()


class ResidentGreen(ResidentReplace):
    """`Green` on the device."""

    def __init__(self, device: Device, size: Size, plane_size: Size, *, colour: str = "#00b140") -> None:
        backdrop = ColourBackdrop(size, parse_colour(colour))
        super().__init__(device, size, plane_size, backdrop=backdrop, light_wrap=0.0, decontaminate=True)


class ResidentCutout(_Plain):
    """`Cutout` on the device; the alpha goes down beside the picture."""

    has_alpha = True
    fills_bars = True

    def __init__(self, device: Device, size: Size, plane_size: Size, *, colour: str = "#00b140") -> None:
        parse_colour(colour)
        self._rim = Rim(device, size, decontaminate=True, light_wrap=0.0)

    def render(self, bgr: Any, alpha: Any, nearness: Any, out: Any, captured_ns: int) -> None:
        """Paint the person alone."""
        self._rim.alone(bgr, alpha, out)


class ResidentMatteView(_Plain):
    """`MatteView` in grey on the device."""

    def __init__(self, device: Device, size: Size, plane_size: Size) -> None:
        self._device, self._pixels = device, size.width * size.height

    def render(self, bgr: Any, alpha: Any, nearness: Any, out: Any, captured_ns: int) -> None:
        """Paint the alpha."""
        grey(self._device, alpha, self._pixels, out)


RESIDENT: Final[Mapping[str, Callable[..., ResidentEffect]]] = {
    "blur": ResidentBlur,
    "bokeh": ResidentBokeh,
    "replace": ResidentReplace,
    "green": ResidentGreen,
    "cutout": ResidentCutout,
    "matte": ResidentMatteView,
}
"""Those there are, by name."""
