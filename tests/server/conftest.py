"""A server on loopback in this process, with keys in a temporary database and a cutter that takes red for people."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from PIL import Image, ImageDraw
from pydantic import SecretStr
from support.red_cutter import RedCutter

from livecut.server.application import application
from livecut.server.cutter import Cutter
from livecut.server.listening import listen
from livecut.server.serve import uvicorn_config
from livecut.server.store.database import Database
from livecut.server.store.keys import ApiKey, Keys
from livecut.settings.services import ServerSettings


def portrait(kind: str = "PNG", size: tuple[int, int] = (40, 30), people: int = 1, **options: Any) -> bytes:
    """Red people of a quarter of the width on green."""
    picture = Image.new("RGB", size, (40, 90, 60))
    width, height = size
    for index in range(people):
        left = width * (1 + 4 * index) // 8
        box = (left, height // 5, left + max(0, width // 4 - 1), height - 1)
        ImageDraw.Draw(picture).rectangle(box, fill=(230, 30, 20))
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="session")
def make_portrait() -> Callable[..., bytes]:
    return portrait


@dataclass
class Running:
    """A server that accepts connections."""

    base: str
    app: Any
    cutter: Any
    database: Database | None
    key: str = ""
    # One client without certificates to read: making one takes longer than most requests here.
    client: httpx.Client = field(default_factory=lambda: httpx.Client(verify=False, trust_env=False, timeout=60.0))

    @property
    def keys(self) -> Keys:
        assert self.database is not None
        return Keys(self.database)

    def counts(self) -> ApiKey:
        """The counts of the key every server here has."""
        return self.keys.all()[0]

    def results(self, *, mode: str | None = None, key: str | None = "", **files: Any) -> httpx.Response:
        """Ask for results; fields are bytes (files), text, or what httpx takes."""
        headers = {} if key is None else {"X-API-KEY": key or self.key}
        params = {} if mode is None else {"mode": mode}
        fields = [(name.replace("_", "-"), part(name, value)) for name, value in files.items()]
        return self.client.post(f"{self.base}/v1/results", params=params, headers=headers, files=fields)

    def depth(self, *, key: str | None = "", **files: Any) -> httpx.Response:
        """Ask for portrait depth."""
        headers = {} if key is None else {"x-api-key": key or self.key}
        fields = [(name, part(name, value)) for name, value in files.items()]
        url = f"{self.base}/portrait-depth-estimation/v1"
        return self.client.post(url, headers=headers, files=fields)


def part(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return (None, value)
    return (f"{name}.bin", value) if isinstance(value, bytes) else value


Serve = Callable[..., Running]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server; keyword arguments are settings, and `cutter`, `credits`, `rate`."""
    stops: list[Callable[[], None]] = []

    def start(*, cutter: Cutter | None = None, credits: int = 100, rate: int = 10_000, **settings: Any) -> Running:
        url = f"sqlite:///{tmp_path / 'keys.sqlite3'}"
        given = ServerSettings(database=SecretStr(url), **settings)
        database, key = None, ""
        if not given.open:
            database = Database(url)
            stops.append(database.close)
            if not Keys(database).all():
                key = Keys(database).add("test", credits=credits, per_minute=rate)[1]
        used = cutter or RedCutter()
        app = application(given, lambda: used)
        listening = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn_config(app, given.model_copy(update={"drain_s": 10})))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(30)
            listening.close()
            assert not thread.is_alive()

        stops.append(stop)
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        running = Running(f"http://127.0.0.1:{listening.getsockname()[1]}", app, used, database, key)
        stops.append(running.client.close)
        return running

    yield start
    for stop in reversed(stops):
        stop()


# A cutter that takes its time, so that a request is in flight when the signal comes.
PROGRAM = """
import sys, time
from support.red_cutter import RedCutter
from livecut.server.serve import serve
from livecut.settings.services import ServerSettings

class SlowCutter(RedCutter):
    def matte(self, bgr):
        print('cutting', flush=True)
        time.sleep(float(sys.argv[2]))
        return super().matte(bgr)

if __name__ == '__main__':
    serve(ServerSettings.model_validate_json(sys.argv[1]), SlowCutter, say=lambda line: print(line, flush=True))
"""


class Process:
    """A server in a process of its own."""

    def __init__(self, folder: Path, database: str, *, slow_s: float = 0.0, **settings: Any) -> None:
        script = folder / "program.py"
        script.write_text(PROGRAM)
        given = ServerSettings(port=0, **settings).model_dump(mode="json")
        given["database"] = database
        self.process = subprocess.Popen(
            [sys.executable, str(script), json.dumps(given), str(slow_s)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},  # for support
        )
        assert self.process.stdout is not None
        self.base = self.process.stdout.readline().strip().removeprefix("serving at ")
        assert self.base.startswith("http://127.0.0.1:"), self.base
        self.client = httpx.Client(verify=False, trust_env=False, timeout=60.0)

    def depth(self, key: str, data: bytes) -> httpx.Response:
        url = f"{self.base}/portrait-depth-estimation/v1"
        return self.client.post(url, headers={"x-api-key": key}, files={"image_file": data})

    def wait_for_cutting(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "cutting\n"

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def store(tmp_path: Path) -> str:
    """The database of `start`."""
    return f"sqlite:///{tmp_path / 'keys.sqlite3'}"


@pytest.fixture
def start(tmp_path: Path, store: str) -> Iterator[Callable[..., Process]]:
    running: list[Process] = []

    def one(**options: Any) -> Process:
        running.append(Process(tmp_path, store, **options))
        return running[-1]

    yield one
    for process in running:
        process.close()


@pytest.fixture
def key(store: str) -> str:
    """A key of ten credits in the database of `start`."""
    database = Database(store)
    try:
        return Keys(database).add("test", credits=10, per_minute=1000)[1]
    finally:
        database.close()


@pytest.fixture
def counts(store: str) -> Callable[[], ApiKey]:
    """The counts of that key, read as another process would."""

    def read() -> ApiKey:
        database = Database(store)
        try:
            return Keys(database).all()[0]
        finally:
            database.close()

    return read
