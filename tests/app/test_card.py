"""The card is opaque, readable and of the output's size, whatever that is."""

from __future__ import annotations

import traceback
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecut.app.card import paint_card
from livecut.errors import SettingsError
from livecut.settings.tree import PrivacySettings
from livecut.types import Size


@pytest.mark.parametrize("size", [Size(1, 1), Size(37, 53), Size(320, 180), Size(1920, 1080)])
@pytest.mark.parametrize("alpha", [False, True])
def test_any_size_is_filled_with_the_colour(size: Size, alpha: bool) -> None:
    card = paint_card(PrivacySettings(card="#102030"), size, alpha=alpha)
    assert card.size == size
    assert tuple(card.bgr[0, 0]) == (0x30, 0x20, 0x10)
    assert (card.alpha is not None) == alpha
    if card.alpha is not None:
        assert (card.alpha == 255).all()


def test_the_text_is_drawn_and_can_be_left_out() -> None:
    with_text, without = (
        paint_card(PrivacySettings(card_text=text), Size(640, 360)).bgr for text in ("camera paused", "")
    )
    assert (with_text != without).any()
    assert (without != without[0, 0]).any(), "the crossed-out camera is there without a text"


@pytest.mark.parametrize("size", [Size(360, 640), Size(640, 360)])
def test_a_long_text_is_there_from_end_to_end(size: Size) -> None:
    plain, card = (paint_card(PrivacySettings(card_text=text), size).bgr for text in ("", "W" * 30 + "\n" + "W" * 49))
    written = np.flatnonzero((plain != card).any(axis=(0, 2)))
    assert written[0] > 0 and written[-1] < size.width - 1


def test_a_picture_fills_it(tmp_path: Path) -> None:
    Image.new("RGB", (40, 10), (200, 100, 50)).save(tmp_path / "card.png")
    card = paint_card(PrivacySettings(card=str(tmp_path / "card.png")), Size(64, 36))
    np.testing.assert_array_equal(card.bgr, np.broadcast_to(np.array([50, 100, 200], np.uint8), (36, 64, 3)))


def test_a_colours_name_is_the_colour_also_where_a_picture_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 10), (200, 100, 50)).save("navy", "PNG")
    for card, corner in (("navy", (128, 0, 0)), ("./navy", (50, 100, 200))):
        assert tuple(paint_card(PrivacySettings(card=card), Size(64, 36)).bgr[0, 0]) == corner


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        paint_card(PrivacySettings(card="nosuchcolour"), Size(64, 36))
    assert caught.value.message == "privacy.card: nosuchcolour is neither a colour nor a picture"
    assert caught.value.hint == "write #rrggbb, a basic colour's name (red, navy, white) or a picture's path"


@pytest.mark.parametrize("address", ["http://me:hunter2@host/x", "http://host/x.png?token=hunter2"])
def test_an_address_is_said_without_its_password(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        paint_card(PrivacySettings(card=address), Size(64, 36))
    assert "host/x" in caught.value.message
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
