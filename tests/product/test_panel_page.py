"""The control panel's page in a real browser, over a filter that really runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from livecut.app.session import Session
from livecut.server.panel.panel import Panel
from livecut.settings import Settings
from livecut.settings.load import apply
from livecut.settings.services import PanelSettings

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium"),
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LIVE = {
    "source": {"input": "demo", "fps": 30},
    "output": {"sinks": ["null"], "size": "320x180"},
    "model": {"name": "null"},
    "effect": {"name": "green"},
    "device": "cpu",
}
PATIENCE_MS = 90_000
"""Kernels may have to compile."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Panel, Session]]:
    monkeypatch.setattr("livecut.server.panel.application.user_file", lambda: tmp_path / "livecut.toml")
    with Panel(PanelSettings()) as panel, Session(apply(Settings(), LIVE), extra_sinks=[panel.viewfinder]) as session:
        panel.serve(session)
        yield panel, session


@pytest.fixture
def page(browser: Browser, panel: tuple[Panel, Session]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(panel[0].url)
    expect(page.get_by_role("radio", name="green")).to_be_checked(timeout=PATIENCE_MS)
    yield page
    context.close()
    assert faults == []


def _corner(page: Page) -> list[int]:
    """The preview's corner, as red, green, blue."""
    pixel: list[int] = page.evaluate(
        "() => [...document.getElementById('picture').getContext('2d').getImageData(2, 2, 1, 1).data.slice(0, 3)]"
    )
    return pixel


def _wait_for_corner(page: Page, colour: tuple[int, int, int]) -> None:
    page.wait_for_function(
        """(wanted) => {
          const context = document.getElementById('picture').getContext('2d');
          const seen = context.getImageData(2, 2, 1, 1).data;
          return wanted.every((level, at) => Math.abs(level - seen[at]) <= 8);
        }""",
        arg=list(colour),
    )


def test_the_outputs_picture_is_shown_and_the_token_leaves_the_address(page: Page) -> None:
    _wait_for_corner(page, (0, 177, 64))
    assert "#" not in page.url
    page.reload()
    expect(page.get_by_role("radio", name="green")).to_be_checked(timeout=PATIENCE_MS)
    expect(page.get_by_text("demo,")).to_be_visible(timeout=PATIENCE_MS)


def test_an_effect_and_its_settings(page: Page, panel: tuple[Panel, Session]) -> None:
    page.get_by_role("radio", name="blur").check()
    expect(page.get_by_role("group", name="Settings of blur")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("group", name="Settings of green")).to_be_hidden()
    radius = page.get_by_role("spinbutton", name="Radius")
    radius.fill("60")
    radius.press("Enter")
    back = page.get_by_role("button", name="Radius: back to the default")
    expect(back).to_be_visible(timeout=PATIENCE_MS)
    assert panel[1].settings.effect.blur.radius_px == 60.0
    back.click()
    expect(radius).to_have_value("24", timeout=PATIENCE_MS)
    expect(back).to_be_hidden(timeout=PATIENCE_MS)
    assert panel[1].settings.effect.name == "blur"


def test_what_is_refused_is_said_beside_it(page: Page, panel: tuple[Panel, Session]) -> None:
    page.get_by_role("radio", name="blur").check()
    radius = page.get_by_role("spinbutton", name="Radius")
    radius.fill("3")
    radius.press("Enter")
    expect(page.get_by_text("Input should be greater than or equal to 12")).to_be_visible(timeout=PATIENCE_MS)
    expect(radius).to_have_attribute("aria-invalid", "true")
    radius.fill("30")
    radius.press("Enter")
    expect(radius).to_have_attribute("aria-invalid", "false", timeout=PATIENCE_MS)
    assert panel[1].settings.effect.blur.radius_px == 30.0


def test_a_colour_by_its_name_is_the_pickers_too(page: Page, panel: tuple[Panel, Session]) -> None:
    panel[1].apply({"effect": {"green": {"colour": "navy"}}})
    picker = page.locator("[data-path='effect.green.colour'] input[type=color]")
    expect(picker).to_have_value("#000080", timeout=PATIENCE_MS)
    picker.fill("#123456")
    _wait_for_corner(page, (0x12, 0x34, 0x56))
    expect(page.get_by_role("textbox", name="Colour", exact=True).first).to_have_value("#123456", timeout=PATIENCE_MS)


def test_hide_me(page: Page, panel: tuple[Panel, Session]) -> None:
    page.get_by_role("button", name="Hide me").click()
    again = page.get_by_role("button", name="Hidden: show me again")
    expect(again).to_be_visible(timeout=PATIENCE_MS)
    assert panel[1].is_private
    _wait_for_corner(page, (0x20, 0x26, 0x2C))
    again.click()
    expect(page.get_by_role("button", name="Hide me")).to_be_visible(timeout=PATIENCE_MS)
    _wait_for_corner(page, (0, 177, 64))


def test_the_raw_picture_is_asked_about(page: Page, panel: tuple[Panel, Session]) -> None:
    raw = page.get_by_role("radio", name="raw picture")
    raw.click()
    page.get_by_role("button", name="Keep it hidden").click()
    expect(page.get_by_role("radio", name="green")).to_be_checked(timeout=PATIENCE_MS)
    assert panel[1].settings.effect.name == "green"
    raw.click()
    page.get_by_role("button", name="Show the room").click()
    expect(page.get_by_text("everybody sees your room")).to_be_visible(timeout=PATIENCE_MS)
    assert panel[1].settings.effect.name == "none"


def test_changes_made_elsewhere_are_shown_and_kept(page: Page, panel: tuple[Panel, Session], tmp_path: Path) -> None:
    keep = page.get_by_role("button", name="Keep for next time")
    expect(keep).to_be_disabled()
    panel[1].apply({"output": {"mirror": True}})
    expect(page.get_by_role("checkbox", name="Mirror")).to_be_checked(timeout=PATIENCE_MS)
    page.get_by_role("textbox", name="Colour", exact=True).first.fill("#112233")
    page.get_by_role("textbox", name="Colour", exact=True).first.press("Enter")
    expect(keep).to_be_enabled(timeout=PATIENCE_MS)
    keep.click()
    expect(page.get_by_text("Kept in")).to_be_visible(timeout=PATIENCE_MS)
    assert (tmp_path / "livecut.toml").read_text() == '[effect.green]\ncolour = "#112233"\n'


def test_without_its_token_the_page_says_how_to_open_it(browser: Browser, panel: tuple[Panel, Session]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(panel[0].url.partition("#")[0])
    expect(page.get_by_text("open the panel by the address that livecut printed")).to_be_visible(timeout=PATIENCE_MS)
    context.close()


def test_when_the_filter_has_ended_the_page_says_so(page: Page, panel: tuple[Panel, Session]) -> None:
    panel[0].close()
    expect(page.get_by_text("the filter has ended")).to_be_visible(timeout=PATIENCE_MS)
