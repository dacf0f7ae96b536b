"""Networks that say what a test tells them get the scores they deserve; shipped ones are fed as their rows say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from livecut.bench.contender import Answer, Contender, contenders, reference_of
from livecut.bench.measures import Map
from livecut.bench.pictures import Clip, PictureSet, gather
from livecut.bench.quality import RAMP, measure_clip, measure_set
from livecut.bench.scores import Scores
from livecut.errors import ModelError
from livecut.inference.store import find
from livecut.kernels.cpu.memory import remember
from livecut.kernels.cpu.motion_field import MotionField
from livecut.settings import Settings
from livecut.sources.demo import DemoSource
from livecut.types import Motion, Pixels, Size

WIDTH, HEIGHT = 96, 64


class Scripted:
    """Answers what `says` makes of each picture, and writes down when it is told to forget."""

    def __init__(self, name: str, says: Callable[[Pixels], Answer]) -> None:
        self.name = name
        self._says = says
        self.log: list[str] = []

    def answer(self, bgr: Pixels) -> Answer:
        self.log.append("answer")
        return self._says(bgr)

    def forget(self) -> None:
        self.log.append("forget")


def _contender(scripted: Scripted) -> Contender:
    return cast(Contender, scripted)


def _bright(bgr: Pixels) -> Map:
    return np.asarray(bgr[:, :, 1] > 128, np.float32)


def _oracle(bgr: Pixels) -> Answer:
    """Right always: the person is what is bright, and nearness is the red channel."""
    matte = _bright(bgr)
    return Answer(matte, matte, bgr[:, :, 2].astype(np.float32) / np.float32(255))


def _blind(bgr: Pixels) -> Answer:
    everything = np.ones(bgr.shape[:2], np.float32)
    return Answer(everything, everything, None)


def _write_set(
    folder: Path, count: int, *, people: bool = True, masks: bool = True, moving: bool = False
) -> PictureSet:
    for number in range(count):
        rng = np.random.default_rng(number)
        bgr = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        bgr[:, :, 2] = rng.permutation(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 256
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        left = 20 + 2 * number if moving else 20
        if people:
            mask[10:60, left : left + 30] = 255
        bgr[:, :, 1] = mask
        for part, picture in (("images", bgr), ("masks", mask)):
            (folder / part).mkdir(parents=True, exist_ok=True)
            if part == "images" or masks:
                cv2.imwrite(str(folder / part / f"{number:05d}.png"), picture)
    return gather([folder])[0][0]


def _values(scores: Scores, source: str, network: str) -> dict[str, float]:
    return {m: found["mean"] for m, found in scores.as_dict()["sets"].get(source, {}).get(network, {}).items()}


def test_the_right_answer_scores_full_and_the_blind_one_what_it_is_worth(tmp_path: Path) -> None:
    pictures = _write_set(tmp_path / "people", 3)
    right, blind, truth = Scripted("right", _oracle), Scripted("blind", _blind), Scripted("truth", _oracle)
    scores, steps = Scores(), []
    measure_set(scores, pictures, [_contender(right), _contender(blind)], _contender(truth), lambda: steps.append(1))
    assert len(steps) == 3
    assert _values(scores, "people", "right") == pytest.approx(
        {"iou": 1.0, "boundary_f": 1.0, "mad": 0.0, "depth_rank": 1.0, "depth_error": 0.0}, abs=1e-5
    )
    covered = 50 * 30 / (WIDTH * HEIGHT)
    assert _values(scores, "people", "blind") == pytest.approx(
        {"iou": covered, "boundary_f": 0.0, "mad": 1 - covered}, abs=1e-5
    )
    assert abs(_values(scores, "people", RAMP)["depth_rank"]) < 0.5
    assert right.log[0] == "forget"
    assert right.log[1:] == ["forget", "answer"] * 3, "pictures that do not follow each other are strangers"


def test_pictures_without_a_person_stay_out_of_iou(tmp_path: Path) -> None:
    nobody = _write_set(tmp_path / "coco", 2, people=False)
    rooms = _write_set(tmp_path / "bg_rooms", 2, people=False, masks=False)
    scores = Scores()
    for one in (nobody, rooms):
        measure_set(scores, one, [_contender(Scripted("blind", _blind))], _contender(Scripted("t", _oracle)), list)
    for name in ("coco", "bg_rooms"):
        assert _values(scores, name, "blind") == {"over_half": 1.0, "mean_alpha": 1.0}


def test_where_nobody_says_who_is_in_it_only_depth_is_measured(tmp_path: Path) -> None:
    unknown = _write_set(tmp_path / "unknown", 2, masks=False)
    scores = Scores()
    measure_set(scores, unknown, [_contender(Scripted("right", _oracle))], _contender(Scripted("t", _oracle)), list)
    assert set(_values(scores, "unknown", "right")) == {"depth_rank", "depth_error"}


def test_without_a_reference_there_is_no_depth_and_it_is_not_held_against_itself(tmp_path: Path) -> None:
    pictures = _write_set(tmp_path / "people", 2)
    network = _contender(Scripted("right", _oracle))
    for reference in (None, network):
        scores = Scores()
        measure_set(scores, pictures, [network], reference, list)
        assert set(_values(scores, "people", "right")) == {"iou", "boundary_f", "mad"}
        assert _values(scores, "people", RAMP) == {}


def test_frames_in_order_are_measured_for_flicker(tmp_path: Path) -> None:
    pictures = _write_set(tmp_path / "sequence", 9, moving=True)
    assert pictures.in_order
    first: list[Map] = []

    def frozen(bgr: Pixels) -> Answer:
        first.append(_bright(bgr))
        return Answer(first[0], first[0], None)

    right, still = Scripted("right", _oracle), Scripted("frozen", frozen)
    scores = Scores()
    measure_set(scores, pictures, [_contender(right), _contender(still)], None, list)
    assert _values(scores, "sequence", "right")["dtssd"] == 0.0
    assert _values(scores, "sequence", "frozen")["dtssd"] > 0.05
    assert {"warping", "warping_smoothed", "iou"} <= set(_values(scores, "sequence", "right"))
    assert right.log == ["forget", *["answer"] * 9], "a video is one shot"


def test_videos_are_measured_for_flicker_alone(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (WIDTH, HEIGHT))
    for number in range(6):
        rng = np.random.default_rng(1)
        writer.write(np.roll(rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8), number, 1))
    writer.release()
    nervous: list[int] = []

    def flickers(bgr: Pixels) -> Answer:
        nervous.append(1)
        plane = np.full((HEIGHT, WIDTH), len(nervous) % 2, np.float32)
        return Answer(plane, plane * 0, None)

    scores, steps = Scores(), []
    measure_clip(scores, Clip(path), [_contender(Scripted("nervous", flickers))], 4, lambda: steps.append(1))
    assert len(steps) == 4
    assert _values(scores, "clip", "nervous") == {"warping": 1.0, "warping_smoothed": 0.0}


@pytest.mark.parametrize("size", [Size(288, 160), Size(320, 240), Size(90, 200)])
def test_the_shipped_network_answers_at_the_pictures_size_and_smooths_as_livecut_does(size: Size) -> None:
    (network,) = contenders(["livecut-joint-small", "livecut-joint-small"], "cpu")
    source = DemoSource(size)
    answers = [network.answer(source.render(index)) for index in (0, 12)]
    for answer in answers:
        for plane in (answer.matte, answer.calm, answer.depth):
            assert plane is not None
            assert plane.shape == (size.height, size.width)
    (first, second) = answers
    assert first.matte is not None
    assert second.matte is not None
    np.testing.assert_array_equal(first.matte, cast(Any, first.calm))
    if size == Size(288, 160):
        field, expected = MotionField(size), second.matte.copy()
        field(source.render(0))
        assert field(source.render(12))
        motion = Motion(field.dx, field.dy, field.same, 1, 0)
        remember(second.matte, first.matte, motion, Settings().matte.smooth, expected)
        np.testing.assert_array_equal(cast(Any, second.calm), expected)
    network.forget()
    fresh = network.answer(source.render(12))
    np.testing.assert_array_equal(cast(Any, fresh.matte), second.matte)
    np.testing.assert_array_equal(cast(Any, fresh.calm), second.matte)
    network.close()


def test_the_reference_is_optional_until_it_is_asked_for() -> None:
    assert reference_of(None, "tcmonodepth-small") is None
    with pytest.raises(ModelError, match="has not been fetched"):
        reference_of("tcmonodepth-small", "tcmonodepth-small")
    with pytest.raises(ModelError, match=f"^{find('mediapipe-selfie').name} gives no depth$"):
        reference_of("mediapipe-selfie", "tcmonodepth-small")
    reference = reference_of("livecut-joint-small", "tcmonodepth-small")
    assert reference is not None
    reference.close()
