"""A consultant's own weights, from the editor to the client's overview and off again, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Founder
from tests.browser.test_account_pages import faults


def test_playbook_is_written_applied_seen_and_taken_off(founder: Founder):
    page, home = founder.page, founder.home
    page.goto(home + "playbooks/")
    page.get_by_label("Name").fill("Series A")
    page.get_by_role("button", name="Make it").click()
    page.locator("summary", has_text="MFA").click()
    page.locator("[name='weight_mfa.admins']").select_option("1")
    page.locator("[name='note_mfa.admins']").fill("Begin with the founders.")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.locator("body")).to_contain_text("Version 2 is saved")
    page.get_by_role("link", name="Apply to clients").click()
    page.get_by_role("group", name="To whom it is applied").get_by_role("checkbox").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Applied at 1")).to_be_visible()
    run = page.url

    page.goto(home + "controls/mfa.admins/")
    expect(page.get_by_role("region", name="says")).to_contain_text("Begin with the founders.")
    page.get_by_role("link", name="weighted by").click()
    expect(page.get_by_role("heading", name="Version 2 of")).to_be_visible()
    paths = ("playbooks/", "settings/playbook/", "controls/mfa.admins/")
    assert faults(page, (*(home + path for path in paths), run)) == []
    page.goto(home + "settings/playbook/")
    page.get_by_role("button", name="Take it off").click()
    expect(page.get_by_role("heading", name="Applied before")).to_be_visible()
    page.goto(home)
    expect(page.locator("[data-weighting]")).to_have_count(0)
