from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from livecut.errors import SettingsError
from livecut.remote.client import make_client
from livecut.remote.deadline import Deadline, _DeadlineBackend

TIMEOUT = httpx.Timeout(1.0)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    with pytest.raises(SettingsError, match="cannot be read: No such file or directory"):
        make_client(timeout=TIMEOUT)
    (tmp_path / "none.pem").write_text("none")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match=r"^the certificates of SSL_CERT_FILE"):
        make_client(timeout=TIMEOUT)


def test_a_proxy_that_wants_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://me:sesame@127.0.0.1:1")
    with pytest.raises(SettingsError) as caught:
        make_client(timeout=TIMEOUT)
    assert str(caught.value) == "a SOCKS proxy is set, for which socksio is not installed"
    assert caught.value.hint.startswith("pip install socksio")


@pytest.mark.parametrize("address", ["odd://me:sesame@127.0.0.1:1", "http://h:port"])
def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(SettingsError) as caught:
        make_client(timeout=TIMEOUT)
    assert str(caught.value) == "the address of a proxy is not one"


def test_every_way_out_has_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with make_client(timeout=TIMEOUT) as client:
        Deadline().bind(client)
        pools = [one._pool for one in (client._transport, *client._mounts.values()) if one]  # type: ignore[attr-defined]
        assert len(pools) >= 2
        assert all(isinstance(pool._network_backend, _DeadlineBackend) for pool in pools)
