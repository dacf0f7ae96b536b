"""The human sentence in an error's body, whichever of the known shapes it has."""

from __future__ import annotations

import json

__all__ = ["MAX_REASON_CHARS", "reason_in"]

MAX_REASON_CHARS = 300


def reason_in(body: bytes) -> str:
    """The reason an error's body gives, on one line, at most 300 characters; empty when it gives none.

    Known are `{"error": ...}` (Clipdrop), `{"message": ...}` and `{"detail": ...}` (API4AI; the detail is a sentence or
    a list of `{"loc", "msg"}`), and plain text. Markup is no reason.
    """
    text = body[: 64 * 1024].decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else _one_line(text)
    return _one_line(_reason(document))


def _reason(document: object) -> str:
    if isinstance(document, str):
        return document
    if isinstance(document, list):
        return "; ".join(filter(None, (_reason(item) for item in document)))
    if not isinstance(document, dict):
        return ""
    if "msg" in document:
        where = ".".join(str(step) for step in document["loc"]) if isinstance(document.get("loc"), list) else ""
        return f"{where}: {document['msg']}" if where else str(document["msg"])
    return next(filter(None, (_reason(document[key]) for key in ("error", "message", "detail") if key in document)), "")


def _one_line(text: str) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= MAX_REASON_CHARS else line[: MAX_REASON_CHARS - 1] + "…"
