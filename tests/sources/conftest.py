"""Videos made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

MakeVideo = Callable[..., Path]


@pytest.fixture
def video(tmp_path: Path) -> MakeVideo:
    """Write a video of one grey level a frame: frame n has the level 40 + 8n."""

    def make(
        name: str = "a.mp4",
        *,
        count: int = 20,
        size: tuple[int, int] = (64, 48),
        fps: int = 10,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        paint: Callable[[int], np.ndarray] | None = None,
        moments: list[int] | None = None,
        options: dict[str, str] | None = None,
        container: dict[str, str] | None = None,
    ) -> Path:
        path = tmp_path / name
        width, height = size
        with av.open(str(path), "w", options=container or {}) as output:
            stream = output.add_stream(codec, rate=fps, options=options or {"g": "5"})
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
            for index in range(count):
                bgr = paint(index) if paint else np.full((height, width, 3), 40 + 8 * (index % 26), np.uint8)
                frame = VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format=pix_fmt)
                frame.pts = moments[index] if moments else index
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path

    return make
