"""The watch over races sees them, in kernels made to race; `LIVECUT_TEST_RACES=1` sets it over all others."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from numba import cuda, int32

from livecut.kernels.cuda.device import SIMULATED, Device

if not SIMULATED or os.environ.get("LIVECUT_TEST_RACES") == "1":
    pytest.skip("one watch at a time, and in the simulator", allow_module_level=True)

from support.races import watched


@cuda.jit
def _shift(values: Any) -> None:
    for at in range(cuda.grid(1), values.size - 1, cuda.gridsize(1)):
        values[at] = values[at + 1]


@cuda.jit
def _shift_apart(values: Any, out: Any) -> None:
    for at in range(cuda.grid(1), values.size - 1, cuda.gridsize(1)):
        out[at] = values[at + 1]


@cuda.jit
def _count(values: Any, out: Any) -> None:
    for at in range(cuda.grid(1), values.size, cuda.gridsize(1)):
        if values[at] > 0:
            out[0] += 1


@cuda.jit
def _count_atomically(values: Any, out: Any) -> None:
    for at in range(cuda.grid(1), values.size, cuda.gridsize(1)):
        if values[at] > 0:
            cuda.atomic.add(out, 0, 1)


@cuda.jit
def _flag(values: Any, out: Any) -> None:
    for at in range(cuda.grid(1), values.size, cuda.gridsize(1)):
        if values[at] > 0:
            out[0] = 1


@cuda.jit
def _turned(values: Any, out: Any, waits: Any) -> None:
    scratch = cuda.shared.array(64, int32)
    own, width = cuda.threadIdx.x, cuda.blockDim.x
    scratch[own] = values[own]
    if waits == 1 or (waits == 2 and own < 4):
        cuda.syncthreads()
    out[own] = scratch[width - 1 - own]


@cuda.jit
def _from_the_end(values: Any, out: Any) -> None:
    if cuda.grid(1) == 0:
        out[0] = values[-1]


@pytest.fixture
def values(device: Device) -> Any:
    return device.given(np.arange(1, 13, dtype=np.int32))


@pytest.fixture
def out(device: Device) -> Any:
    return device.zeros(12, np.int32)


def test_what_one_reads_and_another_writes_is_a_race(device: Device, values: Any, out: Any) -> None:
    with watched() as races:
        device.each(_shift, 12, values)
    assert {kernel for kernel, *_ in races.found} == {"_shift"}
    with watched() as races:
        device.each(_shift_apart, 12, values, out)
    assert races.accesses == 22 and not races.found


def test_sums_race_unless_they_are_atomic_and_flags_do_not_matter(device: Device, values: Any, out: Any) -> None:
    with watched() as races:
        device.each(_count, 12, values, out)
    assert races.found
    with watched() as races:
        device.each(_count_atomically, 12, values, out)
        device.each(_flag, 12, values, out)
    assert not races.found
    assert {kernel for kernel, *_ in races.alike} == {"_flag"}


@pytest.mark.parametrize(("waits", "is_race", "is_apart"), [(0, True, False), (1, False, False), (2, True, True)])
def test_a_barrier_orders_the_threads_of_a_block_if_all_come_to_it(
    device: Device, values: Any, out: Any, waits: int, is_race: bool, is_apart: bool
) -> None:
    with watched() as races:
        device.alone(_turned, values, out, waits)
    assert bool(races.found) == is_race
    assert {kernel for kernel, _ in races.apart} == ({"_turned"} if is_apart else set())


def test_one_launch_comes_after_the_other(device: Device, values: Any, out: Any) -> None:
    with watched() as races:
        device.each(_shift_apart, 12, values, out)
        device.each(_shift_apart, 12, out, values)
    assert not races.found


def test_an_index_below_zero_is_told(device: Device, values: Any, out: Any) -> None:
    with watched() as races:
        device.each(_from_the_end, 1, values, out)
    assert list(races.negative.values()) == [1]


def test_all_is_as_it_was_afterwards(device: Device, values: Any, out: Any) -> None:
    before = Device.over
    with watched():
        assert Device.over is not before
    assert Device.over is before
