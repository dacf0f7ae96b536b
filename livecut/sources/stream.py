"""A network stream (rtsp, http, ...) as a source; its address may hold a password, which no text ever shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from livecut.paths import without_secrets
from livecut.sources.playback import Playback
from livecut.sources.video import Video

__all__ = ["SCHEMES", "StreamSource", "is_address"]

SCHEMES: Final = frozenset({"rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "udp", "tcp", "rtp"})


class StreamSource(Playback):
    """Frames of a stream as they come; one that knows its own length (a file on a web server) is not live.

    Raises `DeviceUnavailable` when it does not answer within `timeout_s`, `DeviceLost` from `read` when it stops for
    as long, or ends.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout_s: float = 10.0,
        loop: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        address = address.strip()
        name = without_secrets(address)
        # Over UDP, lost packets smear the picture; TCP also passes firewalls. No "nobuffer" flag: it drops the packets
        # that were read to find out what the stream is, which of a short one is all.
        options = {"rtsp_transport": "tcp"} if address.lower().startswith("rtsp") else {}
        video = Video(address, name=name, options=options, timeout_s=timeout_s, network=True)
        super().__init__(video, name=f"stream {name}", loop=loop, clock=clock)


def is_address(text: str) -> bool:
    """True for what is written like the address of a stream."""
    scheme, separator, rest = text.strip().partition("://")
    return bool(separator and rest) and scheme.lower() in SCHEMES
