"""`livecut serve`: both remote contracts, answered by livecut's own networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livecut.errors import PluginError

if TYPE_CHECKING:
    from livecut.server.cutter import Cutter
    from livecut.settings import Settings

__all__ = ["needs_server", "serve"]

_EXTRA = frozenset({"fastapi", "starlette", "uvicorn", "sqlalchemy", "limits", "prometheus_client", "python_multipart"})


@contextmanager
def needs_server() -> Iterator[None]:
    """Turn a missing library of the extra into one line that says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise PluginError(f"{error.name} is not installed", hint='pip install "livecut[server]"') from error


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen at. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one. Default: 8000.")] = None,
    open_: Annotated[bool | None, typer.Option("--open", help="Serve without keys; on loopback only.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; more than one needs --rate-store database or redis://...")
    ] = None,
    rate_store: Annotated[
        str | None, typer.Option(help="Where requests are counted: memory, database or redis://...")
    ] = None,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL for keys and credits.")] = None,
    url_allow: Annotated[
        list[str] | None,
        typer.Option(help="Address, network or host that `url` may reach beside public ones; repeatable."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A livecut.toml to read.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any other setting; repeatable.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more; a traceback when something fails.")
    ] = False,
) -> None:
    """Serve API4AI's and Clipdrop's contracts over HTTP; `livecut keys add NAME` makes the keys.

    /docs describes the routes, /healthz, /readyz and /metrics are for whoever watches.
    """
    with needs_server():
        from livecut.server.serve import serve as serve_until_told
    from livecut.cli.flags import settings_from_flags

    flags: dict[str, Any] = {
        "server.host": host,
        "server.port": port,
        "server.open": open_,
        "server.workers": workers,
        "server.rate_store": rate_store,
        "server.database": database,
        "server.url_allow": tuple(url_allow) if url_allow else None,
    }
    settings = settings_from_flags(config=config, assignments=set_ or (), flags=flags)
    serve_until_told(settings.server, _cutter(settings), say=typer.echo)


def _cutter(settings: Settings) -> Callable[[], Cutter]:
    from livecut.app.still import StillPool

    # A class and its settings, not a closure: workers get it pickled.
    return partial(StillPool, settings, settings.server.at_once)
