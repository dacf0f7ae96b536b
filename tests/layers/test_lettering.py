"""Text becomes stamps: legible, of the asked height, with digits that do not dance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from livecut.layers.lettering import Lettering


def test_letters_have_the_colour_and_the_line_its_height() -> None:
    stamp = Lettering(40, (10, 200, 250)).stamp("Hg")
    assert stamp is not None
    assert 40 <= stamp.size.height <= 46
    inked = stamp.alpha > 250
    assert inked.sum() > 100
    assert (np.abs(stamp.colours[inked].astype(int) - (10, 200, 250)) <= 6).all(axis=1).mean() > 0.9
    rows = np.flatnonzero(inked.any(axis=1))
    assert 0.6 * 40 < rows[-1] - rows[0] <= 40


def test_letters_without_a_plate_have_a_dark_edge() -> None:
    stamp = Lettering(40, (255, 255, 255)).stamp("I")
    assert stamp is not None
    edge = (stamp.alpha > 80) & (stamp.colours.max(axis=2) < 10)
    assert edge.sum() > 40


def test_a_plate_lies_under_all_of_it_but_its_corners() -> None:
    stamp = Lettering(40, (255, 255, 255), plate=0.5).stamp("Anna")
    assert stamp is not None
    assert stamp.alpha[0, 0] == 0
    assert (stamp.alpha[stamp.size.height // 2] >= 127).all()


def test_lines_stand_one_under_the_other() -> None:
    lettering = Lettering(20, (255, 255, 255))
    one, two = lettering.stamp("Anna"), lettering.stamp("Anna\nBerlin")
    assert one is not None and two is not None
    assert two.size.height == one.size.height + 20
    assert two.size.width > one.size.width


def test_every_time_of_day_is_equally_wide() -> None:
    lettering = Lettering(30, (255, 255, 255), plate=0.4)
    sizes = {stamp.size for text in ("11:11:11", "20:48:00", "07:53:16") if (stamp := lettering.stamp(text))}
    assert len(sizes) == 1


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_is_no_stamp(text: str) -> None:
    assert Lettering(20, (0, 0, 0), plate=1.0).stamp(text) is None


def test_letters_of_other_languages_are_no_boxes() -> None:
    try:
        ImageFont.truetype("DejaVuSans.ttf")
    except OSError:
        pytest.skip("the system has no such font")
    one, two = (Lettering(40, (255, 255, 255)).stamp(text) for text in ("Jörg", "Jürg"))
    assert one is not None and two is not None
    assert one.alpha.shape != two.alpha.shape or (one.alpha != two.alpha).any()


def test_letters_too_small_to_shrink_by_their_share_shrink_further() -> None:
    stamp = Lettering(5, (255, 255, 255), widest_px=20).stamp("Anna, who is away today")
    assert stamp is not None and stamp.size.width <= 20


@pytest.mark.parametrize("plate", [0.0, 0.5])
def test_a_line_wider_than_there_is_room_is_set_smaller(plate: float) -> None:
    text = "A name that is a good deal longer than that"
    full = Lettering(40, (255, 255, 255), plate=plate).stamp(text)
    lettering = Lettering(40, (255, 255, 255), plate=plate, widest_px=300)
    small = lettering.stamp(text)
    assert full is not None and small is not None
    assert 270 <= small.size.width <= 300 < full.size.width
    assert small.size.height < full.size.height
    short, usual = lettering.stamp("Anna"), Lettering(40, (255, 255, 255), plate=plate).stamp("Anna")
    assert short is not None and usual is not None and short.size == usual.size


@pytest.mark.parametrize("plate", [0.0, 0.5])
def test_lines_higher_than_there_is_room_are_set_smaller(plate: float) -> None:
    lettering = Lettering(90, (255, 255, 255), plate=plate, widest_px=160, highest_px=90)
    small, single = lettering.stamp("a\nb\nc"), lettering.stamp("a")
    assert small is not None and single is not None
    assert 70 <= small.size.height <= 90 and 70 <= single.size.height <= 90
    # More lines than the picture has: no room, but no more than a row for each.
    most = lettering.stamp("a\n" * 199 + "a")
    assert most is not None and most.size.height <= 204


def test_opacity_thins_letters_and_plate() -> None:
    full, half = (Lettering(20, (255, 255, 255), plate=0.8, opacity=share).stamp("x") for share in (1.0, 0.5))
    assert full is not None and half is not None
    assert np.abs(half.alpha.astype(float) - full.alpha / 2).max() <= 0.51


def test_what_is_no_font_or_no_height_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letters.ttf"
    path.write_text("no font")
    with pytest.raises(OSError):
        Lettering(20, (0, 0, 0), font=str(path))
    with pytest.raises(ValueError, match=r"^height_px must be at least 1, not 0$"):
        Lettering(0, (0, 0, 0))
    with pytest.raises(ValueError, match=r"^plate must be 0 … 1, not 2.0$"):
        Lettering(9, (0, 0, 0), plate=2.0)


def test_a_font_whose_file_is_gone_still_writes(tmp_path: Path) -> None:
    path = tmp_path / "mine.ttf"
    try:
        path.write_bytes(Path(str(ImageFont.truetype("DejaVuSans.ttf", 10).path)).read_bytes())
    except OSError:
        pytest.skip("the system has no such font")
    lettering = Lettering(20, (0, 0, 0), font=str(path))
    path.unlink()
    assert lettering.stamp("12:00") is not None
