"""Presets of a session that runs: chosen by name and by key, and what each leaves to the next."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import pytest
from support.fakes import ListSink

from livecut.app.session import Session
from livecut.errors import DeviceUnavailable, LivecutError, RoomNotMeant, SettingsError
from livecut.pipeline.plan import AnyPlan
from livecut.protocols import Sink
from livecut.settings import Settings
from livecut.settings.load import Patch, apply, assignment, merged
from livecut.sinks.window import Key

LIVE: Patch = {
    "source": {"input": "demo", "pace": "realtime"},
    "output": {"sinks": ["null"], "size": "160x90", "fps": 60},
    "effect": {"name": "green"},
    "model": {"name": "null"},
    "presets": {
        "blue": {"effect": {"green": {"colour": "#0000ff"}}, "output": {"mirror": True}},
        "red": {"effect": {"name": "replace", "replace": {"background": "#ff0000"}}},
        "open": {"effect": {"name": "none"}},
        "split": {"effect": {"name": "split", "split": {"before": "green", "after": "none"}}},
        "normal": {},
        "gone": {"effect": {"name": "replace", "replace": {"background": "no-such-beach.jpg"}}},
    },
}
GREEN, BLUE, RED = (64, 177, 0), (255, 0, 0), (0, 0, 255)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)


def _rest() -> None:
    _wait(lambda: not any(thread.name == "livecut-preset" for thread in threading.enumerate()))


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


@pytest.fixture
def session(sink: ListSink) -> Iterator[Session]:
    with Session(apply(Settings(), LIVE), extra_sinks=[sink]) as session:
        _wait(lambda: any(not picture.is_card for picture in sink.pictures))
        yield session
        _rest()


def _corner(sink: ListSink) -> tuple[int, ...]:
    return tuple(int(level) for level in sink.pictures[-1].bgr[2, 2])


def test_a_preset_is_chosen_by_name_and_leaves_nothing_behind(session: Session, sink: ListSink) -> None:
    assert (list(session.presets), session.preset) == (list(LIVE["presets"]), "normal")
    session.apply({"privacy": {"card_text": "back at noon"}})
    assert session.preset == ""
    session.apply_preset("blue")
    _wait(lambda: _corner(sink) == BLUE)
    assert (session.preset, session.settings.output.mirror) == ("blue", True)
    assert session.settings.privacy == Settings().privacy
    session.apply_preset("red")
    _wait(lambda: _corner(sink) == RED)
    assert (session.settings.output.mirror, session.settings.effect.green.colour) == (False, "#00b140")
    session.apply_preset("normal")
    _wait(lambda: _corner(sink) == GREEN)
    assert session.preset == "normal"


def test_one_that_cannot_be_had_changes_nothing(session: Session) -> None:
    session.apply_preset("blue")
    for name, error in (("beach", SettingsError), ("gone", LivecutError)):
        with pytest.raises(error):
            session.apply_preset(name)
        assert session.preset == "blue"


def test_who_asks_for_one_that_was_left_out_is_told_why() -> None:
    wrong = SettingsError("livecut.toml: presets.sea.effect.nmae: there is no such setting")
    with Session(apply(Settings(), LIVE), extra_sinks=[ListSink()], broken={"sea": wrong}) as session:
        assert "sea" not in session.presets
        with pytest.raises(SettingsError) as caught:
            session.apply_preset("sea")
        assert caught.value is wrong


def test_one_that_was_left_out_keeps_its_key(sink: ListSink, caplog: pytest.LogCaptureFixture) -> None:
    """Else what follows it in the file would move to other keys."""
    broken = {"sea": SettingsError("livecut.toml: presets.sea.effect.nmae: there is no such setting")}
    order = ["sea", *LIVE["presets"]]
    with Session(apply(Settings(), LIVE), extra_sinks=[sink], broken=broken, preset_order=order) as session:
        _wait(lambda: not session.is_starting)
        caplog.clear()
        session._on_key("1")
        _rest()
        assert session.preset == "normal"
        assert caplog.messages == [f"preset sea is left out: {broken['sea'].message}"]
        session._on_key("2")
        _rest()
        assert session.preset == "blue"
        session._on_key("9")
        _rest()
        assert session.preset == "blue"


@pytest.mark.parametrize("set_", ["effect.replace.background=no-such-beach.jpg", "effect.split.after=blurr"])
def test_what_is_not_in_use_is_refused_as_if_it_were(session: Session, set_: str) -> None:
    path, _, _ = set_.partition("=")
    in_use = merged(assignment(set_), {"effect": {"name": path.split(".")[1]}})
    told = []
    for patch in (assignment(set_), in_use):
        with pytest.raises(LivecutError) as caught:
            session.apply(patch)
        told.append((caught.value.message, caught.value.hint, type(caught.value)))
    assert told[0] == told[1]
    assert session.settings.effect.name == "green"
    session.apply({"output": {"mirror": True}})


def test_what_it_began_with_is_no_part_of_the_others() -> None:
    """With --preset blue: its mirror is not red's."""
    base = apply(Settings(), LIVE)
    with Session(apply(base, base.presets["blue"]), base=base, extra_sinks=[ListSink()]) as session:
        assert session.preset == "blue"
        session.apply_preset("red")
        assert not session.settings.output.mirror
        assert session.settings.effect.green.colour == "#00b140"


def test_what_is_wrong_in_a_preset_is_told_before_anything_is_opened() -> None:
    wrong = Settings.model_validate(merged(LIVE, {"presets": {"x": {"source": {"input": "absent.mp4"}}}}))
    with pytest.raises(SettingsError, match=r"^presets\.x\.source\.input is chosen at the start"):
        Session(wrong)


@pytest.mark.parametrize("name", ["open", "split"])
def test_the_raw_picture_has_to_be_meant(session: Session, name: str) -> None:
    with pytest.raises(RoomNotMeant):
        session.apply_preset(name, reveal=False)
    with pytest.raises(RoomNotMeant):
        session.apply(LIVE["presets"][name], reveal=False)
    assert session.preset == "normal"
    session.apply_preset(name)
    # Shown once, it needs no second word.
    session.apply({"output": {"mirror": True}}, reveal=False)
    session.apply_preset("open", reveal=False)
    assert session.preset == "open"


def test_between_two_that_hide_it_no_third_gets_in(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule holds for what is in force when a change is made, not for what was when it was asked for."""
    build, asked, go_on = session._opened_workshop().plan, threading.Event(), threading.Event()

    def slow(settings: Settings) -> AnyPlan:
        asked.set()
        assert go_on.wait(60)
        return build(settings)

    monkeypatch.setattr(session._opened_workshop(), "plan", slow)
    first = threading.Thread(target=session.apply, args=({"effect": {"split": {"after": "none"}}},))
    first.start()
    assert asked.wait(60)
    refused: list[bool] = []

    def second() -> None:
        try:
            session.apply({"effect": {"name": "split"}}, reveal=False)
        except RoomNotMeant:
            refused.append(True)

    other = threading.Thread(target=second)
    other.start()
    go_on.set()
    for thread in (first, other):
        thread.join(60)
    assert refused == [True]
    assert session.settings.effect.name == "green"


def test_keys_choose_by_number(session: Session, sink: ListSink) -> None:
    session._on_key("2")
    _wait(lambda: _corner(sink) == RED)
    session._on_key("1")
    _wait(lambda: _corner(sink) == BLUE)
    _rest()
    session._on_key("9")
    assert not any(thread.name == "livecut-preset" for thread in threading.enumerate())
    assert session.preset == "blue"


def test_the_last_key_wins_and_the_outputs_thread_waits_for_none(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop, built, begun, go_on = session._opened_workshop(), [], threading.Event(), threading.Event()
    build = workshop.plan

    def slow(settings: Settings) -> AnyPlan:
        begun.set()
        assert go_on.wait(60)
        built.append(settings.effect.name)
        return build(settings)

    monkeypatch.setattr(workshop, "plan", slow)
    session._on_key("2")
    assert begun.wait(60)
    keys: tuple[Key, ...] = ("1", "5", "2", "1")
    for key in keys:
        session._on_key(key)  # would not return, if it waited
    assert sum(thread.name == "livecut-preset" for thread in threading.enumerate()) == 1
    go_on.set()
    _rest()
    assert built == ["replace", "green"]
    assert session.preset == "blue"


@pytest.mark.parametrize(("key", "name"), [("3", "open"), ("4", "split")])
def test_no_key_shows_the_raw_picture(session: Session, caplog: pytest.LogCaptureFixture, key: Key, name: str) -> None:
    session._on_key(key)
    _rest()
    assert session.preset == "normal"
    (told,) = caplog.messages
    assert told.startswith(f"preset {name} shows the raw picture: no key does")
    # Nor where it is shown already: an accident must not undo the key before, which hides it.
    session.apply_preset("open")
    session._on_key("1")
    session._on_key(key)
    _rest()
    assert session.preset == "blue"


def test_a_key_whose_preset_cannot_be_had_is_told_and_the_next_works(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "livecut.app"):
        session._on_key("6")
        _rest()
        session._on_key("1")
        _rest()
    assert any("gone was not done: the background no-such-beach.jpg" in line for line in caplog.messages)
    assert caplog.messages[-1] == "preset blue"
    assert session.preset == "blue"


def test_before_the_first_plan_is_there_a_key_is_heeded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = ListSink()
    session = Session(apply(Settings(), LIVE), extra_sinks=[sink])
    opened = session._open_sinks

    def pressed() -> Sequence[Sink]:
        sinks = opened()
        session._on_key("2")
        return sinks

    monkeypatch.setattr(session._pipeline, "_open_sinks", pressed)
    with session:
        _wait(lambda: session.preset == "red")
        _wait(lambda: _corner(sink) == RED)
        _rest()


def test_the_privacy_card_stays_whatever_is_chosen(session: Session, sink: ListSink) -> None:
    session.set_privacy(True)
    _wait(lambda: sink.pictures[-1].is_card)
    before = len(sink.pictures)
    session.apply_preset("open")
    _wait(lambda: len(sink.pictures) > before + 5)
    assert all(picture.is_card for picture in sink.pictures[before:])
    assert session.is_private


@pytest.mark.parametrize("by", ["1", "m", "panel"])
def test_the_end_waits_for_a_change_whoever_began_it(monkeypatch: pytest.MonkeyPatch, by: Key | str) -> None:
    """A process that ends while a thread is in a kernel is aborted."""
    built = threading.Event()
    session = Session(apply(Settings(), LIVE), extra_sinks=[ListSink()])
    with session:
        _wait(lambda: session.label != "starting")
        build, begun = session._opened_workshop().plan, threading.Event()

        def slow(settings: Settings) -> AnyPlan:
            begun.set()
            time.sleep(0.3)
            try:
                return build(settings)
            finally:
                built.set()

        monkeypatch.setattr("livecut.app.session._CHANGE_S", 60.0)
        monkeypatch.setattr(session._opened_workshop(), "plan", slow)
        if by == "panel":
            threading.Thread(target=lambda: session.apply({"output": {"mirror": True}})).start()
        else:
            session._on_key(cast(Key, by))
        assert begun.wait(60)
        session._on_key("q")
    assert built.is_set()
    with pytest.raises(DeviceUnavailable, match="has ended"):
        session.apply({"output": {"mirror": False}})
