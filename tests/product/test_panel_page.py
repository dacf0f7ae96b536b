"""The control panel's page in a real browser, over a filter that really runs."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from support.green_demo import GREEN_DEMO
from support.panel_page import PATIENCE_MS, wait_for_corner

from livecut.app.session import Session
from livecut.server.panel.panel import Panel
from livecut.settings.load import apply

pytestmark = pytest.mark.browser
WITH_PRESETS = apply(
    GREEN_DEMO,
    {
        "presets": {
            "meeting": {"effect": {"name": "green", "green": {"colour": "#0000ff"}}},
            "beach": {"effect": {"name": "replace", "replace": {"background": "#ff0000"}}},
            "open-house": {"effect": {"name": "none"}},
            "normal": {},
        }
    },
)


def _levels(element: Locator) -> NDArray[np.float64]:
    """How an element looks, in grey."""
    image = Image.open(io.BytesIO(element.screenshot())).convert("L")
    return np.asarray(image, np.float64)


def _corner(page: Page) -> list[int]:
    """The preview's corner, as red, green, blue."""
    pixel: list[int] = page.evaluate(
        "() => [...document.getElementById('picture').getContext('2d').getImageData(2, 2, 1, 1).data.slice(0, 3)]"
    )
    return pixel


def test_the_outputs_picture_is_shown_and_the_token_leaves_the_address(page: Page) -> None:
    wait_for_corner(page, (0, 177, 64))
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


def test_the_chosen_effect_is_seen_where_the_system_forces_its_colours(
    page: Page, panel: tuple[Panel, Session]
) -> None:
    page.emulate_media(forced_colors="active")
    blur = page.locator(".effects label", has_text="blur")
    before = _levels(blur)
    panel[1].apply({"effect": {"name": "blur"}})
    expect(page.get_by_role("radio", name="blur")).to_be_checked(timeout=PATIENCE_MS)
    assert np.abs(_levels(blur) - before).mean() > 40


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
    wait_for_corner(page, (0x12, 0x34, 0x56))
    expect(page.get_by_role("textbox", name="Colour", exact=True).first).to_have_value("#123456", timeout=PATIENCE_MS)


def test_hide_me(page: Page, panel: tuple[Panel, Session]) -> None:
    page.get_by_role("button", name="Hide me").click()
    again = page.get_by_role("button", name="Hidden: show me again")
    expect(again).to_be_visible(timeout=PATIENCE_MS)
    assert panel[1].is_private
    wait_for_corner(page, (0x20, 0x26, 0x2C))
    again.click()
    expect(page.get_by_role("button", name="Hide me")).to_be_visible(timeout=PATIENCE_MS)
    wait_for_corner(page, (0, 177, 64))


def test_a_change_that_takes_long_is_told_and_holds_up_no_privacy(
    page: Page, panel: tuple[Panel, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Event()
    applied = panel[1].apply
    monkeypatch.setattr(panel[1], "apply", lambda patch, **more: ready.wait(60) and applied(patch, **more))
    page.get_by_role("radio", name="blur").check()
    told = page.get_by_text("The change is being prepared")
    expect(told).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Hide me").click()
    expect(page.get_by_role("button", name="Hidden: show me again")).to_be_visible(timeout=PATIENCE_MS)
    assert panel[1].is_private
    assert panel[1].settings.effect.name == "green"
    ready.set()
    expect(page.get_by_role("group", name="Settings of blur")).to_be_visible(timeout=PATIENCE_MS)
    expect(told).to_be_hidden(timeout=PATIENCE_MS)


def test_the_raw_picture_is_asked_about(page: Page, panel: tuple[Panel, Session]) -> None:
    raw = page.get_by_role("radio", name="raw picture")
    raw.click()
    page.get_by_role("button", name="Keep it hidden").click()
    expect(page.get_by_role("radio", name="green")).to_be_checked(timeout=PATIENCE_MS)
    expect(page.get_by_role("alert")).to_be_hidden()
    assert panel[1].settings.effect.name == "green"
    raw.click()
    page.get_by_role("button", name="Show the room").click()
    expect(page.get_by_text("everybody sees your room")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Hide me").click()
    expect(page.get_by_role("alert")).to_have_text(
        "The raw picture is chosen: everybody will see your room when you show yourself again.", timeout=PATIENCE_MS
    )
    page.get_by_role("button", name="show me again").click()
    expect(page.get_by_text("everybody sees your room")).to_be_visible(timeout=PATIENCE_MS)
    assert panel[1].settings.effect.name == "none"


def test_without_presets_there_is_no_row_of_them(page: Page) -> None:
    expect(page.get_by_role("group", name="Presets")).to_be_hidden()


@pytest.mark.parametrize("settings", [WITH_PRESETS])
def test_a_preset_is_chosen_and_the_form_shows_what_it_set(page: Page, panel: tuple[Panel, Session]) -> None:
    row = page.get_by_role("group", name="Presets")
    assert row.get_by_role("button").all_inner_texts() == ["meeting", "beach", "open-house", "normal"]
    beach, normal = (row.get_by_role("button", name=name) for name in ("beach", "normal"))
    expect(normal).to_have_attribute("aria-pressed", "true", timeout=PATIENCE_MS)
    beach.click()
    expect(beach).to_have_attribute("aria-pressed", "true", timeout=PATIENCE_MS)
    expect(normal).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("radio", name="replace")).to_be_checked()
    wait_for_corner(page, (255, 0, 0))
    background = page.get_by_role("textbox", name="Background", exact=True)
    expect(background).to_have_value("#ff0000")
    # With another setting it is that preset no more, until it is chosen again.
    background.fill("#00ff00")
    background.press("Enter")
    expect(beach).to_have_attribute("aria-pressed", "false", timeout=PATIENCE_MS)
    beach.press("Enter")
    expect(beach).to_have_attribute("aria-pressed", "true", timeout=PATIENCE_MS)
    expect(background).to_have_value("#ff0000")
    # By the window's key, too.
    panel[1]._on_key("1")
    expect(row.get_by_role("button", name="meeting")).to_have_attribute("aria-pressed", "true", timeout=PATIENCE_MS)


@pytest.mark.parametrize("settings", [WITH_PRESETS])
def test_presets_are_reached_by_keyboard_and_seen_where_the_system_forces_its_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    beach = page.get_by_role("button", name="beach")
    before = _levels(beach)
    page.get_by_role("button", name="meeting").focus()
    page.keyboard.press("Tab")
    expect(beach).to_be_focused()
    page.keyboard.press("Space")
    expect(beach).to_have_attribute("aria-pressed", "true", timeout=PATIENCE_MS)
    expect(beach).to_be_focused()
    assert np.abs(_levels(beach) - before).mean() > 40


@pytest.mark.parametrize("settings", [WITH_PRESETS])
def test_a_preset_of_the_raw_picture_is_asked_about(page: Page, panel: tuple[Panel, Session]) -> None:
    raw = page.get_by_role("button", name="open-house")
    raw.click()
    page.get_by_role("button", name="Keep it hidden").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(raw).to_have_attribute("aria-pressed", "false")
    assert panel[1].settings.effect.name == "green"
    raw.click()
    page.get_by_role("button", name="Show the room").click()
    expect(page.get_by_text("everybody sees your room")).to_be_visible(timeout=PATIENCE_MS)
    expect(raw).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="meeting").click()
    expect(page.get_by_role("alert")).to_be_hidden(timeout=PATIENCE_MS)


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


def test_a_side_of_split_that_stays_hidden_is_shown_as_it_was(page: Page, panel: tuple[Panel, Session]) -> None:
    panel[1].apply({"effect": {"name": "split"}})
    before = page.get_by_role("combobox", name="Before")
    before.select_option("none")
    page.get_by_role("button", name="Keep it hidden").click()
    expect(before).to_have_value("matte", timeout=PATIENCE_MS)
    expect(before).to_have_attribute("aria-invalid", "false")


def test_a_box_that_was_clicked_follows_what_another_page_does(page: Page, panel: tuple[Panel, Session]) -> None:
    mirror = page.get_by_role("checkbox", name="Mirror")
    mirror.check()
    expect(page.get_by_role("button", name="Mirror: back to the default")).to_be_visible(timeout=PATIENCE_MS)
    panel[1].apply({"output": {"mirror": False}})
    expect(mirror).not_to_be_checked(timeout=PATIENCE_MS)


def test_a_fault_is_told_while_it_lasts(page: Page, panel: tuple[Panel, Session]) -> None:
    panel[1].meter.fault("the network answered nothing")
    told = page.get_by_text("Hidden for a moment: the network answered nothing")
    expect(told).to_be_visible(timeout=PATIENCE_MS)
    expect(told).to_be_hidden(timeout=PATIENCE_MS)


def test_the_address_of_a_new_run_on_the_same_port_is_taken_where_the_page_is(
    page: Page, panel: tuple[Panel, Session]
) -> None:
    page.evaluate("sessionStorage.setItem('livecut-token', 'of an earlier run')")
    lost = page.get_by_text("open the panel by the address that livecut printed")
    expect(lost).to_be_visible(timeout=PATIENCE_MS)
    page.goto(panel[0].url)
    expect(lost).to_be_hidden(timeout=PATIENCE_MS)
    assert "#" not in page.url


def test_without_its_token_the_page_says_how_to_open_it(browser: Browser, panel: tuple[Panel, Session]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(panel[0].url.partition("#")[0])
    expect(page.get_by_text("open the panel by the address that livecut printed")).to_be_visible(timeout=PATIENCE_MS)
    context.close()
