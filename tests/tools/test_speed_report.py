"""The report's growth exponent is that of the pixels."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "speed_report.py"


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_the_pixels(tool: dict[str, Any], power: float) -> None:
    pixels = [tool["area"](size) for size in tool["SIZES"]]
    times = [3e-5 * count**power for count in pixels]
    assert tool["exponent"](pixels, times) == pytest.approx(power)


def test_sizes_are_counted_in_pixels(tool: dict[str, Any]) -> None:
    assert tool["area"]("1280x720") == 921_600
