"""Local linear model of a matte: in every window of the network's grid, coverage as a linear function of colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from livecut.kernels.cpu.resample import FAST

__all__ = ["MODEL", "STATISTICS", "box_mean", "fit_model", "gather"]

STATISTICS = 14
"""Planes of local statistics: guide (b, g, r), its six products, the matte, guide times matte, the matte's doubt."""

MODEL = 5
"""Planes of the model: slopes for b, g, r (coverage a unit of 0 … 1), offset, mean doubt of the window (0 … 1)."""


@njit(cache=True, nogil=True, fastmath=FAST)
def _multiply(a: Any, b: Any, out: Any) -> None:
    for k in range(out.size):
        out[k] = a[k] * b[k]


@njit(cache=True, nogil=True, fastmath=FAST)
def gather(guide: Any, matte: Any, planes: Any) -> None:
    """What the statistics are means of: `guide` (3 h w,) uint8 and `matte` (h w,) into `planes` (`STATISTICS`, h w)."""
    # One plane at a time, for a loop that writes to all of them is not vectorised.
    scale = np.float32(1.0 / 255.0)
    for c in range(3):
        plane = planes[c]
        for k in range(plane.size):
            plane[k] = np.float32(guide[3 * k + c]) * scale
    at = 3
    for c in range(3):
        for d in range(c, 3):
            _multiply(planes[c], planes[d], planes[at])
            at += 1
    planes[9, :] = matte
    for c in range(3):
        _multiply(planes[c], matte, planes[10 + c])
    doubt = planes[13]
    for k in range(doubt.size):
        doubt[k] = np.float32(4.0) * matte[k] * (np.float32(1.0) - matte[k])


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
def _covariance(product: Any, a: Any, b: Any, ridge: float, out: Any) -> None:
    for x in range(out.size):
        out[x] = np.float64(product[x]) - np.float64(a[x]) * np.float64(b[x]) + ridge


@njit(cache=True, nogil=True, fastmath=FAST)
def _minor(a: Any, b: Any, c: Any, d: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = a[x] * b[x] - c[x] * d[x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _dot(a: Any, b: Any, c: Any, u: Any, v: Any, w: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = a[x] * u[x] + b[x] * v[x] + c[x] * w[x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _divide(a: Any, b: Any, out: Any) -> None:
    for x in range(out.size):
        out[x] = a[x] / b[x]


@njit(cache=True, nogil=True, fastmath=FAST)
def fit_model(means: Any, epsilon: float, model: Any) -> None:
    """Model (`MODEL`, h, w) of every window from its `means` (`STATISTICS`, h, w), with ridge `epsilon`."""
    # Ridge regression of the matte on the guide in every window: (Σ + ε) slope = covariance with the matte, by
    # cofactors. In float64, for the colours of a window are often nearly collinear and float32 would lose the small
    # determinant; a row and an operation at a time, for only short loops over few arrays are vectorised.
    _, h, w = means.shape
    s = np.empty((9, w), np.float64)
    c = np.empty((6, w), np.float64)
    t = np.empty((4, w), np.float64)
    for y in range(h):
        b, g, r, p = means[0, y], means[1, y], means[2, y], means[9, y]
        _covariance(means[3, y], b, b, epsilon, s[0])
        _covariance(means[4, y], b, g, 0.0, s[1])
        _covariance(means[5, y], b, r, 0.0, s[2])
        _covariance(means[6, y], g, g, epsilon, s[3])
        _covariance(means[7, y], g, r, 0.0, s[4])
        _covariance(means[8, y], r, r, epsilon, s[5])
        _covariance(means[10, y], b, p, 0.0, s[6])
        _covariance(means[11, y], g, p, 0.0, s[7])
        _covariance(means[12, y], r, p, 0.0, s[8])
        _minor(s[3], s[5], s[4], s[4], c[0])
        _minor(s[4], s[2], s[1], s[5], c[1])
        _minor(s[1], s[4], s[3], s[2], c[2])
        _minor(s[0], s[5], s[2], s[2], c[3])
        _minor(s[1], s[2], s[0], s[4], c[4])
        _minor(s[0], s[3], s[1], s[1], c[5])
        _dot(s[0], s[1], s[2], c[0], c[1], c[2], t[3])
        _dot(c[0], c[1], c[2], s[6], s[7], s[8], t[0])
        _dot(c[1], c[3], c[4], s[6], s[7], s[8], t[1])
        _dot(c[2], c[4], c[5], s[6], s[7], s[8], t[2])
        for k in range(3):
            _divide(t[k], t[3], model[k, y])
        _dot(model[0, y], model[1, y], model[2, y], b, g, r, t[0])
        offset = model[3, y]
        for x in range(w):
            offset[x] = p[x] - t[0, x]
        model[4, y] = means[13, y]
