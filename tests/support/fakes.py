"""Sources, sinks, estimators and effects that do what a test tells them."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from livecut.errors import DeviceLost
from livecut.protocols import Need
from livecut.types import WHOLE, Canvas, DepthMap, Estimate, Frame, Matte, Picture, Pixels, Scene, Size, SoftMatte, View


class ListSource:
    """Gives `count` frames painted by `paint`, then ends; raises DeviceLost before frame `dies_at`."""

    def __init__(
        self,
        count: int,
        size: Size = Size(64, 36),  # noqa: B008 - an immutable tuple
        *,
        fps: float = 30.0,
        live: bool = False,
        paint: Callable[[int, Size], Pixels] | None = None,
        dies_at: int | None = None,
        interval_s: float = 0.0,
    ) -> None:
        self.name, self.size, self.fps, self.live = "list", size, fps, live
        self._count, self._paint, self._dies_at, self._interval_s = count, paint, dies_at, interval_s
        self._next = 0
        self.closed = 0

    def read(self) -> Frame | None:
        """The next frame."""
        if self._next == self._dies_at:
            raise DeviceLost("the camera was unplugged")
        if self._next >= self._count:
            return None
        if self._interval_s:
            time.sleep(self._interval_s)
        index, self._next = self._next, self._next + 1
        shape = (self.size.height, self.size.width, 3)
        bgr = self._paint(index, self.size) if self._paint else np.full(shape, index % 251, np.uint8)
        return Frame(bgr, index, time.monotonic_ns())

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class ListSink:
    """Keeps a copy of every picture; raises DeviceLost at picture `dies_at`."""

    def __init__(self, *, dies_at: int | None = None, name: str = "list") -> None:
        self.name, self._dies_at = name, dies_at
        self.pictures: list[Picture] = []
        self.closed = 0

    def write(self, picture: Picture) -> None:
        """Keep it."""
        if len(self.pictures) == self._dies_at:
            raise DeviceLost(f"{self.name} went away")
        alpha = None if picture.alpha is None else picture.alpha.copy()
        self.pictures.append(Picture(picture.bgr.copy(), alpha, picture.index, picture.captured_ns))

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class FakeEstimator:
    """An ellipse for a person and a ramp for depth, until `fault` makes it misbehave from frame `from_index` on."""

    gives = frozenset({Need.MATTE, Need.DEPTH})

    def __init__(
        self,
        plane_size: Size = Size(32, 18),  # noqa: B008 - an immutable tuple
        *,
        fault: Callable[[Estimate], Estimate] | None = None,
        from_index: int = 0,
        every: int = 1,
    ) -> None:
        self.plane_size: Size | None = plane_size
        width, height = plane_size
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        inside = ((x - width / 2) / (width / 4)) ** 2 + ((y - height / 2) / (height / 2)) ** 2
        self._alpha = np.clip(2 - inside, 0, 1).astype(np.float32)
        self._nearness = np.ascontiguousarray(np.maximum(self._alpha, y / height), np.float32)
        self._fault, self._from_index, self._every = fault, from_index, every
        self.resets = self.closed = 0

    def estimate(self, frame: Frame) -> Estimate:
        """The ellipse and the ramp, or the fault."""
        estimate = Estimate(
            SoftMatte(self._alpha.copy(), frame.index, frame.captured_ns),
            DepthMap(self._nearness.copy(), frame.index, frame.captured_ns),
        )
        if self._fault is not None and frame.index >= self._from_index and frame.index % self._every == 0:
            return self._fault(estimate)
        return estimate

    def reset(self) -> None:
        """Count it."""
        self.resets += 1

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class NearestRefiner:
    """Nearest-neighbour upsampling."""

    def __init__(self) -> None:
        self.resets = 0

    def refine(self, frame: Frame, matte: SoftMatte) -> Matte:
        """Repeat pixels."""
        height, width = frame.bgr.shape[:2]
        rows = np.arange(height) * matte.alpha.shape[0] // height
        columns = np.arange(width) * matte.alpha.shape[1] // width
        alpha = np.rint(matte.alpha[rows][:, columns] * 255).astype(np.uint8)
        return Matte(alpha, matte.frame_index, matte.captured_ns)

    def reset(self) -> None:
        """Count it."""
        self.resets += 1


class PaintEffect:
    """Paints 255 minus the frame, so that nothing raw is ever left."""

    has_alpha = False

    def __init__(self, needs: frozenset[Need] = frozenset(), *, fault: Exception | None = None) -> None:
        self.needs, self._fault = needs, fault
        self.closed = 0
        self.scenes: list[Scene] = []

    def render(self, scene: Scene, out: Canvas) -> None:
        """Invert."""
        if self._fault is not None:
            raise self._fault
        self.scenes.append(scene)
        np.subtract(255, scene.frame.bgr, out=out.bgr)

    def close(self) -> None:
        """Count it."""
        self.closed += 1


def crop_fit(bgr: Pixels, out: Pixels, *, mirror: bool, view: View = WHOLE) -> None:
    """Nearest-neighbour stretch: enough to see that a fit happened."""
    rows = np.arange(out.shape[0]) * bgr.shape[0] // out.shape[0]
    columns = np.arange(out.shape[1]) * bgr.shape[1] // out.shape[1]
    assert view == WHOLE
    out[:] = bgr[rows][:, columns[::-1] if mirror else columns]
