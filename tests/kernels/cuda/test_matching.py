"""The person's colours go towards the backdrop's on the device as they do on the CPU, over time too."""

from __future__ import annotations

import numpy as np
import pytest
from support.device import back, furthest

from livecut.kernels.cpu import matching as cpu
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.matching import Matching
from livecut.types import Size

SIZE = Size(53, 41)
SECOND = 10**9


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_it_follows_as_the_cpu_s_does(device: Device, share: float) -> None:
    rng = np.random.default_rng(2)
    theirs, ours = cpu.Matching(SIZE, share), Matching(device, SIZE, share)
    bgr = rng.integers(0, 200, (SIZE.height, SIZE.width, 3)).astype(np.uint8)
    person = np.zeros((SIZE.height, SIZE.width), np.uint8)
    person[:, 8:48] = 255
    nobody = np.zeros_like(person)
    dark, bright = (np.full_like(bgr, colour) for colour in ((20, 40, 30), (230, 210, 250)))
    # Nobody first, then somebody; another backdrop; nobody for a while, whose time counts; somebody again.
    steps = [(dark, nobody, 0.0), (dark, person, 0.5), (bright, person, 0.55), (bright, person, 1.0)]
    steps += [(dark, nobody, 1.4), (dark, nobody, 1.9), (dark, person, 2.0), (dark, person, 1.5)]
    changed = 0
    for backdrop, alpha, at_s in steps:
        theirs.light(backdrop)
        ours.light(backdrop)
        wanted = theirs(bgr, alpha, round(at_s * SECOND))
        found = back(ours(device.given(bgr), device.given(alpha), round(at_s * SECOND)), bgr.shape)
        assert furthest(found, wanted) <= 1
        changed += bool((wanted != bgr).any())
    assert changed == len(steps) - 1


def test_it_goes_on_and_forgets_as_the_cpu_s_does(device: Device) -> None:
    rng = np.random.default_rng(6)
    bgr = rng.integers(0, 200, (SIZE.height, SIZE.width, 3)).astype(np.uint8)
    alpha = np.full((SIZE.height, SIZE.width), 255, np.uint8)
    dark, bright = (np.full_like(bgr, colour) for colour in ((20, 40, 30), (230, 210, 250)))
    pairs = [(cpu.Matching(SIZE, 0.5), Matching(device, SIZE, 0.5)) for _ in range(2)]

    def same(which: int, backdrop: np.ndarray, at_s: float) -> np.ndarray:
        theirs, ours = pairs[which]
        theirs.light(backdrop)
        ours.light(backdrop)
        wanted = theirs(bgr, alpha, round(at_s * SECOND)).copy()
        found = back(ours(device.given(bgr), device.given(alpha), round(at_s * SECOND)), bgr.shape)
        assert furthest(found, wanted) <= 1
        return wanted

    same(0, dark, 0.0)
    pairs[1][0].go_on_from(pairs[0][0])
    pairs[1][1].go_on_from(pairs[0][1])
    eased = same(1, bright, 0.1)
    for one in pairs[1]:
        one.forget()
    assert same(1, bright, 0.2).mean() > eased.mean() + 10


def test_share_has_bounds(device: Device) -> None:
    with pytest.raises(ValueError, match=r"share must be 0 … 1, not 1.5"):
        Matching(device, SIZE, 1.5)
