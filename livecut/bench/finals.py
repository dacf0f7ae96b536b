"""Measures the whole pipeline's picture beside the plain way's, the same network in both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from livecut.app.build import cpu_plan
from livecut.bench import final, measures
from livecut.bench.composites import FRAMES, SIZE, Film
from livecut.bench.measures import Map
from livecut.bench.pictures import Clip, PictureSet
from livecut.bench.plain import PlainWay
from livecut.bench.scores import Scores
from livecut.estimators.network import estimator_of
from livecut.inference.accelerator import choose
from livecut.inference.runner import open_runner
from livecut.inference.store import find, for_needs
from livecut.kernels.cpu.geometry import fit
from livecut.pipeline.meter import Meter
from livecut.protocols import Need
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.types import Frame, Pixels, Size

__all__ = ["OURS", "PLAIN", "Shot", "Way", "clip_shots", "film_shots", "measure_final", "sequence_shots", "ways"]

OURS, PLAIN = "livecut", "plain"
_FRAME_NS = 33_333_333


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One frame, and what is known of it."""

    bgr: Pixels
    alpha: Map | None = None
    ideal: Pixels | None = None
    whole: bool = True
    """`alpha` is the truth about everybody, not about one person of several."""


class Way(Protocol):
    """Makes a picture and a matte of each frame of a video."""

    def render(self, frame: Frame) -> tuple[Pixels, Map]:
        """Picture and matte, 0 … 1, in memory of their own."""
        ...

    def reset(self) -> None:
        """Another video."""
        ...


class _Ours:
    """What `livecut run` does."""

    def __init__(self, settings: Settings, size: Size) -> None:
        self._plan = cpu_plan(settings, size, Meter())

    def render(self, frame: Frame) -> tuple[Pixels, Map]:
        canvas = self._plan.new_canvas()
        scene = self._plan.render(frame, canvas)
        assert scene.matte is not None
        return canvas.bgr, scene.matte.alpha.astype(np.float32) / np.float32(255)

    def reset(self) -> None:
        self._plan.reset()


def ways(model: str, device: str, size: Size = SIZE) -> dict[str, Way]:
    """Both ways, with the effect `blur` as shipped."""
    settings = apply(Settings(), {"effect": {"name": "blur"}, "model": {"name": model}, "device": device})
    matte = frozenset({Need.MATTE})
    network = open_runner(for_needs(find(model), matte), choose(settings.device))
    plain = PlainWay(estimator_of(network, size, matte), settings.effect.blur.radius_px)
    return {OURS: _Ours(settings, size), PLAIN: plain}


def measure_final(
    scores: Scores, name: str, shots: Iterable[Shot], both: dict[str, Way], step: Callable[[], object]
) -> None:
    """Score both ways on one video; `step` is called after each frame."""
    flow = measures.Flow()
    for way in both.values():
        way.reset()
    earlier: list[Shot] = []
    made: dict[str, tuple[Pixels, Map]] = {}
    for index, shot in enumerate(shots):
        frame = Frame(shot.bgr, index, index * _FRAME_NS)
        now = {key: way.render(frame) for key, way in both.items()}
        motion = flow.between(earlier[-1].bgr, shot.bgr) if earlier else None
        for key, (picture, matte) in now.items():
            if shot.ideal is not None and shot.alpha is not None:
                scores.add(name, key, halo=final.halo(picture, shot.ideal, shot.alpha))
            if motion is not None:
                before = made[key]
                scores.add(name, key, flicker_matte=measures.warping_error(before[1], matte, *motion))
                change = final.still_change(before[0], picture, *motion)
                if change is not None:
                    scores.add(name, key, flicker_still=change)
            _score_trailing(scores, name, key, matte, [*earlier, shot])
        earlier, made = [*earlier[-2:], shot], now
        step()


def _score_trailing(scores: Scores, name: str, key: str, matte: Map, shots: list[Shot]) -> None:
    truth = shots[-1].alpha
    for after in (1, 2):
        # One frame after the edge stood elsewhere is the first that shows it where it is now.
        if truth is None or len(shots) < after + 1:
            continue
        there, here = shots[-after - 1].alpha, shots[-after].alpha
        if there is None or here is None:
            continue
        edge = final.moved(there, here) if shots[-1].whole else final.covered(there, here)
        error = final.trailing(matte, truth, edge)
        if error is not None:
            scores.add(name, key, **{f"trailing_{after}": error})


def film_shots(film: Film, radius_px: float) -> Iterator[Shot]:
    """A film with its truth."""
    for take in film.takes(count=FRAMES):
        yield Shot(take.bgr, take.alpha, take.ideal(radius_px))


def sequence_shots(pictures: PictureSet) -> Iterator[Shot]:
    """Frames with their masks, filling `SIZE`; a mask names one person, others may stand behind her."""
    for picture in pictures.pictures:
        bgr, mask = picture.read(empty=False)
        alpha = None
        if mask is not None:
            grey = np.repeat(mask[..., np.newaxis].astype(np.uint8) * 255, 3, axis=2)
            alpha = _filling(grey)[..., 0].astype(np.float32) / np.float32(255)
        yield Shot(_filling(bgr), alpha, whole=False)


def clip_shots(clip: Clip, most: int) -> Iterator[Shot]:
    """Frames of a video, filling `SIZE`."""
    for bgr in clip.frames(most):
        yield Shot(_filling(bgr))


def _filling(bgr: Pixels) -> Pixels:
    out = np.empty((SIZE.height, SIZE.width, 3), np.uint8)
    fit(np.ascontiguousarray(bgr), out, mode="cover")
    return out
