"""What a webcam does to a picture: light, colour, blur, noise, compression, all on uint8 and with a given generator."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Random = np.random.Generator

_NOISE = np.random.default_rng(7).standard_normal(1 << 21).astype(np.float32)
"""Noise to cut pieces from: drawing it anew would cost more than the rest together."""


def light(image: Image, random: Random, strength: float = 1.0) -> Image:
    """Return IMAGE under other light: white balance, exposure, gamma, haze and saturation changed by STRENGTH."""
    exposure = random.uniform(0.5, 1.35) ** strength
    gamma = random.uniform(0.75, 1.35) ** strength
    haze = random.uniform(-18, 24) * strength
    ramp = 255 * (np.arange(256) / 255) ** gamma
    tables = [ramp * exposure * random.uniform(0.85, 1.18) ** strength + haze for _ in range(3)]
    table = np.clip(np.stack(tables, -1), 0, 255).astype(np.uint8)[None]
    out = cv2.LUT(image, table)
    if random.random() < 0.5:
        grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        share = random.uniform(0.25, 1.35)
        out = cv2.addWeighted(out, share, grey, 1 - share, 0)
    return np.asarray(out, np.uint8)


def lamp(image: Image, random: Random) -> Image:
    """Return IMAGE with light falling off from one side, as from a window or a screen."""
    height, width = image.shape[:2]
    angle = random.uniform(0, 2 * np.pi)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.float32(np.cos(angle))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    field = 1 + np.float32(random.uniform(0.15, 0.5)) * (x + y)
    return np.asarray(np.clip(image * field[..., None], 0, 255), np.uint8)


def smear(length: float, random: Random) -> npt.NDArray[np.float32]:
    """Return the kernel of a motion by LENGTH pixels in any direction while the shutter is open."""
    size = max(2, int(length))
    kernel = np.zeros((size, size), np.float32)
    angle = random.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (size - 1) / 2
    middle = (size - 1) / 2
    start, end = (tuple(int(v) for v in np.round(middle + s * reach)) for s in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)


def blur(image: Image, random: Random) -> Image:
    """Return IMAGE out of focus, moved, or from a lower resolution."""
    height, width = image.shape[:2]
    choice = random.integers(3)
    if choice == 0:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 1.6)), np.uint8)
    if choice == 1:
        return np.asarray(cv2.filter2D(image, -1, smear(random.uniform(3, 9), random)), np.uint8)
    factor = random.uniform(1.3, 3.6)
    small = cv2.resize(image, (int(width / factor), int(height / factor)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height)), np.uint8)


def noise(image: Image, random: Random) -> Image:
    """Return IMAGE with a sensor's noise, fine or blotchy, grey or coloured."""
    height, width = image.shape[:2]
    coarse = 1 if random.random() < 0.6 else 2
    channels = 3 if random.random() < 0.7 else 1
    h, w = -(-height // coarse), -(-width // coarse)
    start = int(random.integers(0, len(_NOISE) - h * w * channels))
    grain = _NOISE[start : start + h * w * channels].reshape(h, w, channels) * random.uniform(1, 11)
    if coarse > 1:
        grain = cv2.resize(grain, (width, height)).reshape(height, width, channels)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def jpeg(image: Image, random: Random) -> Image:
    """Return IMAGE after a camera's compression."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 90))])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def record(image: Image, random: Random) -> Image:
    """Return IMAGE as a camera might hand it over: some of blur, noise and compression."""
    for effect, chance in ((blur, 0.2), (noise, 0.4), (jpeg, 0.25)):
        if random.random() < chance:
            image = effect(image, random)
    return image
