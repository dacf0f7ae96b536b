"""One CUDA stream with its memory, launches and copies; every copy between host and device is counted."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numba import cuda
from numpy.typing import DTypeLike, NDArray

from livecut.errors import AcceleratorError

__all__ = ["SIMULATED", "WIDEST", "Copies", "Device", "why_no_kernels"]

# Kernels of one block are meant: they wait for each other's sums.
setattr(numba.config, "CUDA_LOW_OCCUPANCY_WARNINGS", 0)  # noqa: B010 - a name it has only where CUDA is

SIMULATED: Final = bool(getattr(numba.config, "ENABLE_CUDASIM", 0))
"""True under numba's simulator (NUMBA_ENABLE_CUDASIM=1), where every thread is one of Python's."""
WIDEST: Final = 1024
"""Threads of the largest block: entries of scratch that a reduction in one block takes."""

# In the simulator blocks of one thread run one after the other: threads that take turns cost more than their work.
_THREADS: Final = 1 if SIMULATED else 256
_TILE: Final = (1, 1) if SIMULATED else (32, 8)
_MOST_BLOCKS: Final = 2 if SIMULATED else 4096
_WARP: Final = 1 if SIMULATED else 32
_LONE_BLOCK: Final = 2 if SIMULATED else WIDEST


@dataclass(slots=True)
class Copies:
    """Copies between host and device since they were last counted from 0."""

    up: int = 0
    down: int = 0
    launches: int = 0

    def forget(self) -> None:
        """Count from 0."""
        self.up = self.down = self.launches = 0


def why_no_kernels() -> str:
    """What keeps numba-cuda from running kernels here, empty when nothing does."""
    if SIMULATED:
        return ""
    if importlib.util.find_spec("numba_cuda") is None:
        return "numba-cuda is not installed"
    try:
        if not cuda.is_available():
            return "numba-cuda finds no usable GPU"
        # A kernel of one thread: the compiler's libraries are looked for on the first one only.
        _probe[1, 1](cuda.device_array(1, np.uint8))
        cuda.synchronize()
    except Exception as error:  # of the driver, the compiler, or a library that is not there
        text = (str(error).strip().splitlines() or [""])[0]
        return f"numba-cuda cannot compile or launch: {type(error).__name__} {text}".strip()[:200]
    return ""


@cuda.jit(cache=True)
def _probe(out: Any) -> None:
    out[0] = 1


class Device:
    """A stream of one GPU: what is launched and copied on it runs in order; used by one thread at a time.

    Arrays are flat and C-contiguous. Raises `AcceleratorError` when the GPU refuses.
    """

    kind: Final = "cuda"
    """ONNX Runtime's name for where the memory is."""

    def __init__(self) -> None:
        self.copies = Copies()
        try:
            self.stream: Any = cuda.stream()
        except Exception as error:
            raise _refused(error) from error

    @property
    def stream_pointer(self) -> int:
        """The driver's handle of the stream, for who launches on it beside us."""
        handle = getattr(self.stream, "handle", None)
        return int(handle) if handle else 0

    def pointer(self, array: Any) -> int:
        """Address of device memory."""
        return int(array.__cuda_array_interface__["data"][0])

    def empty(self, count: int, dtype: DTypeLike = np.float32) -> Any:
        """Memory for `count` elements, not initialised."""
        try:
            return cuda.device_array(max(1, count), dtype)
        except Exception as error:
            raise _refused(error) from error

    def given(self, array: NDArray[Any]) -> Any:
        """A flat copy of a host array; for tables, before the first frame: it is not counted and waits."""
        try:
            return cuda.to_device(np.ascontiguousarray(array).reshape(-1))
        except Exception as error:
            raise _refused(error) from error

    def zeros(self, count: int, dtype: DTypeLike = np.float32) -> Any:
        """Memory of zeros; waits."""
        return self.given(np.zeros(max(1, count), dtype))

    def zeros_bytes(self, count: int) -> Any:
        """Memory of `count` uint8 zeros; waits."""
        return self.zeros(count, np.uint8)

    def pinned(self, count: int) -> NDArray[np.uint8]:
        """Bytes of page-locked host memory, which copies go to and from without a detour."""
        try:
            memory: NDArray[np.uint8] = cuda.pinned_array(count, np.uint8)
        except Exception as error:
            raise _refused(error) from error
        return memory

    def upload(self, host: NDArray[Any], array: Any) -> None:
        """Begin to copy `host` into `array`; `host` must stay as it is until `finish`."""
        self.copies.up += 1
        array.copy_to_device(host, stream=self.stream)

    def download(self, array: Any, host: NDArray[Any]) -> None:
        """Begin to copy `array` into `host`, which is whole after `finish`."""
        self.copies.down += 1
        array.copy_to_host(host, stream=self.stream)

    def copy(self, array: Any, other: Any) -> None:
        """Begin to copy device memory into `other` of the same size; it never leaves the device and is not counted."""
        try:
            other.copy_to_device(array, stream=self.stream)
        except Exception as error:
            raise _refused(error) from error

    def finish(self) -> None:
        """Wait until everything on the stream is done; raises what went wrong in it."""
        try:
            self.stream.synchronize()
        except Exception as error:
            raise _refused(error) from error

    def each(self, kernel: Any, count: int, *args: Any) -> None:
        """Launch `kernel` for `count` elements, which it walks in strides of the grid."""
        blocks = min(max(1, -(-count // _THREADS)), _MOST_BLOCKS)
        self._launch(kernel, blocks, _THREADS, args)

    def few(self, kernel: Any, count: int, *args: Any) -> None:
        """As `each`, for few elements with much work each: in small blocks, or a part of the GPU would do it all."""
        blocks = min(max(1, -(-count // _WARP)), _MOST_BLOCKS)
        self._launch(kernel, blocks, _WARP, args)

    def over(self, kernel: Any, width: int, height: int, *args: Any) -> None:
        """Launch `kernel` for a picture, which it walks in strides of a grid of two dimensions."""
        if SIMULATED:
            self._launch(kernel, (2, 2), _TILE, args)
            return
        self._launch(kernel, (-(-width // _TILE[0]), -(-height // _TILE[1])), _TILE, args)

    def alone(self, kernel: Any, *args: Any) -> None:
        """Launch `kernel` as one block, whose threads can wait for each other."""
        self._launch(kernel, 1, _LONE_BLOCK, args)

    def _launch(
        self, kernel: Any, grid: int | Sequence[int], block: int | Sequence[int], args: tuple[Any, ...]
    ) -> None:
        self.copies.launches += 1
        try:
            kernel[grid, block, self.stream](*args)
        except Exception as error:
            if SIMULATED:
                raise
            raise _refused(error) from error


def _refused(error: BaseException) -> AcceleratorError:
    text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return AcceleratorError(f"the GPU refuses: {text}", hint="close what else uses the GPU, or --device cpu")
