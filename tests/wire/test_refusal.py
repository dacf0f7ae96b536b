from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.wire.refusal import MAX_REASON_CHARS, reason_in


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (
            "api4ai/error_413.txt",
            "Error: Request Entity Too Large Your client issued a request that was too large.",
        ),
        ("api4ai/error_422.json", "Missing image or url field."),
        ("api4ai/error_401.json", "Invalid API key."),
        ("api4ai/error_429.json", "Too many requests"),
        ("api4ai/other_source_error_422.json", "body.image: field required; query.mode: unknown"),
        ("api4ai/other_source_error_502.html", ""),
        ("clipdrop/error_401.json", "No api key provided"),
    ],
)
def test_reason(fixtures: Any, path: str, reason: str) -> None:
    assert reason_in(fixtures.bytes(path)) == reason


@pytest.mark.parametrize("body", [b"", b"null", b"5", b"{}", b'{"error": null}', b'{"detail": [{}]}', b"[" * 50_000])
def test_no_reason(body: bytes) -> None:
    assert len(reason_in(body)) <= MAX_REASON_CHARS
    if len(body) < 100:
        assert reason_in(body) == ""


def test_a_reason_is_one_bounded_line() -> None:
    assert reason_in(b'{"error": "a\\n\\u001b[31mb"}') == "a [31mb"
    long = reason_in(b'{"error": "' + b"x" * 1000 + b'"}')
    assert len(long) == MAX_REASON_CHARS
    assert long.endswith("…")


@given(st.binary(max_size=200))
def test_any_body_gives_one_line(body: bytes) -> None:
    reason = reason_in(body)
    assert len(reason.splitlines()) <= 1
    assert reason.isprintable()
