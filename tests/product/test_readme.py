"""Every command in the README runs, and the README names no command this test does not know."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from livecut.sinks import open_sink
from livecut.types import Picture, Size

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# How each ends where there is no camera (a file stands in for it), no virtual camera and no display.
NEEDS_A_DEVICE = {0, 3}
RUNS = {
    "livecut demo": {0},
    "livecut run": NEEDS_A_DEVICE,
    "livecut run --effect bokeh --sink window": NEEDS_A_DEVICE,
    "livecut run --background beach.jpg": NEEDS_A_DEVICE,
    "livecut run --source talk.mp4 --effect bokeh --sink out.mp4": {0},
    "livecut run --source demo --effect cutout --sink frames/": {0},
    "livecut run --preset beach": NEEDS_A_DEVICE,
    "livecut run --panel": NEEDS_A_DEVICE,
    "livecut settings": {0},
    "livecut settings --json-schema": {0},
    "livecut cut portrait.jpg": {0},
    "livecut cut portrait.jpg -o out --mode mask --boxes boxes.json": {0},
    "livecut cut portrait.jpg -o over.png --background beach.jpg": {0},
    "livecut depth portrait.jpg": {0},
    "livecut depth portrait.jpg -o depth16.png --scene --format png16": {0},
    "livecut snap --source demo": {0},
    # No filter runs here; tests/cli/test_control.py has one.
    "livecut control toggle": {3},
    "livecut control set effect.name=bokeh effect.bokeh.blades=6": {3},
    "livecut control preset beach": {3},
    "livecut control status --json": {3},
    "livecut keys add laptop --credits 100": {0},
    "livecut keys list": {0},
    "livecut bench --frames 60": {0},
    "livecut devices": {0},
    "livecut doctor": {0, 3},
    "livecut models list": {0},
    "livecut models info livecut-joint-small": {0},
    "livecut models verify": {0},
}
# Runs until it is told to stop: started, asked and stopped below.
ENDLESS = {"livecut serve --open"}
# Installation and this very test: .ci/run runs them word for word.
RUN_BY_CI = {"pip install '.[demo]'", "pip install '.[dev]'", "python -m pytest"}
# The demo source has no end, and ten seconds are too many here.
LIMITS = {
    "livecut demo": ["--frames", "12", "--size", "320x180"],
    "livecut bench --frames 60": ["--size", "320x180", "--effect", "blur"],
    "livecut run --source demo --effect cutout --sink frames/": ["--frames", "4"],
}


def _commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [line[2:].split("#")[0].strip() for line in lines]


def test_every_command_is_known() -> None:
    assert set(_commands()) == set(RUNS) | ENDLESS | RUN_BY_CI


def test_what_it_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert "docs/demo.png" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files the README's examples name, and its presets in the reader's own configuration."""
    (presets,) = re.findall(r"```toml\n(.*?)```", README, re.S)
    (tmp_path / "CONFIG" / "livecut").mkdir(parents=True)
    (tmp_path / "CONFIG" / "livecut" / "livecut.toml").write_text(presets, encoding="utf-8")
    for place in (tmp_path, tmp_path / "CONFIG" / "livecut"):  # the flag's and the preset's
        Image.new("RGB", (64, 36), (90, 120, 200)).save(place / "beach.jpg")
    Image.new("RGB", (96, 128), (90, 120, 200)).save(tmp_path / "portrait.jpg")
    sink = open_sink(str(tmp_path / "talk.mp4"), size=Size(160, 90), fps=30, alpha=False)
    for index in range(6):
        sink.write(Picture(np.full((90, 160, 3), 40 * index, np.uint8), None, index, 0))
    sink.close()
    return tmp_path


def _environ(folder: Path) -> dict[str, str]:
    """The reader's own, less their settings; a file stands in for the camera."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LIVECUT_")}
    homes = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    return kept | homes | {"LIVECUT_SOURCE__INPUT": "talk.mp4"}


@pytest.mark.slow
@pytest.mark.timeout(600)  # the first kernels compile in it, on whatever machine
@pytest.mark.parametrize("command", RUNS)
def test_the_command_runs(command: str, folder: Path) -> None:
    arguments = [*command.split()[1:], *LIMITS.get(command, [])]
    done = subprocess.run(
        [sys.executable, "-c", "from livecut.cli import main; main()", *arguments],
        cwd=folder,
        env=_environ(folder),
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode in RUNS[command], done.stderr
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert re.search(r"^error: .+\nhint: .+", done.stderr, re.M) or "doctor" in command


def test_the_server_starts_answers_and_stops(folder: Path) -> None:
    (command,) = ENDLESS
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", "from livecut.cli import main; main()", *command.split()[1:], "--port", str(port)],
        cwd=folder,
        env=_environ(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/v1/version", timeout=5)
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                assert server.poll() is None
                time.sleep(0.2)
        assert re.fullmatch(r"v\d+\.\d+\.\d+", answer.text)
    finally:
        server.terminate()
        assert server.wait(60) in (0, -15)


def test_the_python_example_runs(folder: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(code) == 1
    done = subprocess.run(
        [sys.executable, "-c", code[0]], cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
