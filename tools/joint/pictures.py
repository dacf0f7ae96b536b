"""A set of labelled pictures in one folder: flat arrays that are read through memory maps while training."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import cv2
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

DEPTH_STEPS = 180.0
"""Steps of the stored depth per unit of nearness: 255 stands for 1.42."""
DEPTH_SIZE = (320, 192)
"""Width and height of the stored depth, the teacher's own."""
UNKNOWN = 128
"""Value in a mask for pixels of which nobody can say: crowds marked as a whole, outlines drawn broad."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in the picture's pixels."""


def shrunk(image: Bytes, longest: int) -> Bytes:
    """Return IMAGE with no side above LONGEST."""
    factor = longest / max(image.shape[:2])
    if factor >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class Picture:
    """Where one picture lies in pixels.bin, and what is known of its labels."""

    source: str
    """Name of the set it comes from."""
    kind: str
    """truth (a person's mask), boxes (a network looked into each), teachers (networks agree) or empty (nobody)."""
    offset: int
    height: int
    width: int
    things: int = -1
    """Where the mask of what its people hold lies in pixels.bin; -1: what they hold, if anything, is not known."""


@dataclass(frozen=True)
class View:
    """A part of a picture for which the depth teacher was asked."""

    picture: int
    box: Box


class Writer:
    """Writes a set; pictures first, then their views, one after the other."""

    def __init__(self, folder: Path) -> None:
        """Start an empty set in FOLDER, replacing what is there."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.pictures: list[Picture] = []
        self.views: list[View] = []
        self._pixels: IO[bytes] = (folder / "pixels.bin").open("wb")
        self._depth: IO[bytes] = (folder / "depth.bin").open("wb")

    def add(
        self, source: str, kind: str, image: Bytes, matte: Bytes, weight: Bytes, things: Bytes | None = None
    ) -> int:
        """Append a picture (BGR), its matte, the trust in it and what is held, all 0-255; return its number."""
        height, width = matte.shape
        start = self._pixels.tell()
        place = -1 if things is None else start + height * width * 5
        self.pictures.append(Picture(source, kind, start, height, width, place))
        for plane in (image, matte, weight, *(() if things is None else (things,))):
            self._pixels.write(np.ascontiguousarray(plane).tobytes())
        return len(self.pictures) - 1

    def add_view(self, picture: int, box: Box, depth: npt.NDArray[np.float32]) -> None:
        """Append a view of PICTURE with its DEPTH (192 x 320, nearness)."""
        self.views.append(View(picture, box))
        self._depth.write(np.clip(depth * DEPTH_STEPS + 0.5, 0, 255).astype(np.uint8).tobytes())

    def close(self) -> None:
        """Write the index; without it a set cannot be read."""
        self._pixels.close()
        self._depth.close()
        index = {"pictures": [asdict(p) for p in self.pictures], "views": [asdict(v) for v in self.views]}
        (self.folder / "index.json").write_text(json.dumps(index))


class _Part:
    """One folder of a set, read through memory maps."""

    def __init__(self, folder: Path) -> None:
        """Open the part in FOLDER; nothing is read but the index."""
        index = json.loads((folder / "index.json").read_text())
        self.pictures = [Picture(**p) for p in index["pictures"]]
        self.views = [View(v["picture"], tuple(v["box"])) for v in index["views"]]
        self.pixels = np.memmap(folder / "pixels.bin", np.uint8, "r")
        width, height = DEPTH_SIZE
        self.depth = np.memmap(folder / "depth.bin", np.uint8, "r", shape=(len(self.views), height, width))


class Pictures:
    """A set read back, from one folder or several."""

    def __init__(self, *folders: Path) -> None:
        """Open the set that lies in FOLDERS; nothing is read but the indices."""
        self._parts = [_Part(f) for f in folders]
        self.pictures: list[Picture] = []
        self.views: list[View] = []
        self._places: list[tuple[_Part, int]] = []
        self._homes: list[_Part] = []
        for part in self._parts:
            before = len(self.pictures)
            self.pictures += part.pictures
            self._homes += [part] * len(part.pictures)
            self.views += [View(before + v.picture, v.box) for v in part.views]
            self._places += [(part, i) for i in range(len(part.views))]

    def __len__(self) -> int:
        """Return the number of views."""
        return len(self.views)

    def planes(self, picture: int) -> tuple[Bytes, Bytes, Bytes]:
        """Return PICTURE's image (height x width x 3, BGR), matte and trust (height x width), read from the file."""
        p = self.pictures[picture]
        area = p.height * p.width
        flat = np.asarray(self._homes[picture].pixels[p.offset : p.offset + area * 5])
        image, matte, trust = np.split(flat, [area * 3, area * 4])
        shape = (p.height, p.width)
        return image.reshape(*shape, 3), matte.reshape(shape), trust.reshape(shape)

    def things(self, picture: int) -> Bytes | None:
        """Return the mask of what is held in PICTURE (height x width), None where that is not known."""
        p = self.pictures[picture]
        if p.things < 0:
            return None
        flat = np.asarray(self._homes[picture].pixels[p.things : p.things + p.height * p.width])
        return flat.reshape(p.height, p.width)

    def depth(self, view: int) -> Bytes:
        """Return the stored depth of VIEW, 192 x 320, in DEPTH_STEPS."""
        part, place = self._places[view]
        return np.asarray(part.depth[place])

    def of(self, view: int) -> Picture:
        """Return the picture that VIEW belongs to."""
        return self.pictures[self.views[view].picture]
