from __future__ import annotations

import numpy as np
import pytest

from livecut.kernels.cpu.mirror import mean_of_mirrored, mirrored


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 1), (9, 16)])
def test_twice_is_as_before_and_the_mean_of_a_plane_with_its_own_mirror_image_is_itself(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    bgr = rng.integers(0, 256, (*size, 3), np.uint8)
    flipped = mirrored(bgr)
    assert flipped.flags.c_contiguous
    for x in range(size[1]):
        np.testing.assert_array_equal(flipped[:, x], bgr[:, size[1] - 1 - x])
    plane, other = (rng.random(size, np.float32) for _ in range(2))
    expected = [[(plane[y, x] + other[y, size[1] - 1 - x]) / 2 for x in range(size[1])] for y in range(size[0])]
    mean = mean_of_mirrored(plane, other)
    np.testing.assert_allclose(mean, expected, rtol=1e-6)
    assert mean.dtype == np.float32


def test_planes_of_two_sizes_are_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"^the planes are \(4, 8\) and \(4, 7\)$"):
        mean_of_mirrored(np.zeros((4, 8), np.float32), np.zeros((4, 7), np.float32))
