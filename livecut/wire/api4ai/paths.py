"""Where the service lives: the vendor's bases, and the paths under them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from livecut.wire.malformed import Malformed

__all__ = ["KEY_HEADERS", "RAPIDAPI", "SERVED_ROOTS", "VENDOR", "Base", "parse_version"]

KEY_HEADERS: Final = ("X-RapidAPI-Key", "X-API-KEY")
"""Headers a key comes in: the first behind RapidAPI, the second at the vendor's own address."""

SERVED_ROOTS: Final = ("/v1", "/v1/people", "/img-bg-removal/v1", "/img-bg-removal/v1/people")
"""Everything `/results` and `/version` are reached under: RapidAPI's path and the vendor's own."""

_VERSION = re.compile(r"v\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Base:
    """An address the contract is spoken at, and how a key is shown there."""

    root: str
    """Up to and without `/results`."""
    rapidapi: bool = False
    """The key goes in X-RapidAPI-Key beside the host in X-RapidAPI-Host; otherwise in X-API-KEY."""

    def headers(self, key: str | None) -> dict[str, str]:
        """Headers that show the key."""
        if not self.rapidapi:
            return {"X-API-KEY": key} if key else {}
        host = {"X-RapidAPI-Host": urlsplit(self.root).hostname or ""}
        return {"X-RapidAPI-Key": key, **host} if key else host

    @classmethod
    def at(cls, address: str) -> Base:
        """The base at any address, `rapidapi` and `api4ai` for the vendor's own two.

        A bare origin (`http://127.0.0.1:8000`) gets the path `/v1`, a host of rapidapi.com its headers.
        """
        if address in ("rapidapi", "api4ai"):
            return RAPIDAPI if address == "rapidapi" else VENDOR
        try:
            parts = urlsplit(address)
            host = parts.hostname or ""
            parts.port  # noqa: B018  (reading it validates it)
        except ValueError as error:
            raise Malformed("not an address") from error
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or "@" in parts.netloc:
            raise Malformed("an address begins with http:// or https://, names a host and has no query and no password")
        root = address.rstrip("/")
        return cls(root if parts.path.strip("/") else f"{root}/v1", rapidapi=host.endswith(".rapidapi.com"))


RAPIDAPI: Final = Base("https://people-photo-background-removal.p.rapidapi.com/v1", rapidapi=True)
VENDOR: Final = Base("https://api4ai.cloud/img-bg-removal/v1/people")


def parse_version(body: bytes) -> str:
    """The version in an answer of `GET .../version`, with or without JSON's quotes."""
    text = body[:100].decode("ascii", "replace").strip().strip('"')
    if not _VERSION.fullmatch(text):
        raise Malformed("the version is not of the form vX.Y.Z")
    return text
