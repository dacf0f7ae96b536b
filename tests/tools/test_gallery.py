"""The gallery shows every effect there is, and can be drawn."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from PIL import Image

from livecut import plugins

TOOLS = Path(__file__).parents[2] / "tools"


def test_every_effect_is_in_it() -> None:
    shown = {patch["effect"]["name"] for _, patch in runpy.run_path(str(TOOLS / "gallery.py"))["PANELS"]}
    assert shown >= set(plugins.names("effects"))


@pytest.mark.slow
def test_it_can_be_drawn_small(tmp_path: Path) -> None:
    tool = runpy.run_path(str(TOOLS / "gallery.py"))
    tool["main"]([str(tmp_path / "gallery.png"), "--width", "64"])
    with Image.open(tmp_path / "gallery.png") as sheet:
        assert sheet.size == (256, 108)
        assert len(sheet.convert("RGB").getcolors(30000) or ()) > 100


def test_the_committed_one_is_small_enough_for_a_page() -> None:
    assert (TOOLS.parent / "docs" / "gallery.png").stat().st_size < 1_500_000
