"""Kernels whose rows are shared out between a few threads: how many, and which of numba's pools may do it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Final

# How long GNU OpenMP's threads look out for more work before they sleep: about a tenth of a millisecond, what passes
# between two kernels of one frame. Its own choice is a hundred times that, and eats the core that the network needs;
# none at all costs 50 µs a kernel. It is read once, when the library is loaded by the first parallel kernel.
os.environ.setdefault("GOMP_SPINCOUNT", "4000")

import numba

from livecut.kernels.cpu.seats import Seat

__all__ = ["GRID_ROWS", "MOST", "ROWS", "choose_threads", "in_bands", "threads_in_use", "use_bands"]

MOST: Final = 4
"""Most threads that share a picture: kernels keep that many sets of scratch rows."""
ROWS: Final = 32
"""Rows of a frame that a thread takes at a time, by turns: people stand at the bottom, so halves take unequal time.
Not row by row: what another core has written is far away, and kernels read what others wrote."""
GRID_ROWS: Final = 16
"""Rows of a network's grid, likewise."""

_numba: Any = numba
"""Untyped, as its decorators are."""
_SAFE_LAYERS: Final = frozenset({"tbb", "omp"})


class _Pool:
    """What holds for the whole process, as numba's pool does."""

    threads = 1
    is_safe = False
    """Whether several threads may use it at once; known when it has been used."""
    one_at_a_time = threading.Lock()


_POOL: Final = _Pool()


def choose_threads(count: int) -> int:
    """How many threads `count` means: 0 as many as there are cores; never more than `MOST`."""
    if count < 0:
        raise ValueError(f"threads must not be negative, not {count}")
    return min(count or Seat.cores(), MOST, int(_numba.config.NUMBA_NUM_THREADS))


def use_bands(count: int) -> None:
    """Let kernels of this process share their rows between `count` threads, 0 as in `choose_threads`."""
    _POOL.threads = choose_threads(count)


def threads_in_use() -> int:
    """Between how many threads `in_bands` shares a kernel's rows."""
    return _POOL.threads


def in_bands(kernel: Callable[..., object], *args: Any) -> None:
    """Call `kernel(threads, *args)`, which is compiled with `parallel=True` and numbers its threads by a `prange`.

    Safe from several threads: where numba finds neither OpenMP nor TBB its own pool stands in, which must not be used
    by two at once (the process would be aborted), and callers wait for each other.
    """
    _numba.set_num_threads(_POOL.threads)
    if _POOL.is_safe:
        kernel(_POOL.threads, *args)
        return
    with _POOL.one_at_a_time:
        kernel(_POOL.threads, *args)
        _POOL.is_safe = _numba.threading_layer() in _SAFE_LAYERS
