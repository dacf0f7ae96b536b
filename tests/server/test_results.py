"""API4AI's contract over a real socket, with the documents' own cases."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Make = Callable[..., bytes]
Serve = Callable[..., Any]


def result(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text[:300]
    assert response.headers["content-type"] == "application/json"
    (only,) = response.json()["results"]
    return only


def picture(answer: Any) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(base64.b64decode(answer["entities"][0]["image"]))) as opened:
        assert opened.format == "PNG"
        return np.asarray(opened)


def test_an_image_to_the_field(serve: Serve, make_portrait: Make) -> None:
    data = make_portrait("PNG", (40, 30), people=2)
    answer = result(serve().results(image=("img.png", data, "image/png")))
    image, objects = answer["entities"]
    classes = {"kind": "classes", "name": "classes", "classes": {"opaque-content": 1}}
    assert list(answer) == ["status", "name", "md5", "width", "height", "entities"]
    assert answer["status"] == {"code": "ok", "message": "Success"}
    assert (answer["name"], answer["width"], answer["height"]) == ("img.png", 40, 30)
    assert answer["md5"] == hashlib.md5(data).hexdigest()
    assert {key: image[key] for key in ("kind", "name", "format", "representation")} == {
        "kind": "image",
        "name": "people-fg-image",
        "format": "PNG",
        "representation": "base64",
    }
    assert objects == {
        "kind": "objects",
        "name": "objects",
        "objects": [
            {"box": [0.125, 0.2, 0.25, 0.8], "entities": [classes]},
            {"box": [0.625, 0.2, 0.25, 0.8], "entities": [classes]},
        ],
    }
    pixels = picture(answer)
    assert pixels.shape == (30, 40, 4)
    assert (pixels[6:, 5:15] == (230, 30, 20, 255)).all()
    assert not pixels[:6].any()


def test_a_mask(serve: Serve, make_portrait: Make) -> None:
    answer = result(serve().results(mode="fg-mask", image=make_portrait()))
    assert answer["entities"][0]["name"] == "people-fg-mask"
    mask = picture(answer)
    assert mask.shape == (30, 40)
    assert set(np.unique(mask)) == {0, 255}


def test_a_background_to_the_field_and_its_size_is_the_inputs(serve: Serve, make_portrait: Make) -> None:
    blue = io.BytesIO()
    Image.new("RGB", (400, 20), (0, 0, 250)).save(blue, "PNG")
    server = serve()
    pixels = picture(result(server.results(image=make_portrait(), image_bg=("bg.png", blue.getvalue()))))
    assert pixels.shape == (30, 40, 4)
    assert (pixels[8, 0] == (0, 0, 250, 255)).all()
    assert (pixels[20, 10] == (230, 30, 20, 255)).all()
    assert pixels[2, 0].tolist() == [0, 0, 0, 0]  # what a smaller background does not cover
    ignored = result(server.results(mode="fg-mask", image=make_portrait(), image_bg=b"no picture at all"))
    assert ignored["status"]["code"] == "ok"


@pytest.mark.parametrize("mode", ["fg-image-shadow", "fg-image-hideclp", "fg-image-shadow-hideclp"])
def test_the_other_modes_of_the_vendors_documents(serve: Serve, make_portrait: Make, mode: str) -> None:
    server = serve()
    plain = picture(result(server.results(image=make_portrait())))
    answer = result(server.results(mode=mode, image=make_portrait()))
    assert answer["entities"][0]["name"] == f"people-{mode}"
    assert (picture(answer)[..., 3].sum() > plain[..., 3].sum()) is np.True_ if "shadow" in mode else True
    if "shadow" not in mode:
        np.testing.assert_array_equal(picture(answer), plain)


def test_a_mode_nobody_documents(serve: Serve, make_portrait: Make) -> None:
    response = serve().results(mode="fg-mask-shadow", image=make_portrait())
    assert response.status_code == 422
    assert response.json()["detail"].startswith("Unknown mode: fg-mask-shadow. ")


def test_inputs_with_transparency(serve: Serve) -> None:
    layers = Image.new("RGBA", (20, 10), (230, 30, 20, 255))
    layers.paste((230, 30, 20, 0), (0, 0, 10, 10))
    out = io.BytesIO()
    layers.save(out, "PNG")
    pixels = picture(result(serve().results(image=out.getvalue())))
    assert not pixels[:, :10].any()
    assert (pixels[:, 10:] == (230, 30, 20, 255)).all()


@pytest.mark.parametrize("files", [{}, {"url": ""}, {"image_bg": b"x"}, {"picture": b"x"}])
def test_neither_image_nor_url(serve: Serve, files: dict[str, Any]) -> None:
    response = serve().results(**files)
    assert (response.status_code, response.content) == (422, b'{"detail":"Missing image or url field."}')


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_of_another_type(serve: Serve, content_type: str) -> None:
    server = serve()
    headers = {"x-rapidapi-key": server.key, "content-type": content_type}
    response = server.client.post(f"{server.base}/v1/results", content=b"{}", headers=headers)
    assert (response.status_code, response.json()) == (422, {"detail": "Missing image or url field."})


def test_a_malformed_body(serve: Serve) -> None:
    server = serve()
    headers = {"x-rapidapi-key": server.key, "content-type": "multipart/form-data; boundary=x"}
    response = server.client.post(f"{server.base}/v1/results", content=b"--x\r\nnonsense", headers=headers)
    assert (response.status_code, response.json()) == (422, {"detail": "The multipart body is cut off."})


def test_an_empty_file_is_the_documents_own_failure(serve: Serve) -> None:
    response = serve().results(image=("file.txt", b"", "text/plain"))
    expected = {
        "status": {"code": "failure", "message": "Can not load image."},
        "name": "file.txt",
        "md5": "d41d8cd98f00b204e9800998ecf8427e",
        "entities": [],
    }
    assert result(response) == expected


def test_a_browsers_form_with_fields_for_files_left_blank(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    answer = server.results(image=make_portrait(), url="", image_bg=("", b"", "application/octet-stream"), url_bg="")
    assert answer.json()["results"][0]["status"]["code"] == "ok"
    answer = server.results(image=("", b"", "application/octet-stream"), url="")
    assert (answer.status_code, answer.json()) == (422, {"detail": "Missing image or url field."})


def test_types_go_by_content_and_not_by_name(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    assert result(server.results(image=("a.txt", make_portrait(), "text/plain")))["status"]["code"] == "ok"
    for kind in ("WEBP", "GIF", "BMP", "TIFF"):
        answer = result(server.results(image=("a.png", make_portrait(kind), "image/png")))
        assert answer["status"] == {"code": "failure", "message": "Can not load image."}


@pytest.mark.parametrize("first_is_a_frame", [True, False])
def test_of_an_animated_png_the_picture_that_every_reader_shows(serve: Serve, first_is_a_frame: bool) -> None:
    """Its type is image/png, which the contract takes; frames are no pages, and there is nobody in the later one."""
    out = io.BytesIO()
    shown, later = Image.new("RGB", (20, 10), (230, 30, 20)), Image.new("RGB", (20, 10), (10, 200, 10))
    shown.save(out, "PNG", save_all=True, append_images=[later, later], default_image=not first_is_a_frame)
    assert b"acTL" in out.getvalue()
    answer = result(serve().results(image=out.getvalue()))
    assert answer["status"] == {"code": "ok", "message": "Success"}
    assert "page" not in answer
    assert (picture(answer) == (230, 30, 20, 255)).all()


def test_too_many_pixels_with_the_documented_sentence(serve: Serve) -> None:
    out = io.BytesIO()
    Image.new("1", (6000, 4000)).save(out, "PNG")
    answer = result(serve().results(image=("24mpx.png", out.getvalue())))
    message = "Resolution is too big: 6000x4000. Max allowed resolution: 4096x4096."
    assert answer["status"] == {"code": "failure", "message": message}
    assert set(answer) == {"status", "name", "md5", "entities"}


def test_a_background_that_cannot_be_processed(serve: Serve, make_portrait: Make) -> None:
    server = serve()
    broken = result(server.results(image=make_portrait(), image_bg=b"nothing"))
    assert broken["status"] == {"code": "failure", "message": "Can not load background image."}
    out = io.BytesIO()
    Image.new("1", (4097, 1)).save(out, "PNG")
    wide = result(server.results(image=make_portrait(), image_bg=out.getvalue()))
    assert wide["status"]["message"] == (
        "Resolution of background image is too big: 4097x1. Max allowed resolution: 4096x4096."
    )


def test_a_request_beyond_32_mb_has_the_documented_text(serve: Serve) -> None:
    response = serve().results(image=b"\0" * (33 << 20))
    assert response.status_code == 413
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text == "Error: Request Entity Too Large\n\nYour client issued a request that was too large.\n"


def test_the_version_is_text_and_needs_no_key(serve: Serve) -> None:
    server = serve()
    for path in ("/v1/version", "/img-bg-removal/v1/people/version", "/img-bg-removal/v1/version"):
        response = server.client.get(server.base + path)
        assert (response.status_code, response.text) == (200, "v1.3.0")
        assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/v1/results", "/v1/people/results", "/img-bg-removal/v1/people/results"])
@pytest.mark.parametrize("header", ["X-RapidAPI-Key", "X-API-KEY"])
def test_every_path_and_every_header(serve: Serve, make_portrait: Make, path: str, header: str) -> None:
    server = serve()
    files = {"image": ("a.png", make_portrait())}
    assert server.client.post(server.base + path, files=files, headers={header: server.key}).status_code == 200
    assert server.client.post(server.base + path, files=files, params={"api_key": server.key}).status_code == 200
    assert server.client.post(server.base + path, files=files).status_code == 401


def test_keys_credits_and_rate(serve: Serve, make_portrait: Make) -> None:
    server = serve(credits=1)
    data = make_portrait()
    assert server.results(key=None, image=data).json() == {"message": "No API key provided."}
    wrong = server.results(key="lc_wrong", image=data)
    assert (wrong.status_code, wrong.json()) == (401, {"message": "Invalid or revoked API key."})
    assert server.results(image=b"broken").status_code == 200
    assert server.counts().remaining == 1  # a failure costs nothing
    assert server.results(image=data).status_code == 200
    broke = server.results(image=data)
    assert (broke.status_code, broke.json()) == (429, {"message": "No credits left for this API key."})
    assert "retry-after" not in broke.headers
    server.keys.grant("test", credits=5, per_minute=1)
    often = server.results(image=data)
    assert (often.status_code, often.json()) == (429, {"message": "Too many requests."})
    assert 1 <= int(often.headers["retry-after"]) <= 60
    server.keys.revoke("test")
    assert server.results(image=data).status_code == 401


def test_a_name_is_given_back_whatever_it_is(serve: Serve, make_portrait: Make) -> None:
    name = 'é "quoted" ../../etc/passwd\u2603.png'
    answer = result(serve().results(image=(name, make_portrait())))
    assert answer["name"] == name.replace('"', "%22")
    json.dumps(answer)
