"""Calls on a thread aside: their answers, their time, and that nobody waits for one that hangs."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from livecut.app.aside import Aside


def test_answers_and_errors_come_back_from_one_thread() -> None:
    aside = Aside("test-aside")
    names = {aside.call(lambda: threading.current_thread().name, 30.0) for _ in range(3)}
    assert names == {"test-aside"}
    with pytest.raises(ZeroDivisionError):
        aside.call(lambda: 1 // 0, 30.0)
    assert aside.call(lambda: 5, 30.0) == 5
    ended: list[str] = []
    for _ in range(2):
        aside.close(lambda: ended.append(threading.current_thread().name))
    assert ended == ["test-aside"], "once, where the calls were made"


def test_what_was_never_called_is_closed_at_once() -> None:
    ended: list[bool] = []
    Aside("test-aside").close(lambda: ended.append(True))
    assert ended == [True]


def test_behind_a_call_that_hangs_nothing_begins_late_and_nobody_waits() -> None:
    aside, go, begun, ended = Aside("test-aside"), threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        go.wait(60)

    caller = threading.Thread(target=aside.call, args=(hang, 60.0))
    caller.start()
    assert begun.wait(60)
    late: list[bool] = []
    with pytest.raises(TimeoutError):
        aside.call(lambda: late.append(True), 0.01)
    aside.close(ended.set)
    assert not ended.is_set(), "what the hanging call uses is not taken from under it"
    go.set()
    assert ended.wait(60)
    caller.join(60)
    assert late == []


HANGS = """
import threading
import numpy as np
from livecut.app.stills import StillWork
from livecut.errors import EstimateError
from livecut.settings import Settings
from livecut.settings.load import apply

work = StillWork(apply(Settings(), {"model": {"name": "null"}, "remote": {"local_timeout_s": 0.05}}))
work._loaded = threading.Event().wait
try:
    work.cut(np.zeros((4, 4, 3), np.uint8))
except EstimateError as error:
    print(error)
work.close()
"""


def test_a_picture_that_hangs_does_not_hold_up_the_end_of_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "the picture cannot be processed here: it takes longer than remote.local_timeout_s, 0.05 s\n"
    )
