from __future__ import annotations

import pytest

from livecut.wire.form import MAX_URL_CHARS, Upload, find_text, find_upload, name_of_url


def test_the_first_part_of_a_name_counts() -> None:
    first, second = Upload(b"1", "a.jpg"), Upload(b"2", "b.jpg")
    assert find_upload((("other", "x"), ("image", first), ("image", second)), "image") is first


def test_a_text_part_serves_as_a_file_without_a_name() -> None:
    assert find_upload((("image", "bytes"),), "image") == Upload(b"bytes", "", "application/octet-stream")


@pytest.mark.parametrize("blank", [Upload(b""), ""])
def test_a_field_for_files_that_was_left_blank_is_none(blank: str | Upload) -> None:
    assert find_upload((("image-bg", blank),), "image-bg") is None
    named = Upload(b"", "empty.png")
    assert find_upload((("image", named),), "image") is named


def test_a_file_part_serves_as_text() -> None:
    assert find_text((("url", Upload(b" http://a/ \n")),), "url") == "http://a/"


@pytest.mark.parametrize("value", ["", "  ", Upload(b""), Upload(b"\xff\xfe")])
def test_text_that_is_none(value: str | Upload) -> None:
    assert find_text((("url", value),), "url") is None


@pytest.mark.parametrize("as_file", [False, True])
def test_of_a_text_that_is_far_too_long_the_beginning_is_looked_at(as_file: bool) -> None:
    text = "é" + "ab" * 8191 + "é" + "c" * (20 << 20)  # the 16384th byte is half of a character
    value = Upload(text.encode()) if as_file else text
    found = find_text((("url", value),), "url")
    assert found is not None
    assert text.startswith(found)
    assert MAX_URL_CHARS < len(found) <= 16384


def test_absent_parts() -> None:
    assert find_text((), "url") is None
    assert find_upload((("url", "x"),), "image") is None


def test_a_picture_is_not_in_a_repr() -> None:
    assert "secret" not in repr(Upload(b"secret", "a.jpg"))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example/b/shoes.jpg", "shoes.jpg"),
        ("https://a.example/b/shoes.jpg?size=1#x", "shoes.jpg"),
        ("https://a.example/b%20c.png", "b c.png"),
        ("https://a.example/b/", "b"),
        ("https://a.example", ""),
        ("http://[::1", ""),
        ("shoes.jpg", "shoes.jpg"),
        ("http://a/" + "%41" * 400, "A" * 255),
        ("http://a/" + "a" * 2040, ""),
    ],
)
def test_the_name_of_a_url_is_its_last_path_part(url: str, name: str) -> None:
    assert name_of_url(url) == name
