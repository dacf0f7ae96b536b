"""Many pictures: an interruption ends them, and nothing large is kept of those that are done."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livecut.app.still_files import Pair
from livecut.app.stills import Cut, StillWork
from livecut.cli.batch import SeenThrough, run_batch
from livecut.cli.program import run_program
from livecut.errors import ImageError


class _Work:
    closed = 0

    def close(self) -> None:
        type(self).closed += 1


def _pairs(count: int, folder: Path) -> list[Pair]:
    return [Pair(folder / f"{number}.jpg", folder / f"{number}-cut.png") for number in range(count)]


def _run(pairs: list[Pair], do: Any, jobs: int = 1, through: SeenThrough | None = None) -> Any:
    return run_batch(pairs, open_work=_Work, do=do, jobs=jobs, force=True, through=through)  # type: ignore[arg-type]


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_interruption_begins_no_more_pictures(jobs: int, tmp_path: Path) -> None:
    done: list[str] = []
    lock = threading.Lock()

    def do(work: _Work, pair: Pair) -> None:
        with lock:
            done.append(pair.source.name)
        if pair.source.name == "2.jpg":
            raise KeyboardInterrupt
        time.sleep(0.05)

    _Work.closed = 0
    with pytest.raises(KeyboardInterrupt):
        _run(_pairs(40, tmp_path), do, jobs)
    count = len(done)
    assert count < 20
    time.sleep(0.2)
    assert len(done) == count
    assert _Work.closed == jobs


def test_an_interruption_gives_up_what_is_at_work(tmp_path: Path) -> None:
    through, begun, goes_on = SeenThrough(), threading.Event(), threading.Event()
    reached: list[BaseException | None] = []

    def do(work: _Work, pair: Pair) -> None:
        if pair.source.name == "1.jpg":
            assert begun.wait(30)
            raise KeyboardInterrupt
        begun.set()
        assert goes_on.wait(30)
        try:
            through.begin()
        except KeyboardInterrupt as error:
            reached.append(error)
            raise
        reached.append(None)

    _Work.closed = 0
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        _run(_pairs(2, tmp_path), do, jobs=2, through=through)
    assert time.monotonic() - started < 10
    assert _Work.closed == 1  # the other one is in use
    goes_on.set()
    _wait(lambda: bool(reached))
    assert isinstance(reached[0], KeyboardInterrupt), "it would be written after the end was told"


def test_an_interruption_waits_for_what_is_paid_for_or_being_written(tmp_path: Path) -> None:
    through, begun = SeenThrough(), threading.Event()
    written: list[str] = []

    def do(work: _Work, pair: Pair) -> None:
        if pair.source.name == "1.jpg":
            assert begun.wait(30)
            raise KeyboardInterrupt
        through.begin()
        begun.set()
        time.sleep(1.0)
        through.begin()  # once for the service, once for the file
        written.append(pair.source.name)

    with pytest.raises(KeyboardInterrupt):
        _run(_pairs(2, tmp_path), do, jobs=2, through=through)
    assert written == ["0.jpg"]


def test_what_was_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def do(work: _Work, pair: Pair) -> None:
        if pair.source.name == "2.jpg":
            raise ImageError("torn")

    pairs = _pairs(3, tmp_path)
    assert _run(pairs[:1], do) is None
    assert _run(pairs, do) is not None
    assert _run(pairs[2:], do) is not None
    wrote, *_, together = capsys.readouterr().err.splitlines()
    assert (wrote, together) == (f"wrote {pairs[0].target}", "wrote 2 pictures")


def test_between_attempts_a_picture_is_given_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    through, refused = SeenThrough(), threading.Event()
    attempts: list[str] = []

    def do(work: _Work, pair: Pair) -> None:
        if pair.source.name == "1.jpg":
            assert refused.wait(30)
            time.sleep(0.2)
            raise KeyboardInterrupt
        for _ in range(9):
            through.leave()
            attempts.append(pair.source.name)
            refused.set()
            through.sleep(60.0)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        _run(_pairs(2, tmp_path), do, jobs=2, through=through)
    assert time.monotonic() - started < 30
    time.sleep(0.2)
    assert attempts == ["0.jpg"]
    assert capsys.readouterr().err == "", "nothing was waited for"


def test_a_wait_that_nobody_interrupts_takes_its_time() -> None:
    through, started = SeenThrough(), time.monotonic()
    through.sleep(0.2)
    through.leave()
    assert time.monotonic() - started >= 0.2


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that can be sent to oneself")
def test_an_interruption_says_what_it_waits_for_and_a_second_gives_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    through, goes_on = SeenThrough(), threading.Event()
    paid, outcomes = threading.Barrier(3), []

    def do(work: _Work, pair: Pair) -> None:
        if pair.source.name == "2.jpg":
            paid.wait(30)
            raise KeyboardInterrupt
        through.ask()
        through.leave()
        paid.wait(30)
        assert goes_on.wait(30)
        try:
            through.begin()
        except KeyboardInterrupt:
            outcomes.append("given up")
            raise
        outcomes.append("written")

    # Not what was captured: read by one thread while another writes, some of it is lost.
    said: list[str] = []
    monkeypatch.setattr("livecut.cli.batch.tell", said.append)

    def second() -> None:
        _wait(lambda: bool(said))
        os.kill(os.getpid(), signal.SIGINT)

    # Who was started in the background, as a shell does it, is deaf to it.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupter = threading.Thread(target=second)
    interrupter.start()
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            _run(_pairs(3, tmp_path), do, jobs=3, through=through)
        assert time.monotonic() - started < 20
        interrupter.join(30)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert said == ["waiting for 2 paid pictures; Ctrl-C again gives them up"]
    goes_on.set()
    _wait(lambda: len(outcomes) == 2)
    assert outcomes == ["given up", "given up"], "they would be written after the end was told"


def test_what_any_picture_raises_is_told_in_its_place(tmp_path: Path) -> None:
    done: list[str] = []

    def do(work: _Work, pair: Pair) -> None:
        if pair.source.name == "1.jpg":
            raise IndexError("nowhere")
        done.append(pair.source.name)

    ended = _run(_pairs(3, tmp_path), do)
    assert done == ["0.jpg", "2.jpg"]
    assert str(ended) == "1 of 3 pictures failed; the first: IndexError: nowhere"


def test_a_batch_keeps_no_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for number in range(6):
        Image.fromarray(np.full((20, 30, 3), number, np.uint8)).save(f"{number}.png")
    cuts: list[weakref.ref[Any]] = []
    most = 0
    cut = StillWork.cut

    def counted(work: StillWork, image: Any, **options: Any) -> Cut:
        nonlocal most
        result = cut(work, image, **options)
        cuts.append(weakref.ref(result.pixels))
        gc.collect()
        most = max(most, sum(pixels() is not None for pixels in cuts))
        return result

    monkeypatch.setattr(StillWork, "cut", counted)
    assert run_program(["cut", ".", "--boxes", "boxes.json", "--set", "model.name=null"]) == 0
    assert len(cuts) == 6
    assert most <= 2
