"""Decode one video, from a file or a network stream, into upright BGR frames with their times (PyAV)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice, pairwise
from statistics import fmean, median_low
from typing import Final

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.types import Pixels, Size

__all__ = ["Video", "VideoFault", "reason"]

BAD_PACKETS_IN_A_ROW: Final = 30
"""Damage of a moment is skipped (a stream joined between key frames); this many undecodable packets are the end."""
HD_LINES: Final = 720
"""From this height on, a video that names no colour matrix is BT.709, below it BT.601: what players assume."""
NO_VIDEO_FORMATS: Final = frozenset({"tty"})
"""FFmpeg draws any .txt file as a terminal."""
BEGUN_ANEW_S: Final = 0.5
"""Times that jump back by more begin anew, as in files that were joined: the next picture comes when it would have."""
PLAUSIBLE_FPS: Final = 240.0
"""A rate above this is most likely the resolution of the file's times, not how often a picture comes."""


class VideoFault(Exception):
    """FFmpeg's own complaint, without the address it was about: that may hold a password."""


def reason(error: FFmpegError) -> str:
    """What went wrong in a few words, without the file's name."""
    return (error.strerror or type(error).__name__).strip().rstrip(".").lower()


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One picture of a video."""

    bgr: Pixels
    time_s: float
    """Since the first picture."""


class Video:
    """An open video with its first picture decoded.

    `size` is that of the upright picture with square pixels, which rotation metadata and the sample aspect ratio may
    change. Colours follow the matrix and range the video names (BT.709 or BT.601 by height where it names none).
    Raises `DeviceUnavailable` when it cannot be opened. `address` is never shown: `name` is what errors call it.
    """

    def __init__(
        self,
        address: str,
        *,
        name: str,
        options: dict[str, str] | None = None,
        timeout_s: float | None = None,
        network: bool = False,
    ) -> None:
        self.name: Final = name
        self._address = address
        self._options = options or {}
        self._timeout_s = timeout_s
        self._network = network
        self._reformatter = VideoReformatter()
        self._raw_size: Size | None = None
        self._container: InputContainer | None = None
        self._packets: Iterator[Packet[VideoStream]] = iter(())
        self._stream: VideoStream = self._open()
        try:
            self.fps: Final = self._rate()
            pictures = self._pictures()
            first = next(pictures, None)
        except DeviceLost as error:
            self.close()
            raise DeviceUnavailable(error.message, hint=error.hint) from error
        except BaseException:
            self.close()
            raise
        if first is None:
            self.close()
            raise DeviceUnavailable(f"{name} holds no picture that can be decoded", hint="is it cut short?")
        self._ahead: Iterator[Decoded] | None = chain((first,), pictures)
        self.size: Final = Size(first.bgr.shape[1], first.bgr.shape[0])

    @property
    def endless(self) -> bool:
        """True for a network stream that does not know its own length: nothing to pace, nothing to rewind."""
        return self._network and self.duration_s is None

    @property
    def has_sound(self) -> bool:
        """Whether there is sound beside the pictures, which nothing here carries on."""
        return self._container is not None and bool(self._container.streams.audio)

    @property
    def duration_s(self) -> float | None:
        """The length it claims to have; None where it says nothing."""
        stream, container = self._stream, self._container
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        if container is not None and container.duration and len(container.streams) == 1:
            return container.duration / 1_000_000  # AV_TIME_BASE; with sound in it, sound may be the longer one
        return None

    def pictures(self) -> Iterator[Decoded]:
        """Every picture from the start (of an endless one: from now) to the end.

        Raises `DeviceLost` when the file or stream breaks off; what its decoder cannot use for a moment is skipped.
        """
        if self._ahead is not None:
            ahead, self._ahead = self._ahead, None
            return ahead
        # Opened anew, not sought: some containers (raw H.264, GIF) claim to have sought and stay where they are.
        self._stream = self._open()
        return self._pictures()

    def close(self) -> None:
        """Close the file or connection. Idempotent."""
        self._ahead = None
        if self._container is not None:
            self._container.close()
            self._container = None

    def _open(self) -> VideoStream:
        self.close()
        try:
            container = av.open(self._address, options=self._options, timeout=self._timeout_s)
        except av.error.ExitError as error:
            raise DeviceUnavailable(
                f"{self.name} did not answer within {self._timeout_s:g} s", hint=_PATIENCE
            ) from VideoFault(reason(error))
        except FFmpegError as error:
            raise DeviceUnavailable(
                f"{self.name} cannot be opened: {reason(error)}", hint=_hint(error)
            ) from VideoFault(reason(error))
        self._container = container
        if container.format.name in NO_VIDEO_FORMATS or not container.streams.video:
            self.close()
            raise DeviceUnavailable(f"{self.name} holds no video")
        stream = self._stream = container.streams.video[0]
        if self.endless:
            stream.codec_context.thread_type = "SLICE"  # frame threads hold back a picture each
            stream.codec_context.options = {"flags": "low_delay"}
        else:
            stream.codec_context.thread_type = "AUTO"
        self._packets = container.demux(stream)
        return stream

    def _rate(self) -> float:
        """What the video says; WebM files that browsers record say nothing, and what FFmpeg guesses is often wrong."""
        stream = self._stream
        told = _plausible(stream.average_rate)
        if told is None and not self.endless:  # an endless one would be held up
            told = self._measured_rate()
        return told or _plausible(stream.guessed_rate) or _plausible(stream.base_rate) or _USUAL_FPS

    def _measured_rate(self) -> float | None:
        """Pictures a second by the times of the first ones, which are not decoded for it: that would take memory."""
        packets = self._packets
        ahead: list[Packet[VideoStream]] = []
        try:
            for packet in islice(packets, _MEASURED):
                ahead.append(packet)
        except FFmpegError as error:
            packets = _raising(error)  # in its turn
        self._packets = chain(ahead, packets)
        times = sorted(float(one.pts * one.time_base) for one in ahead if one.pts is not None and one.time_base)
        steps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
        if not steps:
            return None
        # The mean of what is like the median: times in whole milliseconds would make 30 a second 30.3.
        middle = median_low(steps)
        rate = 1.0 / fmean(step for step in steps if 0.5 * middle < step < 1.5 * middle)
        if rate > PLAUSIBLE_FPS:  # times that come in pairs
            rate = len(steps) / (times[-1] - times[0])
        return round(rate, 2) if rate <= PLAUSIBLE_FPS else None

    def _pictures(self) -> Iterator[Decoded]:
        start: float | None = None
        bad = bad_in_a_row = good = 0
        time_s = 0.0
        for frame in self._frames():
            if frame is None:
                bad, bad_in_a_row = bad + 1, bad_in_a_row + 1
                if bad_in_a_row > BAD_PACKETS_IN_A_ROW:
                    raise DeviceLost(f"{self.name} is broken after {time_s:.1f} s: its pictures cannot be decoded")
                continue
            bad_in_a_row = 0
            at = frame.time if frame.time is not None else (start or 0.0) + good / self.fps
            start = at if start is None else start
            if at - start < time_s - BEGUN_ANEW_S:
                start = at - time_s - 1.0 / self.fps
            # times that run backwards a little (edited files) must not make a paced reader wait for nothing
            time_s = max(time_s, at - start)
            good += 1
            yield Decoded(self._upright(frame), time_s)
        if good:
            self._check_whole(time_s, good + bad)

    def _check_whole(self, time_s: float, packets: int) -> None:
        """A file cut short ends without an error in most containers: compare with what it promised."""
        promised = self._stream.frames
        duration_s = self.duration_s
        # Where no frame count is promised there is only the length, and the last picture may stand for a while.
        by_length = duration_s is None or time_s >= 0.9 * duration_s - 2.0
        # An edit list hides a few of the promised frames.
        whole = packets >= 0.95 * promised - 2 if promised else by_length
        if not whole:
            length = f" of {duration_s:.1f} s" if duration_s else ""
            raise DeviceLost(f"{self.name} broke off at {time_s:.1f} s{length}", hint="is the file cut short?")

    def _frames(self) -> Iterator[VideoFrame | None]:
        """Decoded frames; None for each packet that could not be decoded."""
        try:
            for packet in self._packets:
                try:
                    yield from packet.decode()
                except (av.error.InvalidDataError, av.error.PatchWelcomeError):
                    yield None
        except av.error.EOFError:
            return
        except av.error.ExitError as error:
            raise DeviceLost(
                f"{self.name} has given nothing for {self._timeout_s:g} s", hint=_PATIENCE
            ) from VideoFault(reason(error))
        except FFmpegError as error:
            raise DeviceLost(f"{self.name} broke off: {reason(error)}") from VideoFault(reason(error))

    def _upright(self, frame: VideoFrame) -> Pixels:
        if self._raw_size is None:
            aspect = self._stream.sample_aspect_ratio or Fraction(1)
            self._raw_size = Size(max(1, round(frame.width * aspect)), frame.height)
        converted = self._reformatter.reformat(
            frame,
            width=self._raw_size.width,
            height=self._raw_size.height,
            format="bgr24",
            src_colorspace=_assumed_matrix(frame),
        )
        bgr = converted.to_ndarray()
        turn = _TURNS.get(frame.rotation % 360)
        return np.ascontiguousarray(bgr if turn is None else cv2.rotate(bgr, turn), dtype=np.uint8)


_TURNS: Final = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
"""By PyAV's `rotation`: degrees counter-clockwise."""

_UNSPECIFIED_MATRIX: Final = 2  # AVCOL_SPC_UNSPECIFIED


_PATIENCE: Final = "source.timeout_s sets how long to wait"


def _assumed_matrix(frame: VideoFrame) -> Colorspace | None:
    """None where the video names its matrix (swscale then uses that one)."""
    if frame.colorspace != _UNSPECIFIED_MATRIX:
        return None
    return Colorspace.ITU709 if frame.height >= HD_LINES else Colorspace.ITU601


_USUAL_FPS: Final = 30.0
_MEASURED: Final = 48  # packets: times that jump about need many, and so many are a megabyte or two


def _plausible(rate: Fraction | None) -> float | None:
    return float(rate) if rate and 0 < rate <= PLAUSIBLE_FPS else None


def _raising(error: FFmpegError) -> Iterator[Packet[VideoStream]]:
    yield from ()
    raise error


def _hint(error: FFmpegError) -> str:
    if isinstance(error, av.error.InvalidDataError):
        return "it is empty, cut short or no video"
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return "write user and password into the address: rtsp://user:password@host/path"
    return ""
