"""A share link in a browser: an owner makes it, a visitor without an account reads it, until it is revoked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, Founder, Stack, unexpected
from tests.browser.test_account_pages import faults

PASSCODE = "harbor-lantern-7"


@pytest.fixture
def reader(chromium: Browser, stack: Stack) -> Iterator[Page]:
    """A visitor without an account, in a profile of their own; nothing may be asked of anybody else than us."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    troubles: list[str] = []
    asked: list[str] = []
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
    yield context.new_page()
    context.close()
    assert all(each.startswith(stack.base) for each in asked), asked
    assert not unexpected(troubles), troubles


def make(founder: Founder) -> str:
    """The address of a new link with a passcode."""
    page = founder.page
    page.goto(founder.home + "share/new/")
    if page.get_by_label("Password").is_visible():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name", exact=True).fill("Vendor review")
    page.get_by_label("For whom").fill("Bigco")
    page.get_by_label("Passcode").fill(PASSCODE)
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("heading", name="Copy the link now")).to_be_visible()
    return (page.locator("pre").text_content() or "").strip()


def test_visitor_reads_what_was_chosen_until_the_owner_revokes_it(founder: Founder, reader: Page, stack: Stack):
    page, home = founder.page, founder.home
    address = make(founder)
    assert address.startswith(stack.base + "/s/")
    reader.goto(address)
    expect(reader.get_by_role("heading", name="This link has a passcode")).to_be_visible()
    reader.get_by_label("Passcode").fill("wrong-lantern")
    reader.get_by_role("button", name="Open").click()
    expect(reader.get_by_text("This is not the passcode")).to_be_visible()
    reader.get_by_label("Passcode").fill(PASSCODE)
    reader.get_by_role("button", name="Open").click()
    expect(reader.get_by_text("shared by Priya Raman for Northwind Ledger")).to_be_visible()
    reader.get_by_role("link", name="Controls").click()
    expect(reader.get_by_role("heading", name="What was checked")).to_be_visible()
    expect(reader.get_by_role("link", name="Questionnaire")).to_have_count(0)
    assert faults(reader, (address, address + "stages/", address + "controls/", address + "coverage/")) == []

    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("cell", name="127.0.0.0/24").first).to_be_visible()
    link = page.url
    assert faults(page, (home + "share/", home + "share/new/", link)) == []
    page.goto(link)
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the link").click()
    expect(page.get_by_text("opens no more, for nobody")).to_be_visible()
    answer = reader.reload()
    assert answer is not None
    assert answer.status == 404
