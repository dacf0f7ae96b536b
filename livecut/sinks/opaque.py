"""Pictures for sinks that have no transparency: what is transparent lies over a key colour."""

from __future__ import annotations

from typing import Final

import numpy as np

from livecut.colours import parse_colour
from livecut.types import Picture, Pixels

__all__ = ["GREEN", "Opaque"]

GREEN: Final = "#00b140"
"""Chroma-key green."""


class Opaque:
    """Flattens pictures over `colour` (`#rrggbb` or a CSS name).

    Takes memory for one picture when the first transparent one comes.
    """

    def __init__(self, colour: str = GREEN) -> None:
        self._colour = parse_colour(colour)
        self._flat: Pixels | None = None

    def of(self, picture: Picture) -> Pixels:
        """The picture's own pixels where it has no alpha, else flattened ones that are valid until the next call."""
        if picture.alpha is None:
            return picture.bgr
        # Here, not above: the privacy card, which is opaque, does not wait for the kernels.
        from livecut.kernels.cpu.composite import over_colour

        if self._flat is None or self._flat.shape != picture.bgr.shape:
            self._flat = np.empty_like(picture.bgr)
        over_colour(picture.bgr, picture.alpha, self._colour, self._flat)
        return self._flat
