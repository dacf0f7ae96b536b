"""Matte and depth that stay on the GPU: shrunk, inferred, remembered along the motion and refined there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from livecut.estimators.fitting import content_box
from livecut.estimators.refined import FORGOTTEN
from livecut.inference.resident import ResidentRunner
from livecut.kernels.cuda.depth_stability import DepthStabiliser
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.guided import BilinearUpsampler, GuidedUpsampler, HalvedUpsampler
from livecut.kernels.cuda.memory import AlphaMemory, refit, remember
from livecut.kernels.cuda.motion_field import DeviceMotion, MotionField
from livecut.kernels.cuda.specks import SpeckFilter
from livecut.kernels.cuda.tensor import NetworkInput, activate, scale_depth
from livecut.protocols import Need
from livecut.types import Frame, Size

__all__ = ["Looked", "ResidentEstimator", "ResidentRefined"]


@dataclass(frozen=True, slots=True)
class Looked:
    """Planes on the device, valid until the next look, and the frame they were made from."""

    matte: Any
    """(h · w) float32 0 … 1; None where it is not wanted."""
    nearness: Any
    """(h · w) float32 0 … 1; None where it is not wanted."""
    guide: tuple[Any, int, int, int]
    """The present frame as the network sees it: memory, its width, and where the frame begins in it."""
    frame_index: int
    captured_ns: int
    is_own: bool
    """The planes were made from the present frame, not kept from an earlier one."""
    motion: DeviceMotion | None = None
    """From the frame looked at before to this one; None where that is not known, and for kept planes."""
    since_index: int = -1
    """That frame."""


@dataclass(slots=True)
class _Kept:
    frame_index: int = -1
    captured_ns: int = 0
    left: int = 0
    planes: tuple[Any, Any] = field(default=(None, None))


class ResidentEstimator:
    """One network of the GPU with all that the settings wrap round it, for frames of one size.

    Mattes are remembered along the picture's motion as by `Smoothed`, whose `smooth` this is.
    """

    def __init__(
        self,
        network: ResidentRunner,
        device: Device,
        size: Size,
        wanted: frozenset[Need],
        *,
        smooth: float,
        stabilise: float,
        cut_threshold: float,
        stride: int,
        max_age_ns: int,
    ) -> None:
        """Take the memory. The keywords are those of the settings; `stride` and `max_age_ns` as of `Strided`."""
        if stride < 1:
            raise ValueError(f"every how many frames: at least 1, not {stride}")
        self._network, self._device, self.gives = network, device, wanted
        given = network.spec.input
        self._box = content_box(size, given.size, network.spec.fit)
        self.plane_size = self._box.size
        self._input = NetworkInput(device, size, given.size, self._box)
        self._tensor = None if given.dtype == "uint8" else network.tensor
        if self._tensor is not None:
            self._input.normalised(given.mean, given.std, rgb=given.colour == "rgb", nchw=given.layout == "nchw")
        pixels = self.plane_size.width * self.plane_size.height
        self._matte = device.zeros(pixels) if Need.MATTE in wanted else None
        self._field: MotionField | None = None
        if Need.MATTE in wanted and smooth > 0.0:
            self._field = MotionField(device, self.plane_size)
            self._fresh, self._spare = device.zeros(pixels), device.zeros(pixels)
            # Compiled now, not when another plan is taken over from.
            refit(device, self._fresh, self.plane_size, self._spare, self.plane_size)
        self._nearness = device.zeros(pixels) if Need.DEPTH in wanted else None
        self._stable: DepthStabiliser | None = None
        if Need.DEPTH in wanted and stabilise > 0.0:
            self._stable = DepthStabiliser(device, self.plane_size, stabilise, cut_threshold)
        self._smooth = smooth
        self._stride, self._max_age_ns = stride, max_age_ns
        self._kept: _Kept | None = None
        self._last_index: int | None = None
        """Of the frame that the matte in memory was made from."""

    def look(self, bgr: Any, frame: Frame, flags: Any, flags_at: int) -> Looked:
        """Begin to look at `bgr` (3 · pixels), which is `frame` on the device.

        `flags[flags_at]` becomes 1 where the matte is no coverage, the byte after it where depth is not finite.
        Raises `AcceleratorError`.
        """
        image = self._network.image
        self._input(bgr, image)
        guide = (image, self._network.spec.input.width, self._box.x, self._box.y)
        kept, self._kept = self._kept, None
        is_due = kept is None or kept.left == 0 or frame.captured_ns - kept.captured_ns > self._max_age_ns
        since, motion = self._last_index, None
        if kept is None or is_due:
            self._network_looks()
            motion = self._motion(guide)
            planes = self._remembered(motion, flags, flags_at), self._nearness_of(motion, flags, flags_at)
            kept = _Kept(frame.index, frame.captured_ns, self._stride, planes)
            self._last_index = frame.index
        kept.left -= 1
        self._kept = kept
        is_own = kept.frame_index == frame.index
        return Looked(
            *kept.planes, guide, kept.frame_index, kept.captured_ns, is_own, motion, -1 if since is None else since
        )

    def go_on_from(self, earlier: ResidentEstimator) -> None:
        """Take over what the one before remembers, on whatever grid, and the scale of the same network's depth.

        All that `earlier` has begun must be done.
        """
        ours, theirs = self._field, earlier._field
        if ours and theirs and earlier._last_index is not None and ours.go_on_from(theirs):
            refit(self._device, earlier._matte, earlier.plane_size, self._matte, self.plane_size)
            self._last_index = earlier._last_index
        same = self._network.spec.name == earlier._network.spec.name and self.plane_size == earlier.plane_size
        if same and self._stable is not None and earlier._stable is not None:
            self._stable.go_on_from(earlier._stable)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._kept = self._last_index = None
        if self._field is not None:
            self._field.forget()
        self._network.reset()
        if self._stable is not None:
            self._stable.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._network.close()

    def _network_looks(self) -> None:
        network = self._network
        if self._tensor is not None:
            self._input.tensor(network.image, self._tensor)
        network.run()

    def _motion(self, guide: tuple[Any, int, int, int]) -> DeviceMotion | None:
        if self._field is None:
            return None
        motion = self._field(guide)
        return motion if self._last_index is not None else None

    def _remembered(self, motion: DeviceMotion | None, flags: Any, flags_at: int) -> Any:
        """The matte of what the network saw, less its noise."""
        if self._matte is None:
            return None
        raw, matte = self._network.planes[Need.MATTE], self._network.spec.matte
        assert matte is not None
        out = self._matte if motion is None else self._fresh
        activate(
            self._device, raw.memory, raw.strides, raw.channels, matte.channel, matte.activation, self._box, out,
            flags, flags_at,
        )  # fmt: skip
        if motion is not None:
            remember(self._device, out, self._matte, motion, self._smooth, self.plane_size, self._spare)
            self._matte, self._spare = self._spare, self._matte
        return self._matte

    def _nearness_of(self, motion: DeviceMotion | None, flags: Any, flags_at: int) -> Any:
        nearness = self._nearness
        if nearness is None:
            return None
        raw, depth = self._network.planes[Need.DEPTH], self._network.spec.depth
        assert depth is not None
        scale_depth(
            self._device, raw.memory, raw.strides, depth.channel, self._box, nearness, flags, flags_at + 1,
            far=depth.far, near=depth.near,
        )  # fmt: skip
        if self._stable is None:
            return nearness
        self._stable(nearness, None if motion is None else motion.known)
        return self._stable.held


class ResidentRefined:
    """Specks, enlargement along the picture's edges, coverage curve and memory, as `Refined` on the CPU."""

    def __init__(
        self,
        device: Device,
        size: Size,
        plane_size: Size,
        *,
        refine: Literal["guided", "guided-half", "bilinear"],
        guide_radius: int,
        guide_epsilon: float,
        curve_low: float,
        curve_high: float,
        specks: float,
        smooth: float = 0.0,
    ) -> None:
        """Take the memory; the keywords are those of the settings."""
        self._device, self._size, self._share = device, size, specks
        self._specks = SpeckFilter(device, plane_size) if specks > 0.0 else None
        self._clean = device.zeros(plane_size.width * plane_size.height)
        pixels = size.width * size.height
        self._alpha, self._held, self._fresh = (device.zeros_bytes(pixels) for _ in range(3))
        self._held_index: int | None = None
        """Of the frame that `_alpha` is of."""
        self._memory: AlphaMemory | None = None
        if smooth > 0.0:
            self._memory = AlphaMemory(device, size, plane_size, 1.0 - FORGOTTEN * (1.0 - smooth))
        self._upsampler: GuidedUpsampler | HalvedUpsampler | BilinearUpsampler
        if refine == "bilinear":
            self._upsampler = BilinearUpsampler(device, size, plane_size, low=curve_low, high=curve_high)
            return
        guided = GuidedUpsampler if refine == "guided" else HalvedUpsampler
        self._upsampler = guided(
            device, size, plane_size, radius=guide_radius, epsilon=guide_epsilon, low=curve_low, high=curve_high
        )

    def refine(self, bgr: Any, looked: Looked) -> Any:
        """Begin to make the alpha (pixels) uint8 of the frame `bgr` (3 · pixels), and return where; until the next."""
        matte = looked.matte
        if self._specks is not None:
            self._specks(matte, self._share, self._clean)
            matte = self._clean
        if not looked.is_own:
            # The alpha that is remembered stays that of the frame the matte was made of.
            self._upsampler(bgr, matte, looked.guide, self._fresh)
            return self._fresh
        held_index, self._held_index = self._held_index, looked.frame_index
        self._alpha, self._held = self._held, self._alpha
        motion = looked.motion if looked.since_index == held_index else None
        if self._memory is None or motion is None:
            self._upsampler(bgr, matte, looked.guide, self._alpha)
        else:
            self._upsampler(bgr, matte, looked.guide, self._fresh)
            self._memory(self._fresh, self._held, motion, self._alpha)
        return self._alpha

    def go_on_from(self, earlier: ResidentRefined) -> None:
        """Take over the alpha that the one before held; all that it has begun must be done."""
        if self._size == earlier._size and earlier._held_index is not None:
            self._device.copy(earlier._alpha, self._alpha)
            self._held_index = earlier._held_index

    def reset(self) -> None:
        """Forget earlier frames."""
        self._held_index = None
