"""Pictures for sinks that have no transparency: what is transparent lies over a key colour."""

from __future__ import annotations

from typing import Final

import numpy as np

from livecut.kernels.cpu.composite import BGR, over_colour
from livecut.types import Picture, Pixels

__all__ = ["GREEN", "Opaque"]

GREEN: Final[BGR] = (0x40, 0xB1, 0x00)
"""#00b140, chroma-key green."""


class Opaque:
    """Flattens pictures over `colour`; one picture of memory, taken when the first transparent picture comes."""

    def __init__(self, colour: BGR = GREEN) -> None:
        self._colour = colour
        self._flat: Pixels | None = None

    def of(self, picture: Picture) -> Pixels:
        """The picture's own pixels where it has no alpha, else flattened ones that are valid until the next call."""
        if picture.alpha is None:
            return picture.bgr
        if self._flat is None or self._flat.shape != picture.bgr.shape:
            self._flat = np.empty_like(picture.bgr)
        over_colour(picture.bgr, picture.alpha, self._colour, self._flat)
        return self._flat
