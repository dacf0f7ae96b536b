"""Networks to measure, ours and other projects', each behind the same call and fed the way it asks for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from joint import teachers
from joint.teachers import Image, Map, session

MOST_SQUEEZE = 1.4
"""As in livecut/estimators/fitting.py."""


@dataclass
class Answer:
    """Maps at the picture's size; depth only from networks that have one."""

    matte: Map
    depth: Map | None = None


@dataclass
class Rival:
    """A network with its name and the times it took."""

    name: str
    seconds: list[float] = field(default_factory=list)

    def matte(self, image: Image) -> Answer:
        """Return the answer for IMAGE, at its size."""
        height, width = image.shape[:2]
        answer = self._infer(image)
        maps = [answer.matte, answer.depth]
        matte, depth = (None if m is None else cv2.resize(m, (width, height)) for m in maps)
        assert matte is not None
        return Answer(matte, depth)

    def _infer(self, image: Image) -> Answer:
        raise NotImplementedError

    def _timed(self, started: float) -> None:
        self.seconds.append(time.perf_counter() - started)


class Joint(Rival):
    """One of ours, fed as livecut does.

    A picture is squeezed by at most MOST_SQUEEZE and the rest of the input filled with its reflection, or stretched
    to the input whatever its shape.
    """

    def __init__(self, path: Path, *, stretch: bool = False, threads: int = 2) -> None:
        """Open PATH; STRETCH pictures of any shape."""
        name = path.parent.name if path.name == "model.onnx" else path.stem
        super().__init__(f"{name}, stretched" if stretch else name)
        self._stretch = stretch
        self._session = session(path, threads)
        _, self.height, self.width, _ = self._session.get_inputs()[0].shape

    def _infer(self, image: Image) -> Answer:
        width, height = self.width, self.height
        if not self._stretch:
            ratio = image.shape[1] / image.shape[0] / (width / height)
            width = min(width, max(1, round(width * ratio * MOST_SQUEEZE)))
            height = min(height, max(1, round(height / ratio * MOST_SQUEEZE)))
        left, top = (self.width - width) // 2, (self.height - height) // 2
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        rest = (top, self.height - height - top, left, self.width - width - left)
        small = cv2.copyMakeBorder(small, *rest, cv2.BORDER_REFLECT_101)
        started = time.perf_counter()
        matte, depth = self._session.run(None, {"image": small[None]})
        self._timed(started)
        place = np.s_[top : top + height, left : left + width]
        return Answer(matte[0, 0][place], depth[0, 0][place])


class Selfie(Rival):
    """MediaPipe selfie segmentation, square or landscape."""

    def __init__(self, path: Path, size: tuple[int, int], threads: int = 2) -> None:
        """Open PATH, whose input has SIZE (width, height)."""
        super().__init__(path.stem)
        self._network = teachers.Segmenter(path, size, threads)

    def _infer(self, image: Image) -> Answer:
        feed = self._network.rgb(image)[None] / np.float32(255)
        started = time.perf_counter()
        out = self._network.run(feed)
        self._timed(started)
        width, height = self._network.size
        return Answer(np.asarray(out, np.float32).reshape(height, width))


class TwoClass(Rival):
    """A network with channels first and two classes, the second a person."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        mean: tuple[float, float, float],
        spread: tuple[float, float, float],
        *,
        rgb: bool,
        threads: int = 2,
    ) -> None:
        """Open PATH; pixels of SIZE become (x - MEAN) / SPREAD, in RGB order or BGR."""
        super().__init__(path.stem)
        self._network = teachers.Network(path, size, threads)
        self._mean, self._spread = (np.array(v, np.float32) for v in (mean, spread))
        self._rgb = rgb

    def _infer(self, image: Image) -> Answer:
        pixels = self._network.rgb(image)
        pixels = ((pixels if self._rgb else pixels[..., ::-1]) - self._mean) / self._spread
        started = time.perf_counter()
        out = self._network.run(pixels.transpose(2, 0, 1)[None])
        self._timed(started)
        return Answer(np.ascontiguousarray(out[0, 1], np.float32))


class Tcmono(Rival):
    """TCMonoDepth: depth alone, its matte is empty."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        """Open PATH."""
        super().__init__(path.stem)
        self._network = teachers.Depth(path, (320, 192), threads)

    def _infer(self, image: Image) -> Answer:
        feed = self._network.rgb(image).transpose(2, 0, 1)[None]
        started = time.perf_counter()
        out = self._network.run(feed)
        self._timed(started)
        depth = np.asarray(out[0, 0], np.float32)
        return Answer(np.zeros_like(depth), depth)


def others(folder: Path, threads: int = 2) -> list[Rival]:
    """Return the other projects' networks found in FOLDER."""
    sinet = ((102.890434, 111.25247, 126.91212), (62.93292 * 255, 62.82138 * 255, 66.355705 * 255))
    found: list[Rival] = []
    for name, size in ((teachers.SELFIE, (256, 256)), (teachers.LANDSCAPE, (256, 144))):
        if (folder / name).exists():
            found.append(Selfie(folder / name, size, threads))
    if (folder / "pphumanseg_lite.onnx").exists():
        half = (127.5, 127.5, 127.5)
        found.append(TwoClass(folder / "pphumanseg_lite.onnx", (192, 192), half, half, rgb=True, threads=threads))
    if (folder / "sinet_320x320.onnx").exists():
        found.append(TwoClass(folder / "sinet_320x320.onnx", (320, 320), *sinet, rgb=False, threads=threads))
    return found
