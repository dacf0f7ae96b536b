"""The last of what was asked for is done, off the thread that asks."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecut.app.latest import Latest
from livecut.errors import SettingsError

THREAD = "livecut-of-a-test"


def _rest() -> None:
    deadline = time.monotonic() + 60
    while any(thread.name == THREAD for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "it goes on"
        time.sleep(0.001)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
def test_of_what_was_asked_meanwhile_only_the_last_is_done(asked: list[str]) -> None:
    done: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def work(what: str) -> None:
        begun.set()
        assert go_on.wait(60)
        done.append(what)

    latest = Latest(work, name=THREAD, stopping=threading.Event())
    latest.ask("first")
    assert begun.wait(60)
    for what in asked:
        latest.ask(what)
    assert done == []
    assert latest.asked == asked[-1]
    go_on.set()
    _rest()
    assert done == ["first", asked[-1]]
    latest.ask("again")
    _rest()
    assert done[-1] == "again"
    assert latest.asked is None


@pytest.mark.parametrize(("error", "has_trace"), [(SettingsError("no such beach"), False), (OSError("odd"), True)])
def test_what_goes_wrong_is_told_and_the_next_is_done(
    error: Exception, has_trace: bool, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def work(what: str) -> None:
        if what == "beach":
            raise error
        done.append(what)

    latest = Latest(work, name=THREAD, stopping=threading.Event())
    latest.ask("beach")
    _rest()
    latest.ask("meeting")
    _rest()
    assert done == ["meeting"]
    (told,) = caplog.records
    assert told.getMessage() == f"beach was not done: {error}"
    assert bool(told.exc_info) is has_trace
