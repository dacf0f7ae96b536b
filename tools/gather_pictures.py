# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "opencv-python-headless>=4.10", "tqdm>=4.66"]
# ///
"""Gather training pictures from clones of public repositories, for make_training_set.py.

data/picture_sources.json names the repositories, their commits, and how people are marked in each: index masks in the
colours of Pascal VOC, COCO's polygons, YOLO's boxes, an alpha channel, or not at all. CLONES holds the clones, bare or
not, as OWNER+NAME (`git clone --bare https://github.com/OWNER/NAME CLONES/OWNER+NAME`). Written is a folder a set, with
images/ and masks/ or boxes/; sets of pictures in which nobody is begin with bg_.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from joint.pictures import UNKNOWN, shrunk
from joint.pictures import Bytes as Image
from tqdm import tqdm

SOURCES = Path(__file__).parent / "data" / "picture_sources.json"
PICTURE = re.compile(r"\.(jpe?g|png)$", re.IGNORECASE)
LONGEST_SIDE = 640
"""Larger pictures are shrunk to this."""
VOC_PERSON, VOC_UNKNOWN = (128, 128, 192), (192, 224, 224)
"""BGR of people and of outlines in Pascal VOC's masks."""
PERSON = 1
"""COCO's category of people."""
LEAST_PEOPLE = 0.01
"""Share of a picture that masked people must fill to be worth learning from."""
THUMB, ALIKE = 16, 6.0
"""Two pictures are the same where their grey thumbnails, THUMB pixels square, are less than ALIKE of 255 apart."""


class Repository:
    """The files of one commit, read from a clone without a work tree."""

    def __init__(self, clone: Path, commit: str) -> None:
        """Read COMMIT of CLONE; raises FileNotFoundError where there is no clone."""
        places = [clone, clone / ".git", clone / "repo", clone / "repo" / ".git"]
        found = next((p for p in places if (p / "HEAD").is_file()), None)
        if found is None:
            raise FileNotFoundError(f"no clone at {clone}: git clone --bare its repository there")
        git = ["git", f"--git-dir={found}"]
        listed = subprocess.run([*git, "ls-tree", "-r", "-z", commit], check=True, capture_output=True).stdout
        entries = [e.split("\t", 1) for e in listed.decode("utf-8", "replace").split("\0") if e]
        self._blobs = {path: words.split()[2] for words, path in entries}
        self.paths = list(self._blobs)
        self._asked = subprocess.Popen([*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self) -> None:
        """Let git end."""
        self._asked.communicate()

    def in_folder(self, folder: str) -> list[str]:
        """Return the pictures right in FOLDER, in order."""
        start = f"{folder}/" if folder else ""
        return [p for p in self.paths if p.startswith(start) and "/" not in p[len(start) :] and PICTURE.search(p)]

    def read(self, path: str) -> bytes:
        """Return the content of PATH, nothing where the clone lacks it."""
        assert self._asked.stdin is not None and self._asked.stdout is not None
        self._asked.stdin.write(f"{self._blobs[path]}\n".encode())
        self._asked.stdin.flush()
        told = self._asked.stdout.readline().split()
        if told[-1] == b"missing":
            return b""
        content = self._asked.stdout.read(int(told[2]))
        self._asked.stdout.read(1)
        return content

    def image(self, path: str, flags: int = cv2.IMREAD_COLOR) -> Image | None:
        """Return the picture at PATH; None where it is none."""
        raw = self.read(path)
        decoded = cv2.imdecode(np.frombuffer(raw, np.uint8), flags) if raw else None
        return None if decoded is None else np.asarray(decoded, np.uint8)


@dataclass
class Found:
    """One picture, and what is known of its people: a mask (0, 255, UNKNOWN), boxes as YOLO writes them, or neither."""

    name: str
    image: Image
    mask: Image | None = None
    boxes: str | None = None


@dataclass
class Known:
    """Thumbnails of pictures that are not to be taken (again)."""

    thumbs: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty((0, THUMB, THUMB), np.float32))
    """With room for more behind the first `count`."""
    count: int = 0

    def is_new(self, image: Image) -> bool:
        """Return whether no picture like IMAGE, or its mirror image, was asked about before, and remember it."""
        small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (THUMB, THUMB), interpolation=cv2.INTER_AREA)
        thumb = np.asarray(small, np.float32)
        for way in (thumb, thumb[:, ::-1]):
            if (np.abs(self.thumbs[: self.count] - way).mean((1, 2)) < ALIKE).any():
                return False
        if self.count == len(self.thumbs):
            self.thumbs = np.concatenate([self.thumbs, np.empty((self.count + 64, THUMB, THUMB), np.float32)])
        self.thumbs[self.count] = thumb
        self.count += 1
        return True


def spread(paths: Sequence[str], count: int | None) -> list[str]:
    """Return COUNT of PATHS, evenly spread; all where COUNT is None."""
    if count is None or count >= len(paths):
        return list(paths)
    return [paths[i] for i in np.linspace(0, len(paths) - 1, count).astype(int)]


def plain(repository: Repository, row: dict[str, Any]) -> Iterator[Found]:
    """Yield the pictures of a ROW's folders whose names match, as they are."""
    names = re.compile(row.get("names", ""))
    for folder in row["folders"]:
        paths = [p for p in repository.in_folder(folder) if names.search(p.rpartition("/")[2])]
        for path in spread(paths, row.get("count")):
            image = repository.image(path)
            if image is not None:
                yield Found(f"{folder.rpartition('/')[2]}_{Path(path).stem}", image)


def voc(repository: Repository, row: dict[str, Any], masks: Repository) -> Iterator[Found]:
    """Yield the pictures of a ROW whose namesakes among MASKS say what is a person."""
    there = {Path(p).stem: p for p in masks.in_folder(row["masks"]["folder"])}
    for folder in row["folders"]:
        for path in repository.in_folder(folder):
            at = there.get(Path(path).stem)
            image, index = (repository.image(path), masks.image(at)) if at else (None, None)
            if image is not None and index is not None and image.shape == index.shape:
                yield Found(Path(path).stem, image, voc_mask(index))


def voc_mask(index: Image) -> Image:
    """Return the mask of the people in INDEX, [H, W, 3] in VOC's colours; outlines beside them are UNKNOWN."""
    mask = np.where((index == VOC_PERSON).all(2), 255, 0).astype(np.uint8)
    outline = (index == VOC_UNKNOWN).all(2)
    beside = cv2.dilate(mask, np.ones((11, 11), np.uint8)) > 0
    mask[outline & beside] = UNKNOWN
    return mask


def coco(repository: Repository, row: dict[str, Any]) -> Iterator[Found]:
    """Yield the pictures of a ROW's folders with the masks of its annotations."""
    for folder, path_of_told in zip(row["folders"], row["annotations"], strict=True):
        told = json.loads(repository.read(path_of_told))
        people: dict[int, list[dict[str, Any]]] = {}
        for one in told["annotations"]:
            if one["category_id"] == PERSON:
                people.setdefault(one["image_id"], []).append(one)
        there = {p.rpartition("/")[2]: p for p in repository.in_folder(folder)}
        for picture in told["images"]:
            path = there.get(picture["file_name"])
            if path is None or picture["id"] < row.get("least_number", 0):
                continue
            image = repository.image(path)
            if image is None or image.shape[:2] != (picture["height"], picture["width"]):
                continue
            yield Found(Path(path).stem, image, coco_mask(people.get(picture["id"], []), *image.shape[:2]))


def coco_mask(people: Sequence[dict[str, Any]], height: int, width: int) -> Image:
    """Return the mask of PEOPLE, COCO's annotations; crowds that are marked as a whole are UNKNOWN."""
    mask = np.zeros((height, width), np.uint8)
    for crowd in (True, False):
        for one in people:
            shape = one["segmentation"]
            if crowd and isinstance(shape, dict):
                mask[run_lengths(shape["counts"], height, width)] = UNKNOWN
            elif not crowd and isinstance(shape, list):
                for polygon in shape:
                    corners = np.asarray(polygon, np.float64).reshape(-1, 2)
                    cv2.fillPoly(mask, [np.rint(corners * 16).astype(np.int32)], 255, shift=4)
    return mask


def run_lengths(counts: Sequence[int], height: int, width: int) -> npt.NDArray[np.bool_]:
    """Return the plane that COUNTS say: so many pixels outside, so many inside and so on, column by column."""
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    if flat.size != height * width:
        raise ValueError(f"run lengths of {flat.size} pixels for {height} x {width}")
    return flat.reshape(width, height).T


def boxes(repository: Repository, row: dict[str, Any]) -> Iterator[Found]:
    """Yield the pictures of a ROW's folders with their boxes of class 0."""
    there = set(repository.paths)
    for folder, labels in zip(row["folders"], row["labels"], strict=True):
        for path in repository.in_folder(folder):
            stem = Path(path).stem
            label = f"{labels}/{stem}.txt"
            if label not in there or int(stem) < row.get("least_number", 0):
                continue
            image = repository.image(path)
            if image is not None:
                lines = repository.read(label).decode().splitlines()
                yield Found(stem, image, boxes="\n".join(line for line in lines if line.startswith("0 ")))


def alpha(repository: Repository, row: dict[str, Any]) -> Iterator[Found]:
    """Yield people cut out by their alpha, each before a ROW's backdrops in turn."""
    behind = repository.in_folder(row["backdrops"])
    number = 0
    for folder in row["folders"]:
        for path in repository.in_folder(folder):
            cut = repository.image(path, cv2.IMREAD_UNCHANGED)
            if cut is None or cut.ndim != 3 or cut.shape[2] != 4:
                continue
            for turn in range(row["times"]):
                room = repository.image(behind[(number * row["times"] + turn) % len(behind)])
                if room is not None:
                    yield Found(f"{Path(path).stem}_{turn}", *laid_before(cut, room))
            number += 1


def laid_before(cut: Image, room: Image) -> tuple[Image, Image]:
    """Return CUT (BGRA) before ROOM, which is cropped to its shape, and its mask."""
    cut = shrunk(cut, LONGEST_SIDE)
    height, width = cut.shape[:2]
    factor = max(height / room.shape[0], width / room.shape[1])
    large = cv2.resize(
        room, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    )
    large = cv2.resize(large, (max(large.shape[1], width), max(large.shape[0], height)))
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    room = np.asarray(large[top : top + height, left : left + width], np.uint8)
    share = cut[..., 3:].astype(np.float32) / 255
    image = (cut[..., :3] * share + room * (1 - share) + 0.5).astype(np.uint8)
    return image, np.ascontiguousarray(cut[..., 3])


def rows_of(row: dict[str, Any], clones: Path) -> Iterator[Found]:
    """Yield the pictures of one ROW of the sources; raises FileNotFoundError where a clone is missing."""

    def at(place: dict[str, Any]) -> Repository:
        return Repository(clones / place["repository"].replace("/", "+"), place["commit"])

    with closing(at(row)) as repository:
        if row["marked"] == "voc":
            with closing(at(row["masks"])) as masks:
                yield from voc(repository, row, masks)
        else:
            yield from {"coco": coco, "boxes": boxes, "alpha": alpha, "not": plain}[row["marked"]](repository, row)


def write(found: Found, name: str, folder: Path) -> str | None:
    """Write FOUND to its set below FOLDER and return the set's name; None where it shows too little of people."""
    image = shrunk(found.image, LONGEST_SIDE)
    mask = found.mask
    if mask is not None and not mask.any():
        name, mask = f"bg_{name.partition('_')[0]}", None
    if found.boxes == "" or (mask is not None and float((mask == 255).mean()) < LEAST_PEOPLE):
        return None
    (folder / name / "images").mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / name / "images" / f"{found.name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    if mask is not None:
        (folder / name / "masks").mkdir(exist_ok=True)
        size = (image.shape[1], image.shape[0])
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(folder / name / "masks" / f"{found.name}.png"), mask)
    if found.boxes:
        (folder / name / "boxes").mkdir(exist_ok=True)
        (folder / name / "boxes" / f"{found.name}.txt").write_text(found.boxes + "\n")
    return name


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write every set that the sources name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", type=Path, metavar="CLONES", help="folder of the repositories' clones")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="list of repositories (default: %(default)s)")
    parser.add_argument("--only", nargs="*", metavar="SET", help="sets to write (default: all)")
    parser.add_argument(
        "--not-in", nargs="*", default=[], type=Path, metavar="FOLDER",
        help="leave out pictures that lie here, at any depth: the development sets",
    )  # fmt: skip
    said = parser.parse_args(arguments)

    known = Known()
    for folder in said.not_in:
        for path in sorted(p for p in folder.rglob("*") if PICTURE.search(p.name) and p.parent.name == "images"):
            image = cv2.imread(str(path))
            if image is not None:
                known.is_new(np.asarray(image, np.uint8))
    for row in json.loads(said.sources.read_text()):
        if said.only and row["set"] not in said.only:
            continue
        counts: dict[str, int] = {}
        left = set(row.get("leave_out", []))
        try:
            for found in tqdm(rows_of(row, said.clones), desc=row["set"], mininterval=5):
                if found.name in left or not known.is_new(found.image):
                    continue
                at = write(found, row["set"], said.out)
                if at is not None:
                    counts[at] = counts.get(at, 0) + 1
        except FileNotFoundError as error:
            print(f"{row['set']}: left out, {error}", flush=True)
            continue
        print(f"{row['set']} from {row['repository']}: {counts}", flush=True)


if __name__ == "__main__":
    main()
