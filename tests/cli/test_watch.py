"""The status line says what was given and how often networks look."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.cli.watch import shown_by, status_line, summary
from livecut.pipeline.meter import Meter, Snapshot
from livecut.pipeline.timing import Timing
from livecut.settings import Settings
from livecut.settings.load import apply


def seen(looks: list[bool]) -> Snapshot:
    meter = Meter(lambda: 0)
    for is_new in looks:
        meter.looked(is_new)
    return meter.snapshot()


def test_at_full_quality_nothing_is_said_of_it() -> None:
    line = status_line(seen([True] * 90), "net on CPU")
    assert line == "in 0.0 fps, out 0.0 (0.0 new) | dropped 0 | net on CPU"


def test_the_governors_step_and_resting_networks_are_told() -> None:
    line = status_line(seen([True, False, False, False]), "net on CPU", "quality step 1 of 5: coarser discs")
    assert line.endswith("| dropped 0 | networks on 25% of frames | quality step 1 of 5: coarser discs | net on CPU")


def test_what_is_shown_in_place_of_what_was_asked_for_is_told() -> None:
    meter = Meter(lambda: 0)
    meter.shows("room blurred: camera 1 is gone")
    assert status_line(meter.snapshot(), "net on CPU").endswith(
        "| dropped 0 | room blurred: camera 1 is gone | net on CPU"
    )
    meter.shows("")
    assert status_line(meter.snapshot(), "net on CPU").endswith("| dropped 0 | net on CPU")


def test_why_frames_are_hidden_is_told_while_they_are() -> None:
    meter = Meter(lambda: 0)
    meter.fault("the matte is not finite")
    assert "| hidden: the matte is not finite |" in status_line(meter.snapshot(), "net on CPU")
    later = status_line(meter.snapshot(), "net on CPU", faults_before=1)
    assert later.endswith("| dropped 0 | 1 frames were hidden | net on CPU")


@given(st.integers(1, 300))
def test_a_narrow_terminal_gets_what_matters_in_one_row(columns: int) -> None:
    meter = Meter(lambda: 0)
    with meter.stage("matte"):
        meter.fault("the matte is not finite")
    whole = status_line(meter.snapshot(), "net on CPU", "quality step 1", shown="RAW PICTURE")
    line = status_line(meter.snapshot(), "net on CPU", "quality step 1", shown="RAW PICTURE", columns=columns)
    assert len(line) <= columns
    assert line.startswith("RAW PICTURE"[:columns])
    assert line == whole or len(whole) > columns
    if columns >= 90:
        assert "hidden: the matte is not finite" in line


@pytest.mark.parametrize(
    ("effect", "preset", "is_private", "said"),
    [
        ("blur", "", False, "blur"),
        ("blur", "meeting", False, "meeting (blur)"),
        ("none", "meeting", False, "RAW PICTURE"),
        ("none", "", True, "HIDDEN (privacy switch)"),
    ],
)
def test_what_is_shown_comes_first(effect: str, preset: str, is_private: bool, said: str) -> None:
    settings = apply(Settings(), {"effect": {"name": effect}})
    timing = Timing(fps=30, max_age_ns=0)
    session: Any = SimpleNamespace(
        settings=settings, preset=preset, is_private=is_private, is_starting=False, timing=timing
    )
    assert shown_by(session) == said
    session.is_starting = True
    assert shown_by(session) == (said if is_private else "privacy card (starting)")
    session.timing = replace(timing, lossless=True)
    assert shown_by(session) == (said if is_private else "preparing")


def test_the_last_line_counts() -> None:
    meter = Meter(lambda: 0)
    meter.frame_in()
    meter.fault("the matte is not finite")
    text = "1 frames in, 0 pictures out, 0 dropped, 0 cards, 1 frames hidden (the matte is not finite)"
    assert summary(meter.snapshot()) == text


RUN = ["run", "--source", "demo", "--size", "64x36", "--sink", "null", "--effect", "none", "--set", "model.name=null"]
MAIN = "from livecut.cli import main; main()"


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")
def test_a_filter_whose_lines_nobody_reads_any_more_ends_when_told_to() -> None:
    with subprocess.Popen([sys.executable, "-c", MAIN, *RUN], stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        running.stderr.readline()
        running.stderr.close()
        try:
            with pytest.raises(subprocess.TimeoutExpired):  # it runs on, and has a line to tell meanwhile
                running.wait(1.5)
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 0
        finally:
            running.kill()


EARLY = """
import os, signal
from livecut.cli import main, streams
ready = streams.ready_streams
streams.ready_streams = lambda: (ready(), os.kill(os.getpid(), signal.SIGUSR1))
main()
"""
"""SIGUSR1 comes before anything of the program has been read."""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([*RUN, "--frames", "20"], 0, "20 frames in, 20 pictures out, 0 dropped, 20 cards"),
        (["-v", *RUN, "--frames", "20"], 0, "20 frames in, 20 pictures out, 0 dropped, 20 cards"),
        ([*RUN, "--size", "big"], 2, "error: output.size: "),
        (["settings"], -int(getattr(signal, "SIGUSR1", 0)), ""),
    ],
)
def test_a_run_told_to_hide_before_it_listens_begins_hidden(arguments: list[str], code: int, told: str) -> None:
    done = subprocess.run([sys.executable, "-c", EARLY, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert told in done.stderr


LATE = """
import os, signal
from livecut.cli import main, watch
report = watch.Watch.report
watch.Watch.report = lambda self: (os.kill(os.getpid(), signal.SIGUSR1), report(self))
main()
"""
"""SIGUSR1 comes when the run is over and the process has not ended yet."""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_run_told_to_hide_when_it_is_over_ends_as_it_would() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE, *RUN, "--frames", "5"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "5 frames in, 5 pictures out" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("before", "ends"), [("SIG_DFL", True), ("SIG_IGN", False)])
def test_a_closed_terminal_ends_a_run_unless_it_is_to_be_ignored(before: str, ends: bool) -> None:
    code = f"import signal; signal.signal(signal.SIGHUP, signal.{before}); from livecut.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", code, *RUN], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stderr is not None
        running.stderr.readline()
        running.send_signal(signal.SIGHUP)
        if not ends:
            running.stderr.readline()
            running.stderr.readline()
            assert running.poll() is None
            running.send_signal(signal.SIGTERM)
        _, rest = running.communicate(timeout=60)
        assert running.returncode == 0
        assert "frames in" in rest
    finally:
        running.kill()
        running.communicate()
