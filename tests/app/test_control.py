"""What a running filter does when another process asks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from livecut.app import control
from livecut.app.control import answers, state
from livecut.errors import RoomNotMeant, SettingsError
from livecut.pipeline.meter import Meter
from livecut.settings import Settings
from livecut.settings.load import Patch, apply
from livecut.types import Size


class _Filter:
    """A session as far as it is asked."""

    snapshots = "snapshots"
    source_name, label, quality = "camera 0", "net on CPU", ""
    size = Size(64, 36)
    rests = True

    def __init__(self) -> None:
        self.settings = apply(Settings(), {"output": {"sinks": ("null", "rtmp://live.example/app/secret-key")}})
        self.is_private = self.is_asked_to_stop = self.is_starting = False
        self.preset = ""
        self.status = Meter(lambda: 0).snapshot

    def apply(self, patch: Patch) -> None:
        self.settings = apply(self.settings, patch)

    def apply_preset(self, name: str, *, reveal: bool) -> None:
        if name == "raw" and not reveal:
            raise RoomNotMeant("this shows the raw picture")
        self.preset = name

    def set_privacy(self, on: bool) -> None:
        self.is_private = on

    def request_stop(self) -> None:
        self.is_asked_to_stop = True


@pytest.fixture
def running() -> Any:
    return _Filter()


def test_the_privacy_card_is_put_up_taken_away_and_turned(running: Any) -> None:
    turn = answers(running)["privacy"]
    for on, shown in ((True, True), (True, True), (None, False), (None, True), (False, False), (False, False)):
        assert turn({"on": on}) is shown is running.is_private
    wrongs: tuple[object, ...] = ("off", 0, [], {})
    for wrong in wrongs:
        with pytest.raises(SettingsError, match="on, off"):
            turn({"on": wrong})


def test_settings_change_all_at_once(running: Any) -> None:
    answers(running)["set"]({"patch": {"effect": {"name": "bokeh", "bokeh": {"blades": "6"}}}})
    assert (running.settings.effect.name, running.settings.effect.bokeh.blades) == ("bokeh", 6)


def test_a_preset_is_chosen_by_name_and_told(running: Any) -> None:
    answers(running)["preset"]({"name": "beach"})
    assert state(running)["preset"] == "beach"


def test_a_preset_shows_the_raw_picture_where_it_names_it_itself(running: Any) -> None:
    choose = answers(running)["preset"]
    with pytest.raises(RoomNotMeant, match="over the settings of the start preset raw shows the raw picture") as caught:
        choose({"name": "raw"})
    assert caught.value.hint
    running.apply({"presets": {"raw": {"effect": {"name": "none"}}}})
    choose({"name": "raw"})
    assert state(running)["preset"] == "raw"


def test_it_ends_when_it_is_told_to(running: Any) -> None:
    answers(running)["stop"]({})
    assert running.is_asked_to_stop


def test_a_still_is_of_the_session_as_it_is_now(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(control, "write_still", lambda *given, **named: asked.append((*given, named)))
    still = answers(running)["still"]
    running.apply({"effect": {"name": "depth"}})
    still({"path": "/a/me.png", "burst": 3})
    ((sink, path, settings, named),) = asked
    assert (sink, str(path), settings.effect.name, named) == (
        "snapshots",
        "/a/me.png",
        "depth",
        {"burst": 3, "opens": True},
    )


def test_what_it_says_of_itself_holds_no_secret(running: Any) -> None:
    said = json.dumps(answers(running)["status"]({}))
    assert "secret-key" not in said
    assert json.loads(said) == state(running)
    seen = state(running)
    assert (seen["effect"], seen["room"], seen["private"], seen["source"]) == ("blur", False, False, "camera 0")
    running.apply({"effect": {"name": "none"}})
    assert state(running)["room"] is True


def test_it_says_that_it_is_starting(running: Any) -> None:
    assert state(running)["starting"] is False
    running.is_starting = True
    assert (state(running)["starting"], state(running)["effect"]) == (True, "blur")
