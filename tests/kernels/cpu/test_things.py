"""Parts of a plane and whether they are held: against a library's labels and a slow count of every side."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from livecut.kernels.cpu.things import choose_held, join, measure

Bytes = NDArray[np.uint8]
SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 20))


def joined(solid: Bytes) -> tuple[NDArray[np.int32], int]:
    labels = np.full(solid.shape, -7, np.int32)
    return labels, join(solid, labels, np.empty(solid.size // 2 + 1, np.int32))


@given(SHAPES.flatmap(lambda shape: arrays.arrays(np.uint8, shape, elements=st.integers(0, 1))))
@settings(max_examples=150, deadline=None)  # the first call compiles
def test_parts_are_those_that_a_library_finds(solid: Bytes) -> None:
    labels, count = joined(solid)
    expected_count, expected = cv2.connectedComponents(solid, connectivity=4)
    pairs = set(zip(labels[solid > 0].tolist(), expected[solid > 0].tolist(), strict=True))
    assert len(pairs) == expected_count - 1 == len({one for one, _ in pairs})
    assert (labels[solid == 0] == -1).all() and labels.max() < max(count, 1)


def slowly_measured(
    labels: NDArray[np.int32], alpha: Any, near: Any, away: Any, state: Any, probe: int, halo: float, label: int
) -> list[float]:
    h, w = labels.shape
    found = [0.0] * 8
    for y, x in np.argwhere(labels == label).tolist():
        found[0] += 1
        found[6] += float(state[y, x])
        found[7] += float(near[y, x])
        for dy, dx in ((-1, 0), (0, -1), (1, 0), (0, 1)):
            if not (0 <= y + dy < h and 0 <= x + dx < w):
                found[2] += 1
            elif labels[y + dy, x + dx] != label:
                if alpha[y + dy, x + dx] > 0.5:
                    found[1] += 1
                    continue
                found[3] += 1
                v, u = y + dy * probe, x + dx * probe
                if 0 <= v < h and 0 <= u < w and labels[v, u] != label and away[v, u] >= halo:
                    found[4] += float(near[v, u])
                    found[5] += 1
    return found


@given(SHAPES, st.integers(1, 5), st.floats(0, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_part_is_measured_as_a_slow_count_measures_it(
    shape: tuple[int, int], probe: int, halo: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    labels, count = joined((rng.random(shape) < 0.6).astype(np.uint8))
    alpha, near, away, state = (rng.random(shape, np.float32) * np.float32(k) for k in (1, 2, 10, 1))
    found = np.full((shape[0] * shape[1] // 2 + 1, 8), np.nan)
    measure(labels, alpha, near, away, state, probe, np.float32(halo), count, found)
    for label in set(labels[labels >= 0].tolist()):
        expected = slowly_measured(labels, alpha, near, away, state, probe, float(np.float32(halo)), label)
        assert found[label] == pytest.approx(expected, rel=1e-5, abs=1e-5)


HELD = {
    "area": 400.0,
    "touch": 20.0,
    "border": 0.0,
    "free": 60.0,
    "beyond": -0.9 * 50,
    "probes": 50.0,
    "before": 0.0,
    "near": 0.0,
}


def is_held(**changes: float) -> bool:
    parent = np.zeros(2, np.int32)
    found = np.array([list({**HELD, **changes}.values()), [0.0] * 8])
    total = choose_held(2, 40_000.0, 8_000.0, parent, found)
    assert parent[1] == 0
    assert total == (found[0, 0] if parent[0] else 0.0)
    return bool(parent[0])


def test_what_touches_her_and_ends_before_the_room_is_held() -> None:
    assert is_held()


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("a speck", {"area": 60.0}),
        ("larger than she is", {"area": 8_100.0}),
        ("apart", {"touch": 0.0}),
        ("a corner that touches", {"touch": 5.0, "free": 90.0}),
        ("furniture that goes on beyond the picture", {"border": 50.0}),
        ("farther than she is", {"near": -0.3 * 400, "beyond": -50.0}),
        ("a floor that leads into the room", {"beyond": -0.3 * 50, "near": 0.3 * 400}),
        ("hardly nearer than what is behind", {"near": -0.2 * 400, "beyond": -0.55 * 50}),
        ("no rim to be seen", {"beyond": 0.0, "probes": 0.0}),
    ],
)
def test_what_is_not_held(why: str, changes: dict[str, float]) -> None:
    assert not is_held(**changes), why


def test_what_lies_on_her_needs_no_rim() -> None:
    assert is_held(touch=60.0, free=20.0, beyond=0.0, probes=0.0)


def test_what_was_held_before_is_tried_less_hard() -> None:
    doubtful = {"beyond": -0.4 * 50, "border": 38.0}
    assert not is_held(**doubtful)
    assert is_held(before=400.0, **doubtful)
