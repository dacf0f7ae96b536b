"""Many clients at one key: every credit is used once and none twice, also across a kill.

With TEST_POSTGRESQL_URL (and TEST_REDIS_URL) set, on PostgreSQL (and Redis) too.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from livecut.server.store.credits import ALIVE_S
from livecut.server.store.database import Database
from livecut.server.store.keys import ApiKey, Keys
from livecut.server.store.schema import metadata

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX"),
]

Make = Callable[..., bytes]
Start = Callable[..., Any]
CLIENTS, REQUESTS, CREDITS = 64, 1000, 700


def url_of(variable: str, what: str) -> str:
    """The address of a server of somebody else's that a test needs, or a skip that says how to have it run."""
    url = os.environ.get(variable, "")
    if not url:
        pytest.skip(f"{variable} names no {what}")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, and a PostgreSQL database of which livecut's tables are emptied: TEST_POSTGRESQL_URL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'keys.sqlite3'}"
    url = url_of("TEST_POSTGRESQL_URL", "database, e.g. postgresql+psycopg://me@127.0.0.1/empty")
    database = Database(url)
    with database.write() as connection:
        metadata.drop_all(connection)
    database.close()
    return url


@pytest.fixture
def rich(key: str, store: str) -> str:
    """The key with 700 credits and a rate that does not matter."""
    database = Database(store)
    Keys(database).grant("test", credits=CREDITS - 10, per_minute=1_000_000)
    database.close()
    return key


class Crowd:
    """Clients that retry 429 and 503 until they get something else."""

    def __init__(self, base: str, key: str, data: bytes) -> None:
        self.statuses: Counter[int] = Counter()
        self._request = (f"{base}/portrait-depth-estimation/v1", {"x-api-key": key}, {"image_file": data})
        self._lock = threading.Lock()
        self.stop = threading.Event()

    def run(self, requests: int) -> None:
        limits = httpx.Limits(max_connections=CLIENTS)
        client = httpx.Client(verify=False, trust_env=False, timeout=120.0, limits=limits)
        with client, ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda _: self._ask(client), range(requests)))

    def _ask(self, client: httpx.Client) -> None:
        url, headers, files = self._request
        while not self.stop.is_set():
            try:
                status = client.post(url, headers=headers, files=files).status_code
            except httpx.HTTPError:
                return  # the server was killed
            with self._lock:
                self.statuses[status] += 1
            if status not in (429, 503):
                return
            self.stop.wait(0.2)


def test_exactly_as_many_successes_as_credits(
    start: Start, rich: str, make_portrait: Make, counts: Callable[[], ApiKey]
) -> None:
    crowd = Crowd(start(waiting=16).base, rich, make_portrait())
    crowd.run(REQUESTS)
    assert (crowd.statuses[200], crowd.statuses[402]) == (CREDITS, REQUESTS - CREDITS)
    assert set(crowd.statuses) <= {200, 402, 503}
    after = counts()
    assert (after.granted, after.settled, after.remaining, after.reserved) == (CREDITS, CREDITS, 0, 0)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_two_workers_that_share_a_database_and_a_redis(
    start: Start, rich: str, make_portrait: Make, counts: Callable[[], ApiKey]
) -> None:
    redis = url_of("TEST_REDIS_URL", "Redis, e.g. redis://127.0.0.1:6379/9")
    crowd = Crowd(start(waiting=16, workers=2, rate_store=redis).base, rich, make_portrait())
    crowd.run(REQUESTS)
    assert (crowd.statuses[200], crowd.statuses[402]) == (CREDITS, REQUESTS - CREDITS)
    assert set(crowd.statuses) <= {200, 402, 503}
    after = counts()
    assert (after.granted, after.settled, after.remaining, after.reserved) == (CREDITS, CREDITS, 0, 0)


def test_a_kill_in_the_middle_loses_and_gives_away_nothing(
    start: Start, rich: str, store: str, make_portrait: Make, counts: Callable[[], ApiKey]
) -> None:
    server = start(waiting=16)
    crowd = Crowd(server.base, rich, make_portrait())
    asking = threading.Thread(target=crowd.run, args=(REQUESTS,))
    asking.start()
    while crowd.statuses[200] < 100:
        assert asking.is_alive()
        crowd.stop.wait(0.01)
    server.end(signal.SIGKILL)
    crowd.stop.set()
    asking.join(120)
    again = start()
    assert again.client.get(f"{again.base}/readyz").status_code == 200
    after = counts()
    if not store.startswith("sqlite"):
        # Others may be using the database: what was reserved is given back once its server was not seen for a minute.
        end = time.monotonic() + 2.0 * ALIVE_S
        while (after := counts()).reserved and time.monotonic() < end:
            time.sleep(1.0)
    assert after.granted == after.settled + after.remaining == CREDITS
    assert min(after.settled, after.remaining) >= 0
    assert after.reserved == 0
    # Settled before the answer leaves: what clients saw is at most that, and at least that but what was on its way.
    assert crowd.statuses[200] <= after.settled <= crowd.statuses[200] + CLIENTS
    rest = Crowd(again.base, rich, make_portrait())
    rest.run(after.remaining + 50)
    assert (rest.statuses[200], rest.statuses[402]) == (after.remaining, 50)
    assert counts().settled == CREDITS
