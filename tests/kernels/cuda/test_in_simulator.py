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


# A busy machine takes many times what an idle one does, and what is held here is no time.
@pytest.mark.slow
@pytest.mark.timeout(960)
@pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="numba-cuda is not installed")
def test_every_device_kernel_and_the_whole_way_equal_the_cpus() -> None:
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        str(_HERE),
        str(_TESTS / "pipeline" / "test_resident.py"),
    ]
    ran = subprocess.run(
        command, cwd=_TESTS.parent, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
