"""The composites that what is kept is measured on: the same for the same seed, true masks, objects one may use."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / "tools"
OUTLINES = json.loads((TOOLS / "data" / "held_objects.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(TOOLS / "keep_composites.py"))


@pytest.mark.parametrize("row", OUTLINES, ids=lambda row: row["name"])
def test_every_object_says_where_it_is_from_and_under_which_licence(row: dict[str, Any]) -> None:
    assert row["part"] in ("measure", "calibrate")
    assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"]) and re.fullmatch(r"[0-9a-f]{40}", row["commit"])
    assert "/" in row["repository"] and row["path"] and row["licence"]
    assert 5 < row["longest_cm"] < 50 and len(row["outline"]) >= 4
    outline = np.array(row["outline"], np.float32)
    for hole in row["holes"]:
        assert all(cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0 for x, y in hole)


def test_nothing_is_measured_with_what_was_tried_on() -> None:
    parts = {part: {row["sha256"] for row in OUTLINES if row["part"] == part} for part in ("measure", "calibrate")}
    assert min(len(one) for one in parts.values()) >= 8
    assert not parts["measure"] & parts["calibrate"]


def drawn(tool: dict[str, Any]) -> tuple[list[list[Any]], list[Any]]:
    mask = np.zeros((180, 320), np.bool_)
    mask[40:, 100:220] = True
    bgr = np.full((180, 320, 3), 200, np.uint8)
    bgr[mask] = (60, 90, 160)
    thing = tool["Thing"]("thing", np.full((80, 60, 3), (30, 30, 220), np.uint8), np.ones((80, 60), np.float32), 20.0)
    return [[tool["Case"]("somebody", bgr, mask, mask)]], [thing]


def test_the_truth_is_the_person_and_the_object(tool: dict[str, Any]) -> None:
    cases, things = drawn(tool)
    person = cases[0][0].mask
    for case in tool["composites"](cases, things, 6, 3):
        added = case.mask & ~person
        red = (case.bgr[..., 2].astype(int) - case.bgr[..., 1]) > 90
        assert (red == (case.mask & ~case.person))[10:-10, 10:-10].mean() > 0.98
        assert not (case.person & ~person).any() and added.sum() + (person & ~case.person).sum() > 500


def test_a_seed_says_all(tool: dict[str, Any]) -> None:
    cases, things = drawn(tool)
    one, same, other = ([case.bgr for case in tool["composites"](cases, things, 3, seed)] for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_a_picture_that_is_missing_is_named(tool: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"scikit-image/scikit-image@60764df3\w+:skimage/data/coffee.png"):
        tool["things"](tmp_path, "measure")


def test_overlap(tool: dict[str, Any]) -> None:
    mask = np.array([[True, True, False, False]])
    assert tool["overlap"](np.array([[0.9, 0.4, 0.6, 0.1]], np.float32), mask) == pytest.approx(1 / 3)
    assert tool["overlap"](np.zeros((2, 2), np.float32), np.zeros((2, 2), np.bool_)) == 1.0
