"""Numbered PNG files as a sink."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from livecut.errors import DeviceUnavailable
from livecut.sinks.outfile import Opener, OutFile, check_writable, lost, open_unbuffered, unavailable
from livecut.types import Picture

__all__ = ["FrameFiles", "is_frame_pattern"]

_NUMBER: Final = re.compile(r"%(0?\d{0,2})d")
COMPRESSION: Final = [cv2.IMWRITE_PNG_COMPRESSION, 1]
"""The fastest: a higher level is a tenth smaller and several times slower."""


def is_frame_pattern(text: str) -> bool:
    """True for a path that ends in a slash, or holds %d (also %06d)."""
    return text.endswith(("/", "\\")) or bool(_NUMBER.search(Path(text).name))


class FrameFiles:
    """A PNG for each picture, counted from 0; with transparency (straight) when the picture has it.

    `pattern` ends in a slash (frames are named frame-000000.png, and the folder is made) or holds %d. Files of the same
    names are overwritten, each when its picture comes; others stay.
    """

    keeps_time: bool = True
    """Pictures count as time: the pipeline writes one more for each that it missed."""

    def __init__(self, pattern: str, *, opener: Opener = open_unbuffered) -> None:
        if pattern.endswith(("/", "\\")):
            folder, name = Path(pattern), "frame-%06d.png"
            missing = [path for path in (folder, *folder.parents) if not path.exists()]
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DeviceUnavailable(
                    f"{pattern} cannot be made: {(error.strerror or str(error)).lower()}"
                ) from error
        else:
            folder, name, missing = Path(pattern).parent, Path(pattern).name, []
        if not name.lower().endswith(".png") or len(_NUMBER.findall(name)) != 1:
            raise DeviceUnavailable(
                f"{pattern}: frames are PNG files with one number", hint="for example frames/%06d.png"
            )
        self.name: Final = pattern
        self._folder = folder
        self._made = missing
        self._template = name
        self._opener = opener
        self._bgra = np.empty((0, 0, 4), np.uint8)
        self._count = 0
        try:
            check_writable(self._path(0))
        except OSError as error:
            raise unavailable(self._path(0), error) from error

    def write(self, picture: Picture) -> None:
        """One more file; one that cannot be written whole is removed."""
        good, encoded = cv2.imencode(".png", self._pixels(picture), COMPRESSION)
        assert good, "a BGR or BGRA uint8 picture can always be encoded"
        path = self._path(self._count)
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

    def _path(self, index: int) -> Path:
        # no % operator: the rest of the name may hold percent signs
        return self._folder / _NUMBER.sub(lambda match: f"{index:{match[1]}d}", self._template)

    def _pixels(self, picture: Picture) -> np.ndarray:
        if picture.alpha is None:
            return picture.bgr
        shape = (*picture.alpha.shape, 4)
        if self._bgra.shape != shape:
            self._bgra = np.empty(shape, np.uint8)
        cv2.cvtColor(picture.bgr, cv2.COLOR_BGR2BGRA, dst=self._bgra)
        cv2.insertChannel(picture.alpha, self._bgra, 3)
        return self._bgra
