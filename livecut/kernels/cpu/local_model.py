"""Local linear model of a matte: in every window of the network's grid, coverage as a linear function of colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecut.kernels.cpu.resample import FAST
from livecut.types import Pixels, Plane

__all__ = ["MODEL", "STATISTICS", "box_mean", "fit_model", "gather"]

STATISTICS = 14
"""Planes of local statistics: guide (b, g, r), its six products, the matte, guide times matte, the matte's doubt."""

MODEL = 5
"""Planes of the model: slopes for b, g, r (coverage a unit of 0 … 1), offset, mean doubt of the window (0 … 1)."""


def gather(guide: Pixels, matte: Plane, planes: Plane) -> None:
    """What the statistics are means of: `guide` (h, w, 3) uint8 and `matte` (h, w) into `planes` (`STATISTICS`, h, w).

    Whole planes at a time by numpy: as fast as compiled loops here, and nothing to compile.
    """
    for c in range(3):
        np.multiply(guide[:, :, c], np.float32(1.0 / 255.0), out=planes[c])
    pairs = [(c, d) for c in range(3) for d in range(c, 3)]
    for at, (c, d) in enumerate(pairs, 3):
        np.multiply(planes[c], planes[d], out=planes[at])
    planes[9] = matte
    for c in range(3):
        np.multiply(planes[c], matte, out=planes[10 + c])
    doubt = planes[13]
    np.subtract(np.float32(4.0), np.multiply(matte, np.float32(4.0), out=doubt), out=doubt)
    np.multiply(doubt, matte, out=doubt)


@njit(cache=True, nogil=True, fastmath=FAST)
def box_mean(planes: Any, radius: int, out: Any) -> None:
    """Mean over the (2 radius + 1)² window, cut off at the borders, of every plane of (n, h, w) float32."""
    n, h, w = planes.shape
    column = np.zeros(w + 2 * radius, np.float32)
    share = np.empty(w, np.float32)
    for x in range(w):
        share[x] = np.float32(1.0) / np.float32(min(w, x + radius + 1) - max(0, x - radius))
    for k in range(n):
        for y in range(h):
            top, bottom = max(0, y - radius), min(h, y + radius + 1)
            middle = column[radius : radius + w]
            middle[:] = np.float32(0.0)
            for at in range(top, bottom):
                source = planes[k, at]
                for x in range(w):
                    middle[x] += source[x]
            row = out[k, y]
            row[:] = np.float32(0.0)
            for shift in range(2 * radius + 1):
                shifted = column[shift : shift + w]
                for x in range(w):
                    row[x] += shifted[x]
            rows = np.float32(1.0) / np.float32(bottom - top)
            for x in range(w):
                row[x] *= share[x] * rows


@njit(cache=True, nogil=True, fastmath=FAST)
def _minor(a: Any, b: Any, c: Any, d: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = np.float64(a[x]) * np.float64(b[x]) - np.float64(c[x]) * np.float64(d[x])


@njit(cache=True, nogil=True, fastmath=FAST)
def _dot(a: Any, b: Any, c: Any, u: Any, v: Any, w: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = a[x] * np.float64(u[x]) + b[x] * np.float64(v[x]) + c[x] * np.float64(w[x])


@njit(cache=True, nogil=True, fastmath=FAST)
def _divide(a: Any, b: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = np.float32(a[x] / b[x])


@njit(cache=True, nogil=True, fastmath=FAST)
def _solve(s: Any, c: Any, t: Any, slopes: Any) -> None:
    # The symmetric 3x3 system by cofactors, in float64: the colours of a window are often nearly collinear and float32
    # would lose the small determinant. A row and an operation at a time, for only short loops over few arrays are
    # vectorised. `s` (9, h, w): six covariances of the guide, three with the matte; `c` and `t` hold a row each.
    for y in range(s.shape[1]):
        _minor(s[3, y], s[5, y], s[4, y], s[4, y], c[0])
        _minor(s[4, y], s[2, y], s[1, y], s[5, y], c[1])
        _minor(s[1, y], s[4, y], s[3, y], s[2, y], c[2])
        _minor(s[0, y], s[5, y], s[2, y], s[2, y], c[3])
        _minor(s[1, y], s[2, y], s[0, y], s[4, y], c[4])
        _minor(s[0, y], s[3, y], s[1, y], s[1, y], c[5])
        _dot(c[0], c[1], c[2], s[0, y], s[1, y], s[2, y], t[3])
        _dot(c[0], c[1], c[2], s[6, y], s[7, y], s[8, y], t[0])
        _dot(c[1], c[3], c[4], s[6, y], s[7, y], s[8, y], t[1])
        _dot(c[2], c[4], c[5], s[6, y], s[7, y], s[8, y], t[2])
        for k in range(3):
            _divide(t[k], t[3], slopes[k, y])


def fit_model(means: Plane, epsilon: float, model: Plane, scratch: Plane, rows: NDArray[np.float64]) -> None:
    """Ridge regression of the matte on the guide in every window: (covariance + epsilon) slopes = that with the matte.

    `means` (`STATISTICS`, h, w) of the windows give `model` (`MODEL`, h, w) and are used up; `scratch` is (h, w),
    `rows` (10, w) float64.
    """
    mean, matte = means[:3], means[9]
    pairs = [(mean[c], mean[d]) for c in range(3) for d in range(c, 3)]
    for at, (one, other) in enumerate(pairs, 3):
        np.multiply(one, other, out=scratch)
        means[at] -= scratch
    for diagonal in (3, 6, 8):
        means[diagonal] += np.float32(epsilon)
    for c in range(3):
        np.multiply(mean[c], matte, out=scratch)
        means[10 + c] -= scratch
    # The nine covariances side by side: the matte's mean makes room for its three.
    model[3], model[4] = matte, means[13]
    for at in range(9, 12):
        means[at] = means[at + 1]
    _solve(means[3:12], rows[:6], rows[6:], model[:3])
    for c in range(3):
        np.multiply(mean[c], model[c], out=scratch)
        model[3] -= scratch
