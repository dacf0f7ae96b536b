"""The control panel's page, open in a browser over a filter that really runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from support.green_demo import GREEN_DEMO
from support.panel_page import CHROMIUM, DESK, PATIENCE_MS

from livecut.app.session import Session
from livecut.server.panel.panel import Panel
from livecut.settings import Settings
from livecut.settings.services import PanelSettings

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def settings() -> Settings:
    return GREEN_DEMO


@pytest.fixture
def panel(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Panel, Session]]:
    monkeypatch.setattr("livecut.server.panel.application.user_file", lambda: tmp_path / "livecut.toml")
    with Panel(PanelSettings()) as panel, Session(settings, taps=[panel.viewfinder]) as session:
        panel.serve(session)
        yield panel, session


@pytest.fixture
def screen() -> dict[str, Any]:
    """The browser's: its size, and whether it is touched."""
    return DESK


@pytest.fixture
def page(browser: Browser, panel: tuple[Panel, Session], screen: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(**screen)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(panel[0].url)
    expect(page.get_by_role("radio", name="green")).to_be_checked(timeout=PATIENCE_MS)
    yield page
    context.close()
    assert faults == []
