"""A multipart form from a stream of chunks, in memory alone: nothing a client sends is written to disk."""

from __future__ import annotations

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from livecut.wire.form import Form, Upload
from livecut.wire.malformed import Malformed

__all__ = ["FormReader"]

_MAX_PARTS = 64
_MAX_NAME_CHARS = 255


class FormReader:
    """Takes chunks as they come and gives the form; `Malformed` for what is no multipart body.

    Texts stay bytes, as files without a name: as characters they may take four times the memory that was counted.
    """

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        # Of another type, or of none, there are no fields; the contract's own sentence says what is missing.
        self._parser: MultipartParser | None = None
        if kind == b"multipart/form-data":
            if not boundary:
                raise Malformed("The multipart body has no boundary.")
            try:
                self._parser = MultipartParser(
                    boundary,
                    {
                        "on_part_begin": self._begin_part,
                        "on_header_field": self._header_field,
                        "on_header_value": self._header_value,
                        "on_header_end": self._end_header,
                        "on_part_data": self._part_data,
                        "on_part_end": self._end_part,
                        "on_end": self._end,
                    },
                )
            except FormParserError as error:
                raise Malformed("The multipart body has no usable boundary.") from error
        self._parts: list[tuple[str, str | Upload]] = []
        self._name = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._data = bytearray()
        self._ended = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        if self._parser is None:
            return
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise Malformed("The multipart body is malformed.") from error

    def form(self) -> Form:
        """The whole form, once the body has ended."""
        if self._parser is not None:
            try:
                self._parser.finalize()
            except FormParserError as error:
                raise Malformed("The multipart body is malformed.") from error
            if not self._ended:
                raise Malformed("The multipart body is cut off.")
        return tuple(self._parts)

    def _begin_part(self) -> None:
        if len(self._parts) >= _MAX_PARTS:
            raise Malformed("The multipart body has too many parts.")
        self._headers = {}
        self._data = bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[bytes(self._name).strip().lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._data += memoryview(data)[start:end]

    def _end(self) -> None:
        self._ended = True

    def _end_part(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        kind, options = parse_options_header(disposition)
        if kind != b"form-data" or b"name" not in options:
            raise Malformed("A part of the multipart body has no name.")
        name = _text(options[b"name"])
        content = bytes(self._data)
        self._data = bytearray()
        if b"filename" not in options:
            self._parts.append((name, Upload(content)))
            return
        media_type = self._headers.get(b"content-type", b"application/octet-stream").decode("latin-1")
        self._parts.append((name, Upload(content, _text(options[b"filename"])[:_MAX_NAME_CHARS], media_type)))


def _text(raw: bytes) -> str:
    # Names are UTF-8 on the wire, whatever the charset of headers once was; what is not, is made showable.
    return raw.decode("utf-8", "replace")
