"""Runs the tests beside this one, and the whole plan's, in numba's CUDA simulator: its environment must not leak."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_TESTS = _HERE.parents[1]

pytestmark = [
    pytest.mark.slow,
    # A busy machine takes many times what an idle one does, and what is held here is no time.
    pytest.mark.timeout(960),
    pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="numba-cuda is not installed"),
]


def test_every_device_kernel_and_the_whole_way_equal_the_cpus() -> None:
    _run(str(_HERE), str(_TESTS / "pipeline" / "test_resident.py"))


_LONG = "same_shade or follows_as or focus_on_the or focus_elsewhere or blades or her_bytes or goes_on or from_coarse"
"""What takes longest with every access watched: `LIVECUT_TEST_RACES=1 NUMBA_ENABLE_CUDASIM=1 pytest tests/kernels/cuda`
runs it, too, in several minutes."""


def test_no_two_threads_of_a_device_kernel_race() -> None:
    """In the simulator threads take turns, and what would race on a device comes out right."""
    _run(str(_HERE), "-k", f"not ({_LONG})", LIVECUT_TEST_RACES="1")


def test_they_do_as_well_with_the_types_that_a_compiler_gives_them() -> None:
    """The simulator knows none: see `support.typed_device`."""
    whole = [str(_TESTS / "pipeline" / "test_resident.py"), str(_TESTS / "product" / "test_device_demo.py")]
    _run(str(_HERE), *whole, NUMBA_ENABLE_CUDASIM="0", LIVECUT_TEST_TYPED="1")


def _run(*arguments: str, **variables: str) -> None:
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", **variables}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments]
    ran = subprocess.run(
        command, cwd=_TESTS.parent, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
