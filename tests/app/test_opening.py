"""Which sources rest while nobody looks."""

from __future__ import annotations

import pytest
from support.fakes import ListSource

from livecut.app.opening import Opened, rests_unwatched
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
