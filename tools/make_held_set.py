# /// script
# requires-python = ">=3.11"
# dependencies = ["livecut"]
# ///
"""Make pictures of people with things in their hands, for `make_training_set.py` to label.

A network that hardly ever saw anything held takes all but the person for far away. People with true masks are given the
objects of data/held_objects.json that nothing is measured with, things photographed before a plain ground, cut out
along their outlines, and pieces of pictures in which nobody is, of drawn shapes. Masks show the person without the
thing, and things/ the thing, which is as near as who holds it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from keep_composites import Case, Thing, composites, people, things

from livecut.bench.pictures import gather

PIECES = 4
"""Pieces of pictures for each real object: there are few of those."""
LONGEST_CM = (10.0, 42.0)
LEAST_PX = 60
GROUND_STEP, GROUND_SHARE = 11, 0.93
"""How far a plain ground's pixels are from its colour, and how many of those at the picture's border must be."""
THING_SHARE = (0.12, 0.75)
"""Of such a picture that a thing fills."""


def piece(bgr: np.ndarray, number: int, rng: np.random.Generator) -> Thing | None:
    """A part of a picture, cut out along a drawn outline: a leaning rectangle, an ellipse or a lump."""
    height, width = bgr.shape[:2]
    wide, tall = (int(rng.uniform(0.25, 0.7) * side) for side in (width, height))
    if min(wide, tall) < LEAST_PX:
        return None
    x, y = int(rng.integers(0, width - wide)), int(rng.integers(0, height - tall))
    kind = rng.choice(["rectangle", "ellipse", "lump"])
    if kind == "rectangle":
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) + rng.uniform(-0.12, 0.12, (4, 2))
        outline = np.clip(corners, 0, 1)
    else:
        turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        radius = np.full(turn.shape, 0.48)
        if kind == "lump":
            waves = sum(rng.uniform(0, 0.3 / n) * np.cos(n * turn + rng.uniform(0, 6.3)) for n in range(2, 7))
            radius = radius * np.clip(0.8 + waves, 0.4, 1.0)
        outline = 0.5 + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)
    alpha = np.zeros((tall, wide), np.uint8)
    cv2.fillPoly(alpha, [np.rint(outline * (wide, tall)).astype(np.int32)], 255, cv2.LINE_AA)
    colours = bgr[y : y + tall, x : x + wide].astype(np.float32)
    # A thing has a tone of its own, and not the room's.
    colours = colours * rng.uniform(0.6, 1.3) * rng.uniform(0.7, 1.3, 3) + rng.uniform(-25, 25)
    whole = np.clip(colours, 0, 255).astype(np.uint8)
    return Thing(f"piece {number}", whole, alpha.astype(np.float32) / 255, float(rng.uniform(*LONGEST_CM)))


def cut_out(bgr: np.ndarray) -> np.ndarray | None:
    """The mask (0 or 255) of the one thing before a plain ground, None where there is none to be sure of."""
    border = np.concatenate(
        [bgr[:3].reshape(-1, 3), bgr[-3:].reshape(-1, 3), bgr[:, :3].reshape(-1, 3), bgr[:, -3:].reshape(-1, 3)]
    )
    ground = np.median(border, 0)
    if (np.abs(border - ground).max(1) <= GROUND_STEP).mean() < GROUND_SHARE:
        return None
    framed = cv2.copyMakeBorder(bgr, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=tuple(float(v) for v in ground))
    flooded = np.zeros((framed.shape[0] + 2, framed.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    cv2.floodFill(framed, flooded, (0, 0), 0, (GROUND_STEP,) * 3, (GROUND_STEP,) * 3, flags)
    inside = cv2.morphologyEx(255 - flooded[2:-2, 2:-2], cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, parts, sizes, _ = cv2.connectedComponentsWithStats(inside)
    if count < 2:
        return None
    areas = sizes[1:, cv2.CC_STAT_AREA]
    share = areas.max() / inside.size
    if not THING_SHARE[0] < share < THING_SHARE[1] or areas.max() < 0.8 * areas.sum():
        return None
    return np.asarray((parts == 1 + areas.argmax()) * 255, np.uint8)


def before_plain(folder: Path, rng: np.random.Generator) -> list[Thing]:
    """The things of FOLDER's pictures that stand before a plain ground."""
    found = []
    for path in sorted(folder.iterdir()):
        bgr = cv2.imread(str(path))
        mask = None if bgr is None else cut_out(bgr)
        if bgr is None or mask is None:
            continue
        inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
        left, top, width, height = cv2.boundingRect(inner)
        if min(width, height) < LEAST_PX // 2:
            continue
        box = np.s_[top : top + height, left : left + width]
        alpha = inner[box].astype(np.float32) / 255
        found.append(Thing(path.stem, np.ascontiguousarray(bgr[box]), alpha, float(rng.uniform(*LONGEST_CM))))
    return found


def pieces(data: Path, sets: list[str], count: int, rng: np.random.Generator) -> list[Thing]:
    """COUNT parts of the pictures of SETS in which nobody is."""
    empty = []
    for name in sets:
        for picture in gather([data / name])[0][0].pictures:
            bgr, mask = picture.read(empty=name.startswith("bg_"))
            if mask is not None and not mask.any():
                empty.append(bgr)
    found: list[Thing] = []
    while len(found) < count:
        made = piece(empty[int(rng.integers(len(empty)))], len(found), rng)
        if made is not None:
            found.append(made)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("objects", type=Path, help="folder with the pictures of data/held_objects.json")
    parser.add_argument("data", type=Path, help="folder with sets of people to learn from")
    parser.add_argument("out", type=Path, help="folder for images/, masks/ and things/")
    parser.add_argument("--people", nargs="+", default=["ccp", "vikram", "ecoreal360", "pennfudan"])
    parser.add_argument("--empty", nargs="+", default=["coco128", "bg_houses", "bg_rooms256"])
    parser.add_argument("--things", type=Path, help="folder with pictures of things, some before a plain ground")
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--seed", type=int, default=10_000)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    real = things(options.objects, "calibrate")
    held = real + pieces(options.data, options.empty, PIECES * len(real) * 4, rng)
    if options.things is not None:
        held += before_plain(options.things, rng)
    held = [held[k] for k in rng.permutation(len(held))]
    cases: list[list[Case]] = people(options.data, options.people, webcam=True)
    for folder in ("images", "masks", "things"):
        (options.out / folder).mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(composites(cases, held, options.count, options.seed)):
        cv2.imwrite(str(options.out / "images" / f"{number:04}.jpg"), case.bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])
        for folder, mask in (("masks", case.person), ("things", case.mask & ~case.person)):
            cv2.imwrite(str(options.out / folder / f"{number:04}.png"), mask.astype(np.uint8) * 255)


if __name__ == "__main__":
    main()
