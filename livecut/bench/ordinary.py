"""The ordinary way of blurring a background: OpenCV calls one after the other, as most open filters do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livecut.errors import SettingsError
from livecut.inference.accelerator import runtime
from livecut.inference.spec import ModelSpec
from livecut.types import Pixels, Plane, Plane8, Size

__all__ = ["OrdinaryWay"]

THRESHOLD = 0.5
DILATE = (5, 5)
BOX = (10, 10)
GAUSSIAN = (21, 21)


class OrdinaryWay:
    """From a decoded frame to I420: resize, network, threshold, dilate, box, Gaussian of the whole frame, blend.

    Written as a good programmer would who does not count passes: masks at the frame's size, results kept in memory that
    is used again wherever OpenCV takes a `dst`. Libraries keep their own default threads. Raises `SettingsError` for a
    network that it cannot run.
    """

    def __init__(self, spec: ModelSpec, path: Path, size: Size) -> None:
        if spec.matte is None or spec.states or spec.constants:
            raise SettingsError(f"{spec.name} cannot be run the ordinary way", hint="choose a network of single frames")
        self._spec, self._matte = spec, spec.matte
        self._session: Any = runtime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self._input = spec.input.name or self._session.get_inputs()[0].name
        self._output = spec.matte.name or self._session.get_outputs()[0].name
        self._mean, self._std = np.array(spec.input.mean, np.float32), np.array(spec.input.std, np.float32)
        shape = (size.height, size.width)
        self._size = size
        self._mask: Plane = np.empty(shape, np.float32)
        self._kernel = np.ones(DILATE, np.uint8)
        self._blurred: Pixels = np.empty((*shape, 3), np.uint8)
        self._blended: Pixels = np.empty((*shape, 3), np.uint8)

    def render(self, bgr: Pixels, out: Plane8) -> None:
        """Fill `out`, (height * 3 / 2, width) uint8, with `bgr` (h, w, 3), its background blurred, as I420."""
        mask = self._mask
        cv2.resize(self._person(bgr), self._size, dst=mask)
        cv2.threshold(mask, THRESHOLD, 1.0, cv2.THRESH_BINARY, dst=mask)
        cv2.dilate(mask, self._kernel, dst=mask)
        cv2.blur(mask, BOX, dst=mask)
        cv2.GaussianBlur(bgr, GAUSSIAN, 0, dst=self._blurred)
        cv2.blendLinear(bgr, self._blurred, mask, 1.0 - mask, dst=self._blended)
        cv2.cvtColor(self._blended, cv2.COLOR_BGR2YUV_I420, dst=out)

    def _person(self, bgr: Pixels) -> NDArray[np.float32]:
        given = self._spec.input
        image = cv2.resize(bgr, given.size)
        if given.colour == "rgb":
            image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        tensor: NDArray[Any] = image[np.newaxis]
        if given.dtype == "float32":
            tensor = ((image.astype(np.float32) - self._mean) / self._std)[np.newaxis]
        if given.layout == "nchw":
            tensor = np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))
        answer = self._session.run([self._output], {self._input: tensor})[0]
        planes = answer[0] if answer.shape[2:] == (given.height, given.width) else answer[0].transpose(2, 0, 1)
        return _probability(planes, self._matte.channel, self._matte.activation)


def _probability(planes: NDArray[np.float32], channel: int, activation: str) -> NDArray[np.float32]:
    plane = planes[channel]
    if activation == "sigmoid":
        plane = 1.0 / (1.0 + np.exp(-plane))
    elif activation == "softmax":
        powers = np.exp(planes - planes.max(axis=0))
        plane = powers[channel] / powers.sum(axis=0)
    return np.ascontiguousarray(plane, np.float32)
