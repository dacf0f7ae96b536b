from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.red_cutter import RedCutter

from livecut.server.picture.answers import cut_picture, depth_picture
from livecut.server.picture.decoder import Decoded
from livecut.wire.api4ai.mode import Mode


def scene(alpha: bool = False) -> Decoded:
    bgr = np.full((40, 60, 3), (60, 90, 40), np.uint8)
    bgr[10:40, 20:40] = (20, 30, 230)
    clear = np.full((40, 60), 255, np.uint8)
    clear[:, :30] = 0
    return Decoded(bgr, clear if alpha else None, b"")


def opened(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def test_an_image_has_the_inputs_colours_where_it_is_opaque() -> None:
    made = cut_picture(RedCutter(), scene(), Mode.FG_IMAGE, None)
    picture = opened(made.png)
    assert (made.size, made.boxes) == ((60, 40), ((20 / 60, 10 / 40, 20 / 60, 30 / 40),))
    assert (picture[10:40, 20:40] == (230, 30, 20, 255)).all()
    assert not picture[:10].any()


def test_a_mask_is_grey_and_knows_no_background() -> None:
    mask = opened(cut_picture(RedCutter(), scene(), Mode.FG_MASK, scene()).png)
    assert mask.shape == (40, 60)
    assert (mask[10:40, 20:40] == 255).all()
    assert mask.sum() == 30 * 20 * 255


def test_a_background_lies_below_and_the_size_stays_the_inputs() -> None:
    background = Decoded(np.full((20, 30, 3), (255, 0, 0), np.uint8), None, b"")
    picture = opened(cut_picture(RedCutter(), scene(), Mode.FG_IMAGE, background).png)
    assert picture.shape == (40, 60, 4)
    assert (picture[15, 16] == (0, 0, 255, 255)).all()
    assert (picture[20, 30] == (230, 30, 20, 255)).all()
    assert picture[2, 2].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("mode", [Mode.FG_IMAGE_SHADOW, Mode.FG_IMAGE_SHADOW_HIDECLP])
def test_a_shadow_is_drawn(mode: Mode) -> None:
    plain = opened(cut_picture(RedCutter(), scene(), Mode.FG_IMAGE, None).png)
    shaded = opened(cut_picture(RedCutter(), scene(), mode, None).png)
    assert shaded[..., 3].sum() > plain[..., 3].sum()
    assert (shaded[20, 30] == (230, 30, 20, 255)).all()


def test_hiding_licence_plates_changes_nothing() -> None:
    assert cut_picture(RedCutter(), scene(), Mode.FG_IMAGE_HIDECLP, None) == cut_picture(
        RedCutter(), scene(), Mode.FG_IMAGE, None
    )


def test_what_the_input_hides_stays_hidden() -> None:
    mask = opened(cut_picture(RedCutter(), scene(alpha=True), Mode.FG_MASK, None).png)
    assert not mask[:, :30].any()
    assert (mask[10:40, 30:40] == 255).all()
    assert not opened(depth_picture(RedCutter(), scene(alpha=True)))[:, :24].any()


def test_depth_is_of_people_alone() -> None:
    depth = opened(depth_picture(RedCutter(), scene()))
    assert depth.shape == (40, 60)
    assert depth[38, 30] > 230
    assert depth[38, 30] > depth[12, 30]
    assert depth[:, 50:].max() < 10


def test_nobody_is_all_black() -> None:
    nobody = Decoded(np.full((33, 47, 3), 90, np.uint8), None, b"")
    assert not opened(depth_picture(RedCutter(), nobody)).any()
    assert cut_picture(RedCutter(), nobody, Mode.FG_MASK, None).boxes == ()
