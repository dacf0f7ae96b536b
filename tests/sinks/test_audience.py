"""Who captures from a virtual camera, with a driver that counts them and with one that does not."""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.video_nodes import CAPTURE, OUTPUT, FakeNode, VideoNodes

from livecut import v4l2
from livecut.sinks import audience
from livecut.sinks.audience import Audience, Usage, open_usage


class Driver:
    """What v4l2loopback 0.15 does with these requests on one open device."""

    def __init__(self, count: int = 0) -> None:
        self.count, self.closed, self.fails = count, 0, False
        self._subscribed = False
        self._events: list[int] = []

    def ask(self, request: int, data: bytearray) -> None:
        if self.fails:
            raise OSError(errno.ENODEV, "No such device")
        if request == audience.DQEVENT:
            if not self._events:
                raise OSError(errno.ENOENT, "No such file or directory")
            assert len(data) == 136
            struct.pack_into("=I", data, 8, self._events.pop(0))
            return
        kind, _, flags, *rest = struct.unpack("=8I", data)
        assert (kind, rest) == (0x10E00001, [0] * 5)
        if request == audience.SUBSCRIBE_EVENT:
            # A second one changes nothing, and nothing is sent.
            if not self._subscribed and flags == audience.SEND_INITIAL:
                self._events = [self.count]
            self._subscribed = True
        else:
            assert request == audience.UNSUBSCRIBE_EVENT
            self._subscribed, self._events = False, []

    def close(self) -> None:
        self.closed += 1

    def usage(self, path: str = "") -> Usage:
        return Usage(self.ask, self.close)


def test_requests_are_the_kernels() -> None:
    def request(number: int, *, read: bool, size: int) -> int:
        return (2 if read else 1) << 30 | size << 16 | ord("V") << 8 | number

    assert request(89, read=True, size=136) == audience.DQEVENT
    assert request(90, read=False, size=32) == audience.SUBSCRIBE_EVENT
    assert request(91, read=False, size=32) == audience.UNSUBSCRIBE_EVENT


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_a_driver_that_counts_is_believed_at_every_look(counts: list[int]) -> None:
    driver = Driver()
    looked = Audience("/dev/video10", usage=driver.usage)
    assert looked.is_exact
    for count in counts:
        driver.count = count
        assert looked.is_there() == (count > 0)
    looked.close()
    looked.close()
    assert driver.closed == 1


def test_a_driver_that_does_not_answer_leaves_it_as_it_was() -> None:
    driver = Driver(2)
    usage = driver.usage()
    driver.fails = True
    assert usage.look() == 2
    driver.fails, driver.count = False, 0
    assert usage.look() == 0


def test_a_driver_without_the_event_is_no_usage() -> None:
    def refuses(request: int, data: bytearray) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    with pytest.raises(OSError, match="Invalid"):
        Usage(refuses, lambda: None)
    assert open_usage("/nowhere/video10") is None


def test_what_is_no_such_device_is_closed_again(tmp_path: Path) -> None:
    file = tmp_path / "video10"
    file.touch()
    before = _open_here(file)
    assert open_usage(str(file)) is None
    assert _open_here(file) == before == 0


def _open_here(file: Path) -> int:
    return sum(str(link.readlink()) == str(file) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())


@pytest.fixture
def older(tmp_path: Path) -> Callable[[int | None, int], Audience]:
    """An audience of a module that counts nothing but who has its devices open: all, and this process."""
    nodes = VideoNodes(tmp_path / "host", {0: FakeNode(), 10: FakeNode("livecut", v4l2.LOOPBACK_DRIVER, OUTPUT)})
    nodes.nodes[0].caps = CAPTURE
    nodes.loopback("")
    own = tmp_path / "fd"

    def looked(users: int | None, own_opens: int) -> Audience:
        own.mkdir(exist_ok=True)
        for number in range(own_opens):
            (own / str(number)).symlink_to(nodes.path(10))
        (own / "100").symlink_to(nodes.path(0))
        (own / "101").symlink_to("/dev/null")
        refcnt = nodes.root / "sys/module/v4l2loopback/refcnt"
        if users is not None:
            refcnt.write_text(f"{users}\n")
        return Audience(str(nodes.path(10)), host=nodes.host, usage=lambda path: None, own=own)

    looked.refcnt = nodes.root / "sys/module/v4l2loopback/refcnt"  # type: ignore[attr-defined]
    return looked


def test_else_whoever_else_has_it_open_counts_when_seen_twice(older: Callable[[int | None, int], Audience]) -> None:
    looked = older(2, 2)
    assert not looked.is_exact
    assert looked.is_there() is False
    older.refcnt.write_text("3\n")  # type: ignore[attr-defined]
    assert looked.is_there() is False, "a program that lists cameras opens each for a moment"
    assert looked.is_there() is True
    older.refcnt.write_text("2\n")  # type: ignore[attr-defined]
    assert looked.is_there() is False
    looked.close()


def test_without_any_count_it_cannot_be_told(older: Callable[[int | None, int], Audience]) -> None:
    assert older(None, 1).is_there() is None
