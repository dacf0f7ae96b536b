from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from livecut.app.still import StillPool
from livecut.cli.serve import needs_server, serve
from livecut.errors import PluginError
from livecut.server.cutter import Cutter
from livecut.settings.services import ServerSettings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[ServerSettings, Any]]:
    """What the command hands to the server for some flags."""
    calls: list[tuple[ServerSettings, Any]] = []
    monkeypatch.setattr("livecut.cli.flags.user_file", lambda: tmp_path / "absent.toml")
    monkeypatch.setattr(
        "livecut.server.serve.serve", lambda settings, make_cutter, *, say: calls.append((settings, make_cutter))
    )
    app = typer.Typer()
    app.command()(serve)

    def run(*flags: str) -> tuple[ServerSettings, Any]:
        result = CliRunner().invoke(app, list(flags), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return calls[-1]

    return run


def test_flags_are_settings(served: Callable[..., tuple[ServerSettings, Any]]) -> None:
    settings, _ = served(
        *("--host", "::1", "--port", "9", "--open", "--workers", "3", "--rate-store", "database"),
        *("--url-allow", "127.0.0.1:9000", "--url-allow", "10.0.0.0/8", "--set", "server.waiting=7"),
        *("--database", "postgresql://u:sesame@h/d"),
    )
    assert (settings.host, settings.port, settings.open, settings.workers) == ("::1", 9, True, 3)
    assert settings.url_allow == ("127.0.0.1:9000", "10.0.0.0/8")
    assert (settings.rate_store, settings.waiting) == ("database", 7)
    assert settings.database is not None
    assert settings.database.get_secret_value() == "postgresql://u:sesame@h/d"


def test_defaults(served: Callable[..., tuple[ServerSettings, Any]]) -> None:
    settings, make_cutter = served()
    assert settings == ServerSettings()
    assert (settings.host, settings.port, settings.url_allow) == ("127.0.0.1", 8000, ())
    assert make_cutter.func is StillPool


def test_without_a_network(served: Callable[..., tuple[ServerSettings, Any]]) -> None:
    """The null network serves where none is wanted: no other fake is needed to try the server."""
    make_cutter = served("--set", "model.name=null", "--set", "server.at_once=1")[1]
    cutter = make_cutter()
    assert isinstance(cutter, Cutter)
    assert cutter.matte(np.zeros((9, 16, 3), np.uint8)).shape == (9, 16)
    cutter.close()


@pytest.mark.parametrize("name", ["fastapi", "uvicorn", "sqlalchemy", "limits", "prometheus_client"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(PluginError) as caught, needs_server():
        __import__(name)
    assert str(caught.value) == f"{name} is not installed"
    assert caught.value.hint == 'pip install "livecut[server]"'


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_server_without_its_network_is_one_error_and_an_exit_code(tmp_path: Path, workers: str) -> None:
    environ = os.environ | {"LIVECUT_MODELS_DIR": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    code = "import sys; from livecut.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "serve", "--open", "--port", "0", "--workers", workers]
    done = subprocess.run(
        [*command, "--set", "model.still=rvm"], env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.splitlines()[-2:] == [
        "error: rvm: it has not been fetched",
        "hint: livecut models get rvm",
    ]
    assert "Traceback" not in done.stderr


def test_a_missing_module_of_our_own_is_a_bug() -> None:
    with pytest.raises(ModuleNotFoundError), needs_server():
        __import__("livecut.nothing")
