"""A request for results: the picture, the background and the mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from livecut.wire.api4ai.mode import Mode
from livecut.wire.form import Form, Upload, find_text, find_upload
from livecut.wire.limits import MEGABYTE, Limits
from livecut.wire.malformed import Malformed

__all__ = ["LIMITS", "MAX_REQUEST_BYTES", "MISSING_PICTURE", "ResultsRequest"]

LIMITS = Limits(
    media_types=frozenset({"image/jpeg", "image/png"}),
    max_bytes=16 * MEGABYTE,
    max_width=4096,
    max_height=4096,
)
"""Of `image` and of `image-bg`, and of what `url` and `url-bg` lead to."""

MAX_REQUEST_BYTES = 32 * MEGABYTE
"""Of a whole request; a larger one is answered with 413."""

MISSING_PICTURE = "Missing image or url field."


@dataclass(frozen=True, slots=True)
class ResultsRequest:
    """`POST .../results`. When a file and a URL come for the same picture, the file is taken."""

    image: Upload | None = None
    url: str | None = None
    background: Upload | None = None
    background_url: str | None = None
    mode: Mode = Mode.FG_IMAGE

    def __post_init__(self) -> None:
        if self.image is None and not self.url:
            raise Malformed(MISSING_PICTURE)

    def query(self) -> dict[str, str]:
        """The query's parameters; the default mode is left out, as in the document's examples."""
        return {} if self.mode is Mode.FG_IMAGE else {"mode": self.mode.value}

    def form(self) -> Form:
        """The body's parts."""
        fields = (
            ("image", self.image),
            ("url", self.url),
            ("image-bg", self.background),
            ("url-bg", self.background_url),
        )
        return tuple((name, value) for name, value in fields if value)

    @classmethod
    def parse(cls, query: Mapping[str, str], form: Form) -> ResultsRequest:
        """The request a query and a body make; `Malformed` with the contract's own sentence otherwise."""
        return cls(
            image=find_upload(form, "image"),
            url=find_text(form, "url"),
            background=find_upload(form, "image-bg"),
            background_url=find_text(form, "url-bg"),
            mode=Mode.parse(query.get("mode")),
        )
