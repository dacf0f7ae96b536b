from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.wire.clipdrop import DepthRequest, DepthResult, Refusal
from livecut.wire.form import Upload
from livecut.wire.malformed import Malformed


@pytest.mark.each("clipdrop/request_*")
def test_request(fixtures: Any, path: str) -> None:
    form = fixtures.form(path)
    request = DepthRequest.parse(form)
    assert request.form() == form
    assert DepthRequest.parse(request.form()) == request


@pytest.mark.each("clipdrop/malformed_request_*")
def test_malformed_request(fixtures: Any, path: str) -> None:
    with pytest.raises(Malformed) as caught:
        DepthRequest.parse(fixtures.form(path))
    assert str(caught.value) == fixtures.json(path)["error"]


@pytest.mark.each("clipdrop/response_*")
def test_response(fixtures: Any, path: str) -> None:
    headers, body = fixtures.json(path)["headers"], fixtures.body(path)
    result = DepthResult.parse(headers, body)
    assert result.jpeg == body
    assert result.headers() == headers
    assert DepthResult.parse(result.headers(), result.jpeg) == result


def test_credits_are_counted(fixtures: Any) -> None:
    path = "clipdrop/response_depth.json"
    result = DepthResult.parse(fixtures.json(path)["headers"], fixtures.body(path))
    assert (result.remaining_credits, result.credits_consumed) == (99, 1)


@pytest.mark.each("clipdrop/malformed_[!r]*")
def test_malformed_response(fixtures: Any, path: str) -> None:
    with pytest.raises(Malformed) as caught:
        DepthResult.parse(fixtures.json(path)["headers"], fixtures.body(path))
    assert str(caught.value) == fixtures.json(path)["error"]


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "", "9" * 20, "²"])
def test_a_credit_header_that_is_no_number_does_not_cost_the_picture(fixtures: Any, text: str) -> None:
    body = fixtures.body("clipdrop/response_depth.json")
    result = DepthResult.parse({"content-type": "image/jpeg", "x-remaining-credits": text}, body)
    assert (result.jpeg, result.remaining_credits) == (body, None)


@pytest.mark.each("clipdrop/error_*")
def test_refusal(fixtures: Any, path: str) -> None:
    body, status = fixtures.bytes(path), int(path[-8:-5])
    refusal = Refusal.parse(status, body)
    assert refusal.status == status
    assert bytes(refusal) == body


@given(st.integers(400, 599), st.text(st.characters(categories=["L", "N"]), max_size=60))
def test_a_refusal_comes_back_as_it_went(status: int, reason: str) -> None:
    refusal = Refusal(status, reason)
    assert Refusal.parse(status, bytes(refusal)) == refusal


@given(st.binary(min_size=1, max_size=50), st.text(max_size=10), st.text(max_size=10))
def test_a_request_comes_back_as_it_went(content: bytes, name: str, media_type: str) -> None:
    request = DepthRequest(Upload(content, name, media_type))
    assert DepthRequest.parse(request.form()) == request
