"""Ways of making the picture get the scores they deserve: no cheap trick passes all three measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecut.bench.composites import SIZE
from livecut.bench.finals import OURS, PLAIN, Shot, clip_shots, measure_final, sequence_shots, ways
from livecut.bench.measures import Map
from livecut.bench.pictures import Clip, gather
from livecut.bench.scores import Scores
from livecut.sources.demo import DemoSource
from livecut.types import Frame, Pixels, Size

SMALL = Size(160, 90)
PERSON, CARD = (60, 90, 180), (44, 38, 32)


def _alpha(number: int) -> Map:
    alpha = np.zeros((SMALL.height, SMALL.width), np.float32)
    left = 50 + 3 * min(number, 6)
    alpha[25:, left : left + 40] = 1.0
    return alpha


def _room() -> Pixels:
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (SMALL.height, SMALL.width, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), np.uint8)


def _over(alpha: Map, back: Pixels) -> Pixels:
    return np.where(alpha[..., np.newaxis] > 0.5, np.array(PERSON, np.uint8), back).astype(np.uint8)


def _shots() -> Iterator[Shot]:
    room = _room()
    soft = np.asarray(cv2.GaussianBlur(room, (0, 0), 6), np.uint8)
    for number in range(12):
        alpha = _alpha(number)
        yield Shot(_over(alpha, room), alpha, _over(alpha, soft))


class Trick:
    """A way that makes of a frame's number what a test tells it."""

    def __init__(self, makes: Callable[[int], tuple[Pixels, Map]]) -> None:
        self._makes = makes
        self.resets = 0

    def render(self, frame: Frame) -> tuple[Pixels, Map]:
        return self._makes(frame.index)

    def reset(self) -> None:
        self.resets += 1


def _soft_over(alpha: Map) -> Pixels:
    return _over(alpha, np.asarray(cv2.GaussianBlur(_room(), (0, 0), 6), np.uint8))


def _score(makes: Callable[[int], tuple[Pixels, Map]]) -> dict[str, float]:
    scores, trick, steps = Scores(), Trick(makes), []
    measure_final(scores, "film", _shots(), {"trick": trick}, lambda: steps.append(1))
    assert len(steps) == 12
    assert trick.resets == 1
    return {name: found["mean"] for name, found in scores.as_dict()["sets"]["film"]["trick"].items()}


def test_perfection_has_no_halo_and_leaves_no_trail() -> None:
    found = _score(lambda number: (_soft_over(_alpha(number)), _alpha(number)))
    assert set(found) == {"halo", "flicker_matte", "flicker_still", "trailing_1", "trailing_2"}
    assert (found["halo"], found["trailing_1"], found["trailing_2"]) == (0.0, 0.0, 0.0)


def test_a_frozen_matte_fails_by_its_trail() -> None:
    perfect = _score(lambda number: (_soft_over(_alpha(number)), _alpha(number)))
    frozen = _score(lambda number: (_soft_over(_alpha(0)), _alpha(0)))
    assert frozen["flicker_still"] <= perfect["flicker_still"]
    assert frozen["trailing_1"] > 0.4
    assert frozen["trailing_2"] > 0.4
    assert frozen["halo"] > 0.05


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_full_frame_card_fails_by_its_halo_and_by_its_trail(level: float) -> None:
    """The card's picture with the matte it stands for, of nobody or of everything: it never flickers."""
    card = np.full((SMALL.height, SMALL.width, 3), CARD, np.uint8)
    found = _score(lambda number: (card, np.full((SMALL.height, SMALL.width), level, np.float32)))
    assert (found["flicker_still"], found["flicker_matte"]) == (0.0, 0.0)
    assert found["halo"] > 0.2
    assert found["trailing_1"] > 0.4 and found["trailing_2"] > 0.4


def test_another_person_behind_the_masked_one_is_no_trail() -> None:
    """Frames whose mask names one of several: a matte of them all is right, a late one still trails."""

    def of_one() -> Iterator[Shot]:
        return (Shot(shot.bgr, shot.alpha, whole=False) for shot in _shots())

    def score(makes: Callable[[int], Map]) -> float:
        scores = Scores()
        measure_final(scores, "set", of_one(), {"trick": Trick(lambda n: (_soft_over(_alpha(n)), makes(n)))}, list)
        return float(scores.as_dict()["sets"]["set"]["trick"]["trailing_1"]["mean"])

    second = np.zeros((SMALL.height, SMALL.width), np.float32)
    second[25:, 30:60] = 1.0
    assert score(lambda number: np.maximum(_alpha(number), second)) == 0.0
    assert score(lambda number: np.maximum(_alpha(max(0, number - 1)), second)) == 1.0
    assert score(lambda number: _alpha(0)) == 1.0


def test_a_matte_that_comes_a_frame_late_trails_for_a_frame() -> None:
    late = _score(lambda number: (_soft_over(_alpha(max(0, number - 1))), _alpha(max(0, number - 1))))
    assert late["trailing_1"] == 1.0
    assert late["trailing_2"] == 0.0


def test_a_matte_that_blinks_flickers() -> None:
    calm = _score(lambda number: (_soft_over(_alpha(number)), _alpha(number)))
    blinks = _score(lambda number: (_soft_over(_alpha(number) * (number % 2)), _alpha(number) * (number % 2)))
    assert blinks["flicker_matte"] > 2 * calm["flicker_matte"]
    assert blinks["flicker_still"] > 2 * calm["flicker_still"]


def test_without_a_truth_only_flicker_is_measured() -> None:
    scores = Scores()
    trick = Trick(lambda number: (_soft_over(_alpha(number)), _alpha(number)))
    measure_final(scores, "clip", (Shot(shot.bgr) for shot in _shots()), {"trick": trick}, list)
    assert set(scores.as_dict()["sets"]["clip"]["trick"]) == {"flicker_matte", "flicker_still"}


@pytest.mark.slow
def test_both_ways_make_a_picture_of_every_frame() -> None:
    source = DemoSource(SIZE)
    both = ways("livecut-joint-small", "cpu")
    assert list(both) == [OURS, PLAIN]
    for way in both.values():
        way.reset()
        for index in range(2):
            picture, matte = way.render(Frame(source.render(index), index, index))
            assert picture.shape == (720, 1280, 3)
            assert matte.shape == (720, 1280)
            assert 0.2 < matte.mean() < 0.8


def test_videos_and_frames_fill_the_size_they_are_measured_at(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    mask = np.zeros((90, 160), np.uint8)
    mask[:, 80:] = 255
    for number in range(8):
        cv2.imwrite(str(tmp_path / "set" / "images" / f"{number:03d}.png"), np.full((90, 160, 3), 9, np.uint8))
        cv2.imwrite(str(tmp_path / "set" / "masks" / f"{number:03d}.png"), mask)
    (sequence,) = gather([tmp_path / "set"])[0]
    shot = next(sequence_shots(sequence))
    assert shot.bgr.shape == (720, 1280, 3)
    assert shot.alpha is not None
    assert (shot.alpha[:, :636] == 0).all()
    assert (shot.alpha[:, 644:] == 1).all()
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (90, 160))
    for _ in range(3):
        writer.write(np.full((160, 90, 3), 90, np.uint8))
    writer.release()
    assert [one.bgr.shape for one in clip_shots(Clip(tmp_path / "clip.avi"), 2)] == [(720, 1280, 3)] * 2
