"""Short films with a known alpha: a person cut out along her mask moves, and rests, before another room."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from livecut.bench.measures import Map, Mask
from livecut.bench.pictures import LEAST_PERSON, Labelled, PictureSet, read_mask
from livecut.sources.picture import read_picture
from livecut.types import Pixels, Plane8, Size

__all__ = ["SIZE", "Film", "Take", "films"]

SIZE = Size(1280, 720)
FRAMES = 20
_MOVING = 14
"""After so many frames the person rests."""
_SWING = 0.05
_SWINGS = 1.5
_TALLEST = 0.92
_WIDEST = 0.3
"""Share of the frame's width that a person takes at least: head and shoulders rather than a figure far away."""
_LARGEST = 4.0
_GAPS, _LEAST_GAP = 2, 0.005
"""Most gaps that a person's arms and legs enclose, each of at least this share of her; a mask with more is torn, and a
torn person is no truth."""
_SOFT_PX = 0.8
"""In the photograph's pixels."""
_NOISE = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One frame of a film, and the truth about it."""

    bgr: Pixels
    alpha: Map
    person: Pixels
    """The person's own colours wherever alpha is above 0."""
    room: Pixels
    """What stands behind her, whole."""

    def ideal(self, radius_px: float) -> Pixels:
        """The sharp person over the blurred room: nothing of either in the other."""
        blurred = cv2.GaussianBlur(self.room, (0, 0), radius_px * self.room.shape[0] / 720)
        return _over(self.person, np.asarray(blurred, np.uint8), self.alpha)


@dataclass(frozen=True, slots=True)
class Film:
    """One person before one room."""

    name: str
    person: Labelled
    room: Path

    def takes(self, size: Size = SIZE, count: int = FRAMES) -> Iterator[Take]:
        """Its frames, the same in every run."""
        bgr, mask = self.person.read(empty=False)
        assert mask is not None
        room = _filled(read_picture(self.room), size)
        solid = _solid(mask)
        top, left, wide = _extent(solid)
        scale = min(_LARGEST, max(_TALLEST * size.height / (bgr.shape[0] - top), _WIDEST * size.width / wide))
        colours = _spread(bgr, solid)
        soft = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), _SOFT_PX)
        rng = np.random.default_rng(7)
        for number in range(count):
            phase = 2 * math.pi * _SWINGS * min(number, _MOVING) / _MOVING
            across = size.width * (0.5 + _SWING * math.sin(phase)) - scale * (left + wide / 2)
            down = (1 - _TALLEST) * size.height - scale * top
            place = np.array([[scale, 0.0, across], [0.0, scale, down]])
            alpha = np.asarray(cv2.warpAffine(soft, place, size, flags=cv2.INTER_LINEAR), np.float32)
            person = np.asarray(cv2.warpAffine(colours, place, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
            noise = rng.normal(0.0, _NOISE, (*alpha.shape, 1)).astype(np.float32)
            frame = np.clip(_over(person, room, alpha) + noise, 0, 255).astype(np.uint8)
            yield Take(frame, alpha, person, room)


def films(sets: Sequence[PictureSet], most: int) -> list[Film]:
    """At most `most` films from the people and the empty rooms among `sets`, by turns; none where either lacks.

    People whose mask is torn are left out: a room that shines through a chest is nobody's truth.
    """
    rooms = [picture.path for one in sets if one.empty for picture in one.pictures]
    people = [
        [picture for picture in one.pictures if picture.mask] for one in sets if not one.empty and not one.in_order
    ]
    chosen: list[Film] = []
    row = 0
    while rooms and len(chosen) < most and any(row < len(one) for one in people):
        for one in people:
            if row < len(one) and len(chosen) < most and _is_whole_person(one[row]):
                room = rooms[(7 * len(chosen)) % len(rooms)]
                chosen.append(Film(f"{one[row].path.stem} before {room.stem}", one[row], room))
        row += 1
    return chosen


def _is_whole_person(picture: Labelled) -> bool:
    assert picture.mask is not None
    height, width = read_picture(picture.path).shape[:2]
    mask = read_mask(picture.mask, Size(width, height))
    return bool(mask.mean() > 10 * LEAST_PERSON) and _gaps(_solid(mask)) <= _GAPS


def _solid(mask: Mask) -> Plane8:
    """`mask` as 0 and 1, closed: masks made by machines have small holes, which no person has."""
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)), np.uint8)


def _gaps(solid: Plane8) -> int:
    """How many pieces of room it encloses, specks left out."""
    framed = cv2.copyMakeBorder(1 - solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels, about, _ = cv2.connectedComponentsWithStats(framed, connectivity=4)
    enclosed = np.delete(about[:, cv2.CC_STAT_AREA], [0, labels[0, 0]])  # neither herself nor the room around
    return int(np.count_nonzero(enclosed >= _LEAST_GAP * solid.sum()))


def _extent(mask: Plane8) -> tuple[int, int, int]:
    """Top, left and width of what the mask (h, w) covers."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return int(rows[0]), int(columns[0]), int(columns[-1] - columns[0] + 1)


def _over(front: Pixels, back: Pixels, alpha: Map) -> Pixels:
    share = alpha[..., np.newaxis]
    return np.asarray(np.rint(front * share + back * (1.0 - share)), np.uint8)


def _filled(bgr: Pixels, size: Size) -> Pixels:
    scale = max(size.width / bgr.shape[1], size.height / bgr.shape[0])
    enlarged = cv2.resize(bgr, (math.ceil(bgr.shape[1] * scale), math.ceil(bgr.shape[0] * scale)))
    return np.ascontiguousarray(enlarged[: size.height, : size.width], np.uint8)


def _spread(bgr: Pixels, mask: Plane8) -> Pixels:
    """The person's colours, continued outwards: the old room's colour at her rim is none of hers."""
    sure = cv2.erode(mask, np.ones((5, 5), np.uint8), borderValue=1)
    if not sure.any():
        return bgr
    _, labels = cv2.distanceTransformWithLabels(1 - sure, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    colour_of = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colour_of[labels[sure > 0]] = bgr[sure > 0]
    return np.ascontiguousarray(colour_of[labels])
