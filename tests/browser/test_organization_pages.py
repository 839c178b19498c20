"""Pages of an organization: usable by everybody, at any width, in both themes, by keyboard, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Founder, Stack, confirm, prove, sign_up
from tests.browser.test_account_pages import faults

PAGES = (
    "",
    "roadmap/",
    "stages/",
    "stages/identity/",
    "controls/identity.single-idp/",
    "controls/identity.single-idp/?walk=1",
    "connectors/",
    "connectors/aws/connect/",
    "connectors/postgres/connect/",
    "connectors/postgres/upload/",
    "dashboard/",
    "dashboard/?print=1",
    "dashboard/controls/",
    "members/",
    "members/invite/",
    "settings/",
    "settings/sign-in-security/",
    "settings/log/",
)


def test_pages_have_no_serious_finding_and_do_not_overflow(founder: Founder):
    prove(founder.page, founder.home + "settings/sign-in-security/")
    assert faults(founder.page, tuple(founder.home + path for path in PAGES)) == []


def test_whole_way_to_an_answer_works_by_keyboard(founder: Founder):
    page = founder.page
    page.goto(founder.home)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if "Answer the" in str(page.evaluate("document.activeElement.textContent")):
            break
    expect(page.locator(":focus")).to_contain_text("Answer the")
    page.keyboard.press("Enter")
    expect(page.locator("[data-walk]")).to_be_visible()
    page.keyboard.press("3")
    expect(page.locator("[data-save-status][data-state=saved]")).to_be_visible()
    page.reload()
    expect(page.locator("input[name=level][value='2']")).to_be_checked()


@pytest.fixture
def without_scripts(founder: Founder, chromium: Browser, stack: Stack) -> Page:
    """The founder's session in a browser that runs no scripts."""
    context = chromium.new_context(
        base_url=stack.base, java_script_enabled=False, storage_state=founder.page.context.storage_state()
    )
    yield context.new_page()
    context.close()


def test_answer_is_saved_without_scripts(founder: Founder, without_scripts: Page):
    page = without_scripts
    page.goto(founder.home + "controls/mfa.all-humans/")
    page.locator("input[name=level][value='2']").check()
    page.get_by_label("Note").fill("Saved without scripts.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#compare")).to_contain_text("Saved without scripts.")


def test_charts_fall_back_to_their_tables_without_scripts(founder: Founder, without_scripts: Page):
    page = without_scripts
    page.goto(founder.home + "dashboard/")
    expect(page.locator("figure.chart noscript table, figure.chart table:visible").first).to_be_visible()
    expect(page.get_by_role("columnheader", name="Proven %").first).to_be_visible()


def test_charts_are_drawn_and_offer_table_and_csv(founder: Founder):
    page = founder.page
    page.goto(founder.home + "dashboard/")
    expect(page.locator("figure.chart .main-svg").first).to_be_visible()
    assert page.locator("figure.chart").count() == 10
    # Nothing is recorded yet, so the trend says what will stand there.
    expect(page.locator("#trend")).to_contain_text("Proven and claimed stand here day by day")
    stages = page.locator("#stages")
    stages.get_by_text("As table").click()
    expect(stages.get_by_role("table")).to_be_visible()
    with page.expect_download() as download:
        stages.get_by_role("link", name="CSV").click()
    assert "Stage,Proven %" in download.value.path().read_text()


def test_invited_colleague_joins_and_sees_the_same_numbers(founder: Founder, chromium: Browser, stack: Stack):
    page = founder.page
    page.goto(founder.home + "members/")
    page.get_by_role("link", name="Invite somebody").click()
    confirm(page, "/members/invite/$")
    email = founder.email.replace("founder", "colleague")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Invite", exact=True).click()
    link = page.locator("pre", has_text="/invite/").inner_text().strip()
    context = chromium.new_context(base_url=stack.base)
    other = context.new_page()
    sign_up(other, stack, "Marcus Bell", email)
    other.goto(link)
    other.get_by_role("button", name="Join as").click()
    expect(other.get_by_role("heading", name="Overview")).to_be_visible()
    context.close()
    page.reload()
    page.goto(founder.home + "members/")
    expect(page.locator("body")).to_contain_text("Marcus Bell")
