"""Measures networks on the same pictures and videos in one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from livecut.bench import measures
from livecut.bench.contender import Answer, Contender
from livecut.bench.measures import Map, Mask
from livecut.bench.pictures import LEAST_PERSON, Clip, PictureSet
from livecut.bench.scores import Scores
from livecut.types import Pixels

__all__ = ["RAMP", "measure_clip", "measure_set"]

RAMP = "row ramp"
"""Name under which a plain ramp from top (far) to bottom (near) is scored as depth: what a guess is worth."""


def measure_set(
    scores: Scores,
    pictures: PictureSet,
    networks: Sequence[Contender],
    reference: Contender | None,
    step: Callable[[], object],
) -> None:
    """Score all `networks` on one set; `step` is called after each picture."""
    flow = measures.Flow() if pictures.in_order else None
    before: tuple[Pixels, Mask, dict[str, Answer]] | None = None
    _forget(networks, reference)
    for picture in pictures.pictures:
        if flow is None:
            _forget(networks, reference)
        bgr, mask = picture.read(empty=pictures.empty)
        answers = {network.name: network.answer(bgr) for network in networks}
        _score_mattes(scores, pictures.name, answers, mask)
        if mask is None or mask.mean() > LEAST_PERSON:
            _score_depth(scores, pictures.name, answers, reference, bgr)
        if flow is not None and mask is not None:
            if before is not None and before[0].shape == bgr.shape:
                motion = flow.between(before[0], bgr)
                _score_motion(scores, pictures.name, before[2], answers, motion)
                for name, answer in answers.items():
                    earlier = before[2][name].matte
                    if answer.matte is not None and earlier is not None:
                        scores.add(pictures.name, name, dtssd=measures.dtssd(earlier, answer.matte, before[1], mask))
            before = (bgr, mask, answers)
        step()


def measure_clip(
    scores: Scores, clip: Clip, networks: Sequence[Contender], most: int, step: Callable[[], object]
) -> None:
    """Score the flicker of all `networks` on the first `most` frames of a video; `step` is called after each."""
    flow = measures.Flow()
    _forget(networks, None)
    before: tuple[Pixels, dict[str, Answer]] | None = None
    for bgr in clip.frames(most):
        answers = {network.name: network.answer(bgr) for network in networks}
        if before is not None:
            _score_motion(scores, clip.name, before[1], answers, flow.between(before[0], bgr))
        before = (bgr, answers)
        step()


def _forget(networks: Sequence[Contender], reference: Contender | None) -> None:
    for network in (*networks, *([reference] if reference is not None else [])):
        network.forget()


def _score_mattes(scores: Scores, name: str, answers: dict[str, Answer], mask: Mask | None) -> None:
    if mask is None:
        return
    peopled = bool(mask.mean() > LEAST_PERSON)
    for network, answer in answers.items():
        if answer.matte is None:
            continue
        if peopled:
            scores.add(
                name,
                network,
                iou=measures.overlap(answer.matte, mask),
                boundary_f=measures.boundary(answer.matte, mask),
                mad=measures.difference(answer.matte, mask),
            )
        else:
            scores.add(
                name, network, over_half=float((answer.matte > 0.5).mean()), mean_alpha=float(answer.matte.mean())
            )


def _score_depth(
    scores: Scores, name: str, answers: dict[str, Answer], reference: Contender | None, bgr: Pixels
) -> None:
    truth = reference.answer(bgr).depth if reference is not None else None
    if reference is None or truth is None:
        return
    maps: dict[str, Map] = {
        network: answer.depth
        for network, answer in answers.items()
        if answer.depth is not None and network != reference.name
    }
    if maps:
        rows = np.linspace(0.0, 1.0, truth.shape[0], dtype=np.float32)[:, np.newaxis]
        maps[RAMP] = np.ascontiguousarray(np.broadcast_to(rows, truth.shape))
    for network, depth in maps.items():
        scores.add(
            name,
            network,
            depth_rank=measures.rank_correlation(depth, truth),
            depth_error=measures.fitted_error(depth, truth),
        )


def _score_motion(
    scores: Scores,
    name: str,
    before: dict[str, Answer],
    answers: dict[str, Answer],
    motion: tuple[Map, Mask],
) -> None:
    for network, answer in answers.items():
        earlier = before[network]
        if answer.matte is None or earlier.matte is None or answer.calm is None or earlier.calm is None:
            continue
        scores.add(
            name,
            network,
            warping=measures.warping_error(earlier.matte, answer.matte, *motion),
            warping_smoothed=measures.warping_error(earlier.calm, answer.calm, *motion),
        )
