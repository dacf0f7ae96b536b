"""Requests of other processes to a running filter: served apart, answered each, with the errors that were raised."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from livecut import errors
from livecut.app import mailbox
from livecut.app.mailbox import Mailbox, ask, running
from livecut.errors import DeviceUnavailable, LivecutError, SettingsError

OWN = f"run-{os.getpid()}"


@contextmanager
def _served(answers: Mapping[str, Callable[[Mapping[str, Any]], Any]], folder: Path) -> Iterator[Path]:
    """The mark of a box that is looked into all the time."""
    box, ended = Mailbox(answers, folder), threading.Event()

    def serve() -> None:
        while not ended.wait(0.001):
            box.look()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        (mark,) = running(folder)
        yield mark
    finally:
        ended.set()
        thread.join()
        box.close()


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_request_is_served_and_answered_and_nothing_is_left(tmp_path: Path) -> None:
    with _served({"add": lambda request: {"sum": request["a"] + request["b"]}}, tmp_path) as mark:
        assert ask(mark, "add", a=2, b=3) == {"sum": 5}
        assert [path.name for path in tmp_path.iterdir()] == [OWN]
    assert list(tmp_path.iterdir()) == []


def test_many_who_ask_at_once_get_each_their_own_answer(tmp_path: Path) -> None:
    said: dict[int, Any] = {}
    with _served({"twice": lambda request: 2 * request["n"]}, tmp_path) as mark:

        def one(number: int) -> None:
            said[number] = ask(mark, "twice", n=number)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert said == {number: 2 * number for number in range(16)}


def test_who_wants_to_be_hidden_does_not_wait_for_another(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(request: Mapping[str, Any]) -> str:
        begun.set()
        go_on.wait(60)
        return "slow"

    said: list[str] = []
    with _served({"slow": slow, "quick": lambda request: "quick"}, tmp_path) as mark:
        thread = threading.Thread(target=lambda: said.append(ask(mark, "slow")))
        thread.start()
        assert begun.wait(60)
        said.append(ask(mark, "quick"))
        go_on.set()
        thread.join()
    assert said == ["quick", "slow"]


@pytest.mark.parametrize("kind", errors.__all__)
def test_what_was_raised_there_is_raised_here(kind: str, tmp_path: Path) -> None:
    def fails(request: Mapping[str, Any]) -> None:
        raise getattr(errors, kind)("it went wrong", hint="mend it")

    with _served({"fail": fails}, tmp_path) as mark, pytest.raises(getattr(errors, kind)) as caught:
        ask(mark, "fail")
    assert type(caught.value).__name__ == kind
    assert (caught.value.message, caught.value.hint) == ("it went wrong", "mend it")


def test_a_bug_there_is_one_line_here(tmp_path: Path) -> None:
    def fails(request: Mapping[str, Any]) -> None:
        raise KeyError("path")

    with _served({"fail": fails}, tmp_path) as mark, pytest.raises(LivecutError) as caught:
        ask(mark, "fail")
    assert caught.value.message == "the running filter could not do it: 'path'"


@pytest.mark.parametrize("left", [b"\xff", b"", b"[]", b"7", b'{"do": "nothing"}', b'{"do": ["say"]}', b"{}"])
def test_a_request_that_makes_no_sense_is_answered_and_the_box_stays(left: bytes, tmp_path: Path) -> None:
    box = Mailbox({"say": lambda request: "yes"}, tmp_path)
    (mark,) = running(tmp_path)
    mark.with_name(f"{mark.name}.ask-1").write_bytes(left)
    assert box.look() and not box.look()
    answer = mark.with_name(f"{mark.name}.said-1")
    _until(answer.exists)
    assert json.loads(answer.read_bytes())["error"].strip()
    box.close()
    assert list(tmp_path.iterdir()) == []


def test_who_gets_no_answer_is_told_so_and_leaves_no_request(tmp_path: Path) -> None:
    box = Mailbox({}, tmp_path)
    (mark,) = running(tmp_path)
    with pytest.raises(DeviceUnavailable, match="does not answer"):
        ask(mark, "say", wait_s=0.05)
    assert [path.name for path in tmp_path.iterdir()] == [OWN]
    box.close()


def test_a_filter_of_another_version_says_that_it_does_not_know(tmp_path: Path) -> None:
    with _served({}, tmp_path) as mark, pytest.raises(SettingsError, match="does not know") as caught:
        ask(mark, "sing")
    assert caught.value.hint == "is it of another version?"


def test_what_a_killed_filter_left_is_removed_and_other_files_stay(tmp_path: Path) -> None:
    # A number that lives again, in another process: a reboot gives it away anew.
    for name in ("run-1", "run-999999999", "run-999999999.ask-7", "run-999999999.said-7", "run-abc", "run-"):
        (tmp_path / name).touch()
    box = Mailbox({}, tmp_path)
    for _ in range(2):
        assert list(running(tmp_path)) == [tmp_path / OWN]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-", OWN, "run-abc"]
    box.close()
    box.close()
    assert list(running(tmp_path)) == []


def test_a_mark_of_the_same_number_is_taken_over_without_its_requests(tmp_path: Path) -> None:
    for suffix in ("", ".ask-1", ".said-1"):
        (tmp_path / f"{OWN}{suffix}").write_text("left")
    box = Mailbox({}, tmp_path)
    assert not box.look()
    assert list(running(tmp_path)) == [tmp_path / OWN]
    box.close()


def test_where_a_file_system_knows_no_locks_the_filter_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(file: int, *, shared: bool = False) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(mailbox, "lock_now", no_locks)
    box = Mailbox({}, tmp_path)
    assert list(running(tmp_path)) == [tmp_path / OWN]
    box.close()
    assert list(running(tmp_path)) == []
