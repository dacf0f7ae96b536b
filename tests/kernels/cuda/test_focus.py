"""Where the device's focus goes on from another one's, it takes the CPU's course."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.device import back

from livecut.kernels.cpu import focus as cpu
from livecut.kernels.cuda.device import Device
from livecut.kernels.cuda.focus import FocusPull
from livecut.types import Size


def hand_on(earlier: tuple[FocusPull, cpu.FocusPull], later: tuple[FocusPull, cpu.FocusPull]) -> None:
    later[0].go_on_from(earlier[0])
    later[1].go_on_from(earlier[1])


def both(device: Device, distance: float) -> tuple[FocusPull, cpu.FocusPull]:
    """Nothing of the layers is looked at where a distance is in focus."""
    nothing = device.zeros(8)
    layers: Any = SimpleNamespace(
        size=Size(4, 2), block=2, width=2, height=1, person=nothing, room=nothing, totals=device.zeros(8, "float64")
    )
    options: Any = {"point": (0.5, 0.5), "distance": distance, "pull_s": 0.6}
    return (
        FocusPull(device, "distance", layers, options["point"], distance, 0.6),
        cpu.FocusPull("distance", **options),
    )


def test_it_is_pulled_over_from_where_the_one_before_had_it(device: Device) -> None:
    nothing: Any = None
    cover = device.zeros(2)

    def step(one: tuple[FocusPull, cpu.FocusPull]) -> float:
        one[0](cover, 0.1)
        wanted = one[1](nothing, nothing, 0.1)
        assert back(one[0].value, (-1,))[0] == pytest.approx(wanted, abs=1e-6)
        return wanted

    unseen, first, second, third = (both(device, distance) for distance in (0.5, 0.2, 0.8, 0.4))
    assert step(first) == pytest.approx(0.2)
    hand_on(unseen, second)
    hand_on(first, second)
    on_the_way = [step(second) for _ in range(3)]
    assert 0.2 < on_the_way[0] < on_the_way[1] < on_the_way[2] < 0.79
    # Twice without a picture in between, and while it moves: its speed goes on, too.
    fourth = both(device, 0.4)
    hand_on(second, third)
    hand_on(third, fourth)
    assert step(fourth) > on_the_way[2]
    for _ in range(12):
        last = step(fourth)
    assert last == pytest.approx(0.4, abs=1e-3)
    fourth[0].reset()
    fourth[1].reset()
    assert step(fourth) == pytest.approx(0.4)


SEEN = [0.5, 0.52, 9.0, 0.51, -400.0, 7e5, 0.5, 0.9, 0.91, 0.92, 0.2, 0.2, 0.2]


@pytest.mark.parametrize("takes_over", [False, True])
@pytest.mark.parametrize("first", [[], [1e6], [1e6, -3.0]])
def test_a_point_that_jumps_for_one_frame_is_doubted_as_on_the_cpu(
    device: Device, takes_over: bool, first: list[float]
) -> None:
    cover = device.zeros(2)
    layers: Any = SimpleNamespace(size=Size(4, 2), block=2, width=2, height=1, room=None, person=device.zeros(2))
    layers.totals = device.zeros(8, "float64")
    ours = FocusPull(device, "point", layers, (0.0, 0.0), 0.5, 0.6)
    theirs = cpu.FocusPull("point", point=(0.0, 0.0), distance=0.5, pull_s=0.6)
    flat: Any = SimpleNamespace(size=Size(4, 2), block=2, shape=(1, 2), person=None, room=None)
    if takes_over:
        earlier = both(device, 0.3)
        earlier[0](cover, 0.0)
        earlier[1](flat, None, 0.0)  # type: ignore[arg-type]
        hand_on(earlier, (ours, theirs))
    for again in range(2):
        for seen in first + SEEN:
            layers.room = device.given(np.full(2, seen, np.float32))
            flat.room = np.full((1, 2), seen, np.float32)
            ours(cover, 0.1)
            wanted = theirs(flat, np.zeros((1, 2), np.float32), 0.1)
            assert back(ours.value, (-1,))[0] == pytest.approx(wanted, abs=1e-5, rel=1e-6)
        assert wanted < 0.9
        if not again:
            ours.reset()
            theirs.reset()
