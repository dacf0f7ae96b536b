# /// script
# requires-python = ">=3.11"
# dependencies = ["livecut"]
# ///
"""Measure `matte.keep` on people who are given something to hold, and on people who hold nothing.

Objects are cut out of pictures along outlines drawn by hand (data/held_objects.json says where each picture is from and
under which licence; the pictures are not here: put them in a folder, under any names, they are known by their digests).
Each is laid at a hand or before the body of somebody whose true mask is known. Networks see the finished picture only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from livecut.app.build import build_estimators
from livecut.bench.pictures import gather
from livecut.protocols import Estimator, Need
from livecut.settings import Settings
from livecut.types import Frame, Size

Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

OUTLINES = Path(__file__).with_name("data") / "held_objects.json"
LONGEST_PX = 640
WIDE = 16 / 9
SHOULDERS_CM = 45.0
CLOSER = (1.2, 2.0)
"""What is shown to a camera is held before the body, so it looks larger than what is worn."""
TURN_DEG = 20.0
LIT = 0.5
"""How far an object's brightness and tint go towards the person's, as an exponent."""
CHEST_SHARE = 0.3
"""Of the composites show the object before the body, the others at its side, where hands are."""
HIGHEST, LOWEST = 0.45, 0.95
"""Where hands are, as shares of what is seen of the person."""
LEAST_INSIDE = 0.8
ADDED = 0.02
"""A picture in which `keep` adds more of the frame than this to the room counts as a false keep."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object on its own picture."""

    name: str
    bgr: Pixels
    alpha: Plane
    longest_cm: float


@dataclass(frozen=True, slots=True)
class Case:
    """A picture with the truth about it."""

    name: str
    bgr: Pixels
    mask: Mask
    """What is to be kept: the person and what she holds."""
    person: Mask
    """What is seen of the person alone."""


def things(folder: Path, part: str) -> list[Thing]:
    """The objects of PART whose pictures are in FOLDER. Raises SystemExit when one is missing."""
    rows = [row for row in json.loads(OUTLINES.read_text("utf-8")) if row["part"] == part]
    held = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.iterdir() if path.is_file()}
    missing = [row for row in rows if row["sha256"] not in held]
    if missing:
        where = "\n".join(f"  {row['repository']}@{row['commit']}:{row['path']}" for row in missing)
        raise SystemExit(f"{folder} lacks\n{where}")
    return [_thing(row, held[row["sha256"]]) for row in rows]


def _thing(row: dict[str, Any], path: Path) -> Thing:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert bgr is not None
    outline = np.array(row["outline"], np.float64)
    scale = min(1.0, 900.0 / float(np.ptp(outline, axis=0).max()))
    bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    filled = np.zeros(bgr.shape[:2], np.uint8)
    cv2.fillPoly(filled, [np.rint(outline * scale).astype(np.int32)], 255, cv2.LINE_AA)
    for hole in row["holes"]:
        cv2.fillPoly(filled, [np.rint(np.array(hole) * scale).astype(np.int32)], 0, cv2.LINE_AA)
    # An outline drawn by hand takes a little of the old background along.
    inside = cv2.erode(filled, np.ones((3, 3), np.uint8))
    left, top = np.maximum(np.floor(outline.min(0) * scale).astype(int) - 2, 0)
    right, bottom = np.ceil(outline.max(0) * scale).astype(int) + 3
    box = np.s_[top:bottom, left:right]
    return Thing(row["name"], np.ascontiguousarray(bgr[box]), inside[box].astype(np.float32) / 255, row["longest_cm"])


def people(data: Path, sets: list[str], *, webcam: bool) -> list[list[Case]]:
    """The pictures of each of SETS that show somebody; upright ones cut to what a WEBCAM sees of her."""
    found = []
    for name in sets:
        cases = []
        for picture in gather([data / name])[0][0].pictures:
            bgr, mask = picture.read(empty=False)
            if mask is None or mask.mean() < 0.02:
                continue
            if webcam:
                bgr, mask = _as_a_webcam(bgr, mask)
            scale = LONGEST_PX / max(bgr.shape[:2])
            size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
            bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))
            grey = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
            sure = np.asarray(grey > 0.5)
            cases.append(Case(f"{name}/{picture.path.stem}", bgr, sure, sure))
        found.append(cases)
    return found


def _as_a_webcam(bgr: Pixels, mask: Mask) -> tuple[Pixels, Mask]:
    height, width = mask.shape
    # Who fills an upright picture would be cut off at the eyes.
    if width / height > 1.3 or np.percentile(mask.sum(1)[mask.any(1)], 90) > 0.6 * width:
        return bgr, mask
    tall = min(height, round(width / WIDE))
    top = int(np.clip(np.nonzero(mask.any(1))[0][0] - 0.12 * tall, 0, height - tall))
    return bgr[top : top + tall], mask[top : top + tall]


def composites(cases: list[list[Case]], objects: list[Thing], count: int, seed: int) -> Iterator[Case]:
    """COUNT pictures, people and objects by turns, the same for the same SEED."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(one)) for one in cases]
    made = tried = 0
    while made < count:
        group = tried % len(cases)
        person = cases[group][orders[group][(tried // len(cases)) % len(cases[group])]]
        tried += 1
        case = _composite(person, objects[made % len(objects)], rng)
        if case is not None:
            made += 1
            yield case


def _composite(person: Case, thing: Thing, rng: np.random.Generator) -> Case | None:
    height, width = person.mask.shape
    rows = np.nonzero(person.mask.any(1))[0]
    wide = person.mask.sum(1)[rows]
    shoulders = float(np.percentile(wide, 90))
    if shoulders < 0.18 * width:
        return None  # too far away to show anything to anybody
    longest = shoulders * thing.longest_cm / SHOULDERS_CM * rng.uniform(*CLOSER)
    longest = min(longest, 0.7 * height)
    scale = longest / max(thing.alpha.shape)
    turn = rng.uniform(-TURN_DEG, TURN_DEG)
    row = int(np.clip(rows[0] + rng.uniform(HIGHEST, LOWEST) * (rows[-1] - rows[0]), 0, height - 1))
    columns = np.nonzero(person.mask[row])[0]
    if columns.size == 0:
        return None
    side = 1 if rng.random() < 0.5 else -1
    edge = int(columns[-1] if side > 0 else columns[0])
    outwards = rng.uniform(0.0, 0.3) * longest
    across = edge + side * outwards
    if rng.random() < CHEST_SHARE:
        across = rng.uniform(0.3, 0.7) * (columns[-1] - columns[0]) + columns[0]
    centre = np.array(thing.alpha.shape[::-1], np.float64) / 2
    place = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), turn, scale)
    place[:, 2] += np.array([across, row]) - centre
    # Reduced first, so that nothing aliases.
    soft = cv2.GaussianBlur(thing.alpha, (0, 0), max(0.3, 0.5 / scale))
    colours = cv2.GaussianBlur(thing.bgr, (0, 0), 0.5 / scale) if scale < 0.8 else thing.bgr
    alpha = np.asarray(cv2.warpAffine(soft, place, (width, height), flags=cv2.INTER_LINEAR), np.float32)
    if alpha.sum() < LEAST_INSIDE * thing.alpha.sum() * scale * scale:
        return None
    laid = cv2.warpAffine(colours, place, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    laid = _lit_alike(np.asarray(laid, np.float32), alpha > 0.5, person)
    laid += rng.normal(0.0, 1.5, laid.shape).astype(np.float32)
    share = alpha[..., np.newaxis]
    bgr = np.clip(np.rint(laid * share + person.bgr * (1 - share)), 0, 255).astype(np.uint8)
    solid = alpha > 0.5
    return Case(f"{person.name} with {thing.name}", bgr, person.mask | solid, person.mask & ~solid)


def _lit_alike(laid: Plane, where: Mask, person: Case) -> Plane:
    hers = person.bgr[person.mask].astype(np.float32).mean(0)
    own = laid[where].mean(0)
    brightness = float(np.clip((hers.mean() / own.mean()) ** LIT, 0.6, 1.5))
    room = person.bgr.reshape(-1, 3).astype(np.float32).mean(0)
    tint = np.clip((room / room.mean()) ** LIT, 0.9, 1.1)
    return np.asarray(laid * (brightness * tint), np.float32)


def matter(keep: str, model: str | None, depth: str | None) -> Callable[[Pixels], Plane]:
    """What livecut makes of a single picture with KEEP, before it is refined, at the picture's size."""
    patch: dict[str, Any] = {"matte": {"keep": keep, "smooth": 0.0}, "depth": {"stabilise": 0.0}}
    named = {"name": model, "depth": depth}
    patch["model"] = {key: name for key, name in named.items() if name is not None}
    settings = Settings.model_validate(patch)
    needs = frozenset({Need.MATTE, Need.DEPTH} if keep != "person" else {Need.MATTE})
    built: dict[Size, list[Estimator]] = {}

    def matte(bgr: Pixels) -> Plane:
        size = Size(bgr.shape[1], bgr.shape[0])
        if size not in built:
            for estimators in built.values():
                for estimator in estimators:
                    estimator.close()
            built.clear()
            built[size] = list(build_estimators(settings, size, needs)[0])
        for estimator in built[size]:
            estimator.reset()
            answer = estimator.estimate(Frame(bgr, 0, 0)).matte
            if answer is not None:
                return np.asarray(cv2.resize(answer.alpha, size, interpolation=cv2.INTER_LINEAR), np.float32)
        raise SystemExit("there is no matte")

    return matte


def overlap(matte: Plane, mask: Mask) -> float:
    """Intersection over union at a half."""
    sure = matte > 0.5
    union = np.count_nonzero(sure | mask)
    return np.count_nonzero(sure & mask) / union if union else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("objects", type=Path, help="folder with the pictures of data/held_objects.json")
    parser.add_argument("data", type=Path, help="folder with sets of people: NAME/images, NAME/masks")
    parser.add_argument("--people", nargs="+", default=["ccp", "vikram", "ecoreal360"], help="sets for the composites")
    parser.add_argument("--plain", nargs="*", default=[], help="sets measured as they are")
    parser.add_argument("--part", choices=["measure", "calibrate"], default="measure", help="which objects")
    parser.add_argument("--count", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default="person+held", choices=["person+held", "near"])
    parser.add_argument("--model", help="default: livecut's own")
    parser.add_argument("--depth", help="a network of its own for depth, e.g. tcmonodepth-small")
    parser.add_argument("--json", type=Path, help="every figure, by picture")
    parser.add_argument("--sheet", type=Path, help="a picture of all composites: before, after")
    options = parser.parse_args()

    sets: dict[str, list[Case]] = {}
    if options.count:
        cases = people(options.data, options.people, webcam=True)
        chosen = list(composites(cases, things(options.objects, options.part), options.count, options.seed))
        sets[f"composites, seed {options.seed}"] = chosen
    for name in options.plain:
        sets[name] = [one for group in people(options.data, [name], webcam=False) for one in group]
    before, after = (matter(keep, options.model, options.depth) for keep in ("person", options.keep))
    print(f"| set | pictures | matte alone | {options.keep} | gain | false keeps |\n|---|---|---|---|---|---|")
    kept: dict[str, dict[str, tuple[float, float, float]]] = {}
    tiles = []
    for name, one in sets.items():
        rows = kept[name] = {}
        for case in sorted(one, key=lambda case: case.mask.shape):
            first, second = before(case.bgr), after(case.bgr)
            added = float(((second > 0.5) & ~(first > 0.5) & ~case.mask).mean())
            rows[case.name] = (overlap(first, case.mask), overlap(second, case.mask), added)
            if options.sheet is not None:
                tiles.append(_tile(case, first, second))
        values = np.array(list(rows.values()))
        false = int((values[:, 2] > ADDED).sum())
        one_, two, _ = values.mean(0)
        print(f"| {name} | {len(rows)} | {one_:.3f} | {two:.3f} | {100 * (two - one_):+.1f} | {false} |", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(kept, indent=1), "utf-8")
    if options.sheet is not None:
        _sheet(tiles, options.sheet)


def _tile(case: Case, first: Plane, second: Plane) -> Pixels:
    size = (256, round(256 * case.bgr.shape[0] / case.bgr.shape[1]))
    parts = []
    for alpha in (None, first, second):
        tile = cv2.resize(case.bgr, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        if alpha is not None:
            share = cv2.resize(alpha, size)[..., np.newaxis]
            tile = tile * share + np.array([60, 160, 0], np.float32) * (1 - share)
        parts.append(tile)
    out = np.full((size[1] + 14, 3 * size[0], 3), 30, np.uint8)
    out[: size[1]] = np.hstack(parts).astype(np.uint8)
    label = f"{case.name} {overlap(first, case.mask):.2f} > {overlap(second, case.mask):.2f}"
    cv2.putText(out, label, (2, size[1] + 11), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return out


def _sheet(tiles: list[Pixels], path: Path) -> None:
    tall = max(tile.shape[0] for tile in tiles)
    same = [np.pad(tile, ((0, tall - tile.shape[0]), (0, 0), (0, 0))) for tile in tiles]
    while len(same) % 2:
        same.append(np.zeros_like(same[0]))
    rows = [np.hstack(same[k : k + 2]) for k in range(0, len(same), 2)]
    cv2.imwrite(str(path), np.vstack(rows))


if __name__ == "__main__":
    main()
