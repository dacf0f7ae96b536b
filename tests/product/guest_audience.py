"""Runs in the guest of test_vm.py: who watches a virtual camera, and a filter whose webcam rests until somebody does.

Prints one line `RESULT {...}`; everything is judged outside.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from livecut import v4l2
from livecut.sinks.virtualcam import VirtualCamera
from livecut.types import CARD_INDEX, Picture, Size

VIRTUAL, WEBCAM = "/dev/video10", "/dev/video0"
SIZE = Size(640, 480)
PATIENCE_S = 60.0
READER = ["ffmpeg", "-v", "error", "-f", "v4l2", "-i", VIRTUAL, "-f", "null", "-"]
READ = f"import os; d = os.open({VIRTUAL!r}, os.O_RDONLY)\nwhile True: os.read(d, 460800)"
OPEN = f"import os, time; os.open({VIRTUAL!r}, os.O_RDWR); time.sleep(600)"


def until(is_so: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.1)
    return False


@contextlib.contextmanager
def program(*command: str, kill: bool = False) -> Any:
    # ffmpeg's colours would stand before what is printed here.
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        (running.kill if kill else running.terminate)()
        running.wait()


def of_the_sink() -> dict[str, Any]:
    """What a virtual camera says of each kind of reader, and when that has gone."""
    sink = VirtualCamera(size=SIZE, fps=25.0, device=VIRTUAL)
    card = Picture(np.zeros((SIZE.height, SIZE.width, 3), np.uint8), None, CARD_INDEX, 0)
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.1):
            sink.write(card)

    thread = threading.Thread(target=write)
    thread.start()
    found: dict[str, Any] = {"nobody": sink.is_watched()}
    assert sink._audience is not None
    found["exact"] = sink._audience.is_exact
    try:
        for name, command, kill in (
            ("streams", READER, False),
            ("killed", READER, True),
            ("reads", [sys.executable, "-c", READ], False),
            ("opens", [sys.executable, "-c", OPEN], False),
        ):
            with program(*command, kill=kill):
                # Long enough to be seen where it never counts.
                found[name] = until(sink.is_watched, PATIENCE_S if name != "opens" else 10.0)
            found[f"after_{name}"] = until(lambda: not sink.is_watched())
    finally:
        done.set()
        thread.join()
        sink.close()
    return found


def of_the_filter() -> dict[str, Any]:
    """Whether `livecut run` has the webcam open."""
    arguments = ["--source", WEBCAM, "--sink", f"virtualcam:{VIRTUAL}", "--size", str(SIZE), "--effect", "none"]
    slow = [
        "--set",
        "source.timeout_s=60",
        "--set",
        "source.stale_after_s=60",
        "--set",
        "privacy.max_matte_age_ms=9000",
    ]
    command = [sys.executable, "-m", "livecut", "run", *arguments, *slow, "--set", "output.on_demand=true"]
    log = Path("/tmp/run.log")
    with log.open("w") as file, subprocess.Popen(command, stdout=file, stderr=file) as run:

        def has_webcam() -> bool:
            return any(holder.pid == run.pid for holder in v4l2.holders(WEBCAM))

        found: dict[str, Any] = {}
        try:
            found["began"] = until(lambda: "resting" in log.read_text() or "closed until" in log.read_text(), 300.0)
            found["rests_at_first"] = until(lambda: not has_webcam())
            with program(*READER):
                found["opens"] = until(has_webcam)
                time.sleep(10.0)
                found["stays_open"] = has_webcam()
            left_s = time.monotonic()
            found["rests_again"] = until(lambda: not has_webcam())
            found["rested_after_s"] = round(time.monotonic() - left_s, 1)
            with program(*READER):
                found["opens_again"] = until(has_webcam)
        finally:
            run.send_signal(2)
            found["exit"] = run.wait(120)
    found["log"] = log.read_text()[-1500:]
    return found


if __name__ == "__main__":
    print("RESULT " + json.dumps({"sink": of_the_sink(), "filter": of_the_filter(), "pid": os.getpid()}), flush=True)
