"""A client for API4AI's People Photo Background Removal, at RapidAPI, at the vendor's own address or at any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

from livecut.errors import RemoteRefused, SettingsError
from livecut.remote.fetch import Fetcher
from livecut.remote.pictures import upload
from livecut.remote.secret import find_key, redacted
from livecut.remote.service import Service
from livecut.types import Size
from livecut.wire.api4ai.mode import Mode
from livecut.wire.api4ai.paths import VENDOR, Base, parse_version
from livecut.wire.api4ai.request import LIMITS, ResultsRequest
from livecut.wire.api4ai.result import Box, ImageEntity, Result, Results
from livecut.wire.malformed import Malformed

__all__ = ["Api4aiClient", "RemoteCutout"]

_NAME = "API4AI"
# A 4096x4096 RGBA picture of noise in base64 has 90 MB, and there may be a page or two.
_MAX_ANSWER_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class RemoteCutout:
    """What the service made of one page."""

    png: bytes = field(repr=False)
    """RGBA (`fg-image`) or grey (`fg-mask`)."""
    size: Size | None
    boxes: tuple[Box, ...]
    """Where the people are: x, y, width, height as fractions."""
    name: str
    md5: str
    page: int | None = None


class Api4aiClient:
    """Speaks the API4AI contract; safe to use from several threads, a context manager.

    `base` is `rapidapi`, `api4ai` or an address, e.g. that of `livecut serve`. Without `key` the environment is asked,
    RAPIDAPI_KEY at RapidAPI and API4AI_API_KEY at the vendor's own address; other addresses never get those. Further
    arguments go to `Service`: timeout_s, retries, budget, before_leaving, sleep, and a transport, clock and random for
    tests.
    """

    def __init__(
        self,
        *,
        base: str = "rapidapi",
        key: str | SecretStr | None = None,
        environ: Mapping[str, str] | None = None,
        fetch: Callable[[str], bytes] | None = None,
        **service: Any,
    ) -> None:
        try:
            self._base = Base.at(base)
        except Malformed as error:
            raise SettingsError(
                f"remote.api4ai_base: {error}", hint="rapidapi, api4ai, or e.g. http://127.0.0.1:8000"
            ) from error
        variable = "RAPIDAPI_KEY" if self._base.rapidapi else "API4AI_API_KEY"
        known = self._base.rapidapi or self._base == VENDOR
        self._key = find_key(key, variable, environ if known else {})
        headers = self._base.headers(self._key.get_secret_value() if self._key else None)
        self._fetch = fetch or Fetcher(max_bytes=_MAX_ANSWER_BYTES).content
        self._service = Service(_NAME, key=self._key, key_headers=headers, max_bytes=_MAX_ANSWER_BYTES, **service)

    def __repr__(self) -> str:
        return f"Api4aiClient({self._base.root!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._service.close()

    def version(self) -> str:
        """The service's version, vX.Y.Z; costs nothing."""
        answer = self._service.get(f"{self._base.root}/version")
        try:
            return parse_version(answer.body)
        except Malformed as error:
            raise _not_the_contract(error) from error

    def cut(
        self,
        picture: bytes | Path | None = None,
        *,
        url: str | None = None,
        mode: Mode | str = Mode.FG_IMAGE,
        background: bytes | Path | None = None,
        background_url: str | None = None,
        shrink: bool = False,
    ) -> RemoteCutout:
        """The person in one picture, given as a file or as an address the service can reach.

        A picture beyond 16 MB or 4096x4096 raises `ImageError` before a byte is sent, or is shrunk if `shrink`; then
        the answer has the smaller size. `RemoteRefused` when the service cannot process it, also inside a 200.
        """
        pages = self.pages(
            picture, url=url, mode=mode, background=background, background_url=background_url, shrink=shrink
        )
        if len(pages) != 1:
            raise RemoteRefused(
                f"{_NAME} found {len(pages)} pages where one was asked for", hint="send the pages one by one"
            )
        return pages[0]

    def pages(
        self,
        picture: bytes | Path | None = None,
        *,
        url: str | None = None,
        mode: Mode | str = Mode.FG_IMAGE,
        background: bytes | Path | None = None,
        background_url: str | None = None,
        shrink: bool = False,
    ) -> tuple[RemoteCutout, ...]:
        """As `cut`, with one answer for each page of an input that has several."""
        mode = Mode(mode)
        if (picture is None) == (url is None):
            raise ValueError("either a picture or its address")
        if background is not None and background_url is not None:
            raise ValueError("either a background or its address")
        request = ResultsRequest(
            image=None if picture is None else upload(picture, LIMITS, stem="image", shrink=shrink),
            url=url,
            background=None
            if background is None or mode.is_mask
            else upload(background, LIMITS, stem="background", shrink=shrink),
            background_url=None if mode.is_mask else background_url,
            mode=mode,
        )
        answer = self._service.post(f"{self._base.root}/results", query=request.query(), form=request.form())
        try:
            results = Results.parse(answer.body)
            return tuple(self._cutout(result) for result in results.results)
        except Malformed as error:
            raise _not_the_contract(error) from error

    def _cutout(self, result: Result) -> RemoteCutout:
        if not result.ok:
            reason = redacted(result.status.message[:300], self._key)
            hint = (
                "let livecut shrink it: shrink=True"
                if "too big" in reason
                else "check that it is a JPEG or PNG that opens"
            )
            raise RemoteRefused(f"{_NAME} cannot process the picture: {reason}", hint=hint)
        if result.picture is None:
            raise Malformed("there is no picture in it")
        size = None if result.width is None or result.height is None else Size(result.width, result.height)
        return RemoteCutout(self._content(result.picture), size, result.boxes, result.name, result.md5, result.page)

    def _content(self, picture: ImageEntity) -> bytes:
        png = self._fetch(picture.image) if picture.representation == "url" else picture.content()
        if not png.startswith(b"\x89PNG\r\n\x1a\n"):
            raise Malformed("the picture is not a PNG")
        if b"IEND" not in png[-16:]:
            raise Malformed("the PNG is cut off")
        return png


def _not_the_contract(error: Malformed) -> RemoteRefused:
    return RemoteRefused(
        f"the answer of {_NAME} is not what its contract says: {error}",
        hint="check the base address; a proxy on the way may have answered instead",
    )
