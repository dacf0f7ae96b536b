"""A scene every effect can be shown: a person's disc before a chessboard room."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.types import DepthMap, Frame, Matte, Scene, Size


@pytest.fixture
def size() -> Size:
    """Odd on purpose."""
    return Size(161, 91)


@pytest.fixture
def scene(size: Size) -> Scene:
    """Pixels of the room are magenta or lime, the person is of one soft grey ramp."""
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    far = np.hypot(x - size.width / 2, y - size.height / 2)
    alpha = np.clip((30 - far) * 60 + 128, 0, 255).astype(np.uint8)
    board = ((x // 4 + y // 4) % 2)[..., None]
    room = np.where(board, (255, 0, 255), (0, 255, 0))
    person = np.repeat(((x + y) % 200 + 20)[..., None], 3, axis=2)
    share = alpha[..., None] / 255
    bgr = np.rint(person * share + room * (1 - share)).astype(np.uint8)
    bgr.flags.writeable = False
    depth = DepthMap(np.ascontiguousarray(y / size.height, np.float32), 5, 50)
    return Scene(Frame(bgr, 5, 50), Matte(alpha, 5, 50), depth)
