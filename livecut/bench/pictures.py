"""Finds what networks are measured on: folders of pictures with masks, frames of videos in order, and videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from livecut.bench.measures import Mask
from livecut.errors import ImageError, SettingsError
from livecut.sources.file import FileSource
from livecut.sources.picture import fit_within, read_picture
from livecut.types import Pixels, Size

__all__ = ["Clip", "Labelled", "PictureSet", "gather", "read_mask"]

EMPTY_PREFIX: Final = "bg_"
"""Sets whose name begins so show rooms with nobody in them and need no masks."""
LEAST_PERSON: Final = 0.002
"""Share of a picture that its mask must fill for the picture to count as one with a person."""
LONGEST_PX: Final = 640
"""Frames of videos are reduced to this: optical flow takes a while, and networks see less than that."""
_LEAST_FRAMES: Final = 8
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
_VIDEOS: Final = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".gif"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture, and its mask where there is one."""

    path: Path
    mask: Path | None

    def read(self, *, empty: bool) -> tuple[Pixels, Mask | None]:
        """The picture and where the person is: all false where nobody is in it, None where nobody says.

        `empty`: a picture without a mask shows nobody. Raises `ImageError` for what cannot be read.
        """
        bgr = read_picture(self.path)
        if self.mask is not None:
            return bgr, read_mask(self.mask, Size(bgr.shape[1], bgr.shape[0]))
        return bgr, np.zeros(bgr.shape[:2], np.bool_) if empty else None


@dataclass(frozen=True, slots=True)
class PictureSet:
    """A folder with images/ and perhaps masks/ (PNG of the same names, above 127 is person)."""

    name: str
    pictures: tuple[Labelled, ...]
    in_order: bool = False
    """Frames of one video, with masks: flicker can be measured against the truth."""

    @property
    def empty(self) -> bool:
        """True where the whole set shows nobody."""
        return self.name.startswith(EMPTY_PREFIX)

    def thinned(self, limit: int | None) -> PictureSet:
        """At most `limit` of the pictures: evenly spread, or the first of a video's."""
        count = len(self.pictures)
        if limit is None or count <= limit:
            return self
        kept = range(limit) if self.in_order else (number * count // limit for number in range(limit))
        return PictureSet(self.name, tuple(self.pictures[number] for number in kept), self.in_order)


@dataclass(frozen=True, slots=True)
class Clip:
    """A video without masks."""

    path: Path

    @property
    def name(self) -> str:
        """The file's, without its ending."""
        return self.path.stem

    def frames(self, most: int) -> Iterator[Pixels]:
        """Its first `most` frames, reduced so that no side is longer than `LONGEST_PX`."""
        source = FileSource(self.path)
        try:
            for _ in range(most):
                frame = source.read()
                if frame is None:
                    return
                size = fit_within(frame.size, LONGEST_PX)
                if size == frame.size:
                    yield frame.bgr
                else:
                    yield np.asarray(cv2.resize(frame.bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
        finally:
            source.close()


def read_mask(path: Path, size: Size) -> Mask:
    """True where the person is, enlarged or reduced to `size`. Raises `ImageError` when it cannot be read."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ImageError(f"{path} is no mask", hint="masks are grey PNG files, above 127 is person")
    if grey.shape != (size.height, size.width):
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(grey > 127, np.bool_)


def gather(paths: Sequence[Path]) -> tuple[list[PictureSet], list[Clip]]:
    """Sets and videos below `paths`: each may be a set, a video, or a folder of either.

    Raises `SettingsError` for a path with nothing to measure.
    """
    sets: list[PictureSet] = []
    clips: list[Clip] = []
    for path in paths:
        found = list(_below(path))
        if not found:
            raise SettingsError(
                f"{path} has nothing to measure",
                hint="give a folder with images/ (and masks/), a video, or a folder of such",
            )
        sets += [one for one in found if isinstance(one, PictureSet)]
        clips += [one for one in found if isinstance(one, Clip)]
    return sets, clips


def _below(path: Path) -> Iterator[PictureSet | Clip]:
    if not path.exists():
        raise SettingsError(f"{path} does not exist")
    for candidate in [path] if path.is_file() or _is_set(path) else sorted(path.iterdir()):
        if _is_set(candidate):
            yield _picture_set(candidate)
        elif candidate.suffix.lower() in _VIDEOS and candidate.is_file():
            yield Clip(candidate)


def _is_set(path: Path) -> bool:
    return (path / "images").is_dir()


def _picture_set(folder: Path) -> PictureSet:
    images = sorted(path for path in (folder / "images").iterdir() if path.suffix.lower() in _PICTURES)
    masks = [folder / "masks" / f"{path.stem}.png" for path in images]
    pictures = [Labelled(path, mask if mask.is_file() else None) for path, mask in zip(images, masks, strict=True)]
    return PictureSet(folder.resolve().name, tuple(pictures), _is_video(images, masks))


def _is_video(images: Sequence[Path], masks: Sequence[Path]) -> bool:
    """True for consecutive numbers, every frame with its mask."""
    names = [path.stem for path in images]
    if len(names) < _LEAST_FRAMES or not all(name.isdecimal() for name in names):
        return False
    numbers = [int(name) for name in names]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) and all(mask.is_file() for mask in masks)
