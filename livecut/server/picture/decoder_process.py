"""The process that decodes strangers' pictures: a crash, an endless loop or a flood of memory ends it and one request.

It speaks over its standard input and output. A length of 8 bytes, the width and height that were allowed, of 4 bytes
each, and a file come in; a head of JSON with a length of 4 bytes, the pixels, the alpha and the colour profile go out.
It ends with its input.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from typing import BinaryIO

from PIL import Image, ImageOps

__all__ = ["OtherSize", "decode", "main"]

_MEMORY_BYTES = 2 << 30


class OtherSize(Exception):
    """The file is of another size than the one that was checked, e.g. a PNG that has two headers."""


def decode(data: bytes, size: tuple[int, int]) -> tuple[dict[str, object], bytes, bytes, bytes]:
    """Head, BGR pixels, alpha (empty: opaque) and RGB colour profile (empty: none) of a picture, upright.

    `size` is the width and height as stored, in pixels, that the server read and allowed. Of a file with several
    pictures, the first one. Sixteen bits become eight; raises `OtherSize` before anything is decoded, and what Pillow
    raises.
    """
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as opened:
        # Two readers of one header may disagree; what was checked has to be what is decoded.
        if opened.size != size:
            raise OtherSize
        opened.load()
        profile = opened.info.get("icc_profile") or b""
        picture: Image.Image = ImageOps.exif_transpose(opened)
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    clear = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    # A profile for inks or greys says nothing about the red, green and blue that are made of them.
    keeps_profile = picture.mode in ("RGB", "RGBA", "P") and profile[16:20] == b"RGB "
    alpha = b""
    if clear:
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A").tobytes()
    # Pillow multiplies nothing in: colours under transparency stay what they are.
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    head: dict[str, object] = {"width": picture.width, "height": picture.height}
    return head, picture.tobytes("raw", "BGR"), alpha, profile if keeps_profile else b""


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Decode what comes until nothing more does."""
    while len(start := source.read(16)) == 16:
        length, width, height = struct.unpack(">QII", start)
        data = source.read(length)
        Image.MAX_IMAGE_PIXELS = width * height
        try:
            head, *parts = decode(data, (width, height))
            head["lengths"] = [len(part) for part in parts]
        except (Exception, MemoryError) as error:
            # A decoder may raise anything on broken input; only the kind of error is told, never the content.
            head, parts = {"error": type(error).__name__}, []
        text = json.dumps(head).encode()
        sink.write(struct.pack(">I", len(text)) + text)
        for part in parts:
            sink.write(part)
        sink.flush()


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; there the size of the header bounds alone
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _bound_memory()
    main(sys.stdin.buffer, sys.stdout.buffer)
