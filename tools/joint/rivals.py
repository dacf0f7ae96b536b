"""Networks to measure, ours and other projects', each behind the same call and fed the way it asks for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from joint import teachers
from joint.teachers import Image, Map, session

MOST_SQUEEZE = 1.8
"""As in livecut/estimators/fitting.py."""
MATTING = "rvm_mbv3_from_tfjs_256x256.onnx"
"""GPL-3.0: measured, and never a teacher."""
WIDE, UPRIGHT = "model.onnx", "upright.onnx"
"""Names of a network's two inputs, one beside the other in its folder."""


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

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""

    def _infer(self, image: Image) -> Answer:
        raise NotImplementedError

    def _timed(self, started: float) -> None:
        self.seconds.append(time.perf_counter() - started)


def both_ways(rival: Rival, image: Image) -> Map:
    """Return the mean matte of RIVAL for IMAGE and for its mirror image."""
    mirrored = rival.matte(np.ascontiguousarray(image[:, ::-1])).matte[:, ::-1]
    return np.asarray((rival.matte(image).matte + mirrored) / 2, np.float32)


class Joint(Rival):
    """One of ours, fed as livecut does.

    Where its folder holds a second input for upright pictures, each picture goes to the one of the nearer shape. It is
    squeezed by at most MOST_SQUEEZE and the rest of the input filled with its reflection, or stretched to the input
    whatever its shape.
    """

    def __init__(self, path: Path, *, stretch: bool = False, threads: int = 2) -> None:
        """Open PATH; STRETCH pictures of any shape."""
        name = path.parent.name if path.name == WIDE else path.stem
        super().__init__(f"{name}, stretched" if stretch else name)
        self._most = 1e9 if stretch else MOST_SQUEEZE
        paths = [path, path.with_name(UPRIGHT)] if path.name == WIDE else [path]
        self._sessions = [session(p, threads) for p in paths if p.exists()]

    def _infer(self, image: Image) -> Answer:
        own = np.log(image.shape[1] / image.shape[0])
        sizes = [(s.get_inputs()[0].shape[2], s.get_inputs()[0].shape[1]) for s in self._sessions]
        nearest = min(range(len(sizes)), key=lambda i: abs(own - np.log(sizes[i][0] / sizes[i][1])))
        whole_width, whole_height = sizes[nearest]
        ratio = image.shape[1] / image.shape[0] / (whole_width / whole_height)
        width = min(whole_width, max(1, round(whole_width * ratio * self._most)))
        height = min(whole_height, max(1, round(whole_height / ratio * self._most)))
        left, top = (whole_width - width) // 2, (whole_height - height) // 2
        enlarged = image.shape[1] < width or image.shape[0] < height
        how = cv2.INTER_LINEAR if enlarged else cv2.INTER_AREA
        small = cv2.resize(image, (width, height), interpolation=how)
        rest = (top, whole_height - height - top, left, whole_width - width - left)
        small = cv2.copyMakeBorder(small, *rest, cv2.BORDER_REFLECT_101)
        started = time.perf_counter()
        matte, depth = self._sessions[nearest].run(["matte", "depth"], {"image": small[None]})
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


class Matting(Rival):
    """Robust Video Matting, which carries what it saw from picture to picture until it is told to `forget`."""

    def __init__(self, path: Path, size: tuple[int, int], threads: int = 2) -> None:
        """Open PATH, whose input has SIZE (width, height)."""
        super().__init__(path.stem)
        self._size = size
        self._session = session(path, threads)
        self._blank = {i.name: np.zeros(i.shape, np.float32) for i in self._session.get_inputs() if i.name != "src"}
        self._states = self._blank

    def forget(self) -> None:
        """Begin with blank states."""
        self._states = self._blank

    def _infer(self, image: Image) -> Answer:
        small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), self._size, interpolation=cv2.INTER_AREA)
        feed = (small.astype(np.float32) / np.float32(255)).transpose(2, 0, 1)[None]
        wanted = [name.replace("i", "o") for name in self._states]
        started = time.perf_counter()
        out, *states = self._session.run(["pha", *wanted], {"src": feed, **self._states})
        self._timed(started)
        self._states = dict(zip(self._blank, states, strict=True))
        return Answer(np.asarray(out, np.float32).reshape(self._size[1], self._size[0]))


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
    if (folder / MATTING).exists():
        found.append(Matting(folder / MATTING, (256, 256), threads))
    return found
