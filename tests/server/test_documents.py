"""The command lines and the snippet of both vendors' documents; only scheme, host, key and file names differ."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Make = Callable[..., bytes]
Serve = Callable[..., Any]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None or shutil.which("sh") is None, reason="needs curl and sh")


@pytest.fixture
def folder(tmp_path: Path, make_portrait: Make) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    for name, kind in (("img.jpg", "JPEG"), ("portrait.jpg", "JPEG"), ("shoes.jpg", "JPEG")):
        (folder / name).write_bytes(make_portrait(kind, (320, 240), quality=95))
    for name in ("bg.png", "bg.jpg"):
        (folder / name).write_bytes(make_portrait("PNG" if name.endswith("png") else "JPEG", (100, 80), people=0))
    return folder


@pytest.fixture
def files(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def run(lines: str, folder: Path) -> bytes:
    done = subprocess.run(["sh", "-c", lines], cwd=folder, capture_output=True, timeout=120, check=True)
    return done.stdout


@needs_curl
@pytest.mark.parametrize(
    ("path", "fields", "entity", "channels"),
    [
        ("/v1/results", "-F 'image=@img.jpg'", "people-fg-image", "RGBA"),
        ("/v1/results?mode=fg-mask", "-F 'image=@img.jpg'", "people-fg-mask", "L"),
        ("/v1/results", "-F 'image=@img.jpg' -F 'image-bg=@bg.png'", "people-fg-image", "RGBA"),
        ("/v1/results", "-F 'image=@img.jpg' -F 'image-bg=@bg.jpg'", "people-fg-image", "RGBA"),
        ("/v1/results", "-F 'url=http://FILES/shoes.jpg'", "people-fg-image", "RGBA"),
        (
            "/v1/results?mode=fg-image-shadow-hideclp",
            "-F 'image=@img.jpg' -F 'url-bg=http://FILES/bg.png'",
            "people-fg-image-shadow-hideclp",
            "RGBA",
        ),
    ],
)
def test_background_removal(
    serve: Serve, folder: Path, files: str, path: str, fields: str, entity: str, channels: str
) -> None:
    server = serve(url_allow=(files,))
    lines = f"curl -s -X 'POST' '{server.base}{path}' \\\n -H 'X-RapidAPI-Key: {server.key}' \\\n {fields}"
    (answer,) = json.loads(run(lines.replace("FILES", files), folder))["results"]
    assert answer["status"] == {"code": "ok", "message": "Success"}
    assert answer["name"] == ("shoes.jpg" if "shoes" in fields else "img.jpg")
    assert (answer["width"], answer["height"]) == (320, 240)
    assert (answer["entities"][0]["name"], answer["entities"][0]["format"]) == (entity, "PNG")
    assert len(answer["entities"][1]["objects"]) == 1
    with Image.open(io.BytesIO(base64.b64decode(answer["entities"][0]["image"]))) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", channels, (320, 240))


@needs_curl
def test_version(serve: Serve, folder: Path) -> None:
    server = serve()
    lines = f"curl -s -X 'GET' '{server.base}/v1/version' \\\n -H 'X-RapidAPI-Key: {server.key}'"
    assert run(lines, folder) == b"v1.3.0"


@needs_curl
def test_portrait_depth(serve: Serve, folder: Path) -> None:
    server = serve()
    lines = (
        f"curl -s -X POST {server.base}/portrait-depth-estimation/v1 \\\n-H 'x-api-key: {server.key}' \\\n"
        "-F image_file=@portrait.jpg \\\n-o result.jpg"
    )
    run(lines, folder)
    with Image.open(folder / "result.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (320, 240))


@needs_curl
def test_a_large_upload_that_is_refused_gets_to_read_why(serve: Serve, folder: Path) -> None:
    server = serve()
    (folder / "large.jpg").write_bytes(b"\0" * (40 << 20))
    for expect in ("-H 'Expect: 100-continue'", "-H 'Expect:'"):
        lines = (
            f"curl -s -X POST '{server.base}/v1/results' {expect} -H 'X-API-KEY: {server.key}' -F 'image=@large.jpg'"
        )
        assert run(lines, folder).startswith(b"Error: Request Entity Too Large\n")


def test_the_python_snippet(serve: Serve, folder: Path) -> None:
    requests = pytest.importorskip("requests")
    server = serve()
    with (folder / "portrait.jpg").open("rb") as image_file_object:
        r = requests.post(
            f"{server.base}/portrait-depth-estimation/v1",
            files={
                "image_file": ("portrait.jpg", image_file_object, "image/jpeg"),
            },
            headers={"x-api-key": server.key},
        )
    if r.ok:
        assert r.content.startswith(b"\xff\xd8\xff")
    else:
        r.raise_for_status()
    assert r.ok
