"""API keys: where they come from, what they may be, and how they are kept out of every text."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping

import httpx
from pydantic import SecretStr

from livecut.errors import SettingsError

__all__ = ["KeyHeaders", "find_key", "redacted"]


def find_key(key: str | SecretStr | None, variable: str, environ: Mapping[str, str] | None = None) -> SecretStr | None:
    """The key that was given, else the environment's; None when there is none.

    Raises `SettingsError` for one that cannot stand in a header, before anything could quote it.
    """
    text = key.get_secret_value() if isinstance(key, SecretStr) else key
    origin = "the key"
    if text is None:
        text, origin = (os.environ if environ is None else environ).get(variable), f"the key in {variable}"
    text = (text or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise SettingsError(
            f"{origin} has characters no key can have",
            hint="copy it again from the service's account page, without quotes and line breaks",
        )
    return SecretStr(text)


def redacted(text: str, key: SecretStr | None) -> str:
    """The text without the key, should a service quote it back."""
    return text if key is None else text.replace(key.get_secret_value(), "[key]")


class KeyHeaders(httpx.Auth):
    """Puts headers that hold a key on a request only as it leaves, so that nothing before it can show them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def __repr__(self) -> str:
        return f"KeyHeaders({', '.join(self._headers)})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers."""
        request.headers.update(self._headers)
        yield request
