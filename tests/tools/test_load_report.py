"""The report counts a picture as new once, and takes ages and cards of the time it speaks of."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "load_report.py"


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def test_new_pictures_are_counted_once_and_where_they_were_first_written(tool: dict[str, Any]) -> None:
    seen_of = tool["Seen"]
    # Ten a second for three seconds; in the second one every picture but the first is a repeat.
    seen = [seen_of(k / 10, k, False, 20.0) for k in range(10)]
    seen += [seen_of(1 + k / 10, 10, False, 30.0 + k) for k in range(10)]
    seen += [seen_of(2 + k / 10, 11 + k, False, 20.0) for k in range(9)] + [seen_of(2.9, -1, True, 0.0)]
    whole = tool["phase"]("whole", seen, 0.0, 3.0, "full quality")
    assert (whole.fps, whole.new, whole.least_new, whole.cards) == pytest.approx((10.0, 20 / 3, 1, 1))
    assert (whole.age_p50_ms, whole.age_max_ms) == (20.0, 39.0)
    middle = tool["phase"]("middle", seen, 1.05, 2.0, "full quality")
    assert (middle.new, middle.cards) == (0.0, 0), "its index was first written before"
    assert middle.age_max_ms == 39.0 and middle.age_p50_ms == 35.0


def test_the_table_has_a_row_for_each_phase(tool: dict[str, Any]) -> None:
    one = tool["Phase"]("alone", 30.0, 29.96, 28.0, 20.4, 25.5, 31.0, 0, "full quality")
    *_, row = tool["table"]([one])
    assert row == "| alone | 30.0 | 30.0 | 28 | 20 / 26 / 31 | 0 | full quality |"


def test_the_others_are_gone_afterwards(tool: dict[str, Any]) -> None:
    with tool["busy"](2) as running:
        pids = [one.pid for one in running]
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_is_not_measured_stays_on_the_page(tool: dict[str, Any]) -> None:
    assert tool["sections_of"]("") == {}
    page = "# Head\n\nwords\n\n## `blur` beside 2\n\n| a |\n\n* b\n\n## `bokeh` beside 2\n\n| c |\n"
    assert tool["sections_of"](page) == {"`blur` beside 2": "| a |\n\n* b", "`bokeh` beside 2": "| c |"}
