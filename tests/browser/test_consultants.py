"""A consultant's whole way: offered, accepted, at work, ended by the client, and out in the tab that was open."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, Founder, Stack, sign_up
from tests.browser.test_account_pages import faults
from tests.organizations.test_second_factor import code_of


def enroll(page: Page, client: str) -> None:
    """The client does not open without a second factor: set up an app where it says so, and go on from there."""
    expect(page.get_by_role("heading", name=f"{client} asks for a second factor")).to_be_visible()
    assert faults(page, (page.url,)) == []
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("You cannot scan it?").click()
    secret = page.locator("pre").inner_text().strip()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name=f"go on to {client}").click()


def test_consultant_works_until_the_client_ends_it(founder: Founder, chromium: Browser, stack: Stack):
    page, email = founder.page, founder.email.replace("founder", "consultant")
    page.goto(founder.home + "settings/")
    page.get_by_role("region", name="Consultants").get_by_role("link", name="Open the list").click()
    page.get_by_role("link", name="Offer access").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("checkbox", name="May make read-only links").check()
    page.get_by_role("button", name="Offer access").click()
    link = page.locator("pre", has_text="/grant/").inner_text().strip()

    context = chromium.new_context(base_url=stack.base)
    theirs = context.new_page()
    sign_up(theirs, stack, "Cora Consultant", email)
    theirs.goto(link)
    theirs.get_by_role("button", name="Accept as").click()
    enroll(theirs, "Northwind Ledger")
    expect(theirs.get_by_role("heading", name="Overview")).to_be_visible()
    theirs.goto(founder.home + "controls/mfa.all-humans/")
    theirs.locator("input[name=level][value='2']").check()
    expect(theirs.locator("[data-save-status][data-state=saved]")).to_be_visible()

    page.goto(founder.home + "settings/log/")
    expect(page.get_by_role("table")).to_contain_text("consultant for Northwind Ledger")
    paths = ("settings/consultants/", "settings/consultants/offer/", "settings/clients/", "members/")
    assert faults(page, tuple(founder.home + path for path in paths)) == []
    page.goto(founder.home + "settings/consultants/")
    page.get_by_role("link", name="End access of Cora Consultant").click()
    page.get_by_role("button", name="End access").click()
    expect(page.locator("body")).to_contain_text("The access of Cora Consultant is over.")
    answer = theirs.reload()
    assert answer is not None
    assert answer.status == 404
    context.close()
