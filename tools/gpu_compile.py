# /// script
# requires-python = ">=3.11"
# dependencies = ["livecut[cuda,test]"]
# ///
"""Compile every CUDA kernel for a GPU that need not be there: python tools/gpu_compile.py [--capability 9.0].

The simulator knows no types, so a kernel that runs there may still be refused by the compiler. The device's tests run
in the simulator while it is written down with which types each kernel is launched; each of these is then compiled to
PTX.
Exit status: 0 all compile, 1 one does not, 4 NVIDIA's compiler is not installed (`pip install 'livecut[cuda]'`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RECORD = "LIVECUT_RECORD_LAUNCHES"
"""Names the file in which the tests' process, whose pytest has this module for a plug-in, leaves what was launched."""

_launched: set[tuple[str, str, tuple[str, ...]]] = set()


def type_name(argument: Any) -> str:
    """Numba's name for what a kernel gets for this argument of a launch; `[]` after a flat array's."""
    if isinstance(argument, bool | np.bool_):
        return "boolean"
    if isinstance(argument, np.generic):
        return str(argument.dtype)
    if isinstance(argument, int):
        return "int64"
    if isinstance(argument, float):
        return "float64"
    return f"{argument.dtype}[]"


def pytest_configure() -> None:
    """Write launches down, as pytest's plug-in."""
    from livecut.kernels.cuda.device import Device

    launch = Device._launch

    def noted(self: Device, kernel: Any, grid: Any, block: Any, args: tuple[Any, ...]) -> None:
        plain = kernel.fn
        _launched.add((plain.__module__, plain.__name__, tuple(type_name(argument) for argument in args)))
        launch(self, kernel, grid, block, args)

    Device._launch = noted  # type: ignore[method-assign]


def pytest_unconfigure() -> None:
    """Leave them to the process that asked."""
    Path(os.environ[RECORD]).write_text(json.dumps(sorted(_launched)), encoding="utf-8")


def launches() -> list[tuple[str, str, list[str]]]:
    """Module, name and types of all that the tests launch; they run in a process of their own. Raises if one fails."""
    tests = [str(ROOT / "tests" / "kernels" / "cuda"), str(ROOT / "tests" / "pipeline" / "test_resident.py")]
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "launches.json"
        environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", RECORD: str(record)}
        paths = [str(ROOT / "tools"), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "gpu_compile", "-p", "no:cacheprovider", *tests]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        found: list[tuple[str, str, list[str]]] = json.loads(record.read_text(encoding="utf-8"))
    return found


def compiled(kernel: Any, types: list[str], capability: tuple[int, int]) -> str:
    """PTX of one kernel. Raises whatever the compiler refuses it with."""
    import numba.cuda.dispatcher
    from numba import cuda
    from numba import types as of_numba

    # Device functions ask for the GPU they are meant for, which is not there.
    numba.cuda.dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability)
    arguments = [getattr(of_numba, one[:-2])[::1] if one.endswith("[]") else getattr(of_numba, one) for one in types]
    ptx, _ = cuda.compile_ptx(kernel.py_func, of_numba.void(*arguments), cc=capability)
    return str(ptx)


def why_not(capability: tuple[int, int]) -> str:
    """What keeps the compiler from compiling anything, empty when nothing does."""
    try:
        from livecut.kernels.cuda.device import _probe

        compiled(_probe, ["uint8[]"], capability)
    except Exception as error:  # of a library that is not there, or another release
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return lines[0]
    return ""


def main() -> int:
    """Record, compile, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--capability", default="9.0", help="of the GPU that is meant: 9.0 is an H100 or H200")
    major, minor = parser.parse_args().capability.split(".")
    capability = int(major), int(minor)
    reason = why_not(capability)
    if reason:
        print(f"nothing can be compiled: {reason}")
        return 4
    refused = 0
    found = launches()
    for module, name, types in found:
        try:
            compiled(getattr(importlib.import_module(module), name), types, capability)
        except Exception as error:  # whatever it is refused with
            refused += 1
            print(f"{module}.{name}({', '.join(types)}): {error}")
    print(f"{len(found) - refused} of {len(found)} launches compile for compute capability {major}.{minor}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
