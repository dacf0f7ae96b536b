"""The one place that turns httpx's errors and services' refusals into livecut's."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from livecut.errors import LivecutError, RemoteBusy, RemoteDenied, RemoteRefused, RemoteUnreachable, SettingsError

__all__ = ["distrusted", "never_sent", "refused", "unreachable"]


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: Callable[..., LivecutError]
    what: str
    hint: str


_STATUSES: Final = {
    400: _Meaning(RemoteRefused, "takes the request for malformed", "check the picture's type and size"),
    401: _Meaning(
        RemoteDenied, "wants an API key, or does not know this one", "set the key in settings or environment"
    ),
    402: _Meaning(RemoteDenied, "has no credits left for this key", "buy more in the service's account page"),
    403: _Meaning(
        RemoteDenied,
        "does not accept this key: wrong, revoked or not subscribed",
        "make a new key in the service's account page, or subscribe there",
    ),
    404: _Meaning(RemoteRefused, "does not have this address", "check the base address in the settings"),
    413: _Meaning(RemoteRefused, "finds the request too large", "let livecut shrink the picture: shrink=True"),
    422: _Meaning(
        RemoteRefused, "misses a field or does not know the mode", "check the picture, the address and the mode"
    ),
    429: _Meaning(RemoteBusy, "limits the rate or the quota of this key", "space the calls out, or raise the quota"),
    500: _Meaning(RemoteRefused, "failed on its own side", "try another picture, and tell the service if it stays"),
    502: _Meaning(RemoteBusy, "has a gateway that does not reach it", "try again later"),
    503: _Meaning(RemoteBusy, "is overloaded", "try again later"),
    504: _Meaning(RemoteBusy, "has a gateway that waited too long for it", "try again later"),
}


def _meaning(status: int) -> _Meaning:
    if status in _STATUSES:
        return _STATUSES[status]
    if 300 <= status < 400:
        hint = "set the base address to where it points; a redirect is not followed, since the key would go with it"
        return _Meaning(RemoteRefused, "redirects elsewhere", hint)
    if status >= 500:
        return _Meaning(RemoteBusy, "failed on its own side", "try again later")
    return _Meaning(RemoteRefused, "does not take the request", "check the base address in the settings")


def refused(service: str, status: int, reason: str, *, retry_after_s: float | None = None) -> LivecutError:
    """The error for an answer of `status` with the service's own `reason`, if it gave one."""
    meaning = _meaning(status)
    message = f"{service} {meaning.what} ({status}{f': {reason}' if reason else ''})"
    if meaning.error is RemoteBusy:
        hint = meaning.hint if retry_after_s is None else f"{meaning.hint}; it asks to wait {retry_after_s:.0f} s"
        return RemoteBusy(message, hint=hint, retry_after_s=retry_after_s)
    return meaning.error(message, hint=meaning.hint)


def never_sent(error: httpx.HTTPError) -> bool:
    """True when the request cannot have reached the service, so that sending it again cannot charge twice."""
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def distrusted(error: httpx.HTTPError) -> bool:
    """True when the other side's certificate is not accepted, which no repetition changes."""
    return _caused_by(error, ssl.SSLCertVerificationError)


def unreachable(service: str, error: Exception) -> LivecutError:
    """The error for a call without a whole answer."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | UnicodeError):
        hint = "it begins with http:// or https://, and its host is a name that there can be"
        return SettingsError(f"the address of {service} is not one", hint=hint)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return RemoteUnreachable(f"{service} does not answer (no connection in time)", hint="check the network")
    if isinstance(error, httpx.WriteTimeout):
        return RemoteUnreachable(
            f"{service} takes the picture too slowly", hint="raise the timeout, or let livecut shrink it: shrink=True"
        )
    if isinstance(error, httpx.TimeoutException):
        return RemoteUnreachable(f"{service} did not answer in time", hint="raise the timeout; the call may be charged")
    if _caused_by(error, ssl.SSLError):
        return RemoteUnreachable(
            f"no secure connection to {service}",
            hint="its certificate is not trusted here: check the address, the clock and any proxy on the way",
        )
    if isinstance(error, httpx.ProxyError):
        return RemoteUnreachable(f"the proxy on the way to {service} refuses", hint="check HTTPS_PROXY")
    if isinstance(error, httpx.ConnectError):
        return RemoteUnreachable(f"no connection to {service}", hint="check the network and the address")
    if isinstance(error, httpx.DecodingError):
        return RemoteRefused(f"the answer of {service} cannot be decompressed", hint="try again later")
    if isinstance(error, httpx.RemoteProtocolError):
        return RemoteUnreachable(f"the answer of {service} is cut off", hint="try again; the call may be charged")
    return RemoteUnreachable(f"the connection to {service} broke", hint="try again; the call may be charged")


def _caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
