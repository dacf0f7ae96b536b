"""Video files as a sink: H.264 in MP4, or VP9 with transparency in WebM, at a constant rate (PyAV)."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.kernels.cpu.yuv_plain import planes_of, yuv420_bytes
from livecut.sinks.opaque import GREEN, Opaque
from livecut.sinks.outfile import Opener, OutFile, check_writable, lost, open_unbuffered, unavailable
from livecut.types import Picture, Pixels, Plane8, Size

__all__ = ["SUFFIXES", "Recording"]

_log = logging.getLogger(__name__)

AVCOL_SPC_BT709: Final = 1


@dataclass(frozen=True, slots=True)
class _Codec:
    name: str
    pix_fmt: str
    options: dict[str, str]


_H264: Final = (
    # Without B-frames: in MP4 their delay is told as a late start, and their last one may be left out of the length.
    _Codec("libx264", "yuv420p", {"preset": "superfast", "crf": "20", "bf": "0"}),
    _Codec("libopenh264", "yuv420p", {"b": "8M"}),
    # no H.264 encoder in this build of FFmpeg
    _Codec("mpeg4", "yuv420p", {"q:v": "3"}),
)
_VP9_OPTIONS: Final = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "24", "b": "0"}
_VP9: Final = (_Codec("libvpx-vp9", "yuv420p", _VP9_OPTIONS),)
# alternate reference frames cannot carry transparency
_VP9_ALPHA: Final = (_Codec("libvpx-vp9", "yuva420p", _VP9_OPTIONS | {"auto-alt-ref": "0"}),)
_FFV1: Final = (_Codec("ffv1", "gray16le", {"level": "3", "slicecrc": "1"}),)
"""Lossless."""

_FRAGMENTS: Final = "frag_keyframe+empty_moov+default_base_moof"
_HYBRID: Final = "hybrid_fragmented+frag_keyframe"
_HYBRID_SINCE: Final = (61, 7, 0)
"""libavformat of FFmpeg 7.1: playable at any moment like other fragments, and a plain MP4 once it is closed."""
_CLUSTERS: Final = {"cluster_time_limit": "1000"}
"""A Matroska reader loses at most the last, unfinished cluster of a second."""

SUFFIXES: Final = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
"""Endings of file names, and FFmpeg's names for them."""


class Recording:
    """Every picture written is one frame of `fps`, so the file's clock is the pipeline's, whatever the wall says.

    An existing file is overwritten, in place, when the first picture comes, and not before: a run that fails at its
    start leaves it as it was. What is written can be played at any moment, also after a crash or with a full disk, up
    to the last second. Colours are BT.709, limited range, and the file says so. H.264 has no
    odd sides: such a picture gets its last column or row twice. Transparency is kept in WebM (straight, not
    premultiplied) when opened with `alpha`; elsewhere it lies over `colour`. With `depth` a Matroska file gets the
    pictures' depth in 16 bits, lossless; all far where a picture (the card) has none.

    Raises `DeviceUnavailable` when the file cannot be written; `write` raises `DeviceLost` when the disk is full.
    """

    keeps_time: bool = True
    """Pictures count as time: the pipeline writes one more for each that it missed."""

    def __init__(
        self,
        path: str | Path,
        *,
        size: Size,
        fps: float,
        alpha: bool = False,
        depth: bool = False,
        colour: str = GREEN,
        opener: Opener = open_unbuffered,
    ) -> None:
        self._path = Path(path)
        self.name: Final = str(path)
        kind = SUFFIXES.get(self._path.suffix.lower())
        if kind is None:
            raise DeviceUnavailable(
                f"{path}: livecut writes no {self._path.suffix or 'file without an ending'}",
                hint=f"use {', '.join(SUFFIXES)}, or a folder/ or %d.png for PNG frames",
            )
        if depth and kind != "matroska":
            raise DeviceUnavailable(
                f"{path}: 16-bit depth is written to .mkv files and PNG frames only", hint="--sink depth.mkv"
            )
        self._depth = depth
        self._size = size
        self._opaque = Opaque(colour)
        self._has_alpha = alpha and kind == "webm"
        even = kind != "webm" and not depth
        self._coded = Size(size.width + size.width % 2, size.height + size.height % 2) if even else size
        self._padded = np.empty((self._coded.height, self._coded.width, 3), np.uint8)
        self._bgra = np.empty((size.height, size.width, 4), np.uint8)
        self._planes = np.empty(yuv420_bytes(self._coded), np.uint8)
        self._to_planes: Callable[[Pixels, Plane8], None] | None = None
        self._reformatter = VideoReformatter()
        self._last: tuple[Picture, VideoFrame] | None = None
        self._count = 0
        self._failed = False
        self._container: OutputContainer | None = None
        try:
            check_writable(self._path)
        except OSError as error:
            raise unavailable(self._path, error) from error
        self._file = OutFile(self._path, opener)
        self._container, self._stream = self._open(kind, fps)

    @property
    def codec(self) -> str:
        """Name of the encoder used."""
        return str(self._stream.codec_context.name)

    def prepare(self) -> None:
        """Make the conversion's kernel ready, which compiles on the very first run; on any thread, and before `write`
        needs it. Until then the privacy card alone is converted by FFmpeg, three times slower and half a level darker.
        """
        if self._depth:
            return
        from livecut.kernels.cpu.yuv import bgr_to_i420

        convert = partial(bgr_to_i420, matrix="bt709")
        convert(np.zeros((2, 2, 3), np.uint8), np.empty(yuv420_bytes(Size(2, 2)), np.uint8))
        self._to_planes = convert

    def write(self, picture: Picture) -> None:
        """Append one frame."""
        size = Size(picture.bgr.shape[1], picture.bgr.shape[0])
        if size != self._size:
            raise ValueError(f"the picture is {size}, the recording {self._size}")
        if self._container is None or self._failed:
            raise DeviceLost(f"{self.name} is closed")
        frame = self._frame(picture)
        self._begin()
        frame.pts = self._count
        try:
            self._container.mux(self._stream.encode(frame))
        except (OSError, FFmpegError) as error:
            self._failed = True
            raise self._lost(error) from error
        self._count += 1

    def close(self) -> None:
        """Finish the file so that it can be played, whatever happened before. Idempotent.

        Raises `DeviceLost` when the last pictures could not be written, once all that can be is closed.
        """
        container, self._container = self._container, None
        if container is None:
            return
        if not self._file.is_open or (self._count == 0 and not self._failed):
            # A file without a picture is of no use (and FFmpeg 8 crashes on finishing a hybrid one).
            _log.warning("%s: no picture was written", self.name)
            self._close_file()
            return
        try:
            if not self._failed:
                container.mux(self._stream.encode(None))
            container.close()  # also after a failure: OutFile then drops what the muxer adds
        except (OSError, FFmpegError) as error:
            lost, self._failed = None if self._failed else error, True
        else:
            lost = None
        self._close_file()
        if self._failed:
            _cut_last_part(self._path)
        if lost is not None:
            raise DeviceLost(f"{self.name}: the last frames were lost: {lost}")

    def _close_file(self) -> None:
        self._file.close()
        if self._file.created:
            _remove_empty(self._path)

    def _begin(self) -> None:
        """Create or empty the file, which is kept as it was until there is a picture to put in its place."""
        try:
            self._file.open()
        except OSError as error:
            self._failed = True
            raise lost(self._path, error, kept="nothing was written") from error

    def _open(self, kind: str, fps: float) -> tuple[OutputContainer, VideoStream]:
        """With the first codec that this FFmpeg has. The header waits for the first picture."""
        codecs = (_VP9_ALPHA if self._has_alpha else _VP9) if kind == "webm" else _FFV1 if self._depth else _H264
        codec = next((codec for codec in codecs if codec.name in av.codec.codecs_available), None)
        if codec is None:
            raise DeviceUnavailable(f"{self.name}: this FFmpeg has no encoder {codecs[0].name}")
        container = av.open(self._file, "w", format=kind, options=_container_options(kind))
        rate = max(Fraction(fps).limit_denominator(1001), Fraction(1, 1001))  # 29.97 is 30000/1001
        options = {"g": str(max(1, round(2 * fps))), **codec.options}
        stream = container.add_stream(codec.name, rate=rate, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = self._coded
        self._pix_fmt = stream.pix_fmt = codec.pix_fmt
        context = stream.codec_context
        context.time_base = 1 / rate
        context.colorspace = AVCOL_SPC_BT709
        context.color_range = ColorRange.JPEG if self._depth else ColorRange.MPEG
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        try:
            context.open()
        except FFmpegError as error:
            raise DeviceUnavailable(
                f"{self.name} cannot be encoded at {self._coded}: {(error.strerror or str(error)).lower()}"
            ) from error
        return container, stream

    def _frame(self, picture: Picture) -> VideoFrame:
        """The picture as the encoder takes it; one that was only just written is not converted again."""
        if self._last is None or not _is_same(picture, self._last[0]):
            self._last = (picture, self._convert(picture))
        return self._last[1]

    def _convert(self, picture: Picture) -> VideoFrame:
        if self._depth:
            plane = np.zeros(picture.bgr.shape[:2], np.uint16) if picture.depth is None else picture.depth
            return VideoFrame.from_ndarray(plane, format="gray16le")
        bgr = picture.bgr if self._has_alpha else self._opaque.of(picture)
        if self._coded != self._size:
            down, right = self._coded.height - self._size.height, self._coded.width - self._size.width
            cv2.copyMakeBorder(bgr, 0, down, 0, right, cv2.BORDER_REPLICATE, dst=self._padded)
            bgr = self._padded
        if self._to_planes is None and not picture.is_card:
            self.prepare()
        if self._to_planes is None:
            return self._converted_by_ffmpeg(bgr, picture.alpha)
        self._to_planes(bgr, self._planes)
        frame = VideoFrame(*self._coded, self._pix_fmt)
        planes = list(planes_of(self._planes, self._coded))
        if self._has_alpha:
            planes.append(np.full(bgr.shape[:2], 255, np.uint8) if picture.alpha is None else picture.alpha)
        theirs: Any  # a buffer, which PyAV's stubs do not say
        for own, theirs in zip(planes, frame.planes, strict=True):
            # FFmpeg's rows are padded.
            height, width = own.shape
            np.frombuffer(theirs, np.uint8).reshape(-1, theirs.line_size)[:height, :width] = own
        frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
        return frame

    def _converted_by_ffmpeg(self, bgr: Pixels, alpha: Plane8 | None) -> VideoFrame:
        if self._has_alpha:
            cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA, dst=self._bgra)
            if alpha is not None:
                cv2.insertChannel(alpha, self._bgra, 3)
            frame = VideoFrame.from_ndarray(self._bgra, format="bgra")
        else:
            frame = VideoFrame.from_ndarray(bgr, format="bgr24")
        return self._reformatter.reformat(
            frame,
            format=self._pix_fmt,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )

    def _lost(self, error: Exception) -> DeviceLost:
        failure = self._file.failure
        if failure is not None:
            return lost(self._path, failure)
        return DeviceLost(f"{self.name}: {' '.join(str(error).split())}")


def _is_same(picture: Picture, earlier: Picture) -> bool:
    """True for one frame's picture in one memory. The card's time is always new, and so it is never the same."""
    return (
        picture.bgr is earlier.bgr
        and picture.alpha is earlier.alpha
        and (picture.index, picture.captured_ns) == (earlier.index, earlier.captured_ns)
    )


def _container_options(kind: str) -> dict[str, str]:
    if kind not in ("mp4", "mov"):
        return _CLUSTERS
    hybrid = av.library_versions["libavformat"] >= _HYBRID_SINCE
    # half a second of pictures a fragment: no more is lost
    return {"movflags": _HYBRID if hybrid else _FRAGMENTS, "frag_duration": "500000"}


def _cut_last_part(path: Path) -> None:
    """Cut an MP4 back to its last whole fragment: players stumble over half a one."""
    if path.suffix.lower() not in (".mp4", ".m4v", ".mov"):
        return
    try:
        with path.open("r+b") as file:
            whole = _whole_length(file)
            if whole:
                file.truncate(whole)
    except OSError as error:
        _log.warning("%s: the broken end could not be cut off: %s", path, error)


def _remove_empty(path: Path) -> None:
    """Remove a file without a single byte in it."""
    target = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        if target.stat().st_size == 0:
            target.unlink()


def _whole_length(file: BinaryIO) -> int:
    """Length of the boxes that are complete, up to the last one with pictures in it."""
    end = file.seek(0, 2)
    position = whole = 0
    while position + 8 <= end:
        file.seek(position)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8 or position + length > end:
            break
        position += length
        if kind in (b"mdat", b"moov"):
            whole = position
    return whole
