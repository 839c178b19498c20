"""The dashboard in a browser: drawn, walked by keyboard from a bar to its list with the filter kept, and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Founder
from tests.browser.test_account_pages import faults
from tests.browser.test_roadmap import BEFORE, change, connect_and_scan
from tests.services.postgres import PostgresServer, start_postgres


@pytest.fixture(scope="module")
def shop() -> Iterator[PostgresServer]:
    server = start_postgres()
    with server.admin() as admin:
        admin.execute("CREATE DATABASE shop")
    change(server, BEFORE)
    yield server
    server.stop()


def focused(page: Page) -> str:
    """What has the focus, as a screen reader would name it."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"))


def tab_to(page: Page, pattern: str, most: int = 90) -> str:
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(pattern, focused(page).strip()):
            return focused(page)
    raise AssertionError(f"no {pattern!r} within {most} stops of the tab key; the focus is on {focused(page)!r}")


def test_bar_is_drilled_down_by_keyboard_and_by_pointer_and_the_filter_is_kept(founder: Founder, shop: PostgresServer):
    page, home = founder.page, founder.home
    connect_and_scan(page, home, shop)
    page.goto(home + "dashboard/?range=30&stage=least-privilege")
    expect(page.locator("#findings .bars .point path[role=link]").first).to_be_attached()
    assert page.locator("figure.chart .main-svg").count() >= 10

    # By keyboard: a drawing is one stop, the arrows go along its bars, Enter opens the list.
    first = tab_to(page, r"^Least privilege: \d+ (Unanswered|Contradicted|Verified|Claimed)$")
    page.keyboard.press("ArrowRight")
    assert focused(page) != first
    page.keyboard.press("ArrowLeft")
    assert focused(page) == first
    first = tab_to(page, r"^Least privilege: \d+ (Critical|High|Medium|Low)$")
    number, severity = re.findall(r": (\d+) (\w+)", first)[0]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open findings")).to_be_visible()
    expect(page.locator("#count")).to_have_text(re.compile(rf"^{number}\sfinding"))
    assert page.locator("tbody tr").count() == int(number)
    assert f"severity={severity.lower()}" in page.url
    assert "range=30" in page.url
    assert "stage=least-privilege" in page.url
    page.get_by_role("link", name="Dashboard").last.click()
    expect(page).to_have_url(re.compile(r"dashboard/\?range=30&stage=least-privilege"))

    # By pointer, on the drawing itself.
    bar = page.locator("#coverage .bars .point path[role=link]").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="Controls", exact=True)).to_be_visible()
    assert "range=30" in page.url

    # On paper: no navigation, the conclusion in words, drawings as wide as the page has room for.
    page.goto(home + "dashboard/")
    expect(page.locator("#coverage .main-svg").first).to_be_visible()
    assert 1 < len(re.findall(rb"/Type /Page\b", page.pdf(format="A4", prefer_css_page_size=True))) < 10
    page.emulate_media(media="print")
    expect(page.locator(".side")).to_be_hidden()
    expect(page.locator("#coverage .words")).to_be_visible()
    expect(page.locator("#coverage .tools")).to_be_hidden()
    page.emulate_media(media="screen")
    paths = ("dashboard/?range=365", "dashboard/findings/")
    assert faults(page, tuple(home + path for path in paths)) == []
