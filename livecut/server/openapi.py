"""What the OpenAPI page says about routes whose bodies are read as streams."""

from __future__ import annotations

from typing import Any

from livecut.wire.api4ai.mode import Mode
from livecut.wire.api4ai.refusal import TOO_LARGE
from livecut.wire.api4ai.request import MISSING_PICTURE
from livecut.wire.clipdrop import CONSUMED_HEADER, REMAINING_HEADER

__all__ = ["DEPTH", "RESULTS", "VERSION"]

_FILE = {"type": "string", "format": "binary"}


def _json(key: str, example: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {key: {"type": "string"}}, "required": [key]}
    return {"application/json": {"schema": schema, "example": {key: example}}}


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


RESULTS: dict[str, Any] = {
    "parameters": [
        {
            "name": "mode",
            "in": "query",
            "required": False,
            "description": "What the picture in the answer shows.",
            "schema": {"type": "string", "enum": [mode.value for mode in Mode], "default": Mode.FG_IMAGE.value},
        }
    ],
    "requestBody": _body(
        {
            "image": {**_FILE, "description": "JPEG or PNG, at most 16 MB and 4096x4096."},
            "url": {"type": "string", "description": "Address of such a picture, in place of `image`."},
            "image-bg": {
                **_FILE,
                "description": "Background: lies centred below the person, not scaled; what it does not cover stays "
                "transparent. Ignored with fg-mask.",
            },
            "url-bg": {"type": "string", "description": "Address of a background, in place of `image-bg`."},
        },
        [],
    ),
    "responses": {
        "200": {"description": "Processed, or `failure` in the status and why."},
        "401": {
            "description": "No key, or a wrong or revoked one.",
            "content": _json("message", "No API key provided."),
        },
        "408": {"description": "The upload took too long.", "content": _json("message", "Request timeout.")},
        "413": {"description": "More than 32 MB.", "content": {"text/plain": {"example": TOO_LARGE}}},
        "422": {"description": "No picture, or an unknown mode.", "content": _json("detail", MISSING_PICTURE)},
        "429": {"description": "No credit, or too often.", "content": _json("message", "Too many requests.")},
        "500": {"description": "Our fault.", "content": _json("message", "Internal error.")},
        "503": {
            "description": "Too busy, or keys cannot be looked up; see Retry-After.",
            "content": _json("message", "Service is overloaded."),
        },
    },
}

DEPTH: dict[str, Any] = {
    "requestBody": _body(
        {"image_file": {**_FILE, "description": "PNG, JPEG or WEBP, at most 30 MB and 25 megapixels."}}, ["image_file"]
    ),
    "responses": {
        "200": {
            "description": "Depth of the people: white nearest, 0 where there is nobody.",
            "content": {"image/jpeg": {"schema": _FILE}},
            "headers": {name: {"schema": {"type": "integer"}} for name in (REMAINING_HEADER, CONSUMED_HEADER)},
        },
        "400": {"description": "Malformed or too large.", "content": _json("error", "Missing image_file in request")},
        "401": {"description": "No key.", "content": _json("error", "No api key provided")},
        "402": {"description": "No credit.", "content": _json("error", "No remaining credits")},
        "403": {"description": "Wrong or revoked key.", "content": _json("error", "Invalid or revoked api key")},
        "429": {"description": "Too often; see Retry-After.", "content": _json("error", "Too many requests")},
        "500": {"description": "Our fault.", "content": _json("error", "Internal error")},
        "503": {
            "description": "Too busy, or keys cannot be looked up; see Retry-After.",
            "content": _json("error", "Service is overloaded"),
        },
    },
}

VERSION: dict[str, Any] = {
    "responses": {"200": {"description": "vX.Y.Z", "content": {"text/plain": {"example": "v1.3.0"}}}}
}
