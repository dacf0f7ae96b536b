"""Labels for training pictures: views to look at, mattes from the teachers' agreement, depth with crisp edges."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from joint.pictures import Box
from joint.teachers import Image, Map, Teachers

FRAME = 16 / 9
"""A webcam's width over its height."""
WIDE = 1.45
"""Pictures at least this wide for their height are one webcam-like view as they are."""
DISAGREEMENT = 3.0
"""How fast the trust in a teachers' matte falls with the spread of their answers."""
LEAST_TRUST = 0.88
"""Mean trust under which an unmasked picture is left out."""
GUIDE_RADIUS, GUIDE_EPSILON = 5, 1e-3
"""Guided filter that pulls the teachers' soft mattes to the picture's edges (He et al. 2010)."""
EDGE_BAND = 9
"""Pixels on either side of the person's outline whose depth is taken from further inside or outside."""
HELD_REACH = 0.07
"""How far around a thing the depth of its holder is averaged, as a share of the view's longer side."""
HELD_BEFORE = 0.02
"""How much nearer than its holder a thing is taken to be, of depth's range."""
HOLE_SHARE = 0.002
"""Holes in a mask that are smaller than this share of the picture are label noise, and filled."""


def views(height: int, width: int, matte: npt.NDArray[np.uint8] | None) -> list[Box]:
    """Return the parts of a picture to ask about: the whole, and 16:9 crops around the person.

    Tall and square pictures get crops at the head (full width and two thirds) and one at the waist; wide pictures
    a closer crop around the person.
    """
    boxes: list[Box] = [(0, 0, width, height)]
    rows, columns = np.nonzero(matte > 127) if matte is not None else (np.array([]), np.array([]))
    middle = float(np.median(columns)) if len(columns) else width / 2
    top = float(rows.min()) if len(rows) else 0.05 * height
    low = float(np.median(rows)) if len(rows) else 0.6 * height
    wide = width / height >= WIDE
    plans = [(0.7, top)] if wide else [(1.0, top), (0.66, top), (1.0, low)]
    for share, start in plans:
        w = width * share if not wide else min(width, height * FRAME) * share
        h = min(height, w / FRAME)
        left = float(np.clip(middle - w / 2, 0, width - w))
        up = float(np.clip(start - 0.12 * h, 0, height - h))
        boxes.append((left, up, left + w, up + h))
    return boxes


def cut(image: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    """Return the part of IMAGE in BOX, rounded to pixels."""
    left, top, right, bottom = (round(v) for v in box)
    return np.ascontiguousarray(image[top:bottom, left:right])


def guided(image: Image, matte: Map) -> Map:
    """Return MATTE pulled to the edges of IMAGE's brightness."""
    size = (2 * GUIDE_RADIUS + 1,) * 2
    guide = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    mean_g, mean_m = cv2.blur(guide, size), cv2.blur(matte, size)
    slope = (cv2.blur(guide * matte, size) - mean_g * mean_m) / (
        cv2.blur(guide * guide, size) - mean_g * mean_g + GUIDE_EPSILON
    )
    return np.asarray(cv2.blur(slope, size) * guide + cv2.blur(mean_m - slope * mean_g, size), np.float32)


def agreed(image: Image, boxes: Iterable[Box], teachers: Teachers) -> tuple[Map, Map]:
    """Return the teachers' mean matte for IMAGE over BOXES, and the trust in it from their spread; both 0-1."""
    height, width = image.shape[:2]
    total, squares, count = (np.zeros((height, width), np.float32) for _ in range(3))
    for box in boxes:
        left, top, right, bottom = (round(v) for v in box)
        place = np.s_[top:bottom, left:right]
        for answer in teachers.mattes(cut(image, box)):
            total[place] += answer
            squares[place] += answer * answer
            count[place] += 1
    mean = total / count
    spread = np.sqrt(np.maximum(squares / count - mean * mean, 0))
    trust = np.clip(1 - DISAGREEMENT * np.maximum(spread - 0.06, 0), 0, 1).astype(np.float32)
    firm = np.clip((guided(image, mean) - 0.5) * 1.5 + 0.5, 0, 1).astype(np.float32)
    return firm, trust


def filled(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return MASK (0 or 255) with its small holes filled."""
    out = mask.copy()
    count, parts, stats, _ = cv2.connectedComponentsWithStats((mask < 128).astype(np.uint8), connectivity=4)
    for part in range(1, count):
        if stats[part, cv2.CC_STAT_AREA] < HOLE_SHARE * mask.size:
            out[parts == part] = 255
    return out


def crisp(depth: Map, matte: Map) -> Map:
    """Return DEPTH with the blurred step at the outline of MATTE replaced from either side of it.

    Both are height x width. Inside the band each side is filled with the near average of what lies outside the
    band on the same side, so that the person's outline in depth is as sharp as the mask.
    """
    inside = (matte > 0.5).astype(np.uint8)
    if inside.mean() < 0.01 or inside.mean() > 0.98:
        return depth
    kernel = np.ones((EDGE_BAND, EDGE_BAND), np.uint8)
    out = depth.copy()
    for side in (inside, 1 - inside):
        core = cv2.erode(side, kernel, borderType=cv2.BORDER_REPLICATE).astype(np.float32)
        if not core.any():
            continue
        sigma = EDGE_BAND / 2
        share = cv2.GaussianBlur(core, (0, 0), sigma)
        near = cv2.GaussianBlur(core * depth, (0, 0), sigma) / np.maximum(share, 1e-6)
        band = (side > 0) & (core == 0) & (share > 1e-3)
        out[band] = near[band]
    return out


def in_hand(depth: Map, person: Map, thing: Map) -> Map:
    """Return DEPTH with THING, laid at the hand of PERSON, at least as near as she is beside it.

    All are height x width, masks 0-1. A teacher that takes a thing for a part of the room is wrong: it was put there.
    """
    if float(thing.max()) < 0.5 or float(person.mean()) < 0.01:
        return depth
    sigma = HELD_REACH * max(depth.shape)
    share = cv2.GaussianBlur(person, (0, 0), sigma)
    mean = float((depth * person).sum() / person.sum())
    # A little of the mean lets places without a person nearby fall back on it.
    near = (cv2.GaussianBlur(depth * person, (0, 0), sigma) + 0.02 * mean) / (share + 0.02) + HELD_BEFORE
    return np.asarray(np.where(thing > 0.5, np.maximum(depth, near), depth), np.float32)
