from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.wire.api4ai.mode import Mode
from livecut.wire.api4ai.request import ResultsRequest
from livecut.wire.form import Upload
from livecut.wire.malformed import Malformed


@pytest.mark.each("api4ai/request_*")
def test_request(fixtures: Any, path: str) -> None:
    query, form = fixtures.json(path)["query"], fixtures.form(path)
    request = ResultsRequest.parse(query, form)
    assert request.query() == query
    assert request.form() == form
    assert ResultsRequest.parse(request.query(), request.form()) == request


@pytest.mark.each("api4ai/malformed_request_*")
def test_malformed_request(fixtures: Any, path: str) -> None:
    message = fixtures.json(path)["error"]
    with pytest.raises(Malformed) as caught:
        ResultsRequest.parse(fixtures.json(path)["query"], fixtures.form(path))
    assert str(caught.value) == message


def test_a_request_without_a_picture_cannot_be_built() -> None:
    with pytest.raises(Malformed, match=r"^Missing image or url field\.$"):
        ResultsRequest(background_url="https://a.example/bg.png")


uploads = st.builds(Upload, st.binary(min_size=1, max_size=20), st.text(max_size=8), st.text(max_size=8))
urls = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20).map(lambda text: f"https://a/{text}")


@given(uploads, st.none() | urls, st.none() | uploads, st.none() | urls, st.sampled_from(Mode))
def test_a_request_comes_back_as_it_went(
    image: Upload, url: str | None, background: Upload | None, background_url: str | None, mode: Mode
) -> None:
    request = ResultsRequest(image, url, background, background_url, mode)
    assert ResultsRequest.parse(request.query(), request.form()) == request
