"""The table shows ours, the plain way's and the gain, and the mean of the videos last."""

from __future__ import annotations

import runpy
from pathlib import Path

from livecut.bench.scores import Scores

SCRIPT = Path(__file__).parents[2] / "tools" / "vs_plain_table.py"


def test_a_line_a_video_and_one_of_the_means() -> None:
    scores = Scores()
    scores.add("film", "livecut", halo=0.03, flicker_matte=0.5, trailing_1=0.1, trailing_2=0.3)
    scores.add("film", "plain", halo=0.06, flicker_matte=0.4, trailing_1=0.5, trailing_2=0.3)
    scores.add("clip", "livecut", flicker_matte=0.1)
    scores.add("clip", "plain", flicker_matte=0.2)
    rows = runpy.run_path(str(SCRIPT))["rows"](scores.as_dict())
    trailing = "0.1000 / 0.5000 / +80% | 0.3000 / 0.3000 / +0% | 0.2000 / 0.4000 / +50%"
    assert rows[2:] == [
        "| film | 0.0300 / 0.0600 / +50% | 0.5000 / 0.4000 / -25% |  | " + trailing + " |",
        "| clip |  | 0.1000 / 0.2000 / +50% |  |  |  |  |",
        "| **mean** | 0.0300 / 0.0600 / +50% | 0.3000 / 0.3000 / +0% |  | " + trailing + " |",
    ]
    assert rows[0].count("|") == rows[1].count("|") == rows[2].count("|")


def test_nothing_can_be_less_than_nothing() -> None:
    assert runpy.run_path(str(SCRIPT))["cell"](0.1, 0.0) == "0.1000 / 0.0000 / -"
