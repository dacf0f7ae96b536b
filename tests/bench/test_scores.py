"""Means, and the rows and the JSON that show them."""

from __future__ import annotations

from livecut.bench.scores import TABLES, Scores

MATTES, NOBODY, DEPTH, FLICKER = TABLES


def _scores() -> Scores:
    scores = Scores()
    for iou in (0.8, 0.9, 1.0):
        scores.add("big", "ours", iou=iou, boundary_f=0.5, mad=0.1)
    scores.add("small", "ours", iou=0.5, boundary_f=0.7, mad=0.3)
    scores.add("small", "theirs", iou=0.4, boundary_f=0.2, mad=0.2)
    scores.add("small", "ours", over_half=0.001, mean_alpha=0.002)
    return scores


def test_a_large_set_counts_no_more_than_a_small_one() -> None:
    scores = _scores()
    assert scores.mean("big", "ours", "iou") == 0.9
    assert scores.mean_of_sets("ours", "iou") == 0.7
    assert scores.mean("big", "theirs", "iou") is None
    assert scores.mean_of_sets("theirs", "depth_rank") is None


def test_rows_leave_out_what_was_not_taken() -> None:
    scores = _scores()
    assert scores.rows(MATTES) == [
        ("set", "pictures", "ours", "theirs"),
        ("big", "3", "0.900 / 0.500 / 0.100", ""),
        ("small", "1", "0.500 / 0.700 / 0.300", "0.400 / 0.200 / 0.200"),
        ("mean of sets", "", "0.700 / 0.600 / 0.200", "0.400 / 0.200 / 0.200"),
    ]
    assert scores.rows(NOBODY) == [("set", "pictures", "ours"), ("small", "1", "0.0010 / 0.0020")]
    assert scores.rows(DEPTH) == []


def test_what_one_set_lacks_is_a_dash() -> None:
    scores = Scores()
    scores.add("clip", "ours", warping=0.25, warping_smoothed=0.125)
    assert scores.rows(FLICKER)[1] == ("clip", "1", "0.2500 / 0.1250 / -")


def test_as_json() -> None:
    found = _scores().as_dict()
    assert found["sets"]["big"] == {
        "ours": {
            "iou": {"mean": 0.9, "count": 3},
            "boundary_f": {"mean": 0.5, "count": 3},
            "mad": {"mean": 0.10000000000000002, "count": 3},
        }
    }
    assert found["sets"]["small"]["ours"]["over_half"] == {"mean": 0.001, "count": 1}
    assert found["means"]["theirs"] == {"iou": 0.4, "boundary_f": 0.2, "mad": 0.2}
