"""Numbered PNG files."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.protocols import Sink
from livecut.sinks.frames import FrameFiles, frame_path, is_frame_of, is_frame_pattern
from livecut.types import Picture, Size


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("out/", True),
        ("out/%d.png", True),
        ("a-%06d.png", True),
        ("out.mp4", False),
        ("100%.mp4", False),
        ("%d/out.mp4", False),
        ("x%s.png", False),
    ],
)
def test_what_a_pattern_is(text: str, answer: bool) -> None:
    assert is_frame_pattern(text) is answer


@pytest.mark.parametrize(
    ("name", "pattern", "answer"),
    [
        ("frame-000007.png", "any/", True),
        ("frame-7.png", "any/", False),
        ("frame-1000000.png", "any/", True),
        ("a_  7_b.PNG", "a_%3d_b.PNG", True),
        ("a_007_b.PNG", "a_%3d_b.PNG", False),
        ("7.png", "x/%d.png", True),
        ("-7.png", "%d.png", False),
        ("x.png", "%d.png", False),
        (".png", "%d.png", False),
        ("7.png", "100%.png", False),
    ],
)
def test_which_files_a_pattern_writes(name: str, pattern: str, answer: bool) -> None:
    assert is_frame_of(Path("elsewhere") / name, pattern) is answer


def test_where_a_picture_goes() -> None:
    assert frame_path("out/", 12) == Path("out/frame-000012.png")
    assert frame_path("out/%03d-100%.png", 12) == Path("out/012-100%.png")


def test_a_folder_is_made_and_filled(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    sink = FrameFiles(f"{tmp_path}/deep/frames/")
    assert isinstance(sink, Sink)
    assert sink.keeps_time
    for index in range(3):
        sink.write(picture(index))
    sink.close()
    names = sorted(path.name for path in (tmp_path / "deep/frames").iterdir())
    assert names == ["frame-000000.png", "frame-000001.png", "frame-000002.png"]
    with Image.open(tmp_path / "deep/frames/frame-000002.png") as image:
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image)[..., ::-1], picture(2).bgr)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("%d.png", "1.png"), ("a_%3d_b.PNG", "a_  1_b.PNG"), ("%04d-100%.png", "0001-100%.png")],
)
def test_names(tmp_path: Path, picture: Callable[..., Picture], name: str, expected: str) -> None:
    sink = FrameFiles(f"{tmp_path}/{name}")
    sink.write(picture(0))
    sink.write(picture(1))
    assert (tmp_path / expected).is_file()


def test_transparency_is_kept_bit_for_bit(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    sink = FrameFiles(f"{tmp_path}/%d.png")
    whole = picture(0, Size(5, 3), alpha=0)
    assert whole.alpha is not None
    whole.alpha[:] = np.arange(15, dtype=np.uint8).reshape(3, 5) * 17
    sink.write(whole)
    sink.write(picture(1, Size(5, 3)))
    with Image.open(tmp_path / "0.png") as image:
        rgba = np.asarray(image)
    np.testing.assert_array_equal(rgba[..., 3], whole.alpha)
    np.testing.assert_array_equal(rgba[..., 2::-1], whole.bgr)
    with Image.open(tmp_path / "1.png") as image:
        assert image.mode == "RGB"


def test_a_full_disk_leaves_only_whole_files(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    class FullDisk(io.FileIO):
        def write(self, data: Any, /) -> int:
            if Path(str(self.name)).name == "2.png":
                super().write(bytes(data[:100]))
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    sink = FrameFiles(f"{tmp_path}/%d.png", opener=lambda path: FullDisk(path, "w+"))
    sink.write(picture(0))
    sink.write(picture(1))
    with pytest.raises(DeviceLost) as caught:
        sink.write(picture(2))
    sink.close()
    assert caught.value.message == f"{tmp_path}/2.png: the disk is full"
    assert caught.value.hint == "the 2 pictures before it are whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.png", "1.png"]


@pytest.mark.parametrize(("earlier", "told"), [(0, None), (1, "1 frame is"), (3, "3 frames are")])
@pytest.mark.parametrize("pattern", ["/", "/frame-%06d.png"])
def test_frames_that_are_there_already_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, pattern: str, earlier: int, told: str | None
) -> None:
    for index in range(earlier):
        frame_path(f"{tmp_path}/", index + 7).touch()
    (tmp_path / "frame-x.png").touch()
    FrameFiles(f"{tmp_path}{pattern}")
    lines = [
        f"{tmp_path}{pattern}: {told} there already; those that this run reaches are written over, the others stay"
    ]
    assert [record.message for record in caplog.records] == (lines if told else [])


def test_a_folder_that_may_not_be_listed_is_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", forbidden)
    FrameFiles(f"{tmp_path}/").close()


def test_a_run_without_a_picture_leaves_no_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    sink = FrameFiles(f"{tmp_path}/mine/deep/frames/")
    sink.close()
    sink.close()
    assert list(tmp_path.rglob("*")) == [tmp_path / "mine"]
    FrameFiles(f"{tmp_path}/mine/").close()
    assert (tmp_path / "mine").is_dir()


def test_a_file_that_cannot_be_opened_is_not_removed(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    def refuse(path: Path) -> io.FileIO:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "0.png").write_bytes(b"protected")
    with pytest.raises(DeviceLost, match=r"0\.png: permission denied$") as caught:
        FrameFiles(f"{tmp_path}/%d.png", opener=refuse).write(picture())
    assert caught.value.hint == "no picture was written"
    assert (tmp_path / "0.png").read_bytes() == b"protected"


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        FrameFiles(f"{tmp_path}/%d.jpg")
    assert caught.value.message == f"{tmp_path}/%d.jpg: %d in a name stands for frames, PNG files with one number"
    assert caught.value.hint == "for example frames/%06d.png; a video's name has no %d"
    with pytest.raises(DeviceUnavailable, match=r"%06d in a name stands for frames, PNG files with one number$"):
        FrameFiles(f"{tmp_path}/talk %06d.mp4")
    with pytest.raises(DeviceUnavailable, match=r"frames, PNG files with one number$"):
        FrameFiles(f"{tmp_path}/%d-%d.png")
    with pytest.raises(DeviceUnavailable, match=f"none/0.png cannot be written: there is no folder {tmp_path}/none$"):
        FrameFiles(f"{tmp_path}/none/%d.png")
    (tmp_path / "0.png").mkdir()
    with pytest.raises(DeviceUnavailable, match=r"0\.png is a folder$"):
        FrameFiles(f"{tmp_path}/%d.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceUnavailable, match=r"file/ cannot be made: "):
        FrameFiles(f"{tmp_path}/file/")


def test_depth_is_a_grey_png_of_sixteen_bits(tmp_path: Path) -> None:
    plane = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 21
    bgr = np.zeros((48, 64, 3), np.uint8)
    sink = FrameFiles(f"{tmp_path}/%d.png", depth=True)
    sink.write(Picture(bgr, None, 0, 0, depth=plane))
    sink.write(Picture(bgr, None, -1, 1))
    sink.close()
    first, card = (np.asarray(Image.open(tmp_path / f"{number}.png")) for number in range(2))
    assert first.dtype == np.uint16
    assert np.array_equal(first, plane)
    assert card.dtype == np.uint16 and not card.any()
