"""Which sources rest while nobody looks."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from support.fakes import ListSource

from livecut.app.opening import Opened, build_source, rests_unwatched
from livecut.protocols import Source
from livecut.settings import Settings
from livecut.settings.load import apply


def _reopen() -> Source:
    return ListSource(1)


@pytest.mark.parametrize(
    ("asked", "is_camera", "sinks", "rests", "said"),
    [
        (False, True, ("virtualcam",), False, []),
        (
            True,
            True,
            ("virtualcam:Meeting", "window"),
            False,
            ["output.on_demand: of window nobody knows who looks, list stays open"],
        ),
        (True, True, ("/dev/video10",), True, []),
        (True, False, ("virtualcam",), False, ["output.on_demand is for cameras: list stays open"]),
        (
            True,
            True,
            ("window", "out.mp4"),
            False,
            ["output.on_demand: of window nobody knows who looks, list stays open"],
        ),
    ],
)
def test_a_camera_rests_where_a_virtual_camera_can_tell(
    asked: bool, is_camera: bool, sinks: tuple[str, ...], rests: bool, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    settings = apply(Settings(), {"output": {"on_demand": asked, "sinks": sinks}})
    opened = Opened(ListSource(1), _reopen if is_camera else None, False)
    assert rests_unwatched(settings, opened) is rests
    assert [record.message for record in caplog.records] == said


def test_that_a_recording_has_no_sound_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    film = tmp_path / "talk.mp4"
    with av.open(str(film), "w") as container:
        video, sound = container.add_stream("mpeg4", rate=25), container.add_stream("aac", rate=48000)
        assert isinstance(video, av.VideoStream) and isinstance(sound, av.AudioStream)
        video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
        for index in range(5):
            picture = av.VideoFrame.from_ndarray(np.full((36, 64, 3), 40 * index, np.uint8), format="bgr24")
            container.mux(video.encode(picture))
            noise = av.AudioFrame.from_ndarray(np.zeros((1, 1920), np.float32), format="fltp", layout="mono")
            noise.sample_rate = 48000
            container.mux(sound.encode(noise))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    for sinks, said in ((("null",), 0), ((str(tmp_path / "out.mp4"), "null"), 1)):
        settings = apply(Settings(), {"source": {"input": str(film)}, "output": {"sinks": sinks}})
        caplog.clear()
        build_source(settings, wait=lambda seconds: None).source.close()
        assert [message.endswith("out.mp4 gets the pictures alone") for message in caplog.messages] == [True] * said
