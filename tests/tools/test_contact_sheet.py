"""The contact sheet: a file a video, a row an effect, a column a frame; every effect sees all frames in their order."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livecut import plugins
from livecut.sources.demo import DemoSource
from livecut.types import Pixels, Plane8, Size

SIZE, FRAMES, COLUMNS, WIDTH = Size(320, 180), 8, 2, 160


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).parents[2] / "tools" / "contact_sheet.py"))


def _cells(sheet: Pixels) -> list[list[Pixels]]:
    return [np.hsplit(row, COLUMNS) for row in np.vsplit(sheet, sheet.shape[0] // (WIDTH * 9 // 16))]


def _write(folder: Path, pictures: Sequence[Pixels | Plane8]) -> None:
    folder.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{index:05d}.png"), picture)


def test_its_effects_exist(tool: dict[str, Any]) -> None:
    assert set(tool["EFFECTS"]) <= set(plugins.names("effects"))


@pytest.mark.slow
def test_a_folder_of_pictures_gets_its_sheet(tool: dict[str, Any], tmp_path: Path) -> None:
    source, folder = DemoSource(SIZE), tmp_path / "walk"
    frames = [source.render(index) for index in range(FRAMES)]
    _write(folder / "images", frames)
    _write(folder / "masks", [np.zeros((SIZE.height, SIZE.width), np.uint8)] * FRAMES)
    tool["main"]([str(folder), "--size", "320", "--width", "160", "--frames", "2", "--out", str(tmp_path / "out")])
    (path,) = (tmp_path / "out").iterdir()
    assert path.name == "walk.jpg"
    sheet = cv2.imread(str(path))
    assert sheet is not None
    rows = _cells(np.asarray(sheet, np.uint8))
    assert len(rows) == len(tool["EFFECTS"])
    below = 30  # what the label covers
    for column, index in enumerate((4, 7)):
        plain = cv2.resize(frames[index], (WIDTH, WIDTH * 9 // 16), interpolation=cv2.INTER_AREA)
        away = {
            name: float(np.abs(row[column][below:].astype(np.int16) - plain[below:]).mean())
            for name, row in zip(tool["EFFECTS"], rows, strict=True)
        }
        print(away)
        assert away["none"] < 4, "the frame itself, as JPEG keeps it"
        assert all(away[name] > 2 * away["none"] for name in ("blur", "bokeh", "replace", "depth"))


def test_where_there_is_no_video_it_says_so(
    tool: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path / "photographs" / "images", [np.zeros((90, 160, 3), np.uint8)])
    with pytest.raises(SystemExit, match=r"^2$"):
        tool["main"]([str(tmp_path / "photographs"), "--out", str(tmp_path / "out")])
    assert "no video in PATH" in capsys.readouterr().err
