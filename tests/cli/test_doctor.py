"""`livecut doctor` prints findings and ends as `run` would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from livecut.app.findings import Finding
from livecut.cli.doctor import doctor, report


def run(*arguments: str) -> Any:
    program = typer.Typer()
    program.command()(doctor)
    return CliRunner().invoke(program, list(arguments), catch_exceptions=False)


def test_the_report() -> None:
    findings = (
        Finding("source", "ok", "camera 0 (C920): 1280x720 at 30 fps"),
        Finding("output", "broken", "there is no virtual camera", "sudo modprobe v4l2loopback", 3),
        Finding("networks", "note", "not on CUDA"),
    )
    assert report(findings) == [
        "ok      source    camera 0 (C920): 1280x720 at 30 fps",
        "broken  output    there is no virtual camera",
        "                  -> sudo modprobe v4l2loopback",
        "note    networks  not on CUDA",
        "livecut run would not work",
    ]
    assert report(findings[:1])[-1] == "livecut run would work"


def test_it_ends_as_run_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (64, 48)).save("still.png")
    common = ["--effect", "none", "--device", "cpu"]
    good = run("--source", "still.png", "--sink", "null", "--sink", "out.mp4", *common)
    assert good.exit_code == 0
    assert good.output.rstrip().endswith("livecut run would work")
    assert not Path("out.mp4").exists()
    bad = run("--source", "none.png", "--sink", "null", *common)
    assert bad.exit_code == 3
    assert "broken  source" in bad.output
    assert bad.output.rstrip().endswith("livecut run would not work")
