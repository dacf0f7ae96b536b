"""The preview window of a filter that really runs, on an X display: its keys, and what it shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.x_display import PATIENCE_S, XDisplay, missing, x_display

pytestmark = [
    pytest.mark.display,
    pytest.mark.skipif(bool(missing()), reason=f"needs {' and '.join(missing())}: apt install xvfb xdotool"),
]
RED, BLUE, GREEN, ORANGE, VIOLET = (0, 0, 255), (255, 0, 0), (0, 255, 0), (0, 128, 255), (200, 0, 100)
CARD = (0x2C, 0x26, 0x20)
LEFT, RIGHT, Y = 20, 300, 20
"""Places in the window, which stands in the screen's corner where nobody manages windows."""
PRESETS = """
[presets.grass]
effect = { name = "green", green = { colour = "#00ff00" } }

[presets.beach]
effect = { name = "replace", replace = { background = "#ff8000", match = 0.0 } }

[presets.violet]
effect = { name = "green", green = { colour = "#6400c8" } }
"""


@pytest.fixture
def display(tmp_path: Path) -> Iterator[XDisplay]:
    with x_display(tmp_path) as display:
        yield display


@pytest.fixture
def run(display: XDisplay, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A picture, red on the left and blue on the right, shown raw as it was started; nobody is in it."""
    halves = np.full((180, 320, 3), (255, 0, 0), np.uint8)
    halves[:, 160:] = (0, 0, 255)
    Image.fromarray(halves).save(tmp_path / "halves.png")
    (tmp_path / "livecut").mkdir()
    (tmp_path / "livecut" / "livecut.toml").write_text(PRESETS)
    given = ["--source", str(tmp_path / "halves.png"), "--sink", "window", "--size", "320x180", "--effect", "none"]
    command = [sys.executable, "-m", "livecut", "run", *given, "--model", "null", "--device", "cpu"]
    environment = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    environment |= {"DISPLAY": display.name, "XDG_CONFIG_HOME": str(tmp_path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_keys_change_what_the_window_shows_and_q_ends_the_run(display: XDisplay, run: subprocess.Popen[str]) -> None:
    display.wait_for_first("livecut", LEFT, Y, RED)
    display.wait_for(RIGHT, Y, BLUE)
    display.focus("livecut")
    display.press("m")
    display.wait_for(LEFT, Y, BLUE)
    display.wait_for(RIGHT, Y, RED)
    for key, colour in (("1", GREEN), ("2", ORANGE), ("3", VIOLET)):
        display.press(key)
        display.wait_for(LEFT, Y, colour)
    display.press("space")
    display.wait_for(LEFT, Y, CARD)
    display.press("space")
    display.wait_for(LEFT, Y, VIOLET)
    # The last eight bits of these keys' numbers are those of Q, of S and of 1.
    display.press("Left", "Right", "Hangul")
    display.press("2")
    display.wait_for(LEFT, Y, ORANGE)
    display.press("q")
    assert run.wait(PATIENCE_S) == 0


def test_closing_the_window_ends_the_run(display: XDisplay, run: subprocess.Popen[str]) -> None:
    display.wait_for_first("livecut", LEFT, Y, RED)
    display.ask_to_close(display.focus("livecut"))
    _, told = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0
    assert "Traceback" not in told
