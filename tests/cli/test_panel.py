"""`livecut run --panel` as a process: its address is printed, it answers there, and ends with the filter."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_run_with_a_panel(tmp_path: Path) -> None:
    command = "run --source demo --sink null --size 160x90 --set model.name=null --effect green --device cpu --panel"
    running = subprocess.Popen(
        [sys.executable, "-c", "from livecut.cli import main; main()", *command.split()],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stderr is not None
        first = running.stderr.readline()
        found = re.fullmatch(r"control panel: (http://127\.0\.0\.1:\d+)/#(\S{24})\n", first)
        assert found, first
        base, token = found.groups()
        # What it goes on to print must not fill the pipe.
        rest: list[str] = []
        reading = threading.Thread(target=lambda: rest.extend(running.stderr or ()))
        reading.start()
        answer = httpx.get(f"{base}/api/state", headers={"authorization": f"Bearer {token}"}, timeout=120)
        assert answer.json()["source"] == "demo"
        assert httpx.get(f"{base}/api/state", timeout=120).status_code == 401
        running.send_signal(signal.SIGINT)
        assert running.wait(120) == 0
        reading.join(60)
        assert "frames in" in rest[-1]
        assert token not in "".join(rest)
    finally:
        running.kill()
        running.communicate()


def test_a_port_that_is_no_port_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from livecut.cli import main; main()", "run", "--panel", "--set", "panel.port=70000"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 2
    assert "panel.port" in done.stderr
