"""Serves the control panel of a running filter on this machine, on a thread of its own."""

from __future__ import annotations

import importlib.util
import logging
import secrets
import threading
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from livecut.errors import PluginError
from livecut.server.listening import address, listen
from livecut.server.panel.viewfinder import Viewfinder

if TYPE_CHECKING:
    from livecut.app.session import Session
    from livecut.settings.services import PanelSettings

__all__ = ["Panel"]

log = logging.getLogger(__name__)

_NEEDED: Final = ("starlette", "uvicorn", "tomlkit", "prometheus_client")
_JOIN_S: Final = 2.0
_STALL_S: Final = 10.0
_MOST_CONNECTIONS: Final = 64
"""A browser has six at a time; more are nobody's who looks at a panel."""


class Panel:
    """Listens from its construction on and answers from `serve` on; `viewfinder` must be among the session's taps.

    A context: leaving it ends the panel. Raises `PluginError` when the libraries of the extra `server` are missing and
    `SettingsError` when the port is taken.
    """

    def __init__(self, settings: PanelSettings) -> None:
        for name in _NEEDED:
            if importlib.util.find_spec(name) is None:
                raise PluginError(f"{name} is not installed", hint='pip install "livecut[server]"')
        self.viewfinder = Viewfinder()
        self._token = secrets.token_urlsafe(18)
        self._socket = listen("127.0.0.1", settings.port, any_port="--set panel.port=0")
        # What stands behind # is not sent to a server, and so in no log.
        self.url: Final = f"{address(self._socket)}/#{self._token}"
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def __enter__(self) -> Panel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def serve(self, session: Session) -> None:
        """Answer for `session` once its run has begun, on a thread of its own."""
        self._thread = threading.Thread(target=self._serve, args=(session,), name="livecut-panel", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; whoever waits for a picture gets none, and what is still being done is left behind. Idempotent."""
        self._closing.set()
        self.viewfinder.close()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_JOIN_S)
            if self._thread.is_alive():
                return  # the socket is the server's, which closes it
        self._socket.close()

    def _serve(self, session: Session) -> None:
        try:
            # The privacy card at the outputs must not wait for a server's libraries, nor share the machine with them.
            session.begun.wait()
            import uvicorn

            from livecut.server.http.connection import Connection
            from livecut.server.panel.application import application

            config = uvicorn.Config(
                application(session, self.viewfinder, self._token),
                http=partial(Connection, stall_s=_STALL_S, most=_MOST_CONNECTIONS),  # type: ignore[arg-type]
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
            )
            self._server = uvicorn.Server(config)
            if not self._closing.is_set():
                self._server.run(sockets=[self._socket])
        except Exception:
            # The filter goes on: a call does not end because its panel does.
            log.exception("the control panel ended")
