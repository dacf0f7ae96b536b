"""Sums and extremes over a block of threads, shared by kernels that run as one block."""

from __future__ import annotations

from typing import Any

from numba import cuda

__all__ = ["block_max", "block_min", "block_sum"]


@cuda.jit(device=True)
def block_sum(part: Any, scratch: Any) -> Any:
    """The sum of every thread's `part`, for all threads; `scratch` is shared, of one entry a thread at least.

    The number of threads is a power of two.
    """
    i = cuda.threadIdx.x
    cuda.syncthreads()
    scratch[i] = part
    cuda.syncthreads()
    step = cuda.blockDim.x // 2
    while step > 0:
        if i < step:
            scratch[i] += scratch[i + step]
        cuda.syncthreads()
        step //= 2
    return scratch[0]


@cuda.jit(device=True)
def block_max(part: Any, scratch: Any) -> Any:
    """The largest `part`, as `block_sum`."""
    i = cuda.threadIdx.x
    cuda.syncthreads()
    scratch[i] = part
    cuda.syncthreads()
    step = cuda.blockDim.x // 2
    while step > 0:
        if i < step:
            scratch[i] = max(scratch[i], scratch[i + step])
        cuda.syncthreads()
        step //= 2
    return scratch[0]


@cuda.jit(device=True)
def block_min(part: Any, scratch: Any) -> Any:
    """The smallest `part`, as `block_sum`."""
    return -block_max(-part, scratch)
