from __future__ import annotations

import sys

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecut.server.http.form_reader import FormReader
from livecut.wire.form import Form, Upload
from livecut.wire.malformed import Malformed

TYPE = "multipart/form-data; boundary=xyz"


def read(body: bytes, content_type: str = TYPE, step: int = 1 << 20) -> Form:
    reader = FormReader(content_type)
    for start in range(0, len(body), step):
        reader.feed(body[start : start + step])
    return reader.form()


def part(head: str, content: bytes = b"x") -> bytes:
    return b"--xyz\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


FILE = 'Content-Disposition: form-data; name="image"; filename="a.jpg"'


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_however_it_is_cut(step: int) -> None:
    body = part(FILE + "\r\nContent-Type: image/jpeg", b"\r\n--xy\r\n\0\xff") + part(
        'Content-Disposition: form-data; name="url"', b"https://a.example/\xc3\xa9"
    )
    assert read(body + b"--xyz--\r\n", step=step) == (
        ("image", Upload(b"\r\n--xy\r\n\0\xff", "a.jpg", "image/jpeg")),
        ("url", Upload("https://a.example/é".encode())),
    )


names = st.text(st.characters(categories=["L", "N", "Zs"], include_characters='._-"'), min_size=1, max_size=12)
values = st.text(max_size=30).filter(lambda text: "\ud800" not in text) | st.builds(
    Upload, st.binary(max_size=200), names, st.sampled_from(["image/jpeg", "image/png", "text/plain"])
)


@given(st.lists(st.tuples(st.sampled_from(["image", "url", "image-bg"]), values), min_size=1, max_size=4))
def test_what_the_client_builds_the_server_reads(form: list[tuple[str, str | Upload]]) -> None:
    files = [
        (
            name,
            (None, value.encode(), None) if isinstance(value, str) else (value.name, value.content, value.media_type),
        )
        for name, value in form
    ]
    request = httpx.Request("POST", "http://a", files=files)
    back = read(request.read(), request.headers["content-type"], step=11)
    # Clients write a quote in a name as %22, as browsers do.
    expected = tuple(
        (
            name,
            Upload(value.encode())
            if isinstance(value, str)
            else Upload(value.content, value.name.replace('"', "%22"), value.media_type),
        )
        for name, value in form
    )
    assert back == expected


@pytest.mark.parametrize("content_type", ["", "image/jpeg", "application/json", "multipart/mixed; boundary=xyz"])
def test_another_type_has_no_fields(content_type: str) -> None:
    assert read(b"anything", content_type) == ()


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"", "multipart/form-data", "The multipart body has no boundary."),
        (b"", "multipart/form-data; boundary=" + "x" * 300, "The multipart body has no usable boundary."),
        (b"", TYPE, "The multipart body is cut off."),
        (part(FILE), TYPE, "The multipart body is cut off."),
        (part(FILE)[:-3], TYPE, "The multipart body is cut off."),
        (b"--other\r\n", TYPE, "The multipart body is malformed."),
        (b"--xyz\r\nno colon\r\n\r\nx\r\n--xyz--\r\n", TYPE, "The multipart body is malformed."),
        (part("Content-Type: a/b") + b"--xyz--\r\n", TYPE, "A part of the multipart body has no name."),
        (
            part("Content-Disposition: attachment; name=a") + b"--xyz--",
            TYPE,
            "A part of the multipart body has no name.",
        ),
        (part(FILE) * 65 + b"--xyz--", TYPE, "The multipart body has too many parts."),
        (part("A: " + "x" * 100_000) + b"--xyz--", TYPE, "The multipart body is malformed."),
    ],
)
def test_malformed(body: bytes, content_type: str, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(body, content_type)
    assert str(caught.value) == message


def test_a_text_takes_the_memory_that_was_counted() -> None:
    # One such character, and every other takes as many bytes.
    text = "😀".encode() + b"a" * (1 << 20)
    ((_, value),) = read(part('Content-Disposition: form-data; name="url"', text) + b"--xyz--")
    assert isinstance(value, Upload)
    assert sys.getsizeof(value.content) < len(text) + 1000


def test_text_that_is_no_text_is_a_file_without_a_name() -> None:
    body = part('Content-Disposition: form-data; name="image"', b"\xff\xd8\xff") + b"--xyz--"
    assert read(body) == (("image", Upload(b"\xff\xd8\xff", "")),)


def test_a_name_can_be_shown_whatever_it_is() -> None:
    body = b'--xyz\r\nContent-Disposition: form-data; name="image"; filename="\xff\xfe' + b"n" * 400
    ((_, upload),) = read(body + b'"\r\n\r\nx\r\n--xyz--')
    assert isinstance(upload, Upload)
    assert upload.name.encode()  # no half characters
    assert len(upload.name) == 255


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_malformed(body: bytes) -> None:
    for content_type in (TYPE, 'multipart/form-data; boundary="-"'):
        try:
            read(b"--xyz\r\n" + body, content_type)
        except Malformed:
            continue
