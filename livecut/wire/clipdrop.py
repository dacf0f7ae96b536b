"""Clipdrop's Portrait Depth Estimation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from livecut.wire.form import Form, Upload, find_upload
from livecut.wire.header import PictureHeader
from livecut.wire.limits import MEGABYTE, Limits
from livecut.wire.malformed import Malformed
from livecut.wire.refusal import reason_in

__all__ = [
    "BASE",
    "CONSUMED_HEADER",
    "DEFAULT_CREDITS",
    "DEFAULT_PER_MINUTE",
    "KEY_HEADER",
    "LIMITS",
    "MISSING_PICTURE",
    "PATH",
    "REMAINING_HEADER",
    "DepthRequest",
    "DepthResult",
    "Refusal",
]

BASE: Final = "https://clipdrop-api.co"
PATH: Final = "/portrait-depth-estimation/v1"
KEY_HEADER: Final = "x-api-key"
REMAINING_HEADER: Final = "x-remaining-credits"
CONSUMED_HEADER: Final = "x-credits-consumed"

DEFAULT_CREDITS: Final = 100
"""A new key has these for development."""
DEFAULT_PER_MINUTE: Final = 60
"""Requests a key may make."""

LIMITS: Final = Limits(
    media_types=frozenset({"image/png", "image/jpeg", "image/webp"}),
    max_bytes=30 * MEGABYTE,
    max_pixels=25_000_000,
)

MISSING_PICTURE: Final = "Missing image_file in request"


@dataclass(frozen=True, slots=True)
class DepthRequest:
    """`POST /portrait-depth-estimation/v1`."""

    image_file: Upload

    def form(self) -> Form:
        """The body's parts."""
        return (("image_file", self.image_file),)

    @classmethod
    def parse(cls, form: Form) -> DepthRequest:
        """The request a body makes; `Malformed` when the picture is missing."""
        upload = find_upload(form, "image_file")
        if upload is None:
            raise Malformed(MISSING_PICTURE)
        return cls(upload)


@dataclass(frozen=True, slots=True)
class DepthResult:
    """200: a JPEG, white nearest, black farthest, 0 where there is no person."""

    jpeg: bytes = field(repr=False)
    remaining_credits: int | None = None
    """None when the service does not say, or says something that is no number."""
    credits_consumed: int | None = None

    def headers(self) -> dict[str, str]:
        """The answer's own headers."""
        counts = {REMAINING_HEADER: self.remaining_credits, CONSUMED_HEADER: self.credits_consumed}
        return {"content-type": "image/jpeg"} | {name: str(n) for name, n in counts.items() if n is not None}

    @classmethod
    def parse(cls, headers: Mapping[str, str], body: bytes) -> DepthResult:
        """The answer in headers (lower-case names, or a mapping that ignores case) and body."""
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "image/jpeg":
            raise Malformed(f"the answer is {media_type[:60] or 'of no type'}, not image/jpeg")
        if PictureHeader.parse(body).media_type != "image/jpeg":
            raise Malformed("the answer is not a JPEG")
        if b"\xff\xd9" not in body[-64:]:  # some encoders pad behind the end marker
            raise Malformed("the JPEG is cut off")
        return cls(body, _count(headers, REMAINING_HEADER), _count(headers, CONSUMED_HEADER))


def _count(headers: Mapping[str, str], name: str) -> int | None:
    # A header that is no number must not cost the picture that came with it, and was paid for.
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not 200: 400 request, 401 no key, 402 no credit, 403 bad key, 429 rate, 500 their own bug."""

    status: int
    reason: str

    media_type = "application/json"

    def __bytes__(self) -> bytes:
        return json.dumps({"error": self.reason}, ensure_ascii=False).encode()

    @classmethod
    def parse(cls, status: int, body: bytes) -> Refusal:
        """What a refusal says; never fails, since any gateway on the way may write a body of its own."""
        return cls(status, reason_in(body))
