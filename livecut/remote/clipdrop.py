"""A client for Clipdrop's Portrait Depth Estimation, at the vendor's address or at any other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from livecut.errors import RemoteRefused, SettingsError
from livecut.remote.pace import Pace
from livecut.remote.pictures import upload
from livecut.remote.secret import find_key
from livecut.remote.service import Service
from livecut.wire import clipdrop
from livecut.wire.clipdrop import DepthRequest, DepthResult
from livecut.wire.malformed import Malformed

__all__ = ["ClipdropClient"]

_NAME = "Clipdrop"
# 25 megapixels of noise at the best quality, and room.
_MAX_ANSWER_BYTES = 64 << 20


class ClipdropClient:
    """Speaks the Clipdrop contract, at most `per_minute` calls a minute; safe to use from several threads.

    `base` is the origin of any server that speaks it, e.g. `livecut serve`. Without `key` the environment is asked for
    CLIPDROP_API_KEY, at the vendor's own address only. Further arguments go to `Service`: timeout_s, retries, budget,
    before_leaving, and a transport and random for tests.
    """

    def __init__(
        self,
        *,
        base: str = clipdrop.BASE,
        key: str | SecretStr | None = None,
        per_minute: int = clipdrop.DEFAULT_PER_MINUTE,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        **service: Any,
    ) -> None:
        try:
            parts = urlsplit(base)
            usable = (
                parts.scheme in ("http", "https")
                and bool(parts.hostname)
                and not parts.query
                and "@" not in parts.netloc
            )
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError("remote.clipdrop_base: not an address", hint="e.g. http://127.0.0.1:8000")
        self._base = base.rstrip("/").removesuffix(clipdrop.PATH)
        self._key = find_key(key, "CLIPDROP_API_KEY", environ if self._base == clipdrop.BASE else {})
        self._remaining: int | None = None
        self._service = Service(
            _NAME,
            key=self._key,
            key_headers={clipdrop.KEY_HEADER: self._key.get_secret_value()} if self._key else {},
            max_bytes=_MAX_ANSWER_BYTES,
            pace=Pace(per_minute, clock=clock, sleep=sleep),
            clock=clock,
            sleep=sleep,
            **service,
        )

    def __repr__(self) -> str:
        return f"ClipdropClient({self._base!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._service.close()

    @property
    def remaining_credits(self) -> int | None:
        """What the latest answer said; None before the first one."""
        return self._remaining

    def portrait_depth(self, picture: bytes | Path, *, shrink: bool = False) -> DepthResult:
        """Depth of the people in a picture, as a JPEG: white nearest, 0 where there is no person.

        That 0 is not a far depth: blend it with the matte. A picture beyond 30 MB or 25 megapixels raises `ImageError`
        before a byte is sent, or is shrunk if `shrink`; then the answer has the smaller size.
        """
        request = DepthRequest(upload(picture, clipdrop.LIMITS, stem="portrait", shrink=shrink))
        answer = self._service.post(self._base + clipdrop.PATH, query={}, form=request.form())
        try:
            result = DepthResult.parse(answer.headers, answer.body)
        except Malformed as error:
            raise RemoteRefused(
                f"the answer of {_NAME} is not what its contract says: {error}",
                hint="check the base address; a proxy on the way may have answered instead",
            ) from error
        if result.remaining_credits is not None:
            self._remaining = result.remaining_credits
        return result
