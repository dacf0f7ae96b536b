"""Films whose truth is known because they are made of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livecut.bench.composites import Film, films
from livecut.bench.pictures import PictureSet, gather
from livecut.types import Size

SIZE = Size(320, 180)
RED, GREEN, BLUE = (0, 0, 200), (0, 200, 0), (200, 0, 0)


@pytest.fixture
def sets(tmp_path: Path) -> list[PictureSet]:
    """Two red people in a green room, a picture with nobody, and an empty blue room."""
    for folder in ("people/images", "people/masks", "bg_rooms/images"):
        (tmp_path / folder).mkdir(parents=True)
    for name, width in (("a", 40), ("b", 60), ("nobody", 0)):
        picture = np.full((120, 160, 3), GREEN, np.uint8)
        mask = np.zeros((120, 160), np.uint8)
        picture[30:, 50 : 50 + width] = RED
        mask[30:, 50 : 50 + width] = 255
        mask[60:63, 60:63] = 0  # a hole as machines leave them
        cv2.imwrite(str(tmp_path / "people" / "images" / f"{name}.png"), picture)
        cv2.imwrite(str(tmp_path / "people" / "masks" / f"{name}.png"), mask)
    cv2.imwrite(str(tmp_path / "bg_rooms" / "images" / "room.png"), np.full((90, 200, 3), BLUE, np.uint8))
    return gather([tmp_path])[0]


def test_people_and_rooms_are_paired_as_far_as_they_go(sets: list[PictureSet]) -> None:
    made = films(sets, 5)
    assert [film.name for film in made] == ["a before room", "b before room"]
    assert films(sets, 1) == made[:1]
    people = [one for one in sets if not one.empty]
    assert films(people, 5) == []


@pytest.mark.parametrize(("holes", "left_out"), [(2, False), (3, True)])
def test_torn_people_are_left_out(sets: list[PictureSet], holes: int, *, left_out: bool) -> None:
    torn = next(one for one in sets if not one.empty).pictures[0]
    assert torn.mask is not None
    mask = cv2.imread(str(torn.mask), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    for k in range(holes):
        mask[40 + 20 * k : 52 + 20 * k, 60:72] = 0
    cv2.imwrite(str(torn.mask), mask)
    assert ("a before room" not in [film.name for film in films(sets, 5)]) == left_out


def test_the_truth_is_whole(sets: list[PictureSet]) -> None:
    takes = list(films(sets, 1)[0].takes(SIZE))
    for take in takes:
        assert take.bgr.shape == (SIZE.height, SIZE.width, 3)
        assert 0.1 < take.alpha.mean() < 0.8
        solid = take.alpha > 0.999
        shown = take.bgr.astype(int)
        assert np.abs(shown[solid] - RED).mean() < 4, "the person, with a camera's noise"
        assert np.abs(shown[take.alpha == 0] - BLUE).mean() < 4, "nothing of her old green room"
        rim = (take.alpha > 0) & (take.alpha < 1)
        assert (take.person[rim] == RED).all(), "her own colour at the rim, too"
        ideal = take.ideal(24.0).astype(int)
        assert (ideal[solid] == RED).all()
        np.testing.assert_array_equal(ideal[take.alpha == 0], np.broadcast_to(BLUE, (int((take.alpha == 0).sum()), 3)))
    across = np.array([np.average(np.arange(SIZE.width), weights=take.alpha.sum(0)) for take in takes])
    assert np.ptp(across) > 0.05 * SIZE.width, "she moves"
    assert np.ptp(across[-5:]) < 0.01, "and rests"


def test_it_is_the_same_in_every_run(sets: list[PictureSet]) -> None:
    film: Film = films(sets, 2)[1]
    for one, other in zip(film.takes(SIZE, 3), film.takes(SIZE, 3), strict=True):
        np.testing.assert_array_equal(one.bgr, other.bgr)
        np.testing.assert_array_equal(one.alpha, other.alpha)
