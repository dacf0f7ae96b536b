"""X displays, with sockets that play the server."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from livecut.errors import DeviceUnavailable
from livecut.sinks import display
from livecut.sinks.display import Connections, check_display


@pytest.mark.skipif(sys.platform != "linux", reason="only X can be absent")
def test_no_display_is_one_line_before_qt_ends_the_program() -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        check_display({})
    assert caught.value.message == "there is no display for a window: DISPLAY is not set"
    assert caught.value.hint == "without a display use --sink OUT.mp4 or --sink virtualcam"
    with pytest.raises(DeviceUnavailable) as caught:
        check_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert caught.value.hint == "start Xwayland: OpenCV's windows need it"
    with pytest.raises(DeviceUnavailable, match=r"^the display :7 does not answer$"):
        check_display({"DISPLAY": ":7"}, connect=lambda display: False)
    check_display({"DISPLAY": ":7"}, connect=lambda display: True)


@pytest.mark.skipif(sys.platform != "linux", reason="X's sockets")
@pytest.mark.parametrize("display", [":4711", "unix:4711.0", "nonsense", ":x", "127.0.0.1:-1"])
def test_a_display_nobody_serves(display: str) -> None:
    with pytest.raises(DeviceUnavailable, match="does not answer"):
        check_display({"DISPLAY": display})


@pytest.mark.skipif(sys.platform != "linux", reason="X's sockets")
@pytest.mark.parametrize("abstract", [True, False])
def test_a_connection_that_ends_is_seen_and_others_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    address = ("\0" if abstract else "") + str(tmp_path / "X7")
    monkeypatch.setattr(display, "_addresses", lambda text: [(socket.AF_UNIX, address)])
    listener, unrelated = socket.socket(socket.AF_UNIX), socket.socketpair()
    with listener, unrelated[0], unrelated[1], socket.socket(socket.AF_UNIX) as client:
        listener.bind(address)
        listener.listen()
        client.connect(address)
        server, _ = listener.accept()
        connections = Connections(":7")
        assert connections.alive()
        server.send(b"an event")
        unrelated[1].close()
        assert connections.alive()
        server.close()
        assert not connections.alive()
        assert client.recv(100) == b"an event"


@pytest.mark.skipif(sys.platform != "linux", reason="X's sockets")
def test_a_server_that_is_being_taken_down_is_gone_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "X7")
    monkeypatch.setattr(display, "_addresses", lambda text: [(socket.AF_UNIX, address)])
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(address)
        listener.listen()
        client.connect(address)
        connections = Connections(":7")
        assert connections.alive()
        monkeypatch.setattr(display, "_is_exiting", lambda process: process == os.getpid())
        assert not connections.alive()


@pytest.mark.parametrize(
    ("stat", "answer"),
    [
        ("41 (Xvfb) S 1 41 41 0 -1 4194304 100 0 0", False),
        ("41 (X) 4 :) R 1 41 41 0 -1 4194304 100 0 0", False),
        ("41 (Xvfb) R 1 41 41 0 -1 4194564 100 0 0", True),
    ],
)
def test_what_the_kernel_says_of_a_server(stat: str, answer: bool) -> None:
    assert display._says_exiting(stat) is answer


@pytest.mark.skipif(sys.platform != "linux", reason="X's sockets")
def test_a_display_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(display, "_addresses", lambda text: [(socket.AF_INET, ("elsewhere", port))])
        with socket.create_connection(("127.0.0.1", port)):
            server, _ = listener.accept()
            connections = Connections("elsewhere:10")
            assert connections.alive()
            server.close()
            assert not connections.alive()


def test_without_a_connection_there_is_nothing_to_lose() -> None:
    assert Connections(":4711").alive()
    assert Connections("nonsense").alive()
