"""Mattes of pictures whose people are boxed: the box says who is there, a network of livecut's what of it is theirs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from joint import labels
from joint.pictures import Box
from joint.rivals import Rival, both_ways
from joint.teachers import Image, Map

AROUND = 0.2
"""How much of the room beside a box the network is shown, as a share of the box's longer side."""
SLACK = 0.04
"""How far a person may reach beyond a box, likewise; who drew it was not that sure."""
LEAST_SEEN = 0.2
"""Share of a box that the network must call person: under it somebody is there whom it does not see."""
SURE = (0.2, 0.8)
"""|2 a - 1| of the network's answer a, between which the trust in it rises from 0 to 1."""


def read_boxes(text: str, height: int, width: int) -> list[Box]:
    """Return the boxes of TEXT, a line each as YOLO writes them: class, middle and size, as shares of the picture.

    Raises ValueError where a line is none.
    """
    found: list[Box] = []
    for line in filter(str.strip, text.splitlines()):
        _, x, y, w, h = (float(word) for word in line.split())
        found.append(((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height))
    return found


def boxed(image: Image, boxes: Iterable[Box], network: Rival) -> tuple[Map, Map]:
    """Return the matte of IMAGE that NETWORK sees in each of BOXES, and the trust in it; both 0-1.

    Outside all boxes there is surely nobody. The network looks closely at each box and at its mirror image; where it
    sees next to nobody in one, nothing in that box is trusted.
    """
    height, width = image.shape[:2]
    matte, trust = np.zeros((height, width), np.float32), np.ones((height, width), np.float32)
    inside = np.zeros((height, width), np.bool_)
    missed: list[tuple[slice, slice]] = []
    for box in boxes:
        place = _within(_grown(box, SLACK), height, width)
        if image[place].size == 0:
            continue
        wide = _within(_grown(box, AROUND), height, width)
        answer = np.zeros((height, width), np.float32)
        answer[wide] = both_ways(network, np.ascontiguousarray(image[wide]))
        matte[place] = np.maximum(matte[place], answer[place])
        inside[place] = True
        if float((answer[_within(box, height, width)] > 0.5).mean()) < LEAST_SEEN:
            missed.append(place)
    firm = np.clip((labels.guided(image, matte) - 0.5) * 1.5 + 0.5, 0, 1)
    matte = np.where(inside, firm, 0).astype(np.float32)
    sure = np.clip((np.abs(2 * matte - 1) - SURE[0]) / (SURE[1] - SURE[0]), 0, 1)
    trust = np.where(inside, sure, 1).astype(np.float32)
    for place in missed:
        trust[place] = 0
    return matte, trust


def _grown(box: Box, share: float) -> Box:
    left, top, right, bottom = box
    by = share * max(right - left, bottom - top)
    return left - by, top - by, right + by, bottom + by


def _within(box: Box, height: int, width: int) -> tuple[slice, slice]:
    left, top, right, bottom = box
    rows = slice(max(0, int(top)), min(height, int(np.ceil(bottom))))
    return rows, slice(max(0, int(left)), min(width, int(np.ceil(right))))
