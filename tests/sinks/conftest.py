"""Pictures to write."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livecut.types import Picture, Size

MakePicture = Callable[..., Picture]


@pytest.fixture
def picture() -> MakePicture:
    """Make a smooth picture that tells its index; `alpha` fills the alpha plane with one value."""

    def make(index: int = 0, size: Size = Size(64, 48), alpha: int | None = None) -> Picture:  # noqa: B008
        x = np.linspace(0, 200, size.width)[None, :, None]
        y = np.linspace(0, 50, size.height)[:, None, None]
        bgr = (x + y + np.array([0, 3, 5])[None, None, :] + index % 5).astype(np.uint8)
        plane = None if alpha is None else np.full((size.height, size.width), alpha, np.uint8)
        return Picture(np.ascontiguousarray(bgr), plane, index, 1_000_000 * index)

    return make
