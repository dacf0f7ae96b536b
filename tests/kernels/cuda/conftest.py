"""These tests run on a simulated device, or a typed one, in processes of their own (`test_in_simulator.py`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_IN_ORDINARY_RUNS = {"test_in_simulator.py"}
_HAS_KERNELS = "1" in map(os.environ.get, ("NUMBA_ENABLE_CUDASIM", "LIVECUT_TEST_TYPED", "LIVECUT_TEST_GPU"))

collect_ignore = [path.name for path in _HERE.glob("test_*.py") if (path.name in _IN_ORDINARY_RUNS) == _HAS_KERNELS]

if _HAS_KERNELS:
    from livecut.kernels.cuda.device import SIMULATED, Device

    if SIMULATED:
        from numba.cuda.simulator import kernel as _simulator

        class _AskedNow(_simulator.BlockThread):  # type: ignore[misc]
            """numba's asks its threads without a pause whether they still run, and takes half of their time for it."""

            def is_alive(self) -> bool:
                if not self.syncthreads_blocked:
                    self.join(0.0005)
                return bool(super().is_alive())

        _simulator.BlockThread = _AskedNow

    @pytest.fixture
    def device() -> Device:
        """A stream of the simulator, or of a GPU."""
        return Device()

    if SIMULATED and os.environ.get("LIVECUT_TEST_RACES") == "1":
        from support.races import watched

        # The smaller label becomes the parent by an atomic minimum; whoever reads the larger one before, or an old copy
        # of it, goes on from there: parents only ever fall, and an earlier one leads to the same root.
        _MEANT = {"_join"}

        @pytest.fixture(autouse=True)
        def _no_races() -> Iterator[None]:
            with watched() as races:
                yield
            assert {key: count for key, count in races.found.items() if key[0] not in _MEANT} == {}
            assert not races.apart and not races.negative
