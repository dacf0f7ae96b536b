from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from livecut.errors import ImageError, RemoteRefused, RemoteUnreachable, SettingsError
from livecut.remote.api4ai import Api4aiClient
from livecut.remote.retries import Retries

Make = Callable[..., bytes]
WIRE = Path(__file__).parents[1] / "wire" / "fixtures" / "api4ai"
SERVER = "http://127.0.0.1:8000"


class Server:
    def __init__(self, body: bytes | str = "response_image.json", status: int = 200) -> None:
        self.body = (WIRE / body).read_bytes() if isinstance(body, str) else body
        self.status = status
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return httpx.Response(self.status, content=self.body)

    def client(self, **options: Any) -> Api4aiClient:
        merged: dict[str, Any] = {"base": SERVER, "key": "k1", "retries": Retries(attempts=1), **options}
        return Api4aiClient(transport=httpx.MockTransport(self), **merged)


def test_a_picture_by_file(jpeg: bytes) -> None:
    server = Server()
    with server.client() as client:
        cutout = client.cut(jpeg)
    assert cutout.png.startswith(b"\x89PNG")
    assert (cutout.size, cutout.name) == ((5, 3), "img.jpg")
    assert cutout.boxes == ((0.2, 0.0, 0.6, 1.0),)
    (request,) = server.requests
    assert (request.method, str(request.url)) == ("POST", f"{SERVER}/v1/results")
    assert request.headers["x-api-key"] == "k1"
    assert b'name="image"; filename="image.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + jpeg in request.content


def test_a_picture_by_path_is_sent_under_its_last_name(tmp_path: Path, png: bytes) -> None:
    path = tmp_path / "me.png"
    path.write_bytes(png)
    server = Server()
    server.client().cut(path, mode="fg-mask")
    (request,) = server.requests
    assert str(request.url) == f"{SERVER}/v1/results?mode=fg-mask"
    assert b'filename="me.png"\r\nContent-Type: image/png' in request.content
    assert str(tmp_path).encode() not in request.content


def test_a_picture_and_a_background_by_address() -> None:
    server = Server()
    server.client().cut(url="https://a.example/a.jpg", background_url="https://a.example/b.png")
    content = server.requests[0].content
    assert b'name="url"\r\n\r\nhttps://a.example/a.jpg\r\n' in content
    assert b'name="url-bg"\r\n\r\nhttps://a.example/b.png\r\n' in content


def test_a_background_by_file_is_left_out_for_a_mask(jpeg: bytes, png: bytes) -> None:
    server = Server()
    client = server.client()
    client.cut(jpeg, background=png)
    client.cut(jpeg, background=png, mode="fg-mask")
    assert b'name="image-bg"; filename="background.png"' in server.requests[0].content
    assert b"image-bg" not in server.requests[1].content


@pytest.mark.parametrize(
    ("base", "url", "header"),
    [
        ("rapidapi", "https://people-photo-background-removal.p.rapidapi.com/v1/results", "x-rapidapi-key"),
        ("api4ai", "https://api4ai.cloud/img-bg-removal/v1/people/results", "x-api-key"),
        ("https://own.example/x/v1", "https://own.example/x/v1/results", "x-api-key"),
    ],
)
def test_bases(jpeg: bytes, base: str, url: str, header: str) -> None:
    server = Server()
    server.client(base=base).cut(jpeg)
    (request,) = server.requests
    assert str(request.url) == url
    assert request.headers[header] == "k1"
    assert ("x-rapidapi-host" in request.headers) is (base == "rapidapi")


@pytest.mark.parametrize(
    ("base", "header", "key"),
    [("rapidapi", "x-rapidapi-key", "r"), ("api4ai", "x-api-key", "a"), (SERVER, "x-api-key", None)],
)
def test_a_vendors_key_from_the_environment_goes_to_that_vendor_only(
    jpeg: bytes, base: str, header: str, key: str | None
) -> None:
    server = Server()
    server.client(base=base, key=None, environ={"RAPIDAPI_KEY": "r", "API4AI_API_KEY": "a"}).cut(jpeg)
    assert server.requests[0].headers.get(header) == key


def test_not_a_base() -> None:
    with pytest.raises(SettingsError, match=r"^remote\.api4ai_base: "):
        Api4aiClient(base="localhost")


def test_the_version() -> None:
    server = Server("version.txt")
    assert server.client().version() == "v1.3.0"
    assert str(server.requests[0].url) == f"{SERVER}/v1/version"
    with pytest.raises(RemoteRefused, match="is not what its contract says: the version is not of the form"):
        Server("malformed_version_html.txt").client().version()


def test_a_failure_inside_a_200(jpeg: bytes) -> None:
    with pytest.raises(RemoteRefused) as caught:
        Server("response_failure_type.json").client().cut(jpeg)
    assert str(caught.value) == "API4AI cannot process the picture: Can not load image."
    with pytest.raises(RemoteRefused) as caught:
        Server("response_failure_resolution.json").client().cut(jpeg)
    assert "Resolution is too big: 6000x4000. Max allowed resolution: 4096x4096." in str(caught.value)
    assert caught.value.hint == "let livecut shrink it: shrink=True"


@pytest.mark.parametrize(
    "body",
    [*sorted(path.name for path in WIRE.glob("malformed_[!rv]*.json"))],
)
def test_an_answer_that_is_not_the_contract(jpeg: bytes, body: str) -> None:
    with pytest.raises(RemoteRefused, match=r"^the answer of API4AI is not what its contract says: "):
        Server(body).client().cut(jpeg)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda result: result.update(entities=[]), "there is no picture in it"),
        (lambda result: result["entities"][0].update(image="not base64!"), "the picture is not base64"),
        (lambda result: result["entities"][0].update(image=base64.b64encode(b"GIF89a").decode()), "not a PNG"),
        (
            lambda result: result["entities"][0].update(
                image=base64.b64encode(base64.b64decode(result["entities"][0]["image"])[:-14]).decode()
            ),
            "the PNG is cut off",
        ),
    ],
)
def test_a_picture_that_is_none(jpeg: bytes, change: Callable[[Any], None], message: str) -> None:
    document = json.loads((WIRE / "response_image.json").read_bytes())
    change(document["results"][0])
    with pytest.raises(RemoteRefused, match=message):
        Server(json.dumps(document).encode()).client().cut(jpeg)


def test_a_picture_at_an_address_is_fetched(jpeg: bytes, png: bytes) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return png

    client = Server("other_source_by_url.json").client(fetch=fetch)
    assert client.cut(jpeg).png == png
    assert asked == ["https://storage.example/results/1.png"]


def test_pages(jpeg: bytes) -> None:
    server = Server("response_pages.json")
    assert [page.page for page in server.client().pages(jpeg)] == [0, 1]
    with pytest.raises(RemoteRefused, match="found 2 pages"):
        server.client().cut(jpeg)


def test_limits_are_checked_before_a_byte_is_sent(make_picture: Make, jpeg: bytes) -> None:
    server = Server()
    client = server.client()
    with pytest.raises(ImageError, match="4097x1 pixels, 4096x4096 are allowed"):
        client.cut(make_picture("PNG", (4097, 1)))
    with pytest.raises(ImageError, match="the background is too large"):
        client.cut(jpeg, background=make_picture("PNG", (1, 4097)))
    with pytest.raises(ImageError, match="image/webp is not among"):
        client.cut(make_picture("WEBP"))
    with pytest.raises(ImageError, match="cannot be read"):
        client.cut(Path("/nowhere/me.jpg"))
    assert server.requests == []


def test_a_picture_that_is_too_large_can_be_shrunk(make_picture: Make) -> None:
    server = Server()
    server.client().cut(make_picture("PNG", (4100, 2)), shrink=True)
    assert len(server.requests) == 1


def test_either_a_picture_or_its_address(jpeg: bytes) -> None:
    client = Server().client()
    with pytest.raises(ValueError, match="either a picture or its address"):
        client.cut()
    with pytest.raises(ValueError, match="either a picture or its address"):
        client.cut(jpeg, url="https://a")
    with pytest.raises(ValueError, match="either a background or its address"):
        client.cut(jpeg, background=jpeg, background_url="https://a")
    with pytest.raises(ValueError, match="fg-mask-shadow"):
        client.cut(jpeg, mode="fg-mask-shadow")


def test_the_key_is_not_shown() -> None:
    client = Server().client(key="sesame")
    assert repr(client) == "Api4aiClient('http://127.0.0.1:8000/v1')"
    assert "sesame" not in repr(vars(client))


def test_over_a_real_socket(loopback: Any, jpeg: bytes) -> None:
    body = (WIRE / "response_mask.json").read_bytes()
    loopback.answer = lambda path: b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    with Api4aiClient(base=loopback.origin, key="k1") as client:
        assert client.cut(jpeg, mode="fg-mask").png.startswith(b"\x89PNG")
    method, path, headers, content = loopback.requests[0]
    assert (method, path, headers["x-api-key"]) == ("POST", "/v1/results?mode=fg-mask", "k1")
    assert jpeg in content
    assert len(content) == int(headers["content-length"])


def test_an_answer_cut_off_on_a_real_socket(loopback: Any, jpeg: bytes) -> None:
    loopback.answer = lambda path: b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"results": ['
    client = Api4aiClient(base=loopback.origin, key="k1")
    with client, pytest.raises(RemoteUnreachable, match=r"^the answer of API4AI is cut off$"):
        client.cut(jpeg)


def test_tls_to_a_server_that_does_not_speak_it(loopback: Any, jpeg: bytes) -> None:
    base = loopback.origin.replace("http:", "https:")
    client = Api4aiClient(base=base, key="k1", retries=Retries(attempts=1), timeout_s=5.0)
    with client, pytest.raises(RemoteUnreachable, match=r"^no secure connection to API4AI$"):
        client.cut(jpeg)
