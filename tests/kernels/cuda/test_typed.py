"""The typed stand-in for a device goes by the compiler's types, as the simulator does not, and checks every index."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from numba import cuda
from support.device import back

from livecut.kernels.cuda.device import Device

if os.environ.get("LIVECUT_TEST_TYPED") != "1":
    pytest.skip("of the typed stand-in alone", allow_module_level=True)


@cuda.jit
def _less(values: Any, out: Any) -> None:
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        out[at] = values[at] - values[at + 1]


@cuda.jit
def _halved(scale: Any, out: Any) -> None:
    start_x, start_y = cuda.grid(2)
    if start_x == 0 and start_y == 0:
        out[0] = np.float32(1.0) + scale * 1e-9 > np.float32(1.0)


def test_bytes_wrap_at_64_bits_and_a_python_float_is_a_double(device: Device) -> None:
    values, out = device.given(np.array([1, 2, 0], np.uint8)), device.zeros(2)
    device.each(_less, 2, values, out)
    assert back(out, (2,)).tolist() == [2.0**64, 2.0], "the simulator says 255"
    told = device.zeros(1)
    device.over(_halved, 1, 1, 1.0, told)
    assert back(told, (1,)) == 1.0


def test_what_lies_beyond_an_array_is_not_read(device: Device) -> None:
    with pytest.raises(IndexError):
        device.each(_less, 3, device.given(np.zeros(3, np.uint8)), device.zeros(3))
