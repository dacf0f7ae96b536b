"""The httpx client of a service, which reads proxies and certificates from the environment as it is made."""

from __future__ import annotations

import httpx

from livecut.errors import SettingsError

__all__ = ["make_client"]


def make_client(*, timeout: httpx.Timeout, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client that follows no redirects. Raises `SettingsError` where the environment leads nowhere.

    The errors name variables and never quote them: an address of a proxy may hold a password.
    """
    try:
        return httpx.Client(
            # No compression: pictures do not shrink, and what cannot inflate needs no second bound.
            headers={"accept-encoding": "identity", "user-agent": "livecut"},
            timeout=timeout,
            transport=transport,
            follow_redirects=False,
        )
    except ImportError as error:
        raise SettingsError(
            "a SOCKS proxy is set, for which socksio is not installed",
            hint="pip install socksio, or unset ALL_PROXY, HTTPS_PROXY and HTTP_PROXY",
        ) from error
    except OSError as error:
        raise SettingsError(
            f"the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {error.strerror or 'none in it'}",
            hint="unset it, or name a file of certificates",
        ) from error
    except (ValueError, httpx.InvalidURL) as error:
        raise SettingsError(
            "the address of a proxy is not one", hint="see ALL_PROXY, HTTPS_PROXY and HTTP_PROXY"
        ) from error
