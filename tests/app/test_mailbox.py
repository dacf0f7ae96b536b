"""Requests of other processes to a running filter: served apart, answered each, with the errors that were raised."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
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
def _served(
    answers: Mapping[str, Callable[[Mapping[str, Any]], Any]], folder: Path, *, slow: Collection[str] = ()
) -> Iterator[Path]:
    """The mark of a box that is looked into all the time."""
    box, ended = Mailbox(answers, folder, slow=slow), threading.Event()

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
    with _served({"slow": slow, "quick": lambda request: "quick"}, tmp_path, slow=["slow"]) as mark:
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
        error = getattr(errors, kind)("it went wrong", hint="mend it")
        error.meant = ("wong", "wrong")
        raise error

    with _served({"fail": fails}, tmp_path) as mark, pytest.raises(getattr(errors, kind)) as caught:
        ask(mark, "fail")
    assert type(caught.value).__name__ == kind
    assert (caught.value.message, caught.value.hint) == ("it went wrong", "mend it")
    assert caught.value.meant == ("wong", "wrong")


def test_a_bug_there_is_one_line_here(tmp_path: Path) -> None:
    def fails(request: Mapping[str, Any]) -> None:
        raise KeyError("path")

    with _served({"fail": fails}, tmp_path) as mark, pytest.raises(LivecutError) as caught:
        ask(mark, "fail")
    assert caught.value.message == "the running filter could not do it: 'path'"


@pytest.mark.parametrize(
    "left",
    [
        *[b"\xff", b"", b"[]", b"7", b'{"do": "nothing"}', b'{"do": ["say"]}', b"{}"],
        b'{"do": "say"}' + b" " * (1 << 16),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_and_the_box_stays(left: bytes, tmp_path: Path) -> None:
    box = Mailbox({"say": lambda request: "yes"}, tmp_path)
    (mark,) = running(tmp_path)
    mark.with_name(f"{mark.name}.ask-1").write_bytes(left)
    assert box.look() and not box.look()
    answer = mark.with_name(f"{mark.name}.said-1")
    _until(answer.exists)
    assert json.loads(answer.read_bytes())["error"].strip()
    box.close()
    assert [path.name for path in tmp_path.iterdir()] == [answer.name], "for whoever asked"


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
        os.utime(tmp_path / name, (0, 0))
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


def test_who_asks_one_that_ends_hears_of_it_at_once(tmp_path: Path) -> None:
    box = Mailbox({"say": lambda request: "yes"}, tmp_path)
    (mark,) = running(tmp_path)
    said: list[str] = []

    def one() -> None:
        with pytest.raises(DeviceUnavailable) as caught:
            ask(mark, "say", wait_s=600.0)
        said.append(caught.value.message)

    askers = [threading.Thread(target=one) for _ in range(2)]
    askers[0].start()
    _until(lambda: list(tmp_path.glob("*.ask-*")))
    box.close()
    askers[0].join(60)
    askers[1].start()  # nobody is there any more
    askers[1].join(60)
    assert said == ["the filter has ended"] * 2
    assert list(tmp_path.iterdir()) == []


def test_what_was_answered_at_the_very_end_is_read(tmp_path: Path) -> None:
    box = Mailbox({"stop": lambda request: "done"}, tmp_path)
    (mark,) = running(tmp_path)
    said: list[str] = []
    asker = threading.Thread(target=lambda: said.append(ask(mark, "stop", wait_s=60.0)))
    asker.start()
    _until(box.look)
    box.close()
    asker.join(60)
    assert said == ["done"]


def test_the_end_waits_for_what_is_at_work(tmp_path: Path) -> None:
    box = Mailbox({"set": lambda request: time.sleep(0.2)}, tmp_path, slow=["set"])
    (mark,) = running(tmp_path)
    mark.with_name(f"{mark.name}.ask-1").write_bytes(b'{"do": "set"}')
    box.look()
    box.close()
    assert json.loads(mark.with_name(f"{mark.name}.said-1").read_bytes()) == {"answer": None}


def test_more_than_it_can_do_at_once_is_refused(tmp_path: Path) -> None:
    go_on = threading.Event()
    box = Mailbox({"set": lambda request: go_on.wait(60)}, tmp_path, slow=["set"])
    (mark,) = running(tmp_path)
    for number in range(9):
        mark.with_name(f"{mark.name}.ask-{number}").write_bytes(b'{"do": "set"}')
    box.look()
    (refused,) = tmp_path.glob("*.said-*")
    assert "too much to do" in json.loads(refused.read_bytes())["error"]
    go_on.set()
    box.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_a_pipe_or_an_answer_that_cannot_be_told_holds_nobody_up(tmp_path: Path) -> None:
    with _served({"say": lambda request: "yes", "odd": lambda request: object()}, tmp_path) as mark:
        os.mkfifo(mark.with_name(f"{mark.name}.ask-0"))
        assert ask(mark, "say") == "yes"
        with pytest.raises(DeviceUnavailable, match="could not do it"):
            ask(mark, "odd")
        assert ask(mark, "say") == "yes"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no owners here")
def test_a_folder_that_others_write_to_is_closed_to_them_and_anothers_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = tmp_path / "running"
    wide.mkdir()
    wide.chmod(0o777)
    box = Mailbox({}, wide)
    assert wide.stat().st_mode & 0o777 == 0o700
    box.close()
    link = tmp_path / "link"
    link.symlink_to(wide)
    with pytest.raises(OSError, match=r"."):
        Mailbox({}, link)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(PermissionError, match="another user"):
        Mailbox({}, wide)
    assert list(running(wide)) == []


def test_where_no_folder_can_be_nobody_runs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert list(running(tmp_path / "file" / "running")) == []
