"""Recordings, read back with PyAV."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import av
import numpy as np
import pytest

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.protocols import Sink
from livecut.sinks import recording
from livecut.sinks.recording import Recording
from livecut.types import CARD_INDEX, Picture, Size

MakePicture = Callable[..., Picture]


class FullDisk(io.FileIO):
    """A file on a disk with room for `room` bytes."""

    def __init__(self, path: Path, room: int) -> None:
        super().__init__(path, "w+")
        self._room = room

    def write(self, data: Any, /) -> int:
        end = self.tell() + len(data)
        if end > self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def read(path: Path) -> tuple[list[np.ndarray], Any]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(stream)]
        facts = {
            "codec": stream.codec_context.name,
            "rate": stream.average_rate,
            "start_s": (container.start_time or 0) / 1e6,
            "duration_s": (container.duration or 0) / 1e6,
            "colorspace": stream.codec_context.colorspace,
            "range": stream.codec_context.color_range,
            "fragmented": b"moof" in path.read_bytes(),
        }
    return pictures, facts


def noise(index: int, size: Size) -> Picture:
    """A picture that no encoder makes small."""
    bgr = np.random.default_rng(index).integers(0, 255, (size.height, size.width, 3), np.uint8)
    return Picture(bgr, None, index, 0)


def test_mp4_keeps_rate_order_and_colours(tmp_path: Path, picture: MakePicture) -> None:
    path = tmp_path / "a.mp4"
    sink = Recording(path, size=Size(64, 48), fps=25.0)
    assert isinstance(sink, Sink)
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (128, 128, 128)]
    for index, colour in enumerate(colours * 5):
        sink.write(Picture(np.full((48, 64, 3), colour, np.uint8), None, index, 0))
    sink.close()
    sink.close()
    pictures, facts = read(path)
    assert len(pictures) == 20
    assert facts["rate"] == 25
    assert facts["duration_s"] == pytest.approx(20 / 25, abs=0.002)
    assert (facts["colorspace"], facts["range"]) == (1, 1)
    for index, got in enumerate(pictures):
        assert np.abs(got[24, 32].astype(int) - colours[index % 4]).max() <= 4


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".webm"])
def test_every_ending_is_written(tmp_path: Path, picture: MakePicture, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    sink = Recording(path, size=Size(64, 48), fps=30.0)
    for index in range(10):
        sink.write(picture(index))
    sink.close()
    pictures, _ = read(path)
    assert len(pictures) == 10
    assert np.abs(pictures[3].astype(int) - picture(3).bgr).mean() < 4


@pytest.mark.parametrize("size", [Size(1, 1), Size(17, 33), Size(64, 1), Size(3, 50)])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_odd_sizes(tmp_path: Path, size: Size, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    sink = Recording(path, size=size, fps=30.0)
    for index in range(3):
        sink.write(Picture(np.full((size.height, size.width, 3), 90, np.uint8), None, index, 0))
    sink.close()
    pictures, _ = read(path)
    assert len(pictures) == 3
    even = size if suffix == ".webm" else Size(size.width + size.width % 2, size.height + size.height % 2)
    assert pictures[0].shape == (even.height, even.width, 3)
    assert np.abs(pictures[0].astype(int) - 90).max() <= 5


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("size", [Size(34, 18), Size(33, 17)], ids=str)
def test_the_encoder_gets_bt709_to_the_nearest_level(tmp_path: Path, size: Size, alpha: bool) -> None:
    rng = np.random.default_rng(5)
    # Squares of one colour: how chroma is averaged does not matter.
    bgr = rng.integers(0, 256, (9, 17, 3), np.uint8).repeat(2, 0).repeat(2, 1)[: size.height, : size.width]
    own = rng.integers(0, 256, bgr.shape[:2], np.uint8) if alpha else None
    sink = Recording(tmp_path / f"a.{'webm' if alpha else 'mp4'}", size=size, fps=30.0, alpha=alpha)
    frame = sink._convert(Picture(np.ascontiguousarray(bgr), own, 0, 0))
    sink.close()
    assert (frame.format.name, int(frame.colorspace), int(frame.color_range)) == (
        "yuva420p" if alpha else "yuv420p",
        1,
        1,
    )
    planes: Any = frame.planes
    levels = [np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size) for plane in planes]
    luma = bgr / 255 @ (0.0722, 0.7152, 0.2126)
    exact = [
        16 + 219 * luma,
        (128 + 112 * (bgr[..., 0] / 255 - luma) / (1 - 0.0722))[::2, ::2],
        (128 + 112 * (bgr[..., 2] / 255 - luma) / (1 - 0.2126))[::2, ::2],
    ]
    if own is not None:
        exact.append(own.astype(float))
    for got, wanted in zip(levels, exact, strict=True):
        height, width = wanted.shape
        assert np.abs(got[:height, :width] - wanted).max() <= 0.51


def test_the_card_needs_no_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown at once, while kernels compile on the very first run."""
    path = tmp_path / "a.mp4"
    sink = Recording(path, size=Size(64, 48), fps=30.0)
    prepare = Mock(side_effect=sink.prepare)
    monkeypatch.setattr(sink, "prepare", prepare)
    for index in (*[CARD_INDEX] * 3, 0, 1, 2):
        sink.write(Picture(np.full((48, 64, 3), 90, np.uint8), None, index, 0))
        assert prepare.call_count == int(index != CARD_INDEX)
    sink.close()
    pictures, _ = read(path)
    assert len(pictures) == 6
    assert max(np.abs(got.astype(int) - 90).max() for got in pictures) <= 3


def test_ntsc_rate_is_exact(tmp_path: Path, picture: MakePicture) -> None:
    sink = Recording(tmp_path / "a.mp4", size=Size(64, 48), fps=30000 / 1001)
    sink.write(picture())
    sink.close()
    _, facts = read(tmp_path / "a.mp4")
    assert (facts["rate"].numerator, facts["rate"].denominator) == (30000, 1001)


def test_webm_keeps_transparency(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    alpha[:16] = 128
    bgr = np.full((48, 64, 3), (40, 80, 200), np.uint8)
    sink = Recording(path, size=Size(64, 48), fps=30.0, alpha=True)
    for index in range(3):
        sink.write(Picture(bgr, alpha, index, 0))
    sink.write(Picture(bgr, None, 3, 0))  # the card has none
    sink.close()
    with av.open(str(path)) as container:
        # FFmpeg's own VP9 decoder drops the alpha
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames = [frame for packet in container.demux(video=0) if packet.size for frame in decoder.decode(packet)]
        frames += decoder.decode(None)
    assert len(frames) == 4
    got = frames[1].to_ndarray(format="bgra")
    assert np.abs(got[8:, ..., 3].astype(int)[:, 4:28] - alpha[8:, 4:28]).max() <= 6
    assert np.abs(got[20:, 40:, :3].astype(int) - (40, 80, 200)).max() <= 6
    assert frames[3].to_ndarray(format="bgra")[..., 3].min() >= 250


def test_without_transparency_in_the_file_it_lies_over_green(tmp_path: Path, picture: MakePicture) -> None:
    for name, alpha in (("a.mp4", True), ("b.webm", False)):
        sink = Recording(tmp_path / name, size=Size(64, 48), fps=30.0, alpha=alpha)
        sink.write(picture(alpha=0))
        sink.close()
        pictures, _ = read(tmp_path / name)
        assert np.abs(pictures[0].astype(int) - (0x40, 0xB1, 0x00)).max() <= 5


def test_a_finished_mp4_is_a_plain_one(tmp_path: Path, picture: MakePicture) -> None:
    path = tmp_path / "a.mp4"
    sink = Recording(path, size=Size(64, 48), fps=10.0)
    for index in range(50):
        sink.write(picture(index))
    sink.close()
    pictures, facts = read(path)
    assert len(pictures) == 50
    assert facts["duration_s"] == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("hybrid_since", [recording._HYBRID_SINCE, (999, 0, 0)])
@pytest.mark.parametrize("fps", [5.0, 30.0])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_it_begins_at_once_and_takes_as_long_as_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, fps: float, hybrid_since: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(recording, "_HYBRID_SINCE", hybrid_since)
    path, size = tmp_path / f"a{suffix}", Size(64, 48)
    still = noise(0, size).bgr
    sink = Recording(path, size=size, fps=fps)
    for index in range(40):
        sink.write(Picture(np.roll(still, index, axis=1), None, index, index))
    sink.close()
    pictures, facts = read(path)
    assert len(pictures) == 40
    assert facts["start_s"] == 0.0
    assert facts["duration_s"] == pytest.approx(40 / fps, abs=0.002)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_what_is_on_disk_can_be_played_at_any_moment(tmp_path: Path, suffix: str) -> None:
    size = Size(320, 240)
    path = tmp_path / f"a{suffix}"
    sink = Recording(path, size=size, fps=5.0)
    for index in range(120):
        sink.write(noise(index, size))
    crashed = tmp_path / f"crashed{suffix}"
    crashed.write_bytes(path.read_bytes())
    pictures, _ = read(crashed)
    assert len(pictures) >= 30
    sink.close()
    assert len(read(path)[0]) == 120


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_full_disk_is_said_and_the_rest_can_be_played(tmp_path: Path, suffix: str) -> None:
    size = Size(320, 240)
    path = tmp_path / f"a{suffix}"
    sink = Recording(path, size=size, fps=5.0, opener=lambda name: FullDisk(name, 600_000))
    written = 0
    with pytest.raises(DeviceLost) as caught:
        for index in range(300):
            sink.write(noise(index, size))
            written += 1
    assert caught.value.message == f"{path}: the disk is full"
    assert caught.value.hint == "what was written so far can be played"
    with pytest.raises(DeviceLost, match=r"is closed$"):
        sink.write(noise(0, size))
    sink.close()
    pictures, _ = read(path)
    assert 5 <= len(pictures) <= written


def test_a_disk_that_fills_up_at_the_end_leaves_the_fragments(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    files: list[FullDisk] = []

    def opener(name: Path) -> FullDisk:
        files.append(FullDisk(name, 10**9))
        return files[0]

    sink = Recording(path, size=Size(64, 48), fps=5.0, opener=opener)
    for index in range(100):
        sink.write(noise(index, Size(64, 48)))
    files[0]._room = files[0].tell()
    with pytest.raises(DeviceLost, match=r"a\.mp4: the last frames were lost: .*No space left on device"):
        sink.close()
    sink.close()
    assert len(read(path)[0]) >= 5


def test_older_ffmpeg_gets_plain_fragments(
    tmp_path: Path, picture: MakePicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_HYBRID_SINCE", (999, 0, 0))
    path = tmp_path / "a.mp4"
    sink = Recording(path, size=Size(64, 48), fps=5.0)
    for index in range(30):
        sink.write(picture(index))
    sink.close()
    pictures, facts = read(path)
    assert len(pictures) == 30
    assert facts["fragmented"]


def test_without_h264_it_is_mpeg4(tmp_path: Path, picture: MakePicture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av.codec, "codecs_available", av.codec.codecs_available - {"libx264", "libopenh264"})
    sink = Recording(tmp_path / "a.mp4", size=Size(64, 48), fps=30.0)
    sink.write(picture())
    sink.close()
    assert sink.codec == "mpeg4"
    assert len(read(tmp_path / "a.mp4")[0]) == 1


def test_without_vp9_webm_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av.codec, "codecs_available", set())
    path = tmp_path / "a.webm"
    with pytest.raises(DeviceUnavailable) as caught:
        Recording(path, size=Size(64, 48), fps=30.0)
    assert caught.value.message == f"{path}: this FFmpeg has no encoder libvpx-vp9"
    assert not path.exists()


def test_missing_folder_wrong_ending_and_folder(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        Recording(tmp_path / "none" / "a.mp4", size=Size(64, 48), fps=30.0)
    assert caught.value.message == f"{tmp_path}/none/a.mp4 cannot be written: there is no folder {tmp_path}/none"
    assert caught.value.hint == f'mkdir -p "{tmp_path}/none"'
    with pytest.raises(DeviceUnavailable) as caught:
        Recording(tmp_path / "a.gif", size=Size(64, 48), fps=30.0)
    assert caught.value.message == f"{tmp_path}/a.gif: livecut writes no .gif"
    (tmp_path / "b.mp4").mkdir()
    with pytest.raises(DeviceUnavailable, match=r"b\.mp4 is a folder$"):
        Recording(tmp_path / "b.mp4", size=Size(64, 48), fps=30.0)


def test_what_is_there_stays_until_the_first_picture(tmp_path: Path, picture: MakePicture) -> None:
    for name in ("a.mp4", "a.webm"):
        path = tmp_path / name
        path.write_bytes(b"an earlier recording")
        Recording(path, size=Size(64, 48), fps=30.0).close()
        assert path.read_bytes() == b"an earlier recording"
        sink = Recording(path, size=Size(64, 48), fps=30.0)
        assert path.read_bytes() == b"an earlier recording"
        sink.write(picture())
        assert not path.read_bytes().startswith(b"an earlier")
        sink.close()
        assert len(read(path)[0]) == 1


def test_looking_whether_a_file_can_be_written_leaves_none(tmp_path: Path) -> None:
    sink = Recording(tmp_path / "a.mp4", size=Size(64, 48), fps=30.0)
    assert list(tmp_path.iterdir()) == []
    sink.close()
    with pytest.raises(DeviceUnavailable, match=r"a{300}\.mp4 cannot be written: file name too long$"):
        Recording(tmp_path / f"{'a' * 300}.mp4", size=Size(64, 48), fps=30.0)


def test_a_link_stays_a_link(tmp_path: Path, picture: MakePicture) -> None:
    link, target = tmp_path / "link.mp4", tmp_path / "disk.mp4"
    link.symlink_to(target)
    Recording(link, size=Size(64, 48), fps=30.0).close()
    assert link.is_symlink()
    assert not target.exists()
    sink = Recording(link, size=Size(64, 48), fps=30.0)
    sink.write(picture())
    sink.close()
    assert link.is_symlink()
    assert len(read(target)[0]) == 1


def test_a_folder_that_goes_away_before_the_first_picture(tmp_path: Path, picture: MakePicture) -> None:
    (tmp_path / "stick").mkdir()
    path = tmp_path / "stick" / "a.mp4"
    sink = Recording(path, size=Size(64, 48), fps=30.0)
    (tmp_path / "stick").rmdir()
    with pytest.raises(DeviceLost) as caught:
        sink.write(picture())
    assert (caught.value.message, caught.value.hint) == (f"{path}: no such file or directory", "nothing was written")
    sink.close()


@pytest.mark.parametrize("earlier", [None, b"an earlier recording"])
def test_a_failure_before_anything_is_written_leaves_no_empty_file_of_its_own(
    tmp_path: Path, picture: MakePicture, earlier: bytes | None
) -> None:
    path = tmp_path / "a.mp4"
    if earlier is not None:
        path.write_bytes(earlier)
    sink = Recording(path, size=Size(64, 48), fps=30.0, opener=lambda name: FullDisk(name, 0))
    with pytest.raises(DeviceLost):
        for index in range(200):
            sink.write(picture(index))
    sink.close()
    assert path.exists() is (earlier is not None)


def test_a_disk_full_from_the_start(tmp_path: Path, picture: MakePicture) -> None:
    path = tmp_path / "a.mp4"
    sink = Recording(path, size=Size(64, 48), fps=30.0, opener=lambda name: FullDisk(name, 0))
    with pytest.raises(DeviceLost) as caught:
        for index in range(200):
            sink.write(picture(index))
    assert caught.value.message == f"{path}: the disk is full"
    sink.close()


def test_a_sink_without_a_picture_leaves_no_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.mp4", "a.webm"):
        sink = Recording(tmp_path / name, size=Size(64, 48), fps=30.0)
        sink.close()
        assert not (tmp_path / name).exists()
        assert f"{name}: no picture was written" in caplog.text


def test_the_very_same_picture_again_is_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[int] = []
    plain = Recording._convert

    def counted(self: Recording, picture: Picture) -> Any:
        converted.append(picture.index)
        return plain(self, picture)

    monkeypatch.setattr(Recording, "_convert", counted)
    path = tmp_path / "a.mp4"
    sink = Recording(path, size=Size(64, 48), fps=10.0)
    assert sink.keeps_time
    first, second = (Picture(np.full((48, 64, 3), 50 * index, np.uint8), None, index, index) for index in (0, 3))
    for shown in (first, first, first, second, second, first):
        sink.write(shown)
    # painted on anew: the same memory, another frame
    second.bgr[:] = 200
    sink.write(Picture(second.bgr, None, 4, 4))
    sink.write(Picture(second.bgr, None, 4, 5))
    sink.write(Picture(second.bgr.copy(), None, 4, 5))
    sink.close()
    assert converted == [0, 3, 0, 4, 4, 4]
    pictures, facts = read(path)
    assert len(pictures) == 9
    assert facts["duration_s"] == pytest.approx(0.9, abs=0.1)
    for got, index in zip(pictures, (0, 0, 0, 3, 3, 0, 4, 4, 4), strict=True):
        assert np.abs(got.astype(int) - 50 * index).max() <= 4


def test_a_wrong_size_is_a_bug(tmp_path: Path, picture: MakePicture) -> None:
    sink = Recording(tmp_path / "a.mp4", size=Size(64, 48), fps=30.0)
    with pytest.raises(ValueError, match="the picture is 64x50, the recording 64x48"):
        sink.write(picture(0, Size(64, 50)))
    sink.close()


@pytest.mark.parametrize("size", [Size(64, 48), Size(33, 17)])
def test_depth_comes_back_bit_by_bit_and_the_card_is_all_far(tmp_path: Path, size: Size) -> None:
    random = np.random.default_rng(4)
    planes = [random.integers(0, 65536, (size.height, size.width), np.uint16) for _ in range(3)]
    bgr = np.zeros((size.height, size.width, 3), np.uint8)
    sink = Recording(tmp_path / "depth.mkv", size=size, fps=30, depth=True)
    for index, plane in enumerate(planes):
        sink.write(Picture(bgr, None, index, index, depth=plane))
    sink.write(Picture(bgr, None, -1, 9))
    sink.close()
    with av.open(str(tmp_path / "depth.mkv")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("ffv1", "gray16le")
        found = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert len(found) == 4
    assert all(np.array_equal(one, plane) for one, plane in zip(found, planes, strict=False))
    assert not found[3].any()


@pytest.mark.parametrize("name", ["depth.mp4", "depth.webm", "depth.mov"])
def test_depth_goes_into_no_file_that_would_round_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        DeviceUnavailable, match=r"16-bit depth is written to \.mkv files and PNG frames only"
    ) as caught:
        Recording(tmp_path / name, size=Size(64, 48), fps=30, depth=True)
    assert caught.value.hint == "--sink depth.mkv"
    assert not (tmp_path / name).exists()


def test_a_file_of_a_picture_in_an_hour_can_be_recorded(tmp_path: Path, picture: MakePicture) -> None:
    sink = Recording(tmp_path / "slow.mkv", size=Size(64, 48), fps=1 / 3600)
    for index in range(2):
        sink.write(noise(index, Size(64, 48)))
    sink.close()
    assert len(read(tmp_path / "slow.mkv")[0]) == 2
