"""One network in two shapes: wide frames go to the one, upright and square ones to the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livecut.protocols import Estimator, Need
from livecut.types import Estimate, Frame, Size

__all__ = ["Shaped", "nearest_shape"]


def nearest_shape(frame: Size, inputs: Sequence[Size]) -> int:
    """Which of the networks' `inputs` a frame is squeezed least for; the first of equals."""

    def squeeze(given: Size) -> float:
        return abs(math.log(frame.width / frame.height * given.height / given.width))

    return min(range(len(inputs)), key=lambda number: squeeze(inputs[number]))


class Shaped:
    """Answers each frame with the estimator whose network's input has the nearest shape.

    For stills, which come in any shape one after another; a live picture keeps its shape, and needs one network only.
    """

    def __init__(self, inner: Sequence[tuple[Size, Estimator]]) -> None:
        """`inner`: estimators that give the same, each with the size of its network's input."""
        if not inner or any(one.gives != inner[0][1].gives for _, one in inner):
            raise ValueError("estimators of one network in several shapes give the same")
        self._inputs = [size for size, _ in inner]
        self._inner = [one for _, one in inner]
        self._chosen = self._inner[0]

    @property
    def gives(self) -> frozenset[Need]:
        """What each of them gives."""
        return self._inner[0].gives

    @property
    def plane_size(self) -> Size | None:
        """Of the planes answered last."""
        return self._chosen.plane_size

    def estimate(self, frame: Frame) -> Estimate:
        """The answer of the one that fits this frame. Raises what that one raises."""
        chosen = self._inner[nearest_shape(frame.size, self._inputs)]
        if chosen is not self._chosen:
            chosen.reset()
            self._chosen = chosen
        return chosen.estimate(frame)

    def reset(self) -> None:
        """Forget earlier frames."""
        for one in self._inner:
            one.reset()

    def close(self) -> None:
        """Release the networks. Idempotent."""
        for one in self._inner:
            one.close()
