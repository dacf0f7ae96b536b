"""The demo source: a pure function of the frame number that always shows the portrait and nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livecut.errors import DeviceUnavailable
from livecut.protocols import Source
from livecut.sources.demo import PORTRAIT_SIDE, DemoSource, portrait, portrait_to_frame
from livecut.types import Size

HEAD = np.array([(152, 15), (303, 15), (303, 192), (152, 192)], np.float64)
"""Corners of the box round her head, in pixels of the portrait."""


def _mapped(points: NDArray[np.float64], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ affine[:, :2].T + affine[:, 2]


def test_defaults() -> None:
    source = DemoSource()
    assert isinstance(source, Source)
    assert (source.name, source.size, source.fps, source.live) == ("demo", Size(1280, 720), 30.0, False)


def test_read_counts_and_ends() -> None:
    source = DemoSource(Size(64, 36), 25.0, frames=3)
    frames = [source.read() for _ in range(4)]
    assert [frame.index for frame in frames if frame is not None] == [0, 1, 2]
    assert frames[3] is None
    kept = [frame.bgr for frame in frames if frame is not None]
    assert all(np.array_equal(kept[i], source.render(i)) for i in range(3)), "earlier frames keep their memory"
    assert not np.array_equal(kept[0], kept[1])


def test_a_closed_source_gives_nothing() -> None:
    source = DemoSource(Size(64, 36))
    source.close()
    source.close()
    assert source.read() is None


def test_render_is_a_pure_function_of_the_number() -> None:
    one, other = DemoSource(Size(320, 180)), DemoSource(Size(320, 180))
    forward = [one.render(i) for i in range(4)]
    backward = [other.render(i) for i in reversed(range(4))][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forward, backward, strict=True))


def test_render_is_the_same_in_another_process() -> None:
    code = (
        "import hashlib; from livecut.sources.demo import DemoSource; from livecut.types import Size;"
        "print(hashlib.sha256(DemoSource(Size(161, 91)).render(77).tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert there == hashlib.sha256(DemoSource(Size(161, 91)).render(77).tobytes()).hexdigest()


@pytest.mark.parametrize("size", [Size(1, 1), Size(1, 9), Size(9, 1), Size(33, 17), Size(90, 160), Size(64, 48)])
def test_any_size(size: Size) -> None:
    picture = DemoSource(size).render(5)
    assert picture.shape == (size.height, size.width, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous


@settings(max_examples=60, deadline=None)
@given(index=st.integers(0, 100_000), width=st.integers(1, 4000), height=st.integers(1, 4000))
def test_frames_never_leave_the_portrait(index: int, width: int, height: int) -> None:
    forward = portrait_to_frame(index, Size(width, height))
    corners = np.array([(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)])
    seen = (corners - forward[:, 2]) @ np.linalg.inv(forward[:, :2]).T
    assert seen.min() >= -0.5 - 1e-6
    assert seen.max() <= PORTRAIT_SIDE - 0.5 + 1e-6


@settings(max_examples=60, deadline=None)
@given(index=st.integers(0, 100_000), size=st.sampled_from([Size(1280, 720), Size(640, 480), Size(720, 1280)]))
def test_her_head_is_always_in_the_picture(index: int, size: Size) -> None:
    box = _mapped(HEAD, portrait_to_frame(index, size))
    assert box.min() >= 0
    assert (box.max(axis=0) <= np.array(size) - 1).all()


def test_the_transform_says_where_the_portrait_lies() -> None:
    """Render both ways: sampled through the transform by hand, the frame is the portrait but for exposure and noise."""
    size = Size(320, 180)
    source = DemoSource(size)
    for index in (0, 50, 191):
        inverse = np.linalg.inv(np.vstack([source.transform(index), [0, 0, 1]]))
        y, x = np.mgrid[0 : size.height, 0 : size.width]
        seen = inverse[:2, :2] @ np.stack([x.ravel(), y.ravel()]) + inverse[:2, 2:]
        column, row = np.rint(seen).astype(int).clip(0, PORTRAIT_SIDE - 1)
        by_hand = portrait()[row, column].reshape(size.height, size.width, 3).astype(np.float64)
        frame = source.render(index).astype(np.float64)
        error = np.abs(frame - by_hand * (frame.sum() / by_hand.sum())).mean()
        shifted = np.abs(frame - np.roll(by_hand, 2, axis=1) * (frame.sum() / by_hand.sum())).mean()
        assert error < 9
        assert error < 0.6 * shifted, "two pixels off would be far worse"


def test_motion_is_smooth_and_exposure_moves() -> None:
    size = Size(1280, 720)
    centres = np.array([_mapped(HEAD.mean(axis=0), portrait_to_frame(i, size)) for i in range(600)])
    steps = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    assert 0.1 < steps.mean() < 4
    assert steps.max() < 8
    source = DemoSource(Size(64, 36))
    light = [float(source.render(i).mean()) for i in range(0, 180, 15)]
    assert max(light) > 1.1 * min(light)


def test_without_scikit_image_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(DeviceUnavailable) as caught:
        DemoSource()
    assert str(caught.value) == "the demo source needs scikit-image, which carries its portrait"
    assert caught.value.hint == "pip install 'livecut[demo]'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": Size(0, 5)}, "a frame cannot be 0x5 pixels"),
        ({"fps": 0.0}, "fps must be above 0, not 0.0"),
        ({"fps": float("nan")}, "fps must be above 0, not nan"),
        ({"frames": -1}, "frames must not be negative, not -1"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DemoSource(**arguments)  # type: ignore[arg-type]


def test_a_negative_frame_number() -> None:
    with pytest.raises(ValueError, match="a frame number is not negative, not -1"):
        DemoSource(Size(8, 8)).render(-1)
