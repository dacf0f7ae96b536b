"""Video files, made on the spot, whole and broken."""

from __future__ import annotations

import itertools
import struct
import threading
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.kernels.cpu.seats import Seat
from livecut.protocols import Source, Timed
from livecut.sources.file import FileSource
from livecut.sources.video import Video
from livecut.types import Frame, Size

MakeVideo = Callable[..., Path]


def level(frame: Frame) -> int:
    return round((float(frame.bgr.mean()) - 40) / 8)


def read_all(source: FileSource, most: int = 1000) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < most and (frame := source.read()) is not None:
        frames.append(frame)
    return frames


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mkv", "libx264", "yuv444p"),
        ("a.webm", "libvpx-vp9", "yuva420p"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.mov", "png", "rgba"),
        ("a.mkv", "ffv1", "gray"),
        ("a.mkv", "ffv1", "yuv420p10le"),
        ("a.h264", "libx264", "yuv420p"),
    ],
)
def test_every_frame_once_and_in_order(video: MakeVideo, name: str, codec: str, pix_fmt: str) -> None:
    source = FileSource(video(name, codec=codec, pix_fmt=pix_fmt, options={}))
    assert isinstance(source, Source)
    assert isinstance(source, Timed)
    assert (source.size, source.live) == (Size(64, 48), False)
    frames = read_all(source)
    assert [level(frame) for frame in frames] == list(range(20))
    assert [frame.index for frame in frames] == list(range(20))
    for frame in frames:
        assert frame.bgr.shape == (48, 64, 3)
        assert frame.bgr.dtype == np.uint8
        assert frame.bgr.flags.c_contiguous
    assert not np.shares_memory(frames[0].bgr, frames[1].bgr)
    assert source.read() is None
    source.close()
    source.close()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.h264", "a.gif"])
def test_loop_starts_again_and_time_goes_on(video: MakeVideo, name: str) -> None:
    codec, pix_fmt = ("gif", "rgb8") if name == "a.gif" else ("libx264", "yuv420p")
    source = FileSource(video(name, count=5, codec=codec, pix_fmt=pix_fmt, options={}), loop=True)
    first = [frame for frame in (source.read() for _ in range(5)) if frame]
    moments = []
    again = []
    for _ in range(10):
        frame = source.read()
        assert frame is not None
        again.append(frame)
        moments.append(source.position_s)
    for old, new in zip([*first, *first], again, strict=True):
        np.testing.assert_array_equal(old.bgr, new.bgr)
    assert [frame.index for frame in again] == list(range(5, 15))
    assert all(later > earlier for earlier, later in itertools.pairwise(moments))
    source.close()


def test_times_come_from_the_file(video: MakeVideo) -> None:
    source = FileSource(video("a.mkv", count=5, moments=[0, 1, 5, 6, 20], options={}))
    moments = []
    while source.read() is not None:
        moments.append(source.position_s)
    assert moments == pytest.approx([0.0, 0.1, 0.5, 0.6, 2.0], abs=0.002)


def recorded_by_a_browser(path: Path) -> Path:
    """Take out what a browser does not write: how long a frame and the whole take. What is left out is void."""
    data = bytearray(path.read_bytes())
    for element, length in ((b"\x23\xe3\x83\x84", 8), (b"\x44\x89\x88", 11)):
        at = data.find(element)
        if at >= 0:
            data[at : at + length] = bytes([0xEC, 0x80 + length - 2]) + bytes(length - 2)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("step_ms", "fps"), [((33, 33, 34), 30.0), ((16, 17, 17), 60.0), ((40,), 25.0)])
def test_a_recording_that_names_no_rate_has_that_of_its_times(
    video: MakeVideo, step_ms: tuple[int, ...], fps: float
) -> None:
    steps = [*itertools.islice(itertools.cycle(step_ms), 59)]
    steps[7] *= 20  # the page was not shown for a while
    moments = [0, *itertools.accumulate(steps)]
    path = video("a.webm", count=60, fps=1000, codec="libvpx", moments=moments, options={})
    source = FileSource(recorded_by_a_browser(path), loop=True)
    assert source.duration_s is None
    assert source.fps == pytest.approx(fps, rel=0.01)
    frames = read_all(source, 60)
    assert [level(frame) for frame in frames] == [index % 26 for index in range(60)]
    assert source.position_s == pytest.approx(moments[-1] / 1000, abs=0.002)
    again = source.read()
    assert again is not None and level(again) == 0
    assert source.position_s == pytest.approx(moments[-1] / 1000 + 1 / fps, abs=0.003)
    source.close()


@pytest.mark.parametrize(
    ("moments", "fps"),
    [
        ((0, 10, 1010), 100.0),  # no step is like the median of the two
        ([50 * pair + late for pair in range(20) for late in (0, 1)], 40.0),  # in pairs
        ((0, 1, 2, 3), 30.0),  # a rate that nobody records at
    ],
)
def test_a_recording_whose_times_jump_about_has_a_plausible_rate(
    video: MakeVideo, moments: Sequence[int], fps: float
) -> None:
    path = video("a.webm", count=len(moments), fps=1000, codec="libvpx", moments=list(moments), options={})
    source = FileSource(recorded_by_a_browser(path))
    assert source.fps == pytest.approx(fps, rel=0.03)
    assert len(read_all(source, len(moments))) == len(moments)
    source.close()


def test_joined_files_whose_times_begin_anew_go_on_in_time(video: MakeVideo, tmp_path: Path) -> None:
    part = video("a.ts", count=30, fps=30, codec="mpeg2video", options={}).read_bytes()
    (tmp_path / "joined.ts").write_bytes(3 * part)
    source = FileSource(tmp_path / "joined.ts")
    times = []
    while source.read() is not None:
        times.append(source.position_s)
    source.close()
    assert len(times) >= 85
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(steps) > 0.02 and max(steps) < 0.1


@pytest.mark.parametrize(("count", "fps"), [(1, 30.0), (2, 20.0)])
def test_a_recording_of_a_moment_has_a_rate_too(video: MakeVideo, count: int, fps: float) -> None:
    path = video("a.webm", count=count, fps=1000, codec="libvpx", moments=[0, 50][:count], options={})
    source = FileSource(recorded_by_a_browser(path))
    assert source.fps == pytest.approx(fps, rel=0.01)
    assert len(read_all(source)) == count
    source.close()


def test_a_loop_is_opened_aside_before_it_is_needed(video: MakeVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    opened = av.open

    def noting(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread())
        return opened(*args, **kwargs)

    path = video(count=5)
    left: list[threading.Thread] = []
    monkeypatch.setattr(Seat, "leave", lambda: left.append(threading.current_thread()))
    monkeypatch.setattr(av, "open", noting)
    source = FileSource(path, loop=True)
    assert [level(frame) for frame in read_all(source, 17)] == [index % 5 for index in range(17)]
    source.close()
    assert threads[0] is threading.current_thread()
    assert len(threads) >= 4 and all(thread.name == "livecut-loop" for thread in threads[1:])
    for thread in threads[1:]:
        thread.join(30.0)
        assert not thread.is_alive()
    assert left == threads[1:], "the renderer's core is the renderer's"


def test_a_loop_that_cannot_be_opened_again_says_why(video: MakeVideo) -> None:
    path = video(count=5)
    source = FileSource(path, loop=True)
    path.unlink()
    assert len(read_all(source, 5)) == 5
    with pytest.raises(DeviceUnavailable, match="no such file or directory"):
        source.read()
    source.close()


def test_what_was_opened_for_the_loop_is_closed_with_it(video: MakeVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Video] = []
    close = Video.close

    def noting(video: Video) -> None:
        closed.append(video)
        close(video)

    monkeypatch.setattr(Video, "close", noting)
    source = FileSource(video(count=5), loop=True)
    assert source.read() is not None
    source.close()
    for thread in threading.enumerate():
        if thread.name == "livecut-loop":
            thread.join(30.0)
    assert len({id(one) for one in closed}) == 2


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (33, 1)])
def test_odd_sizes(video: MakeVideo, size: tuple[int, int]) -> None:
    source = FileSource(video("a.mkv", size=size, codec="ffv1", pix_fmt="bgr0", options={}))
    assert source.size == Size(*size)
    assert [level(frame) for frame in read_all(source)] == list(range(20))


def rotated(path: Path, quarter_turns: int) -> Path:
    """Write a rotation into the track header, as phones do."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    a, b, c, d = {1: (0, one, -one, 0), 2: (-one, 0, 0, -one), 3: (0, -one, one, 0)}[quarter_turns]
    struct.pack_into(">9i", data, at, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_rotation_of_phones_is_applied(video: MakeVideo, quarter_turns: int) -> None:
    def paint(index: int) -> np.ndarray:
        bgr = np.zeros((48, 64, 3), np.uint8)
        bgr[:16, :16] = 255  # top left
        return bgr

    source = FileSource(rotated(video(count=3, paint=paint), quarter_turns))
    assert source.size == (Size(64, 48) if quarter_turns == 2 else Size(48, 64))
    frame = source.read()
    assert frame is not None
    # a matrix of one quarter turn means: shown turned clockwise once
    white = {1: (8, -8), 2: (-8, -8), 3: (-8, 8)}[quarter_turns]
    corners = {(y, x): int(frame.bgr[y, x, 0]) for y in (8, -8) for x in (8, -8)}
    assert corners.pop(white) > 200
    assert max(corners.values()) < 40


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        for index in range(3):
            output.mux(stream.encode(VideoFrame.from_ndarray(np.full((64, 48, 3), 40 + 4 * index, np.uint8), "bgr24")))
        output.mux(stream.encode(None))
    source = FileSource(path)
    assert source.size == Size(96, 64)
    assert [frame.bgr.shape for frame in read_all(source)] == [(64, 96, 3)] * 3


def expected_bgr(y: int, u: int, v: int, kr: float, kb: float, *, full: bool) -> np.ndarray:
    luma = y / 255 if full else (y - 16) / 219
    blue, red = ((c - 128) / (255 if full else 224) for c in (u, v))
    r = luma + 2 * (1 - kr) * red
    b = luma + 2 * (1 - kb) * blue
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    return np.array([b, g, r]) * 255


@pytest.mark.parametrize(
    ("matrix", "colour_range", "height", "kr", "kb"),
    [
        (1, 1, 48, 0.2126, 0.0722),  # says BT.709
        (5, 1, 48, 0.299, 0.114),  # says BT.601
        (1, 2, 48, 0.2126, 0.0722),  # full range
        (2, 0, 48, 0.299, 0.114),  # says nothing: by height
        (2, 0, 720, 0.2126, 0.0722),
    ],
)
def test_colours_follow_what_the_file_says(
    tmp_path: Path, matrix: int, colour_range: int, height: int, kr: float, kb: float
) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("ffv1", rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, height, "yuv420p"
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = colour_range
        frame = VideoFrame(64, height, "yuv420p")
        for plane, value in zip(frame.planes, (120, 100, 170), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    got = FileSource(path).read()
    assert got is not None
    expected = expected_bgr(120, 100, 170, kr, kb, full=colour_range == 2)
    assert np.abs(got.bgr[10, 10] - expected).max() <= 3
    other = expected_bgr(120, 100, 170, 0.511 - kr, 0.186 - kb, full=colour_range == 2)
    assert np.abs(expected - other).max() > 6, "the test must be able to tell the matrices apart"


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        ("a.mp4", b"", "invalid data found when processing input", "it is empty, cut short or no video"),
        (
            "a.mp4",
            b"just text\n" * 99,
            "invalid data found when processing input",
            "it is empty, cut short or no video",
        ),
        ("none.mp4", None, "no such file or directory", ""),
    ],
)
def test_what_is_no_video_cannot_be_opened(
    tmp_path: Path, name: str, content: bytes | None, message: str, hint: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DeviceUnavailable) as caught:
        FileSource(path)
    assert caught.value.message == f"{path} cannot be opened: {message}"
    assert caught.value.hint == hint


def test_text_files_are_not_drawn_as_terminals(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("once upon a time\n" * 100)
    with pytest.raises(DeviceUnavailable, match=r"notes\.txt holds no video$"):
        FileSource(path)


def test_sound_alone_and_folders_hold_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        output.mux(stream.encode(frame))
    with pytest.raises(DeviceUnavailable, match=r"a\.wav holds no video$"):
        FileSource(path)
    with pytest.raises(DeviceUnavailable, match=r"is a folder, not a video$"):
        FileSource(tmp_path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.webm"])
def test_a_file_cut_short_breaks_off_with_an_error(video: MakeVideo, name: str) -> None:
    def paint(index: int) -> np.ndarray:
        return np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8)

    codec = {"a.webm": "libvpx-vp9", "a.avi": "mjpeg"}.get(name, "libx264")
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = video(name, count=60, codec=codec, pix_fmt=pix_fmt, paint=paint, container={"movflags": "faststart"})
    whole = len(read_all(FileSource(path)))
    assert whole == 60
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = FileSource(path)
    frames = []
    with pytest.raises(DeviceLost) as caught:
        while (frame := source.read()) is not None:
            frames.append(frame)
    assert 10 < len(frames) < 50
    assert caught.value.message.startswith(f"{path} broke off")
    source.close()


def test_a_head_without_pictures_cannot_be_opened(video: MakeVideo) -> None:
    path = video(container={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 8])
    with pytest.raises(DeviceUnavailable) as caught:
        FileSource(path)
    assert caught.value.message == f"{path} holds no picture that can be decoded"


def test_damage_of_a_moment_is_skipped(video: MakeVideo) -> None:
    path = video("a.avi", count=40, codec="mjpeg", pix_fmt="yuvj420p", options={})
    data = bytearray(path.read_bytes())
    third = [at for at in range(len(data) - 4) if data[at : at + 4] == b"00dc"][3]
    data[third + 8 : third + 60] = bytes(52)
    path.write_bytes(data)
    assert 35 <= len(read_all(FileSource(path))) <= 40
