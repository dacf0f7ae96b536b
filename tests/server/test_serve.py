"""The server as a process: started, drained, killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from limits.storage import MemoryStorage
from pydantic import SecretStr
from support.red_cutter import RedCutter

from livecut.errors import ModelError, SettingsError
from livecut.server.listening import listen
from livecut.server.serve import serve
from livecut.server.store.database import Database
from livecut.server.store.keys import ApiKey, Keys
from livecut.settings.services import ServerSettings

Make = Callable[..., bytes]
Start = Callable[..., Any]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


@posix
def test_what_is_in_flight_is_finished_after_sigterm(
    start: Start, key: str, make_portrait: Make, counts: Callable[[], ApiKey]
) -> None:
    server = start(slow_s=1.0)
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(server.depth(key, make_portrait())))
    asking.start()
    server.wait_for_cutting()
    server.process.send_signal(signal.SIGTERM)
    asking.join(60)
    assert answers[0].status_code == 200
    assert server.process.wait(60) == -signal.SIGTERM
    after = counts()
    assert (after.settled, after.remaining, after.reserved) == (1, 9, 0)


@posix
def test_a_kill_in_the_middle_and_a_restart_balance(
    start: Start, key: str, make_portrait: Make, counts: Callable[[], ApiKey]
) -> None:
    server = start(slow_s=60.0)

    def ask() -> None:
        with pytest.raises(httpx.HTTPError):
            server.depth(key, make_portrait())

    asking = threading.Thread(target=ask)
    asking.start()
    server.wait_for_cutting()
    assert counts().reserved == 1
    server.end(signal.SIGKILL)
    asking.join(60)
    again = start()
    assert again.depth(key, make_portrait()).headers["x-remaining-credits"] == "9"
    again.end()
    after = counts()
    assert (after.granted, after.settled, after.remaining, after.reserved) == (10, 1, 9, 0)


@posix
@pytest.mark.slow
def test_workers_share_keys_rates_and_counts(start: Start, key: str, make_portrait: Make, tmp_path: Path) -> None:
    server = start(workers=2, rate_store="database")
    assert server.depth(key, make_portrait()).status_code == 200
    database = Database(f"sqlite:///{tmp_path / 'keys.sqlite3'}")
    Keys(database).grant("test", per_minute=3)
    database.close()
    codes = [server.depth(key, make_portrait()).status_code for _ in range(4)]
    assert codes == [200, 200, 429, 429]
    counted = server.client.get(f"{server.base}/metrics").text
    assert 'livecut_requests_total{route="depth",status="200"} 3.0' in counted
    assert server.end() == 0


@posix
@pytest.mark.slow
def test_workers_end_with_a_killed_supervisor(start: Start, key: str, make_portrait: Make) -> None:
    server = start(workers=2, rate_store="database")
    assert server.depth(key, make_portrait()).status_code == 200
    server.end(signal.SIGKILL)
    port = int(server.base.rpartition(":")[2])
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.1)
    pytest.fail("a worker still listens")


def settings(tmp_path: Path, **more: Any) -> ServerSettings:
    return ServerSettings(port=0, database=SecretStr(f"sqlite:///{tmp_path / 'keys.sqlite3'}"), **more)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_open_is_for_loopback_only(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError) as caught:
        serve(settings(tmp_path, open=True, host=host), RedCutter)
    assert str(caught.value) == f"an open server stands on loopback only, not on {host}"


def test_workers_need_a_shared_store(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        serve(settings(tmp_path, workers=2), RedCutter)
    assert str(caught.value) == "2 workers need a shared store to count requests in"
    assert caught.value.hint == "--rate-store database, or --rate-store redis://HOST:6379"


def test_one_server_for_one_sqlite_file(start: Start, key: str, tmp_path: Path) -> None:
    start()
    with pytest.raises(SettingsError, match=r"^another livecut serve uses "):
        serve(settings(tmp_path), RedCutter)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"^cannot listen at 127\.0\.0\.1 port {port}: ") as caught:
            serve(settings(tmp_path).model_copy(update={"port": port}), RedCutter)
    assert caught.value.hint == "--port 0 takes a free one"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_answer_waits_for_its_head_to_be_confirmed(host: str) -> None:
    try:
        listening = listen(host, 0)
    except SettingsError:
        assert host == "::1"  # a system without IPv6
        return
    with listening, socket.create_connection(listening.getsockname()[:2]), listening.accept()[0] as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^cannot listen at 192\.0\.2\.1 port 0: ") as caught:
        serve(settings(tmp_path, host="192.0.2.1", open=False).model_copy(update={"port": 0}), RedCutter)
    assert caught.value.hint == "--host takes an address of this machine"


def test_a_rate_store_that_does_not_answer_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead(MemoryStorage):
        def check(self) -> bool:
            return False

    monkeypatch.setattr("livecut.server.store.rates.storage_from_string", lambda url: Dead())
    with pytest.raises(SettingsError) as caught:
        serve(settings(tmp_path, rate_store="redis://u:sesame@127.0.0.1:1"), RedCutter)
    assert str(caught.value) == "server.rate_store does not answer: no request could be counted"


def unavailable() -> RedCutter:
    raise ModelError("small: it has not been fetched", hint="livecut models get small")


def test_without_networks_nothing_listens(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(ModelError) as caught:
        serve(settings(tmp_path, open=True), unavailable, say=said.append)
    assert (caught.value.message, caught.value.hint) == ("small: it has not been fetched", "livecut models get small")
    assert said == []


def test_an_address_that_may_not_be_allowed_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^server\.url_allow: "):
        serve(settings(tmp_path, url_allow=("http://a",)), RedCutter)
    assert not os.environ.get("PROMETHEUS_MULTIPROC_DIR")
