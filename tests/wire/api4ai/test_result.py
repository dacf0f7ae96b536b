from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.wire.api4ai.result import Box, ImageEntity, Result, Results
from livecut.wire.malformed import Malformed

# What follows the place is the parser's own wording.
PLACES = {
    "html": "the answer: Invalid JSON",
    "empty": "the answer: Invalid JSON",
    "cut_off": "the answer: Invalid JSON",
    "not_utf8": "the answer: Invalid JSON",
    "array": "the answer: ",
    "no_results": "results: ",
    "no_result": "results: ",
    "no_status": "results.0.status: ",
    "unknown_code": "results.0.status.code: ",
    "no_message": "results.0.status.message: ",
    "width_text": "results.0.width: ",
    "width_zero": "results.0.width: ",
    "entities_object": "results.0.entities: ",
    "image_number": "results.0.entities.0.image.image: ",
    "representation_unknown": "results.0.entities.0.image.representation: ",
    "box_of_three": "results.0.entities.1.objects.objects.0.box.3: ",
    "box_text": "results.0.entities.1.objects.objects.0.box.0: ",
    "box_nan": "results.0.entities.1.objects.objects.0.box.2: ",
}


@pytest.mark.each("api4ai/response_*")
def test_response_goes_out_as_it_came_in(fixtures: Any, path: str) -> None:
    body = fixtures.bytes(path)
    results = Results.parse(body)
    assert json.loads(bytes(results)) == json.loads(body)
    assert Results.parse(bytes(results)) == results


def test_success(fixtures: Any) -> None:
    result = Results.parse(fixtures.bytes("api4ai/response_two_people.json")).results[0]
    assert result.ok
    assert (result.name, result.width, result.height, result.page) == ("img.jpg", 5, 3, None)
    assert result.picture is not None
    assert result.picture.content().startswith(b"\x89PNG")
    assert result.boxes == ((0.2, 0.0, 0.6, 1.0), (0.0, 0.5, 0.1, 0.25))


def test_failure_has_no_size_and_no_picture(fixtures: Any) -> None:
    result = Results.parse(fixtures.bytes("api4ai/response_failure_resolution.json")).results[0]
    assert not result.ok
    assert result.status.message == "Resolution is too big: 6000x4000. Max allowed resolution: 4096x4096."
    assert (result.width, result.height, result.picture, result.boxes) == (None, None, None, ())


def test_pages(fixtures: Any) -> None:
    results = Results.parse(fixtures.bytes("api4ai/response_pages.json")).results
    assert [result.page for result in results] == [0, 1]


def test_other_sources_are_understood(fixtures: Any) -> None:
    by_url = Results.parse(fixtures.bytes("api4ai/other_source_by_url.json")).results[0].picture
    assert by_url is not None
    assert (by_url.representation, by_url.image) == ("url", "https://storage.example/results/1.png")
    with pytest.raises(Malformed, match="at an address"):
        by_url.content()
    general = Results.parse(fixtures.bytes("api4ai/other_source_general.json")).results[0]
    assert general.picture is not None
    assert general.picture.name == "general-fg-image"
    assert general.boxes == ((0.2, 0.0, 0.6, 1.0),)


@pytest.mark.each("api4ai/malformed_[!rv]*.json", "api4ai/malformed_representation*.json")
def test_malformed(fixtures: Any, path: str) -> None:
    with pytest.raises(Malformed) as caught:
        Results.parse(fixtures.bytes(path))
    assert str(caught.value).startswith(PLACES[path.partition("malformed_")[2].removesuffix(".json")])
    assert len(str(caught.value)) < 200


def test_a_picture_that_is_not_base64() -> None:
    with pytest.raises(Malformed, match=r"^the picture is not base64$"):
        ImageEntity(name="people-fg-image", image="iVBORw0KGgoAAAA...YII=").content()


def test_a_picture_is_not_in_a_repr() -> None:
    assert "c2VjcmV0" not in repr(ImageEntity.of("people-fg-image", b"secret"))


boxes = st.tuples(*[st.floats(0, 1)] * 4)


@given(st.text(max_size=20), st.binary(max_size=40), st.lists(boxes, max_size=3), st.integers(1, 4096))
def test_a_result_comes_back_as_it_went(name: str, png: bytes, found: list[Box], side: int) -> None:
    picture = ImageEntity.of("people-fg-mask", png)
    result = Result.success(picture, tuple(found), name=name, md5="0" * 32, width=side, height=side)
    back = Results.parse(bytes(Results(results=(result,)))).results[0]
    assert back == result
    assert back.picture is not None
    assert back.picture.content() == png


def test_fields_stand_in_the_documents_order() -> None:
    result = Result.success(
        ImageEntity.of("people-fg-image", b"png"), ((0, 0, 1, 1),), name="n", md5="m", width=2, height=1
    )
    assert bytes(Results(results=(result,))) == (
        b'{"results":[{"status":{"code":"ok","message":"Success"},"name":"n","md5":"m","width":2,"height":1,"entities":['
        b'{"kind":"image","name":"people-fg-image","image":"cG5n","format":"PNG","representation":"base64"},'
        b'{"kind":"objects","name":"objects","objects":[{"box":[0.0,0.0,1.0,1.0],"entities":['
        b'{"kind":"classes","name":"classes","classes":{"opaque-content":1}}]}]}]}]}'
    )
    failure = Result.failure("Can not load image.", name="file.txt", md5="m")
    assert bytes(Results(results=(failure,))) == (
        b'{"results":[{"status":{"code":"failure","message":"Can not load image."},'
        b'"name":"file.txt","md5":"m","entities":[]}]}'
    )
