"""The panel of a filter that really runs."""

from __future__ import annotations

import importlib.util
import io
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from support.green_demo import GREEN_DEMO

from livecut.app.card import paint_card
from livecut.app.session import Session
from livecut.errors import DeviceLost, PluginError, SettingsError
from livecut.server.panel.panel import Panel
from livecut.settings import Settings
from livecut.settings.services import PanelSettings
from livecut.types import Size

TRIES = 400


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with Panel(PanelSettings()) as panel, Session(GREEN_DEMO, taps=[panel.viewfinder]) as session:
        panel.serve(session)
        base, _, token = panel.url.partition("/#")
        with httpx.Client(
            base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=120, trust_env=False
        ) as client:
            yield client


def _pixels(client: httpx.Client) -> Any:
    for _ in range(TRIES):
        answer = client.get("/api/picture")
        if answer.status_code == 200:
            return np.asarray(Image.open(io.BytesIO(answer.content))).astype(int)
    raise AssertionError("no picture came")


def _until(client: httpx.Client, colour: tuple[int, ...]) -> None:
    """Look until the corner has this colour."""
    for _ in range(TRIES):
        if np.abs(_pixels(client)[2, 2] - colour).max() <= 8:
            return
    raise AssertionError(f"the corner is {_pixels(client)[2, 2]}")


def test_what_is_changed_here_is_seen_here(client: httpx.Client) -> None:
    _until(client, (0, 177, 64))
    assert _pixels(client).shape == (180, 320, 3)
    answer = client.patch("/api/settings", json={"patch": {"effect": {"green": {"colour": "#0000ff"}}}})
    assert answer.status_code == 200
    _until(client, (0, 0, 255))
    state = client.get("/api/state").json()
    assert (state["source"], state["size"], state["outputs"]) == ("demo", "320x180", ["null"])
    assert state["fps"]["out"] > 0


def test_the_privacy_switch_shows_the_card(client: httpx.Client) -> None:
    card = paint_card(Settings().privacy, Size(320, 180))
    _until(client, (0, 177, 64))
    client.put("/api/privacy", json={"on": True})
    _until(client, tuple(int(level) for level in card.bgr[2, 2, ::-1]))
    client.put("/api/privacy", json={"on": False})
    _until(client, (0, 177, 64))


def test_when_the_filter_ends_so_does_the_panel() -> None:
    panel = Panel(PanelSettings())
    with Session(GREEN_DEMO, taps=[panel.viewfinder]) as session:
        panel.serve(session)
        base = panel.url.partition("/#")[0]
        assert httpx.get(base, timeout=120, trust_env=False).status_code == 200
    panel.close()
    panel.close()
    assert "livecut-panel" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(httpx.ConnectError):
        httpx.get(base, trust_env=False)


def test_what_is_still_being_done_at_the_end_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked, ended = threading.Event(), threading.Event()
    answers: list[int] = []
    monkeypatch.setattr("livecut.server.panel.panel._JOIN_S", 0.0)
    with Panel(PanelSettings()) as panel, Session(GREEN_DEMO, taps=[panel.viewfinder]) as session:

        def take() -> None:
            asked.set()
            ended.wait(60)
            raise DeviceLost("no picture came")

        monkeypatch.setattr(session.snapshots, "take", take)
        panel.serve(session)
        base, _, token = panel.url.partition("/#")

        def ask() -> None:
            headers = {"authorization": f"Bearer {token}"}
            answers.append(httpx.get(f"{base}/api/still", headers=headers, timeout=120, trust_env=False).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        assert asked.wait(120)
    asking.join(1.5)
    ended.set()
    asking.join()
    for thread in threading.enumerate():
        if thread.name == "livecut-panel":
            thread.join(60)
    assert answers == [422]
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


def test_one_that_never_served_ends_too() -> None:
    with Panel(PanelSettings()) as panel:
        pass
    assert panel.viewfinder.jpeg(60.0) == b""


def test_each_has_a_token_of_its_own() -> None:
    with Panel(PanelSettings()) as one, Panel(PanelSettings()) as another:
        tokens = {panel.url.partition("#")[2] for panel in (one, another)}
    assert len(tokens) == 2
    assert all(len(token) == 24 for token in tokens)


def test_it_listens_on_this_machine_only() -> None:
    with Panel(PanelSettings()) as panel:
        assert panel.url.startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=str(port)) as raised:
            Panel(PanelSettings(port=port))
    assert "--set panel.port=0" in raised.value.hint


def test_without_its_libraries_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tomlkit" else real(name))
    with pytest.raises(PluginError, match="tomlkit") as raised:
        Panel(PanelSettings())
    assert "livecut[server]" in raised.value.hint


def test_a_fault_of_the_panels_does_not_end_the_filter(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*given: object) -> object:
        raise RuntimeError("no application")

    monkeypatch.setattr("livecut.server.panel.application.application", broken)
    with Panel(PanelSettings()) as panel, Session(GREEN_DEMO, taps=[panel.viewfinder]) as session:
        panel.serve(session)
        for thread in threading.enumerate():
            if thread.name == "livecut-panel":
                thread.join(60)
        assert panel.viewfinder.jpeg(60.0)
        assert not session.join(0.0)
    assert "the control panel ended" in caplog.text
