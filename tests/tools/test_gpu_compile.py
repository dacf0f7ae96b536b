"""Kernels are compiled with the types they are launched with; without a compiler that is said in one line."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "gpu_compile.py"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu_compile", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", ["gpu_compile.py"])
    return module


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        (True, "boolean"),
        (np.bool_(True), "boolean"),
        (3, "int64"),
        (0.5, "float64"),
        (np.float32(1), "float32"),
        (np.zeros(2, np.uint8), "uint8[]"),
        (np.zeros(2, np.float64), "float64[]"),
    ],
)
def test_an_argument_has_numbas_name(tool: ModuleType, argument: Any, name: str) -> None:
    assert tool.type_name(argument) == name


def test_launches_are_written_down_once(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    try:
        device: Any = importlib.import_module("livecut.kernels.cuda.device")
    except Exception as error:  # where CUDA's own library is missing, numba-cuda raises what is no ImportError
        pytest.skip(f"numba-cuda does not load: {error}")
    launched = []
    monkeypatch.setattr(device.Device, "_launch", lambda *given: launched.append(given[1:]))
    monkeypatch.setenv(tool.RECORD, str(tmp_path / "launches.json"))
    tool.pytest_configure()

    def kernel() -> None: ...

    some: Any = SimpleNamespace(fn=kernel)
    for count in (1, 2):
        device.Device._launch(None, some, count, 1, (count, np.float32(0), np.zeros(count, np.uint8)))
    tool.pytest_unconfigure()
    assert [given[1] for given in launched] == [1, 2]
    assert json.loads((tmp_path / "launches.json").read_text()) == [
        [kernel.__module__, "kernel", ["int64", "float32", "uint8[]"]]
    ]


def test_without_a_compiler_it_is_one_line(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "why_not", lambda _: "no libnvvm")
    assert tool.main() == 4
    assert capsys.readouterr().out == "nothing can be compiled: no libnvvm\n"


def test_what_is_refused_is_named(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def compiled(kernel: Any, types: list[str], capability: tuple[int, int]) -> str:
        asked.append((kernel, types, capability))
        if kernel is json.dump:
            raise TypeError("no such thing")
        return "ptx"

    monkeypatch.setattr(tool, "why_not", lambda _: "")
    monkeypatch.setattr(tool, "compiled", compiled)
    monkeypatch.setattr(tool, "launches", lambda: [("json", "dump", ["int64", "uint8[]"]), ("json", "load", [])])
    monkeypatch.setattr(sys, "argv", ["gpu_compile.py", "--capability", "8.6"])
    assert tool.main() == 1
    assert asked == [(json.dump, ["int64", "uint8[]"], (8, 6)), (json.load, [], (8, 6))]
    assert capsys.readouterr().out == (
        "json.dump(int64, uint8[]): no such thing\n1 of 2 launches compile for compute capability 8.6\n"
    )
