"""Numbered PNG files as a sink."""

from __future__ import annotations

import contextlib
import logging
import re
from pathlib import Path
from typing import Final

import numpy as np

from livecut.errors import DeviceUnavailable
from livecut.sinks.outfile import Opener, OutFile, check_writable, lost, open_unbuffered, unavailable
from livecut.types import Picture

__all__ = ["FrameFiles", "frame_path", "is_frame_of", "is_frame_pattern"]

_log = logging.getLogger(__name__)

_NUMBER: Final = re.compile(r"%(0?\d{0,2})d")
COMPRESSION: Final = 1
"""The fastest: a higher level is a tenth smaller and several times slower."""


def is_frame_pattern(text: str) -> bool:
    """True for a path that ends in a slash, or holds %d (also %06d)."""
    return _is_folder(text) or bool(_NUMBER.search(Path(text).name))


def frame_path(pattern: str, index: int) -> Path:
    """Where the picture of this number goes."""
    folder, template = _split(pattern)
    # no % operator: the rest of the name may hold percent signs
    return folder / _NUMBER.sub(lambda match: f"{index:{match[1]}d}", template)


def is_frame_of(path: Path, pattern: str) -> bool:
    """True when the picture of some number has the name of `path`; its folder is not looked at."""
    template = _split(pattern)[1]
    found = _NUMBER.search(template)
    if found is None:
        return False
    number = path.name[found.start() : len(path.name) - (len(template) - found.end())].lstrip()
    return number.isdecimal() and number.isascii() and frame_path(pattern, int(number)).name == path.name


def _is_folder(pattern: str) -> bool:
    return pattern.endswith(("/", "\\"))


def _split(pattern: str) -> tuple[Path, str]:
    """The folder, and the files' name with %d in it."""
    if _is_folder(pattern):
        return Path(pattern), "frame-%06d.png"
    return Path(pattern).parent, Path(pattern).name


def _tell_of_earlier(folder: Path, pattern: str) -> None:
    """One line where other frames lie, with which those to come would be read as one film."""
    earlier = 0
    with contextlib.suppress(OSError):  # it may be written into, but not listed
        earlier = sum(is_frame_of(path, pattern) for path in folder.iterdir())
    if earlier:
        _log.warning(
            "%s: %s there already; those that this run reaches are written over, the others stay",
            pattern,
            "1 frame is" if earlier == 1 else f"{earlier} frames are",
        )


class FrameFiles:
    """A PNG for each picture, counted from 0; with transparency (straight) when the picture has it.

    `pattern` ends in a slash (frames are named frame-000000.png, and the folder is made) or holds %d. Files of the same
    names are overwritten, each when its picture comes, others stay, and a line in the log tells of either. With `depth`
    it is the picture's depth in 16 bits, all far where a picture (the card) has none.
    """

    keeps_time: bool = True
    """Pictures count as time: the pipeline writes one more for each that it missed."""

    def __init__(self, pattern: str, *, depth: bool = False, opener: Opener = open_unbuffered) -> None:
        folder, name = _split(pattern)
        missing: list[Path] = []
        if _is_folder(pattern):
            missing = [path for path in (folder, *folder.parents) if not path.exists()]
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DeviceUnavailable(
                    f"{pattern} cannot be made: {(error.strerror or str(error)).lower()}"
                ) from error
        numbers = [found[0] for found in _NUMBER.finditer(name)]
        if not name.lower().endswith(".png") or len(numbers) != 1:
            number = next(iter(numbers), "%d")
            raise DeviceUnavailable(
                f"{pattern}: {number} in a name stands for frames, PNG files with one number",
                hint=f"for example frames/%06d.png; a video's name has no {number}",
            )
        self.name: Final = pattern
        self._made = missing
        self._opener = opener
        self._bgra = np.empty((0, 0, 4), np.uint8)
        self._depth = depth
        self._count = 0
        try:
            check_writable(frame_path(pattern, 0))
        except OSError as error:
            raise unavailable(frame_path(pattern, 0), error) from error
        _tell_of_earlier(folder, pattern)

    def write(self, picture: Picture) -> None:
        """One more file; one that cannot be written whole is removed."""
        import cv2  # read by those who write frames, not by those who ask for their names

        good, encoded = cv2.imencode(".png", self._pixels(picture), [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION])
        assert good, "a BGR or BGRA uint8 picture can always be encoded"
        path = frame_path(self.name, self._count)
        file = OutFile(path, self._opener)
        try:
            try:
                file.write(encoded.tobytes())
            finally:
                file.close()
        except OSError as error:
            if file.is_open:  # else it is still what it was
                path.unlink(missing_ok=True)
            raise lost(path, error, kept=self._kept()) from error
        self._count += 1

    def close(self) -> None:
        """Each file is already whole; folders that were made for nothing go again."""
        if self._count == 0:
            with contextlib.suppress(OSError):  # no longer empty, or gone
                for folder in self._made:
                    folder.rmdir()

    def _kept(self) -> str:
        if self._count == 0:
            return "no picture was written"
        return (
            "the picture before it is whole" if self._count == 1 else f"the {self._count} pictures before it are whole"
        )

    def _pixels(self, picture: Picture) -> np.ndarray:
        if self._depth:
            return np.zeros(picture.bgr.shape[:2], np.uint16) if picture.depth is None else picture.depth
        if picture.alpha is None:
            return picture.bgr
        shape = (*picture.alpha.shape, 4)
        if self._bgra.shape != shape:
            self._bgra = np.empty(shape, np.uint8)
        import cv2

        cv2.cvtColor(picture.bgr, cv2.COLOR_BGR2BGRA, dst=self._bgra)
        cv2.insertChannel(picture.alpha, self._bgra, 3)
        return self._bgra
