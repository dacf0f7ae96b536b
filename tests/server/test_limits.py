"""Every limit at its edge, over a real socket: the bound itself, and one more."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image
from support.padding import padded

Make = Callable[..., bytes]
Serve = Callable[..., Any]
MB = 1024 * 1024
TOO_LARGE = "Error: Request Entity Too Large\n\nYour client issued a request that was too large.\n"


def blank(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def status(response: httpx.Response) -> tuple[str, str]:
    assert response.status_code == 200
    answer = response.json()["results"][0]["status"]
    return answer["code"], answer["message"]


def test_sixteen_megabytes(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    assert status(server.results(image=padded(make_portrait(), 16 * MB))) == ("ok", "Success")
    assert status(server.results(image=padded(make_portrait(), 16 * MB + 1))) == (
        "failure",
        "File of image is too big: 16777217 bytes. Max allowed size: 16Mb.",
    )
    edge, over = padded(make_portrait(), 16 * MB), padded(make_portrait(), 16 * MB + 1)
    assert status(server.results(image=make_portrait(), image_bg=edge)) == ("ok", "Success")
    assert status(server.results(image=make_portrait(), image_bg=over)) == (
        "failure",
        "File of background image is too big: 16777217 bytes. Max allowed size: 16Mb.",
    )
    assert status(server.results(mode="fg-mask", image=make_portrait(), image_bg=over)) == ("ok", "Success")


def test_4096_by_4096(serve: Serve) -> None:
    server = serve()
    assert status(server.results(mode="fg-mask", image=blank(4096, 4096))) == ("ok", "Success")
    assert status(server.results(image=blank(4096, 1))) == ("ok", "Success")
    for width, height in ((4097, 1), (1, 4097), (4097, 4097)):
        message = f"Resolution is too big: {width}x{height}. Max allowed resolution: 4096x4096."
        assert status(server.results(image=blank(width, height))) == ("failure", message)


def test_25_megapixels(serve: Serve) -> None:
    server = serve()
    assert server.depth(image_file=blank(5000, 5000)).status_code == 200
    over = server.depth(image_file=blank(25_000_001, 1))
    assert over.status_code == 400
    assert over.json() == {"error": "Image resolution is too big: 25000001x1, 25 megapixels are allowed"}


@pytest.mark.parametrize("upright", [False, True])
def test_65500_pixels_a_side_where_the_answer_is_a_jpeg(serve: Serve, upright: bool) -> None:
    server = serve()
    edge, over = ((20, 65_500), (20, 65_501)) if upright else ((65_500, 20), (65_501, 20))
    assert server.depth(image_file=blank(*edge)).status_code == 200
    answer = server.depth(image_file=blank(*over))
    message = f"Image resolution is too big: {over[0]}x{over[1]}, 65500 pixels a side are allowed"
    assert (answer.status_code, answer.json()) == (400, {"error": message})
    assert server.counts().remaining == 99


def test_30_megabytes(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    assert server.depth(image_file=padded(make_portrait(), 30 * MB)).status_code == 200
    over = server.depth(image_file=padded(make_portrait(), 30 * MB + 1))
    assert (over.status_code, over.json()) == (400, {"error": "Image file is too big, 30 Mb are allowed"})


def test_a_background_of_4096_by_4096(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    assert status(server.results(image=make_portrait(), image_bg=blank(4096, 4096))) == ("ok", "Success")
    message = "Resolution of background image is too big: 4097x1. Max allowed resolution: 4096x4096."
    assert status(server.results(image=make_portrait(), image_bg=blank(4097, 1))) == ("failure", message)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_request_too_large_for_either_contract(serve: Serve, chunked: bool) -> None:
    server = serve()
    head, tail = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n', b"\r\n--x--\r\n"
    body = head + b"\0" * (32 * MB + 1 - len(head) - len(tail)) + tail
    for path, answer in (
        ("/v1/results", (413, TOO_LARGE)),
        ("/portrait-depth-estimation/v1", (400, '{"error": "Image file is too big, 30 Mb are allowed"}')),
    ):
        headers = {"x-api-key": server.key, "content-type": "multipart/form-data; boundary=x"}
        content: Any = (body[start : start + MB] for start in range(0, len(body), MB)) if chunked else body
        over = server.client.post(f"{server.base}{path}", content=content, headers=headers)
        assert (over.status_code, over.text) == answer


@pytest.mark.parametrize("chunked", [False, True])
def test_32_megabytes_of_request(serve: Serve, make_portrait: Make, chunked: bool) -> None:
    server = serve()

    def post(length: int) -> httpx.Response:
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + make_portrait()
        head += b'\r\n--x\r\nContent-Disposition: form-data; name="rest"; filename="b"\r\n\r\n'
        body = head + b"\0" * (length - len(head) - 9) + b"\r\n--x--\r\n"
        assert len(body) == length
        pieces = (body[start : start + MB] for start in range(0, length, MB))
        headers = {"X-API-KEY": server.key, "content-type": "multipart/form-data; boundary=x"}
        content: Any = pieces if chunked else body
        response: httpx.Response = server.client.post(f"{server.base}/v1/results", content=content, headers=headers)
        return response

    assert status(post(32 * MB)) == ("ok", "Success")
    over = post(32 * MB + 1)
    assert (over.status_code, over.text) == (413, TOO_LARGE)


def test_sixty_requests_a_minute(serve: Serve) -> None:
    server = serve(rate=60)
    codes = [server.depth().status_code for _ in range(61)]
    assert codes == [400] * 60 + [429]
