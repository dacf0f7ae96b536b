"""The pool behind the server: warm before the first picture, and closed as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from livecut.app import still
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.types import Estimate, Frame, Pixels, Plane, Plane8, Size, SoftMatte


class Looker:
    """Counts how often it is asked."""

    made: list[Looker]

    def __init__(self, settings: Settings) -> None:
        self.label, self.asked, self.closed = "looker", 0, 0
        self.made.append(self)

    def matte(self, bgr: Pixels) -> Plane8:
        self.asked += 1
        return bgr[..., 0]

    def depth(self, bgr: Pixels) -> tuple[Plane, Plane8]:
        self.asked += 1
        return np.full(bgr.shape[:2], 0.5, np.float32), bgr[..., 0]

    def close(self) -> None:
        self.closed += 1


def test_every_member_has_looked_at_something_before_it_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    Looker.made = []
    monkeypatch.setattr(still, "Still", Looker)
    pool = still.StillPool(Settings(), 2)
    assert [one.asked for one in Looker.made] == [2, 2]
    nearness, alpha = pool.portrait_depth(np.full((3, 4, 3), 9, np.uint8))
    assert nearness.tolist() == [[128] * 4] * 3
    assert alpha.tolist() == pool.matte(np.full((3, 4, 3), 9, np.uint8)).tolist() == [[9] * 4] * 3
    pool.close()
    assert [one.closed for one in Looker.made] == [1, 1]


def test_a_pool_of_none_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="a pool has at least one member"):
        still.StillPool(Settings(), 0)


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ({}, "livecut-joint-quality"),
        ({"name": "mediapipe-selfie"}, "mediapipe-selfie"),
        ({"still": "livecut-joint-small"}, "livecut-joint-small"),
        ({"name": "rvm", "still": "livecut-joint-quality"}, "livecut-joint-quality"),
    ],
)
def test_stills_have_a_network_of_their_own(model: dict[str, str], wanted: str) -> None:
    assert still.still_network(Settings.model_validate({"model": model}).model) == wanted


class Whiteness:
    """Somebody is where it is white."""

    gives = frozenset({Need.MATTE})
    plane_size = Size(100, 100)

    def estimate(self, frame: Frame) -> Estimate:
        rows, columns = (np.arange(100) * side // 100 for side in frame.bgr.shape[:2])
        alpha = frame.bgr[rows][:, columns, 0] / np.float32(255)
        return Estimate(SoftMatte(np.ascontiguousarray(alpha, np.float32), frame.index, frame.captured_ns))

    def reset(self) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("thorough", "share", "stays"), [(False, 0.002, False), (True, 0.002, True), (True, 0.0003, False)]
)
def test_somebody_far_away_stays_in_a_still(
    monkeypatch: pytest.MonkeyPatch, thorough: bool, share: float, stays: bool
) -> None:
    monkeypatch.setattr(still, "build_estimators", lambda *_: ([Whiteness()], "white"))
    picture = np.zeros((800, 800, 3), np.uint8)
    side = round(800 * share**0.5)
    picture[400 : 400 + side, 400 : 400 + side] = 255
    looker = still.Still(Settings(), thorough=thorough)
    try:
        assert bool((looker.matte(picture)[400 : 400 + side, 400 : 400 + side] > 127).any()) == stays
    finally:
        looker.close()
