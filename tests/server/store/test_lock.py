from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from livecut.errors import SettingsError
from livecut.server.store.lock import ServerLock


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    first = ServerLock(path)
    with pytest.raises(SettingsError, match=r"^another livecut serve uses .*keys\.sqlite3$"):
        ServerLock(path)
    first.close()
    first.close()
    ServerLock(path).close()


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    program = (
        "import sys, time, pathlib; from livecut.server.store.lock import ServerLock; "
        "lock = ServerLock(pathlib.Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(SettingsError):
            ServerLock(path)
        holder.kill()
        holder.wait()
    ServerLock(path).close()
