"""Scores of several networks on the same pictures and videos, gathered set by set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from joint import measures
from joint.labels import FRAME, WIDE
from joint.rivals import Rival
from joint.teachers import Image, Map

RAMP = "row ramp"
"""Name under which a plain ramp from top to bottom is scored as depth."""
ROOMS = "empty rooms"
"""Name under which the sets that begin with bg_ are scored together."""
LEAST_PERSON = 0.002
"""Share of a picture that a mask must fill for it to count as one with people."""


@dataclass
class Case:
    """One picture to measure; mask None means that nobody is in it."""

    source: str
    name: str
    image: Image
    mask: npt.NDArray[np.bool_] | None


@dataclass
class Scores:
    """Values by set, network and measure, one a picture, and the depth profiles at people's outlines."""

    values: dict[str, dict[str, dict[str, list[float]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    )
    profiles: dict[str, list[npt.NDArray[np.float64]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, source: str, network: str, **values: float) -> None:
        """Add VALUES for one picture."""
        for measure, value in values.items():
            self.values[source][network][measure].append(value)

    def mean(self, source: str, network: str, measure: str) -> float:
        """Return the mean of MEASURE, NaN where it was never taken."""
        found = self.values[source][network].get(measure)
        return float(np.mean(found)) if found else float("nan")

    def edge_width(self, network: str) -> float:
        """Return the width in pixels of the mean depth step at people's outlines."""
        lines = self.profiles.get(network)
        return measures.width(np.mean(lines, 0)) if lines else float("nan")


def webcam(image: Image, mask: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the 16:9 crop at the head that stands for a webcam's view."""
    height, width = image.shape[:2]
    if width / height > WIDE or not mask.any():
        return 0, 0, width, height
    top = int(np.nonzero(mask.any(1))[0][0])
    tall = min(height, int(width / FRAME))
    up = int(np.clip(top - 0.12 * tall, 0, height - tall))
    return 0, up, width, up + tall


IN_ORDER = "davis_"
"""Sets whose name begins so are the frames of one video."""


def cases(folder: Path, *, crop: bool, limit: int | None) -> list[Case]:
    """Read a set: images/ and masks/ (without masks nobody is in it); CROP to a webcam's view."""
    found = []
    for path in sorted((folder / "images").iterdir())[:limit]:
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        masked = folder / "masks" / f"{path.stem}.png"
        grey = cv2.imread(str(masked), cv2.IMREAD_GRAYSCALE) if masked.exists() else None
        mask = None
        if grey is not None:
            grey = cv2.resize(grey, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
            mask = np.asarray(grey > 127)
            if crop:
                left, top, right, bottom = webcam(image, mask)
                image = np.ascontiguousarray(image[top:bottom, left:right])
                mask = np.ascontiguousarray(mask[top:bottom, left:right])
        peopled = mask is not None and mask.mean() > LEAST_PERSON
        found.append(Case(folder.name, path.stem, image, mask if peopled else None))
    return found


def score(scores: Scores, case: Case, rivals: list[Rival], teacher: Rival) -> dict[str, Map]:
    """Score all RIVALS on CASE, depth against TEACHER's; return their mattes by name."""
    truth = teacher.matte(case.image).depth
    assert truth is not None
    source = case.source
    if case.mask is None:
        source = ROOMS if source.startswith("bg_") else f"{source} without people"
    mattes = {}
    for rival in rivals:
        answer = rival.matte(case.image)
        mattes[rival.name] = answer.matte
        if case.mask is None:
            share, mean = float((answer.matte > 0.5).mean()), float(answer.matte.mean())
            scores.add(source, rival.name, over_half=share, mean_alpha=mean)
            continue
        scores.add(
            source,
            rival.name,
            iou=measures.overlap(answer.matte, case.mask),
            boundary=measures.boundary(answer.matte, case.mask),
            mad=float(np.abs(answer.matte - case.mask).mean()),
        )
        if answer.depth is not None:
            scores.add(
                source,
                rival.name,
                rank=measures.rank_correlation(answer.depth, truth),
                depth_error=measures.fitted_error(answer.depth, truth),
            )
            _follow(scores, rival.name, answer.depth, case.mask)
    if case.mask is not None:
        _follow(scores, teacher.name, truth, case.mask)
        ramp = np.broadcast_to(np.linspace(0, 1, truth.shape[0], dtype=np.float32)[:, None], truth.shape)
        ramp = np.ascontiguousarray(ramp)
        rank, error = measures.rank_correlation(ramp, truth), measures.fitted_error(ramp, truth)
        scores.add(source, RAMP, rank=rank, depth_error=error)
    return mattes


def _follow(scores: Scores, network: str, depth: Map, mask: npt.NDArray[np.bool_]) -> None:
    line = measures.profile(depth, mask)
    if line is not None:
        scores.profiles[network].append(line)


def score_video(scores: Scores, clip: Path, rivals: list[Rival], most: int) -> None:
    """Score the flicker of all RIVALS on the first MOST frames of CLIP, as they are and smoothed alike."""
    video = cv2.VideoCapture(str(clip))
    flow = measures.Flow()
    before: Image | None = None
    for rival in rivals:
        rival.forget()
    raw: dict[str, Map] = {}
    smooth: dict[str, Map] = {}
    for _ in range(most):
        good, frame = video.read()
        if not good:
            break
        frame = cv2.resize(frame, (480, round(480 * frame.shape[0] / frame.shape[1])), interpolation=cv2.INTER_AREA)
        motion = flow.between(before, frame) if before is not None else None
        for rival in rivals:
            matte = rival.matte(frame).matte
            calm = measures.steadied(smooth[rival.name], matte) if before is not None else matte
            if motion is not None:
                scores.add(
                    clip.stem,
                    rival.name,
                    warping=measures.warping_error(raw[rival.name], matte, *motion),
                    warping_smoothed=measures.warping_error(smooth[rival.name], calm, *motion),
                )
            raw[rival.name], smooth[rival.name] = matte, calm
        before = frame
    video.release()
