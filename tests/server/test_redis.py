"""Requests counted in a real Redis, by two workers; without redis-server, or redis for Python, this is skipped."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.red_cutter import RedCutter

from livecut.errors import SettingsError
from livecut.server.serve import serve
from livecut.server.store.database import Database
from livecut.server.store.keys import Keys
from livecut.settings.services import ServerSettings

REDIS = shutil.which("redis-server")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX"),
    pytest.mark.skipif(REDIS is None, reason="needs redis-server: apt install redis-server"),
    pytest.mark.skipif(find_spec("redis") is None, reason="needs redis for Python: pip install redis"),
]
Make = Callable[..., bytes]
Start = Callable[..., Any]


class Redis:
    """A Redis that keeps nothing on disk, at a port that was free a moment ago."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        given = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command = [str(REDIS), *given, "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while True:
            assert self._process.poll() is None, "redis-server did not start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    redis = Redis(tmp_path)
    redis.start()
    yield redis
    redis.kill()


def test_limits_hold_over_workers_and_nobody_gets_in_uncounted(
    redis: Redis, start: Start, key: str, store: str, make_portrait: Make
) -> None:
    database = Database(store)
    Keys(database).grant("test", per_minute=4)
    database.close()
    server = start(workers=2, rate_store=redis.url, waiting=16)
    # Those that are let in at once, whichever worker answers; nothing here takes the minute after which one more may.
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: server.depth(key, make_portrait()), range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 4, 429: 6}
    assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in answers if answer.status_code == 429)
    redis.kill()
    refused = server.depth(key, make_portrait())
    assert (refused.status_code, refused.json()) == (503, {"error": "Service is unavailable"})
    assert refused.headers["retry-after"] == "5"
    assert server.client.get(f"{server.base}/readyz").status_code == 503
    assert server.client.get(f"{server.base}/healthz").status_code == 200
    redis.start()
    # It counts from nought: what it knew went with it.
    assert server.depth(key, make_portrait()).status_code == 200
    assert server.client.get(f"{server.base}/readyz").status_code == 200
    assert server.end() == 0


def test_one_that_is_not_there_is_said_before_anything_listens(redis: Redis, tmp_path: Path) -> None:
    redis.kill()
    database = SecretStr(f"sqlite:///{tmp_path / 'keys.sqlite3'}")
    said: list[str] = []
    with pytest.raises(SettingsError) as caught:
        serve(ServerSettings(port=0, database=database, workers=2, rate_store=redis.url), RedCutter, say=said.append)
    assert str(caught.value) == "server.rate_store does not answer: no request could be counted"
    assert said == []
