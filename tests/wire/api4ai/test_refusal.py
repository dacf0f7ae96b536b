from __future__ import annotations

from typing import Any

import pytest

from livecut.wire.api4ai.refusal import Refusal


@pytest.mark.each("api4ai/error_*")
def test_refusal_goes_out_as_it_came_in(fixtures: Any, path: str) -> None:
    body, status = fixtures.bytes(path), int(path[-8:].split(".")[0][-3:])
    refusal = Refusal.parse(status, body)
    assert bytes(refusal) == body
    assert refusal.media_type == ("text/plain" if status == 413 else "application/json")


def test_too_large() -> None:
    assert bytes(Refusal.too_large()) == (
        b"Error: Request Entity Too Large\n\nYour client issued a request that was too large.\n"
    )
    assert Refusal.parse(413, bytes(Refusal.too_large())) == Refusal.too_large()


def test_missing_picture_has_exactly_the_documented_body() -> None:
    assert bytes(Refusal(422, "Missing image or url field.")) == b'{"detail":"Missing image or url field."}'
