from __future__ import annotations

from typing import Any

import pytest

from livecut.wire.api4ai.paths import RAPIDAPI, VENDOR, Base, parse_version
from livecut.wire.malformed import Malformed


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("rapidapi", RAPIDAPI),
        ("api4ai", VENDOR),
        ("http://127.0.0.1:8000", Base("http://127.0.0.1:8000/v1")),
        ("http://127.0.0.1:8000/", Base("http://127.0.0.1:8000/v1")),
        ("https://a.example/img-bg-removal/v1/people/", Base("https://a.example/img-bg-removal/v1/people")),
        ("https://background-removal4.p.rapidapi.com/v1", Base("https://background-removal4.p.rapidapi.com/v1", True)),
    ],
)
def test_bases(address: str, base: Base) -> None:
    assert Base.at(address) == base


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:8000", "ftp://a", "http://", "http://a/v1?key=b", "http://a:b", "http://[::1", "http://u:p@a"],
)
def test_not_a_base(address: str) -> None:
    with pytest.raises(Malformed):
        Base.at(address)


def test_how_a_key_is_shown() -> None:
    host = "people-photo-background-removal.p.rapidapi.com"
    assert RAPIDAPI.headers("k") == {"X-RapidAPI-Key": "k", "X-RapidAPI-Host": host}
    assert RAPIDAPI.headers(None) == {"X-RapidAPI-Host": host}
    assert VENDOR.headers("k") == {"X-API-KEY": "k"}
    assert VENDOR.headers(None) == {}


def test_version(fixtures: Any) -> None:
    assert parse_version(fixtures.bytes("api4ai/version.txt")) == "v1.3.0"
    assert parse_version(fixtures.bytes("api4ai/other_source_version.json")) == "v1.5.0"


@pytest.mark.each("api4ai/malformed_version_*")
def test_malformed_version(fixtures: Any, path: str) -> None:
    with pytest.raises(Malformed, match=r"^the version is not of the form vX\.Y\.Z$"):
        parse_version(fixtures.bytes(path))
