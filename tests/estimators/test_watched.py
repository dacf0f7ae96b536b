"""The motion that is found beside the network: of which frame, since which, and not of painted-over pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
import pytest

from livecut.estimators.network import estimator_of
from livecut.estimators.smoothed import Smoothed
from livecut.estimators.watched import MotionWatch
from livecut.inference.accelerator import CPU
from livecut.inference.null import NULL
from livecut.kernels.cpu.bands import use_bands
from livecut.kernels.cpu.motion_field import MotionField
from livecut.protocols import Need
from livecut.types import Frame, Pixels, Plane, Size

SIZE = Size(96, 64)


@pytest.fixture(params=[1, 2], autouse=True)
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    use_bands(request.param)
    yield
    use_bands(1)


def picture(shift: int, seed: int = 1) -> Pixels:
    noise = np.random.default_rng(seed).integers(0, 256, (SIZE.height, 2 * SIZE.width, 3), dtype=np.uint8)
    soft = (cv2.GaussianBlur(noise, (0, 0), 2.5).astype(np.float32) - 128) * 4 + 128
    return np.ascontiguousarray(np.clip(soft, 0, 255).astype(np.uint8)[:, shift : shift + SIZE.width])


def test_it_says_what_the_field_says_and_of_which_frames() -> None:
    watch, field = MotionWatch(), MotionField(SIZE)
    assert not field(picture(0))
    assert watch.motion(picture(0), 4) is None
    assert field(picture(2))
    watch.begin(picture(2), 7)
    watch.wait()
    motion = watch.motion(picture(9), 7)
    assert motion is not None and (motion.frame_index, motion.since_index) == (7, 4)
    for name in ("dx", "dy", "same"):
        assert np.array_equal(getattr(motion, name), getattr(field, name))
    watch.close()


def test_a_frame_that_nobody_began_with_is_looked_at_when_asked_for() -> None:
    watch = MotionWatch()
    watch.motion(picture(0), 0)
    motion = watch.motion(picture(1), 1)
    assert motion is not None and motion.since_index == 0
    watch.close()


def test_after_a_cut_a_forgetting_and_another_size_nothing_is_known() -> None:
    watch = MotionWatch()
    watch.motion(picture(0), 0)
    assert watch.motion(picture(0, seed=2), 1) is None
    watch.forget()
    assert watch.motion(picture(0, seed=2), 2) is None
    assert watch.motion(np.zeros((50, 60, 3), np.uint8), 3) is None
    watch.close()


class Painting:
    """A network that sees the watch through to its end: it answers what it was shown."""

    spec = NULL
    accelerator = CPU

    def __init__(self) -> None:
        size = self.spec.input.size
        self.image: Pixels = np.zeros((size.height, size.width, 3), np.uint8)
        self.fails = False

    def run(self, image: Pixels) -> Mapping[Need, Plane]:
        if self.fails:
            raise RuntimeError("no answer")
        plane = np.full(image.shape[:2], 0.5, np.float32)
        return dict.fromkeys(self.spec.gives, plane)

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_the_motion_of_a_frame_whose_network_failed_is_nobodys() -> None:
    network, watch = Painting(), MotionWatch()
    size = network.spec.input.size
    rng = np.random.default_rng(3)
    bgr = rng.integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
    smoothed = Smoothed(estimator_of(network, size, frozenset({Need.MATTE}), watch), 0.9, watch)

    def motion(index: int) -> tuple[int, int] | None:
        matte = smoothed.estimate(Frame(bgr, index, index)).matte
        assert matte is not None
        return None if matte.motion is None else (matte.motion.frame_index, matte.motion.since_index)

    assert motion(0) is None
    assert motion(1) == (1, 0)
    network.fails = True
    with pytest.raises(RuntimeError, match="no answer"):
        motion(2)
    network.fails = False
    assert motion(3) is None
    assert motion(4) == (4, 3)
    smoothed.close()
