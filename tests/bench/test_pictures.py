"""Sets, sequences and videos are found and read for what they are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livecut.bench.pictures import LONGEST_PX, Clip, Labelled, PictureSet, gather, read_mask
from livecut.errors import ImageError, SettingsError
from livecut.types import Size


def _picture(path: Path, size: Size = Size(24, 16), value: int = 120) -> None:  # noqa: B008 - an immutable tuple
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((size.height, size.width, 3), value, np.uint8))


def _mask(path: Path, share: float = 0.5, size: Size = Size(24, 16)) -> None:  # noqa: B008 - an immutable tuple
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((size.height, size.width), np.uint8)
    mask[:, : round(share * size.width)] = 255
    cv2.imwrite(str(path), mask)


def _video(path: Path, size: Size, frames: int) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, size)
    for value in range(frames):
        writer.write(np.full((size.height, size.width, 3), 40 + value, np.uint8))
    writer.release()


def test_a_folder_of_sets_and_videos(tmp_path: Path) -> None:
    for name in ("b", "a"):
        _picture(tmp_path / "people" / "images" / f"{name}.jpg")
    _mask(tmp_path / "people" / "masks" / "a.png")
    _picture(tmp_path / "bg_rooms" / "images" / "room.png")
    (tmp_path / "people" / "images" / "notes.txt").write_text("no picture")
    (tmp_path / "empty").mkdir()
    _video(tmp_path / "clip.avi", Size(32, 24), 3)
    sets, clips = gather([tmp_path])
    assert [(one.name, one.empty, one.in_order) for one in sets] == [
        ("bg_rooms", True, False),
        ("people", False, False),
    ]
    people = tmp_path / "people"
    assert sets[1].pictures == (
        Labelled(people / "images" / "a.jpg", people / "masks" / "a.png"),
        Labelled(people / "images" / "b.jpg", None),
    )
    assert [clip.name for clip in clips] == ["clip"]
    assert gather([people, tmp_path / "clip.avi"]) == ([sets[1]], clips)


def test_a_set_is_named_after_its_folder_however_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _picture(tmp_path / "people" / "images" / "a.jpg")
    monkeypatch.chdir(tmp_path / "people")
    assert gather([Path()])[0][0].name == "people"


@pytest.mark.parametrize(
    ("names", "masked", "in_order"),
    [
        ([f"{n:05d}" for n in range(8)], 8, True),
        ([f"{n:05d}" for n in range(7, 19)], 12, True),
        ([f"{n:05d}" for n in range(7)], 7, False),
        ([f"{n:05d}" for n in range(8)], 7, False),
        ([f"{n:05d}" for n in range(0, 16, 2)], 8, False),
        ([f"a{n:05d}" for n in range(8)], 8, False),
    ],
)
def test_consecutive_numbers_with_masks_are_a_video(
    tmp_path: Path, names: list[str], masked: int, in_order: bool
) -> None:
    for number, name in enumerate(names):
        _picture(tmp_path / "set" / "images" / f"{name}.jpg")
        if number < masked:
            _mask(tmp_path / "set" / "masks" / f"{name}.png")
    assert gather([tmp_path / "set"])[0][0].in_order is in_order


@pytest.mark.parametrize(("limit", "kept"), [(None, range(10)), (20, range(10)), (3, (0, 3, 6)), (1, (0,))])
def test_a_limit_spreads_over_the_set(limit: int | None, kept: range | tuple[int, ...]) -> None:
    pictures = tuple(Labelled(Path(str(number)), None) for number in range(10))
    thinned = PictureSet("set", pictures).thinned(limit)
    assert [int(str(picture.path)) for picture in thinned.pictures] == list(kept)
    of_video = PictureSet("set", pictures, in_order=True).thinned(limit)
    assert [int(str(picture.path)) for picture in of_video.pictures] == list(range(min(limit or 10, 10)))


def test_masks_are_brought_to_the_pictures_size(tmp_path: Path) -> None:
    _picture(tmp_path / "a.jpg", Size(48, 32))
    _mask(tmp_path / "a.png", 0.25, Size(24, 16))
    bgr, mask = Labelled(tmp_path / "a.jpg", tmp_path / "a.png").read(empty=False)
    assert bgr.shape == (32, 48, 3)
    assert mask is not None
    assert mask.shape == (32, 48)
    assert mask.mean() == 0.25


def test_without_a_mask_nobody_is_there_or_nobody_knows(tmp_path: Path) -> None:
    _picture(tmp_path / "a.jpg")
    picture = Labelled(tmp_path / "a.jpg", None)
    assert picture.read(empty=False)[1] is None
    mask = picture.read(empty=True)[1]
    assert mask is not None
    assert not mask.any()


def test_a_broken_mask_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mask.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"^mask.png is no mask$"):
        read_mask(Path("mask.png"), Size(4, 4))


def test_frames_of_a_video_are_few_and_not_too_large(tmp_path: Path) -> None:
    _video(tmp_path / "clip.avi", Size(1280, 720), 5)
    frames = list(Clip(tmp_path / "clip.avi").frames(3))
    assert [frame.shape for frame in frames] == [(360, LONGEST_PX, 3)] * 3
    assert len(list(Clip(tmp_path / "clip.avi").frames(50))) == 5


@pytest.mark.parametrize(
    ("name", "message"), [("absent", "absent does not exist"), ("empty", "empty has nothing to measure")]
)
def test_a_path_with_nothing_to_measure(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(SettingsError) as caught:
        gather([Path(name)])
    assert caught.value.message == message
