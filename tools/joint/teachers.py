"""Networks of other projects that label pictures for training, each fed the way it was made for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Image = npt.NDArray[np.uint8]
"""Height x width x 3, BGR, 0-255."""
Map = npt.NDArray[np.float32]
"""Height x width, one value a pixel."""

SELFIE = "mediapipe_selfie_256x256.onnx"
LANDSCAPE = "mediapipe_selfie_landscape_144x256.onnx"
DEPTH = "tcmonodepth_small_192x320.onnx"


def session(path: Path, threads: int) -> ort.InferenceSession:
    """Open a network on the CPU without spinning threads, so that timings and neighbours are not disturbed."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Network:
    """One ONNX network with one picture in and one map out, stretched to its input size."""

    def __init__(self, path: Path, size: tuple[int, int], threads: int = 2) -> None:
        """Open PATH; SIZE is (width, height) of the network's input."""
        self.size = size
        self._session = session(path, threads)
        self._input = self._session.get_inputs()[0].name

    def rgb(self, image: Image) -> npt.NDArray[np.float32]:
        """Return IMAGE stretched to the input, RGB, 0-255, float32, height x width x 3."""
        small = cv2.resize(image, self.size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.float32)

    def run(self, feed: npt.NDArray[np.float32]) -> Any:
        """Run the network on FEED and return its first output."""
        return self._session.run(None, {self._input: np.ascontiguousarray(feed)})[0]


class Segmenter(Network):
    """MediaPipe selfie segmentation: RGB 0-1, rows first; one alpha channel."""

    def __call__(self, image: Image) -> Map:
        """Return the matte of IMAGE at the network's own size, 0-1."""
        out = self.run(self.rgb(image)[None] / np.float32(255))
        width, height = self.size
        return np.asarray(out, np.float32).reshape(height, width)


class Depth(Network):
    """TCMonoDepth small: RGB 0-255, channels first (with 0-1 input it answers a plain ramp)."""

    def __call__(self, image: Image) -> Map:
        """Return the relative nearness of IMAGE at the network's own size; larger is nearer, about 0 to 1.3."""
        return np.asarray(self.run(self.rgb(image).transpose(2, 0, 1)[None])[0, 0], np.float32)


class Teachers:
    """The three teachers, averaged over a picture and its mirror image."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """Open the teachers in FOLDER."""
        self.segmenters = (
            Segmenter(folder / SELFIE, (256, 256), threads),
            Segmenter(folder / LANDSCAPE, (256, 144), threads),
        )
        self.depth_network = Depth(folder / DEPTH, (320, 192), threads)

    def mattes(self, image: Image) -> list[Map]:
        """Return the answers for IMAGE, at its size: two networks, the picture as it is and mirrored."""
        height, width = image.shape[:2]
        mirrored = np.ascontiguousarray(image[:, ::-1])
        answers = []
        for segmenter in self.segmenters:
            for matte in (segmenter(image), segmenter(mirrored)[:, ::-1]):
                answers.append(cv2.resize(np.ascontiguousarray(matte), (width, height)))
        return answers

    def depth(self, image: Image) -> Map:
        """Return the mean depth of IMAGE and its mirror image, 192 x 320."""
        mirrored = np.ascontiguousarray(image[:, ::-1])
        both = self.depth_network(image) + self.depth_network(mirrored)[:, ::-1]
        return np.asarray(both / 2, np.float32)
