"""Matte and depth that stay on the GPU: shrunk, inferred, smoothed and refined there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from livecut.estimators.fitting import content_box
from livecut.inference.resident import ResidentRunner
from livecut.kernels.cuda.depth_stability import DepthStabiliser
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.guided import BilinearUpsampler, GuidedUpsampler, HalvedUpsampler
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


@dataclass(slots=True)
class _Kept:
    frame_index: int = -1
    captured_ns: int = 0
    left: int = 0
    planes: tuple[Any, Any] = field(default=(None, None))


class ResidentEstimator:
    """One network of the GPU with all that the settings wrap round it, for frames of one size."""

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
        self._nearness = device.zeros(pixels) if Need.DEPTH in wanted else None
        self._stable: DepthStabiliser | None = None
        if Need.DEPTH in wanted and stabilise > 0.0:
            self._stable = DepthStabiliser(device, self.plane_size, stabilise, cut_threshold)
        self._smooth = smooth
        self._stride, self._max_age_ns = stride, max_age_ns
        self._kept: _Kept | None = None
        self._is_first = True

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
        if kept is None or is_due:
            kept = _Kept(frame.index, frame.captured_ns, self._stride, self._inferred(flags, flags_at))
        kept.left -= 1
        self._kept = kept
        return Looked(*kept.planes, guide, kept.frame_index, kept.captured_ns)

    def reset(self) -> None:
        """Forget earlier frames."""
        self._kept = None
        self._is_first = True
        self._network.reset()
        if self._stable is not None:
            self._stable.reset()

    def close(self) -> None:
        """Release the network. Idempotent."""
        self._network.close()

    def _inferred(self, flags: Any, flags_at: int) -> tuple[Any, Any]:
        network, device, box = self._network, self._device, self._box
        if self._tensor is not None:
            self._input.tensor(network.image, self._tensor)
        network.run()
        if self._matte is not None:
            raw, matte = network.planes[Need.MATTE], network.spec.matte
            assert matte is not None
            ratio = 0.0 if self._is_first else self._smooth
            activate(
                device, raw.memory, raw.strides, raw.channels, matte.channel, matte.activation, box, ratio,
                self._matte, flags, flags_at,
            )  # fmt: skip
            self._is_first = False
        nearness = self._nearness
        if nearness is not None:
            raw, depth = network.planes[Need.DEPTH], network.spec.depth
            assert depth is not None
            scale_depth(
                device, raw.memory, raw.strides, depth.channel, box, nearness, flags, flags_at + 1,
                far=depth.far, near=depth.near,
            )  # fmt: skip
            if self._stable is not None:
                self._stable(nearness)
                nearness = self._stable.held
        return self._matte, nearness


class ResidentRefined:
    """Specks, enlargement along the picture's edges and the coverage curve, as `Refined` does on the CPU."""

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
    ) -> None:
        """Take the memory; the keywords are those of the settings."""
        self._share = specks
        self._specks = SpeckFilter(device, plane_size) if specks > 0.0 else None
        self._clean = device.zeros(plane_size.width * plane_size.height)
        self.alpha: Any = device.zeros_bytes(size.width * size.height)
        """(pixels) uint8 of the last `refine`."""
        self._upsampler: GuidedUpsampler | HalvedUpsampler | BilinearUpsampler
        if refine == "bilinear":
            self._upsampler = BilinearUpsampler(device, size, plane_size, low=curve_low, high=curve_high)
            return
        guided = GuidedUpsampler if refine == "guided" else HalvedUpsampler
        self._upsampler = guided(
            device, size, plane_size, radius=guide_radius, epsilon=guide_epsilon, low=curve_low, high=curve_high
        )

    def refine(self, bgr: Any, looked: Looked) -> Any:
        """Begin to make the alpha of the frame `bgr` (3 · pixels); it is `alpha`."""
        matte = looked.matte
        if self._specks is not None:
            self._specks(matte, self._share, self._clean)
            matte = self._clean
        self._upsampler(bgr, matte, looked.guide, self.alpha)
        return self.alpha
