"""Runs the device's kernels as the compiler types them, without a device: numba's simulator knows no types.

There a difference of bytes wraps at 255, a Python float leaves a float32 one, and an index may be anything. Here each
kernel is compiled for the CPU from the same source, by numba's rules, as a grid of one thread, and every index is
checked. What threads do to each other is the simulator's to show.
"""

from __future__ import annotations

import types
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numba import njit
from numba.core import types as nb_types
from numba.cuda.dispatcher import CUDADispatcher
from numba.extending import overload
from numpy.typing import NDArray

from livecut.kernels.cuda import device

__all__ = ["typed"]

_Dim = namedtuple("_Dim", "x y z")


class _Memory(np.ndarray[Any, Any]):
    """Memory of the device, of a host's."""

    def copy_to_host(self, host: NDArray[Any] | None = None, stream: Any = None) -> NDArray[Any]:
        """As of numba's arrays."""
        host = np.empty(self.shape, self.dtype) if host is None else host
        np.copyto(host, np.asarray(self))
        return host

    def copy_to_device(self, given: NDArray[Any], stream: Any = None) -> None:
        """As of numba's arrays."""
        assert given.dtype == self.dtype and given.size == self.size
        np.copyto(self, given.reshape(self.shape))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return dict(self.__array_interface__)


class _Stream:
    handle = None

    def synchronize(self) -> None:
        """All is done at once."""


def _grid(dimensions: int) -> Any:
    """The one thread's place."""


def _gridsize(dimensions: int) -> Any:
    """One thread a dimension."""


def _constant(function: Any, value: int) -> None:
    """Have compiled code find `value`, once for each dimension."""

    @overload(function, prefer_literal=True)
    # numba compares the signature with that of what it answers.
    def _overloaded(dimensions):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if not isinstance(dimensions, nb_types.IntegerLiteral):
            return None  # asked again with what it is
        if dimensions.literal_value == 2:
            return lambda dimensions: (value, value)
        return lambda dimensions: value

    del _overloaded


_constant(_grid, 0)
_constant(_gridsize, 1)


@njit
def _add(array: Any, index: Any, value: Any) -> Any:
    old = array[index]
    array[index] += value
    return old


@njit
def _min(array: Any, index: Any, value: Any) -> Any:
    old = array[index]
    array[index] = min(old, value)
    return old


@njit
def _nothing() -> None:
    pass


@njit
def _array(shape: Any, dtype: Any) -> Any:
    return np.empty(shape, dtype)


def _module(name: str, **names: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(names)
    return module


_CUDA = _module(
    "cuda",
    grid=_grid,
    gridsize=_gridsize,
    threadIdx=_Dim(0, 0, 0),
    blockDim=_Dim(1, 1, 1),
    syncthreads=_nothing,
    atomic=_module("atomic", add=_add, min=_min),
    shared=_module("shared", array=_array),
)
_compiled: dict[Any, Any] = {}


def _typed(kernel: Any) -> Any:
    """The kernel, or a function it calls, for the CPU."""
    if kernel not in _compiled:
        plain = kernel.py_func
        named = {name: plain.__globals__[name] for name in plain.__code__.co_names if name in plain.__globals__}
        for name, value in named.items():
            if isinstance(value, CUDADispatcher):
                named[name] = _typed(value)
        named["cuda"] = _CUDA
        same = types.FunctionType(plain.__code__, named, plain.__name__, plain.__defaults__, plain.__closure__)
        _compiled[kernel] = njit(boundscheck=True, error_model="numpy")(same)
    return _compiled[kernel]


def _launch(self: Any, kernel: Any, grid: Any, block: Any, args: tuple[Any, ...]) -> None:
    self.copies.launches += 1
    _typed(kernel)(*(arg.view(np.ndarray) if isinstance(arg, _Memory) else arg for arg in args))


@contextmanager
def typed() -> Iterator[None]:
    """Within, every `Device` is this one."""
    stand_in = _module(
        "cuda",
        stream=_Stream,
        device_array=lambda count, dtype: np.empty(count, dtype).view(_Memory),
        to_device=lambda array: array.copy().view(_Memory),
        pinned_array=np.empty,
        is_available=lambda: True,
        synchronize=lambda: None,
    )
    kept = {(device, "cuda"): stand_in, (device.Device, "_launch"): _launch}
    before = {key: getattr(*key) for key in kept}
    for (owner, name), value in kept.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for (owner, name), value in before.items():
            setattr(owner, name, value)
