"""The page at /docs: complete, and nothing on it comes from anywhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from livecut.server.page import page

Serve = Callable[..., Any]


class Reader(HTMLParser):
    """Collects the tags with what they refer to, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_says_what_is_served_and_loads_nothing(serve: Serve) -> None:
    server = serve()
    response = server.client.get(f"{server.base}/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    found = Reader(response.text)
    assert "script" not in found.tags
    assert found.references == ["/openapi.json"]
    assert not re.search(r"url\(|@import", response.text)
    for route in ("POST /v1/results", "GET /v1/version", "POST /portrait-depth-estimation/v1"):
        assert route in found.text
    for word in ("image-bg", "url-bg", "image_file", "fg-image-shadow-hideclp", "413", "Missing image or url field."):
        assert word in found.text
    assert f"curl -H 'X-API-KEY: KEY' -F image=@portrait.jpg {server.base}/v1/results" in found.text


def test_it_names_the_types_that_really_come(serve: Serve) -> None:
    server = serve()
    paths = server.client.get(f"{server.base}/openapi.json").json()["paths"]
    given = {path: set(next(iter(routes.values()))["responses"]["200"]["content"]) for path, routes in paths.items()}
    assert given == {
        "/v1/results": {"application/json"},
        "/v1/version": {"text/plain"},
        "/portrait-depth-estimation/v1": {"image/jpeg"},
    }


def test_what_a_reader_calls_the_server_by_stays_text() -> None:
    schema = {"info": {"title": "a", "version": "1"}, "paths": {"/v1/version": {"get": {"responses": {}}}}}
    assert "<b>" not in page(schema, "http://<b>")
