"""A screen as a source, through a stand-in for mss."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from livecut.errors import DeviceLost, DeviceUnavailable
from livecut.protocols import Source
from livecut.sources import open_source
from livecut.sources.screen import ScreenSource


class Screens:
    """Two monitors side by side, all of one colour; `fails` takes the display away."""

    fails = False
    monitors: tuple[dict[str, int], ...] = ({"width": 12, "height": 4}, *({"width": 6, "height": 4},) * 2)

    def __enter__(self) -> Screens:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def grab(self, area: dict[str, int]) -> Any:
        if Screens.fails:
            raise RuntimeError("XGetImage failed")
        picture = np.zeros((area["height"], area["width"], 4), np.uint8)
        picture[:] = (10, 20, 30, 255)
        return picture

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mss", SimpleNamespace(mss=Screens))
    monkeypatch.setattr(Screens, "fails", False)


def test_a_screen_gives_its_pictures() -> None:
    source = open_source("screen:2", fps=1000.0)
    assert isinstance(source, ScreenSource) and isinstance(source, Source)
    assert (source.name, source.size, source.live) == ("screen 2", (6, 4), True)
    frames = [source.read(), source.read()]
    assert [frame.index for frame in frames if frame] == [0, 1]
    assert frames[0] is not None and frames[0].bgr.flags.c_contiguous
    assert (frames[0].bgr == (10, 20, 30)).all()
    source.close()
    source.close()


def test_what_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceUnavailable, match=r"^there is no screen 3$") as error:
        open_source("screen:3")
    assert error.value.hint == "there are 2"
    monkeypatch.setitem(sys.modules, "mss", None)
    with pytest.raises(DeviceUnavailable, match=r"^a screen needs mss$") as caught:
        open_source("screen")
    assert caught.value.hint == "pip install 'livecut[screen]'"


def test_a_display_that_goes_away_is_lost() -> None:
    source = ScreenSource(fps=1000.0)
    source.read()
    Screens.fails = True
    with pytest.raises(DeviceLost, match="screen 1 cannot be read any more: XGetImage failed"):
        source.read()
