"""`livecut control` on a filter that really runs, and what it says when none does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livecut.cli.control import _line
from livecut.cli.program import run_program

Says = Callable[..., str]


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where no filter runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def filter_(alone: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "livecut", "run", "--source", "demo", "--sink", "null", "--effect", "none"]
    elsewhere = alone / "elsewhere"
    elsewhere.mkdir()
    # Compiled kernels are not what this is about: they stay where they are.
    caches = {"NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"]} if "NUMBA_CACHE_DIR" in os.environ else {}
    presets = elsewhere / "presets.toml"
    presets.write_text(
        "[presets.blue]\neffect = { name = 'green', green = { colour = 'blue' } }\n[presets.begin]\n"
        "[presets.sea]\neffect.nmae = 'blur'\n"
    )
    running = subprocess.Popen(
        [*command, "--size", "320x180", "--config", str(presets)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=elsewhere,
        env={**os.environ, **caches},
    )
    assert running.stderr is not None
    while " new)" not in running.stderr.readline():
        assert running.poll() is None
    yield running
    running.kill()
    running.wait()
    running.stderr.close()


@pytest.fixture
def says(capsys: pytest.CaptureFixture[str]) -> Says:
    def said(*arguments: str, code: int = 0) -> str:
        assert run_program(["control", *arguments]) == code
        seen = capsys.readouterr()
        return (seen.out or seen.err).strip()

    return said


@pytest.mark.skipif(sys.platform == "win32", reason="the home is named otherwise there")
def test_a_filter_that_runs_does_as_it_is_told(
    filter_: subprocess.Popen[str], says: Says, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen() -> Any:
        return json.loads(says("status", "--json"))

    assert seen()["pid"] == filter_.pid
    assert says("status").startswith("the raw picture | demo to null, 320x180 | in ")
    says("hide")
    assert seen()["private"] is True
    assert says("status").startswith("hidden by the privacy switch | ")
    assert (says("toggle"), says("toggle"), says("show"), seen()["private"]) == ("shown", "hidden", "", False)
    says("set", "effect.name=green", "effect.green.colour=blue", "output.mirror=true")
    assert (seen()["effect"], seen()["room"]) == ("green", False)
    assert says("preset", "begin", code=2) == (
        "error: over the settings of the start preset begin shows the raw picture\n"
        "hint: livecut control set effect.name=none, if that is meant"
    )
    says("preset", "blue")
    assert (seen()["effect"], seen()["preset"], seen()["room"]) == ("green", "blue", False)
    assert says("preset", "beach", code=2) == "error: no preset named 'beach'\nhint: there are: blue, begin"
    assert says("preset", "bule", code=2) == "error: no preset named 'bule'\nhint: livecut control preset blue"
    assert says("set", "effect.blur.radius=30", code=2).endswith("\nhint: livecut control set effect.blur.radius_px=30")
    assert says("preset", "sea", code=2).startswith(
        f"error: {tmp_path}/elsewhere/presets.toml: presets.sea.effect.nmae: there is no such setting "
        "(at line 5, column 8)\nhint: did you mean presets.sea.effect.name? "
    )
    assert says("set", "effect.replace.background=gone.jpg", code=2).startswith(
        f"error: the background {Path.cwd()}/gone.jpg is neither a colour nor a file\nhint: "
    )
    assert says("set", "output.size=640x360", code=2) == (
        "error: output.size is chosen at the start\nhint: livecut run --help"
    )
    assert says("set", "effect.blur.radius_px=1e9", code=2).startswith("error: effect.blur.radius_px: ")
    assert says("set", "nonsense", code=2).startswith("error: --set nonsense: no value")
    assert seen()["effect"] == "green", "what was refused changed nothing"
    # A path is of the folder where it was typed.
    (tmp_path / "here").mkdir()
    picture = tmp_path / "here" / "beach.png"
    assert run_program(["snap", "-o", str(picture)]) == 0
    monkeypatch.chdir(picture.parent)
    says("set", "effect.name=replace", "effect.replace.background=beach.png")
    assert seen()["effect"] == "replace"
    assert says("stop", "--pid", str(filter_.pid)) == ""
    assert filter_.wait(60) == 0


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"starting": True}, "starting, then meeting (blur)"),
        ({"starting": True, "room": True}, "starting, then the raw picture"),
        ({"starting": True, "private": True}, "hidden by the privacy switch"),
        ({"starting": False}, "meeting (blur)"),
        ({"starting": False, "instead": "gone.mp4: no such file"}, "gone.mp4: no such file"),
        ({}, "meeting (blur)"),
    ],
)
def test_until_there_is_a_picture_it_says_that_it_starts(seen: dict[str, Any], said: str) -> None:
    """Also a filter of an earlier version is understood, which does not tell."""
    state = {
        "effect": "blur",
        "preset": "meeting",
        "private": False,
        "room": False,
        "instead": "",
        "source": "demo",
        "outputs": ["null"],
        "size": "64x36",
        "quality": "",
        "network": "net on CPU",
        "fps": {"in": 0.0, "out": 0.0, "new": 0.0},
        "age_ms": {"p50": 0.0, "p95": 0.0},
    }
    assert _line({**state, **seen}).split(" | ")[0] == said


def test_where_none_runs_it_says_so(alone: Path, says: Says) -> None:
    for command in (
        ["hide"],
        ["show"],
        ["toggle"],
        ["status"],
        ["stop"],
        ["set", "output.mirror=true"],
        ["preset", "a"],
    ):
        assert says(*command, code=3) == "error: no filter runs\nhint: start one: livecut run"
    assert says("hide", "--pid", "1", code=3).startswith("error: no filter runs in process 1\n")
