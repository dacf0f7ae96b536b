from __future__ import annotations

import ssl

import httpx
import pytest

from livecut.errors import LivecutError, RemoteBusy, RemoteDenied, RemoteRefused, RemoteUnreachable, SettingsError
from livecut.remote.failures import distrusted, never_sent, refused, unreachable


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (301, RemoteRefused, "X redirects elsewhere (301: why)"),
        (400, RemoteRefused, "X takes the request for malformed (400: why)"),
        (401, RemoteDenied, "X wants an API key, or does not know this one (401: why)"),
        (402, RemoteDenied, "X has no credits left for this key (402: why)"),
        (403, RemoteDenied, "X does not accept this key: wrong, revoked or not subscribed (403: why)"),
        (404, RemoteRefused, "X does not have this address (404: why)"),
        (413, RemoteRefused, "X finds the request too large (413: why)"),
        (418, RemoteRefused, "X does not take the request (418: why)"),
        (422, RemoteRefused, "X misses a field or does not know the mode (422: why)"),
        (429, RemoteBusy, "X limits the rate or the quota of this key (429: why)"),
        (500, RemoteRefused, "X failed on its own side (500: why)"),
        (502, RemoteBusy, "X has a gateway that does not reach it (502: why)"),
        (503, RemoteBusy, "X is overloaded (503: why)"),
        (504, RemoteBusy, "X has a gateway that waited too long for it (504: why)"),
        (520, RemoteBusy, "X failed on its own side (520: why)"),
    ],
)
def test_each_status_has_its_own_error(status: int, kind: type[LivecutError], message: str) -> None:
    error = refused("X", status, "why")
    assert type(error) is kind
    assert str(error) == message
    assert error.hint


def test_a_refusal_without_a_reason() -> None:
    assert str(refused("X", 402, "")) == "X has no credits left for this key (402)"


def test_a_busy_service_says_when() -> None:
    error = refused("X", 429, "", retry_after_s=7.0)
    assert isinstance(error, RemoteBusy)
    assert error.retry_after_s == 7.0
    assert error.hint == "space the calls out, or raise the quota; it asks to wait 7 s"


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (httpx.ConnectTimeout(""), RemoteUnreachable, "X does not answer (no connection in time)"),
        (httpx.WriteTimeout(""), RemoteUnreachable, "X takes the picture too slowly"),
        (httpx.ReadTimeout(""), RemoteUnreachable, "X did not answer in time"),
        (httpx.ConnectError(""), RemoteUnreachable, "no connection to X"),
        (httpx.ProxyError(""), RemoteUnreachable, "the proxy on the way to X refuses"),
        (httpx.DecodingError(""), RemoteRefused, "the answer of X cannot be decompressed"),
        (httpx.RemoteProtocolError(""), RemoteUnreachable, "the answer of X is cut off"),
        (httpx.ReadError(""), RemoteUnreachable, "the connection to X broke"),
        (httpx.InvalidURL(""), SettingsError, "the address of X is not one"),
        (UnicodeError(""), SettingsError, "the address of X is not one"),
        (httpx.UnsupportedProtocol(""), SettingsError, "the address of X is not one"),
    ],
)
def test_each_failure_has_its_own_error(error: Exception, kind: type[LivecutError], message: str) -> None:
    translated = unreachable("X", error)
    assert type(translated) is kind
    assert str(translated) == message
    assert translated.hint


def test_a_certificate_that_is_not_trusted() -> None:
    error = httpx.ConnectError("")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert str(unreachable("X", error)) == "no secure connection to X"
    assert distrusted(error)
    assert not distrusted(httpx.ConnectError(""))


def test_what_was_certainly_not_sent() -> None:
    assert never_sent(httpx.ConnectError(""))
    assert never_sent(httpx.ConnectTimeout(""))
    assert not never_sent(httpx.ReadTimeout(""))
    assert not never_sent(httpx.RemoteProtocolError(""))
