"""Measures of mattes and depth maps, each for one picture or one pair of frames; formulas as in the literature."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "Flow",
    "Map",
    "Mask",
    "boundary",
    "difference",
    "dtssd",
    "fitted_error",
    "overlap",
    "profile",
    "rank_correlation",
    "ranks",
    "steadied",
    "warping_error",
    "width",
]

Map = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

TOLERANCE = 0.008
"""Boundary tolerance as a share of the picture's diagonal (DAVIS, Perazzi et al. 2016)."""
RANK_SIZE = (160, 96)
"""Width and height at which depth ranks are compared."""
PROFILE_REACH = 16
"""Pixels on either side of the outline over which a depth step is followed, at PROFILE_SIZE."""
PROFILE_SIZE = (320, 192)
FLOW_AGREEMENT = 1.0
"""Pixels by which forward and backward flow may differ where flow is believed."""


def overlap(matte: Map, mask: Mask) -> float:
    """Return the intersection over union of MATTE above a half and MASK."""
    guess = matte > 0.5
    union = np.count_nonzero(guess | mask)
    return np.count_nonzero(guess & mask) / union if union else 1.0


def boundary(matte: Map, mask: Mask) -> float:
    """Return the F measure of the outline of MATTE above a half against that of MASK, within TOLERANCE."""
    radius = int(np.ceil(TOLERANCE * np.hypot(*mask.shape)))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    cross = np.ones((3, 3), np.uint8)
    lines = []
    for shape in (matte > 0.5, mask):
        solid = shape.astype(np.uint8)
        lines.append(solid - cv2.erode(solid, cross, borderType=cv2.BORDER_CONSTANT, borderValue=1))
    guess, truth = lines
    if not guess.any() or not truth.any():
        return float(guess.any() == truth.any())
    precision = float((cv2.dilate(truth, disk) * guess).sum() / guess.sum())
    recall = float((cv2.dilate(guess, disk) * truth).sum() / truth.sum())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def difference(matte: Map, mask: Mask) -> float:
    """Return the mean absolute difference (MAD) of MATTE and MASK."""
    return float(np.abs(matte - mask).mean())


def _small(depth: Map) -> Map:
    return np.asarray(cv2.resize(depth, RANK_SIZE, interpolation=cv2.INTER_AREA), np.float32)


def ranks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the rank of each of VALUES, ties in any order."""
    out = np.empty(values.size)
    out[np.argsort(values.ravel(), kind="stable")] = np.arange(values.size)
    return out


def rank_correlation(one: Map, two: Map) -> float:
    """Return Spearman's correlation of two depth maps."""
    first, second = (ranks(_small(depth)) for depth in (one, two))
    return float(np.corrcoef(first, second)[0, 1])


def fitted_error(depth: Map, truth: Map) -> float:
    """Return the mean error of DEPTH after the scale and shift that fit TRUTH best, as a share of TRUTH's spread."""
    x, y = (_small(m).ravel() for m in (depth, truth))
    slope, offset = np.polyfit(x, y, 1)
    return float(np.abs(slope * x + offset - y).mean() / (y.std() + 1e-6))


def profile(depth: Map, mask: Mask) -> npt.NDArray[np.float64] | None:
    """Return the mean depth at each distance from the outline of MASK, scaled to 0 outside and 1 inside.

    None where the person's edge is no step in depth, or the person is too small to follow it.
    """
    solid = cv2.resize(mask.astype(np.uint8), PROFILE_SIZE, interpolation=cv2.INTER_AREA)
    depth = np.asarray(cv2.resize(depth, PROFILE_SIZE), np.float32)
    distance = cv2.distanceTransform(solid, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    whole = np.round(distance).astype(int)
    steps = range(-PROFILE_REACH, PROFILE_REACH + 1)
    counts = [np.count_nonzero(whole == s) for s in steps if s]
    if min(counts) < PROFILE_REACH:
        return None
    line = np.array([depth[whole == s].mean() for s in steps if s])
    outside, inside = line[:4].mean(), line[-4:].mean()
    if inside - outside < 0.1 * (depth.max() - depth.min()):
        return None
    return np.asarray((line - outside) / (inside - outside))


def width(line: npt.NDArray[np.float64]) -> float:
    """Return over how many pixels a depth profile rises from a fifth to four fifths."""
    rising = np.maximum.accumulate(line)
    places = np.arange(len(rising))
    low, high = (np.interp(level, rising, places) for level in (0.2, 0.8))
    return float(high - low)


def steadied(previous: Map, matte: Map, share: float = 0.9) -> Map:
    """Return MATTE smoothed by PREVIOUS where it is unsure (MediaPipe's SegmentationSmoothing)."""
    x = (matte - 0.5) ** 2
    unsure = 1 - np.minimum(1, x * (5.68842 + x * (-0.748699 + x * (-57.8051 + x * (291.309 - 624.717 * x)))))
    return np.asarray(matte + (previous - matte) * unsure * share, np.float32)


def _looked_up(source: Map, place: Map, border: int = cv2.BORDER_CONSTANT) -> Map:
    x, y = np.ascontiguousarray(place[..., 0]), np.ascontiguousarray(place[..., 1])
    return np.asarray(cv2.remap(source, x, y, cv2.INTER_LINEAR, borderMode=border), np.float32)


class Flow:
    """Motion between the frames of one video, found once for all networks."""

    def __init__(self) -> None:
        """Make the flow finder (Kroeger et al. 2016)."""
        self._finder: cv2.DISOpticalFlow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(
        self, before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.float32], Mask]:
        """Return, for each pixel of AFTER, where in BEFORE it was, and whether that is believed."""
        one, two = (cv2.cvtColor(f, cv2.COLOR_BGR2GRAY) for f in (before, after))
        back, forth = (np.zeros((*one.shape, 2), np.float32) for _ in range(2))
        self._finder.calc(two, one, back)
        self._finder.calc(one, two, forth)
        y, x = np.mgrid[0 : one.shape[0], 0 : one.shape[1]].astype(np.float32)
        place = np.stack([x, y], -1) + back
        there = _looked_up(forth, place)
        believed = np.hypot(*np.moveaxis(back + there, -1, 0)) < FLOW_AGREEMENT
        return place, believed


def dtssd(previous: Map, matte: Map, previous_mask: Mask, mask: Mask) -> float:
    """Return how far the change of a matte differs from the true change (dtSSD, Erofeev et al. 2015).

    The root of the mean square over the pixels of one pair of frames; 0 … 2.
    """
    change = matte - previous
    truth = mask.astype(np.float32) - previous_mask.astype(np.float32)
    return float(np.sqrt(((change - truth) ** 2).mean()))


def warping_error(previous: Map, matte: Map, place: npt.NDArray[np.float32], believed: Mask) -> float:
    """Return the root mean square change of a matte along the motion of the picture."""
    moved = _looked_up(previous, place, cv2.BORDER_REPLICATE)
    return float(np.sqrt(((moved - matte)[believed] ** 2).mean())) if believed.any() else 0.0
