"""The control panel's page on small screens, and when livecut answers no more."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from support.panel_page import PATIENCE_MS, wait_for_corner

from livecut.app.session import Session
from livecut.server.panel.panel import Panel

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ON_ITS_SIDE: dict[str, Any] = {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True}
LAPTOP: dict[str, Any] = {"viewport": {"width": 1024, "height": 560}}
SMALL_WINDOW: dict[str, Any] = {"viewport": {"width": 640, "height": 400}}
SHOW = "(element) => element.scrollIntoView({ block: 'end' })"
IS_ON_TOP = """(element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return element.contains(there);
}"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, select, summary, .effects label, .row input")]
  .map((element) => (element.type === "checkbox" ? element.labels[0] : element))
  .filter((element) => element.checkVisibility())
  .map((element) => [element.id || element.textContent, element.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < least)
  .map(([name]) => name)"""


def _box(element: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom on the screen."""
    box = element.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


@pytest.mark.parametrize("screen", [PHONE, ON_ITS_SIDE, LAPTOP, SMALL_WINDOW])
def test_picture_and_hide_me_stay_in_view_and_cover_nothing(page: Page, screen: dict[str, Any]) -> None:
    width, height = screen["viewport"]["width"], screen["viewport"]["height"]
    page.locator("details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
    last = page.locator("details input").last
    last.evaluate(SHOW)
    assert page.evaluate("() => scrollY") > 0
    for element in (page.locator("#picture"), page.get_by_role("button", name="Hide me")):
        left, top, right, bottom = _box(element)
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert element.evaluate(IS_ON_TOP)
    # Going backwards by keyboard, what is edited never lies under the picture.
    last.focus()
    passed = 0
    while page.evaluate("() => document.activeElement.closest('#controls') !== null"):
        assert page.locator(":focus").evaluate(IS_ON_TOP)
        page.keyboard.press("Shift+Tab")
        passed += 1
    assert passed > 50
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("screen", [PHONE])
def test_on_a_phone_the_form_has_two_thirds_of_the_height_and_targets_for_fingers(page: Page) -> None:
    wait_for_corner(page, (0, 177, 64))
    _, top, _, bottom = _box(page.locator(".live"))
    assert bottom - top <= 0.34 * 844
    page.get_by_role("button", name="Hide me").click()
    expect(page.get_by_role("button", name="Hidden: show me again")).to_be_visible(timeout=PATIENCE_MS)
    _, top, _, bottom = _box(page.locator(".live"))
    assert bottom - top <= 0.34 * 844
    assert page.evaluate(SMALL_TARGETS, 40) == []


def _expect_nothing_live(page: Page) -> None:
    for name in ("Save picture", "Keep for next time"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    expect(page.get_by_role("radio", name="green")).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Mirror")).to_be_disabled()
    expect(page.get_by_label("Status", exact=True)).to_be_empty()
    is_blank = """() => {
      const { width, height } = document.getElementById('picture');
      const { data } = document.getElementById('picture').getContext('2d').getImageData(0, 0, width, height);
      return data.every((level) => level === 0);
    }"""
    assert page.evaluate(is_blank)


def test_when_the_filter_has_ended_nothing_looks_live(page: Page, panel: tuple[Panel, Session]) -> None:
    wait_for_corner(page, (0, 177, 64))
    page.get_by_role("radio", name="raw picture").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    panel[0].close()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("The filter has ended", timeout=PATIENCE_MS)
    expect(told).to_contain_text("A new run prints a new address")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_title("livecut: The filter has ended")
    _expect_nothing_live(page)
    expect(page.get_by_role("button", name="Hide me")).to_be_disabled()


def test_a_filter_that_hangs_is_told_and_comes_back_by_itself(page: Page, panel: tuple[Panel, Session]) -> None:
    wait_for_corner(page, (0, 177, 64))
    held: list[Route] = []
    page.route("**/api/*", lambda route: held.append(route))
    expect(page.get_by_role("alert")).to_contain_text("livecut does not answer", timeout=PATIENCE_MS)
    _expect_nothing_live(page)
    # The wish to be hidden is left with it, and waits as long as it takes.
    page.get_by_role("button", name="Hide me").click()
    while not (wishes := [route for route in held if route.request.url.endswith("/api/privacy")]):
        page.wait_for_timeout(50)
    wishes[0].continue_()
    page.unroute("**/api/*")
    expect(page.get_by_role("button", name="Hidden: show me again")).to_be_visible(timeout=PATIENCE_MS)
    assert panel[1].is_private
    page.get_by_role("button", name="Hidden: show me again").click()
    expect(page.get_by_role("alert")).to_be_hidden(timeout=PATIENCE_MS)
    expect(page).to_have_title("livecut")
    wait_for_corner(page, (0, 177, 64))


def test_where_no_picture_comes_the_last_one_is_taken_away(page: Page) -> None:
    wait_for_corner(page, (0, 177, 64))
    page.route("**/api/picture", lambda route: route.fulfill(status=204))
    expect(page.get_by_role("alert")).to_contain_text("No picture comes", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Hide me")).to_be_enabled()
    page.unroute("**/api/picture")
    expect(page.get_by_role("alert")).to_be_hidden(timeout=PATIENCE_MS)
    wait_for_corner(page, (0, 177, 64))


def test_a_change_that_nobody_answered_leaves_no_fault_at_its_setting(page: Page) -> None:
    mirror = page.get_by_role("checkbox", name="Mirror")
    page.route("**/api/settings", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        mirror.click()
    page.unroute("**/api/settings")
    expect(mirror).to_be_enabled(timeout=PATIENCE_MS)
    expect(mirror).not_to_be_checked(timeout=PATIENCE_MS)
    expect(page.get_by_text("livecut does not answer")).to_be_hidden(timeout=PATIENCE_MS)
