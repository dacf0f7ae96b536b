"""Means of weights are what they say, and a lower bias is the matte's alone."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
SCRIPT = Path(__file__).parents[2] / "tools" / "mean_weights.py"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))


def test_shares_and_bias(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one.pt", tmp_path / "other.pt"
    torch.save({"average": {"head.bias": torch.tensor([1.0, 2.0, 3.0])}, "step": 7}, one)
    torch.save({"head.bias": torch.tensor([5.0, 2.0, -1.0])}, other)
    line = [str(SCRIPT), str(tmp_path / "out.pt"), f"0.75:{one}", f"0.25:{other}", "--less", "0.5"]
    monkeypatch.setattr(sys, "argv", line)
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert torch.load(tmp_path / "out.pt", weights_only=True)["head.bias"].tolist() == [1.5, 2.0, 2.5]


def test_a_part_with_fewer_blocks_passes_its_input_on() -> None:
    few, more = {"a.weight": torch.tensor([2.0])}, {"a.weight": torch.tensor([4.0])}
    more |= {f"b.{name}": torch.tensor([8.0]) for name in ("expand.gain", "project.gain", "project.bias")}
    found = runpy.run_path(str(SCRIPT))["mean"]([(0.25, few), (0.75, more)])
    assert {name: value.item() for name, value in found.items()} == {
        "a.weight": 3.5,
        "b.expand.gain": 8.0,
        "b.project.gain": 6.0,
        "b.project.bias": 6.0,
    }


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        runpy.run_path(str(SCRIPT))["mean"]([(0.5, {}), (0.4, {})])
