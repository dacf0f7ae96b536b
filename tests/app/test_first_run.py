"""A second process compiles the effect's kernels on the very first run; whatever becomes of it, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from support.fakes import FakeEstimator

from livecut import plugins
from livecut.app import first_run
from livecut.app.first_run import Companion, compile_effect, compile_memory, compile_motion
from livecut.estimators.refined import Refined
from livecut.estimators.smoothed import Smoothed
from livecut.kernels.cpu import inverse_search, likeness, memory
from livecut.kernels.cpu.seats import Seat
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Frame, Motion, Size, SoftMatte

SIZE = Size(48, 26)
SECRET = apply(Settings(), {"effect": {"name": "green"}, "remote": {"clipdrop_key": "hidden-word"}})


def _compile() -> None:
    assert njit(lambda x: x + 1)(1) == 2


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seat, "cores", lambda: 2)


def test_it_gets_what_the_effect_needs_to_know_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said"
    code = f"import sys; open({str(said)!r}, 'w').write(sys.stdin.readline() + sys.stdin.readline())"
    monkeypatch.setattr(first_run, "_COMPANION", code)
    with Companion(SECRET, SIZE) as companion:
        _compile()
        companion.wait()
        size, job = said.read_text().splitlines()
    assert size == "48x26"
    assert set(json.loads(job)) == {"effect", "matte"}
    assert json.loads(job)["effect"]["name"] == "green"
    assert "hidden-word" not in job


def test_where_nothing_is_compiled_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)  # would be called
    with Companion(SECRET, SIZE) as companion:
        companion.wait()
        _compile()  # by then it is the effect's own kernels


def test_one_core_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seat, "cores", lambda: 1)
    monkeypatch.setattr(subprocess, "Popen", None)
    with Companion(SECRET, SIZE) as companion:
        _compile()
        companion.wait()


@pytest.mark.parametrize("code", ["import sys; sys.exit(3)", "raise RuntimeError", "this is no program"])
def test_one_that_fails_holds_nothing_up(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_run, "_COMPANION", code)
    with Companion(SECRET, SIZE) as companion:
        _compile()
        companion.wait()


def test_no_process_at_all_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Companion(SECRET, SIZE) as companion:
        _compile()
        companion.wait()


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_run, "_COMPANION", "import time; time.sleep(600)")
    monkeypatch.setattr(first_run, "_PATIENCE_S", 0.2)
    with Companion(SECRET, SIZE) as companion:
        _compile()
        companion.wait()
        process = companion._process
        assert process is not None and process.poll() is None
    assert process.returncode


def test_it_ends_with_whoever_started_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = tmp_path / "said"
    hang = f"import time, os; open({str(said)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    code = (
        f"from livecut.app import first_run\ndef hang(*_): {hang}\nfirst_run.compile_effect = hang\nfirst_run.serve()"
    )
    monkeypatch.setattr(first_run, "_COMPANION", code)
    with Companion(SECRET, SIZE) as companion:
        _compile()
        process = companion._process
        assert process is not None and process.stdin is not None
        deadline = time.monotonic() + 60
        while not (said.exists() and said.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.stdin.close()
        assert process.wait(60) == 1
    if hasattr(os, "kill"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(said.read_text()), 0)


@pytest.mark.parametrize("name", sorted(plugins.names("effects")))
def test_every_effect_can_be_painted_without_a_source_or_a_network(name: str) -> None:
    compile_effect(apply(Settings(), {"effect": {"name": name, "replace": {"background": "camera:9"}}}), SIZE)


def test_memory_is_compiled_as_the_refiner_uses_it() -> None:
    compile_memory(SIZE)
    known = list(memory._hold.signatures)
    refined = Refined(SIZE, smooth=0.5)
    pixels, plane = np.zeros((SIZE.height, SIZE.width, 3), np.uint8), np.full((9, 16), 0.5, np.float32)
    for index in range(2):
        motion = Motion(plane, plane, plane, index, index - 1)
        refined.refine(Frame(pixels, index, 0), SoftMatte(plane, index, 0, motion=motion))
    assert memory._hold.signatures == known != []


def test_motion_is_compiled_as_memory_over_time_uses_it() -> None:
    kernels = (inverse_search._search, likeness._likeness, memory._remember)
    compile_motion()
    known = [list(kernel.signatures) for kernel in kernels]
    smoothed = Smoothed(FakeEstimator(Size(96, 54)), 0.5)
    pixels = np.zeros((SIZE.height, SIZE.width, 3), np.uint8)
    for index in range(2):
        matte = smoothed.estimate(Frame(pixels, index, index)).matte
    smoothed.close()
    assert matte is not None and matte.motion is not None
    assert [list(kernel.signatures) for kernel in kernels] == known
    assert all(known)
