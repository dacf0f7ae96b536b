"""Run the server: in one process, or as several workers under a supervisor."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from livecut.errors import SettingsError
from livecut.remote.addresses import AllowedAddresses
from livecut.server.application import application
from livecut.server.cutter import Cutter
from livecut.server.http.connection import Connection
from livecut.server.http.logs import log_to_stderr, logger
from livecut.server.listening import address, listen
from livecut.server.start import Start
from livecut.server.store.credits import Credits
from livecut.server.store.database import Database
from livecut.server.store.lock import ServerLock
from livecut.server.store.rates import rates_in
from livecut.settings.services import ServerSettings

__all__ = ["serve", "uvicorn_config"]

_WORKER_START_S = 60


def serve(settings: ServerSettings, make_cutter: Callable[[], Cutter], *, say: Callable[[str], None] = print) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight within `drain_s`.

    `make_cutter` is called in each worker, so it must be picklable for more than one. `say` gets one line with the
    address, once there are networks to answer with. Raises `SettingsError` for what contradicts, and what `make_cutter`
    raises of ours, also in a worker.
    """
    _check(settings)
    with ExitStack() as stack:
        alone = False
        if not settings.open:
            alone = _claim_database(settings, stack, make_cutter)
        if settings.workers == 1:
            # Before anything listens, and outside the event loop, where an error would end as a traceback in the log.
            cutter = make_cutter()
            stack.callback(cutter.close)
            listening = stack.enter_context(listen(settings.host, settings.port))
            say(f"serving at {address(listening)}")
            log_to_stderr()
            app = application(settings, lambda: cutter, alone=alone)
            uvicorn.Server(uvicorn_config(app, settings)).run(sockets=[listening])
            return
        listening = stack.enter_context(listen(settings.host, settings.port))
        log_to_stderr()
        _share_metrics(stack)
        start = Start(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livecut-"))))
        config = uvicorn_config(partial(_worker, settings, make_cutter, os.getpid(), start), settings, factory=True)
        _Workers(config, [listening], start, lambda: say(f"serving at {address(listening)}")).run()
        start.check()


class _Workers(Multiprocess):
    """Workers under a supervisor, which ends with them when one cannot start: it could not the next time either."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], start: Start, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config, sockets)
        self._start = start
        self._on_ready: Callable[[], None] | None = on_ready

    def keep_subprocess_alive(self) -> None:
        """Called twice a second."""
        if self._start.has_failed:
            self.should_exit.set()
        elif self._on_ready is not None:
            if self._start.count >= self.processes_num:
                self._on_ready()
                self._on_ready = None
            elif all(worker.process.is_alive() for worker in self.processes):
                return  # asking one that is about to end whether it is well would take a minute
        super().keep_subprocess_alive()


def _check(settings: ServerSettings) -> None:
    if settings.open and not _is_loopback(settings.host):
        raise SettingsError(
            f"an open server stands on loopback only, not on {settings.host}",
            hint="--host 127.0.0.1, or keys: livecut keys add NAME",
        )
    AllowedAddresses(settings.url_allow)
    if settings.workers > 1 and settings.rate_store == "memory" and not settings.open:
        raise SettingsError(
            f"{settings.workers} workers need a shared store to count requests in",
            hint="--rate-store database, or --rate-store redis://HOST:6379",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _claim_database(settings: ServerSettings, stack: ExitStack, make_cutter: Callable[[], Cutter]) -> bool:
    """Fail now, and not in a worker, when the stores cannot be used; True when the database is ours alone."""
    database = Database(None if settings.database is None else settings.database.get_secret_value())
    try:
        if settings.rate_store != "memory" and not rates_in(settings.rate_store, database).answers():
            # Its address may hold a password: it is not quoted.
            raise SettingsError(
                "server.rate_store does not answer: no request could be counted", hint="start it, or check its address"
            )
        if database.path is None:
            return False
        lock = ServerLock(database.path)
        stack.callback(lock.close)
        # Here and not in the workers, of which the second would take the first for gone.
        returned = Credits(database, uuid.uuid4().hex).return_abandoned(alone=True)
        if returned:
            logger.warning("returned credits of requests that never ended", extra={"fields": {"requests": returned}})
        return settings.workers == 1
    finally:
        database.close()


def uvicorn_config(app: Any, settings: ServerSettings, *, factory: bool = False) -> uvicorn.Config:
    """How uvicorn is to run the application, or what makes it (`factory`)."""
    return uvicorn.Config(
        app,
        factory=factory,
        http=partial(Connection, stall_s=settings.upload_idle_s, most=settings.connections),  # type: ignore[arg-type]
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        # Addresses are taken from connections: nothing here is decided by what a client claims to be.
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=settings.drain_s,
        timeout_worker_healthcheck=_WORKER_START_S,
    )


def _worker(settings: ServerSettings, make_cutter: Callable[[], Cutter], supervisor: int, start: Start) -> FastAPI:
    log_to_stderr()
    threading.Thread(target=_end_with, args=(supervisor,), name="livecut-supervisor-watch", daemon=True).start()
    with start:
        cutter = make_cutter()
    return application(settings, lambda: cutter, alone=False)


def _end_with(supervisor: int) -> None:
    """Workers whose supervisor was killed would go on unseen, and hold its port."""
    while os.getppid() == supervisor:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


def _share_metrics(stack: ExitStack) -> None:
    """Counts of workers meet in files of numbers, in memory where the system has a place for that."""
    memory = Path("/dev/shm")
    where = stack.enter_context(tempfile.TemporaryDirectory(prefix="livecut-", dir=memory if memory.is_dir() else None))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = where
    stack.callback(os.environ.pop, "PROMETHEUS_MULTIPROC_DIR", None)
