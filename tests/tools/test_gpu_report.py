"""Without a GPU the report says so in one line; its table is for people."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from livecut.errors import AcceleratorError

TOOL = Path(__file__).resolve().parents[2] / "tools" / "gpu_report.py"


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu_report", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_gpu_it_is_one_line(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def choose(device: str) -> None:
        raise AcceleratorError(f"{device} cannot be used: this machine has no NVIDIA driver", hint="--device cpu")

    monkeypatch.setattr(tool, "choose", choose)
    monkeypatch.setattr(sys, "argv", ["gpu_report.py"])
    assert tool.main() == 4
    assert capsys.readouterr().out == "no GPU can be used: cuda cannot be used: this machine has no NVIDIA driver\n"


def test_a_row_of_the_table(tool: ModuleType) -> None:
    row = {
        "effect": "bokeh",
        "size": "1920x1080",
        "ms_p50": 2.345,
        "ms_p95": 2.5,
        "target_ms": 3.0,
        "uploads_a_frame": 1.0,
        "downloads_a_frame": 1.0,
        "launches_a_frame": 41.0,
        "levels_apart_mean": 0.1,
        "levels_apart_p999": 3.0,
    }
    assert tool.table([row]).splitlines()[2] == "| bokeh | 1920x1080 | 2.35 | 2.50 | 3 | 1 / 1 | 41 | 0.10 / 3 |"
