"""Evidence in a real browser: one person files, another accepts, the control is attested; the same person cannot."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Founder, Stack, prove, sign_up
from tests.browser.test_account_pages import faults
from tests.domain.test_file_kinds import PDF, PNG

CONTROL = "controls/mfa.recovery/"


def colleague_of(founder: Founder, chromium: Browser, stack: Stack, role: str) -> Page:
    """Somebody else, invited with this role and signed in."""
    page = founder.page
    prove(page, founder.home + "members/invite/")
    email = founder.email.replace("founder", "colleague")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Role").select_option(role)
    page.get_by_role("button", name="Invite", exact=True).click()
    link = page.locator("pre", has_text="/invite/").inner_text().strip()
    other = chromium.new_context(base_url=stack.base, viewport={"width": 1440, "height": 900}).new_page()
    sign_up(other, stack, "Marcus Bell", email)
    other.goto(link)
    other.get_by_role("button", name="Join as").click()
    expect(other.get_by_role("heading", name="Overview")).to_be_visible()
    return other


def test_editor_files_a_second_person_accepts_and_the_control_is_attested(
    founder: Founder, chromium: Browser, stack: Stack, tmp_path: Path
):
    owner, editor = founder.page, colleague_of(founder, chromium, stack, "editor")
    lie, document = tmp_path / "procedure.pdf", tmp_path / "recovery.pdf"
    lie.write_bytes(PNG)
    document.write_bytes(PDF)
    editor.goto(founder.home + CONTROL)
    editor.locator("label.level", has_text="Advanced").click()
    expect(editor.locator("[data-save-status][data-state=saved]")).to_be_visible()
    editor.get_by_role("link", name="Add", exact=True).click()
    editor.get_by_label("What it shows").fill("Recovery procedure")
    expect(editor.locator(".of-kind.link")).to_be_hidden()
    editor.locator("input[type=file]").set_input_files(lie)
    editor.get_by_role("button", name="File it").click()
    expect(editor.locator("main")).to_contain_text("its content is a PNG picture")
    editor.locator("input[type=file]").set_input_files(document)
    editor.get_by_role("button", name="File it").click()
    expect(editor.locator("main")).to_contain_text("You filed this version yourself")
    expect(editor.get_by_role("button", name="Save the review")).to_have_count(0)
    artifact = editor.url

    owner.goto(founder.home + CONTROL)
    owner.get_by_role("link", name="Recovery procedure").click()
    with owner.expect_download() as download:
        owner.get_by_role("link", name="recovery.pdf").click()
    assert download.value.path().read_bytes() == PDF
    owner.get_by_label("Accepted").check()
    owner.get_by_role("button", name="Save the review").click()
    expect(owner.locator("#compare")).to_contain_text("Attested")
    expect(owner.locator("#compare")).to_contain_text("reviewed by Priya Raman")
    owner.get_by_text("Explain this number").click()
    expect(owner.locator(".derivation")).to_contain_text("a second person reviewed an artifact")

    pages = (artifact, founder.home + CONTROL + "evidence/", founder.home + CONTROL + "exception/")
    assert faults(owner, (*pages, founder.home + "exceptions/", founder.home + "break-glass/")) == []
    editor.context.close()


def test_requester_cannot_approve_and_another_owner_can(founder: Founder, chromium: Browser, stack: Stack):
    owner, admin = founder.page, colleague_of(founder, chromium, stack, "admin")
    owner.goto(founder.home + CONTROL)
    owner.get_by_role("link", name="Ask for an exception").click()
    owner.get_by_label("Reason").fill("Hardware keys arrive next month.")
    owner.get_by_label("What holds the risk down").fill("Support calls back on a known number.")
    owner.get_by_role("button", name="Ask for it").click()
    expect(owner.locator("main")).to_contain_text("You asked for this exception yourself")
    admin.goto(owner.url)
    admin.get_by_label("Approve").check()
    admin.get_by_role("button", name="Save the decision").click()
    expect(admin.locator("main")).to_contain_text("Active")
    owner.goto(founder.home + CONTROL)
    expect(owner.locator("#compare")).to_contain_text("Excepted")
    owner.goto(founder.home + "exceptions/")
    expect(owner.locator("main")).to_contain_text("Marcus Bell")
    admin.context.close()
