"""What the small scripts promise, in a real browser against a server that answers, refuses or is not there."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

FORM = """
<div data-person="7" data-walk>
  <a href="/other" data-walk-next>Next</a><a href="/before" data-walk-previous>Previous</a>
  <form class="levels" method="post" action="/save" hx-post="/save" hx-trigger="change" hx-swap="none"
        hx-sync="this:queue last" data-autosave="acme:7:mfa">
    <input type="hidden" name="csrfmiddlewaretoken" value="token">
    <input type="hidden" name="version" value="3">
    <input type="hidden" name="idempotency_key" value="first">
    <label><input type="radio" name="level" value="0">Traditional</label>
    <label><input type="radio" name="level" value="1">Initial</label>
    <label><input type="radio" name="level" value="2">Advanced</label>
    <label><input type="radio" name="level" value="3">Optimal</label>
    <label>Note <textarea name="note"></textarea></label>
  </form>
  {% include "components/_saved.html" with at=None %}
</div>
"""
OTHER = """
<div data-person="7">
  <h1>Other</h1>
  <form method="post" data-forget-drafts action="/logout">{}<button>Out</button></form>
</div>
"""
DIALOG = """
{% include "components/_dialog.html" with id="gone" title="Delete" text="Really." action="/save" button="Delete" %}
"""
PROOF = """
<form method="post" action="/save" data-submit-once>
  <label>Host <input name="host"></label>
  {% include "components/_proof_note.html" with left=left until=until prove="/who" %}
  <button name="go" value="1">Send</button>
</form>
"""
TOKEN = '<input type="hidden" name="csrfmiddlewaretoken" value="token">'
STATUS = "[data-save-status]"
DRAFT = "Object.keys(localStorage).length"


@pytest.fixture
def control(site, tab):
    site.page("/other", OTHER.format(TOKEN))
    tab.goto(site.page("/control", FORM))
    return tab


def until(tab, expression: str, expected: object) -> None:
    """Wait until a script expression has this value. Playwright's own waiting would need `unsafe-eval`."""
    for _ in range(200):
        if tab.evaluate(expression) == expected:
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"{expression} is {tab.evaluate(expression)!r}, expected {expected!r}")


def state(tab, expected: str) -> None:
    expect(tab.locator(STATUS)).to_have_attribute("data-state", expected)


def test_a_change_is_saved_and_says_so(site, control):
    control.check("text=Advanced")
    state(control, "saved")
    expect(control.locator(STATUS)).to_contain_text("Saved")
    assert site.posts[0]["level"] == ["2"]
    assert control.evaluate(DRAFT) == 0


def test_what_met_a_dead_connection_is_kept_and_sent_again(site, control):
    control.context.set_offline(True)
    control.check("text=Optimal")
    state(control, "waiting")
    expect(control.locator(STATUS)).to_contain_text("Not saved, will retry")
    assert site.posts == []
    assert control.evaluate(DRAFT) == 1
    control.context.set_offline(False)
    state(control, "saved")
    assert [post["level"] for post in site.posts] == [["3"]]
    assert control.evaluate(DRAFT) == 0


def test_a_broken_server_is_asked_again_with_the_same_key(site, control):
    site.replies = [(503, "later"), (200, "")]
    control.check("text=Initial")
    state(control, "waiting")
    state(control, "saved")
    assert [post["idempotency_key"] for post in site.posts] == [["first"], ["first"]]


def test_an_edit_after_a_lost_reply_gets_a_key_of_its_own(site, control):
    site.replies = [(503, "lost"), (200, "")]
    control.check("text=Initial")
    state(control, "waiting")
    control.check("text=Optimal")
    state(control, "saved")
    first, second = (post["idempotency_key"][0] for post in site.posts)
    assert first == "first"
    assert second != first


def test_a_conflict_is_shown_and_not_sent_again(site, control):
    site.replies = [(409, "<p>somebody else</p>")]
    control.check("text=Initial")
    state(control, "refused")
    assert len(site.posts) == 1
    assert control.evaluate(DRAFT) == 0


def test_a_sign_in_page_never_lands_in_a_fragment_and_the_draft_stays(site, control):
    site.replies = [(200, "<!DOCTYPE html><html><body>Sign in</body></html>")]
    control.check("text=Initial")
    state(control, "waiting")
    expect(control.locator("#toasts")).to_contain_text("You are signed out")
    assert control.evaluate(DRAFT) == 1


def test_opening_the_form_again_restores_the_draft_with_its_version_and_sends_it(site, control):
    control.context.set_offline(True)
    control.fill("textarea", "since October")
    control.check("text=Optimal")
    state(control, "waiting")
    control.context.set_offline(False)
    state(control, "saved")
    site.posts.clear()
    control.evaluate("drafts.keep('acme:7:mfa', document.querySelector('form'))")
    control.reload()
    state(control, "saved")
    assert (site.posts[0]["level"], site.posts[0]["note"]) == (["3"], ["since October"])
    assert site.posts[0]["version"] == ["3"]
    assert control.is_checked("text=Optimal")


def test_going_on_before_the_save_ended_loses_nothing(site, control):
    site.replies = [(0, "")]
    control.check("text=Optimal")
    until(control, DRAFT, 1)
    control.goto(site.url + "/other")
    until(control, DRAFT, 0)
    assert site.posts[-1]["level"] == ["3"]


def test_a_draft_of_somebody_else_is_never_sent(site, control):
    control.evaluate("drafts.keep('acme:7:mfa', document.querySelector('form'))")
    site.pages["/other"] = site.pages["/other"].replace('data-person="7"', 'data-person="8"')
    control.goto(site.url + "/other")
    control.wait_for_load_state("networkidle")
    assert site.posts == []


def test_signing_out_forgets_all_drafts(site, control):
    site.pages["/other"] = site.pages["/other"].replace(TOKEN, "")
    control.evaluate("drafts.keep('acme:7:mfa', document.querySelector('form'))")
    control.goto(site.url + "/other")
    assert control.evaluate(DRAFT) == 1
    control.click("text=Out")
    control.wait_for_url("**/logout")
    control.goto(site.url + "/other")
    assert control.evaluate(DRAFT) == 0


def test_digits_choose_a_level_and_letters_walk(site, control):
    control.keyboard.press("3")
    state(control, "saved")
    assert site.posts[0]["level"] == ["2"]
    control.keyboard.press("n")
    control.wait_for_url("**/other")


def test_keys_do_nothing_while_somebody_types_or_holds_a_modifier(site, control):
    control.focus("textarea")
    control.keyboard.type("n 3 p")
    assert control.input_value("textarea") == "n 3 p"
    control.keyboard.press("Tab")
    state(control, "saved")
    control.keyboard.press("Alt+1")
    assert control.url.endswith("/control")
    assert "level" not in site.posts[0]


def test_a_double_click_sends_a_form_once_and_the_back_button_frees_it(site, tab):
    site.pages["/done"] = "<p>done</p>"
    tab.goto(
        site.page(
            "/form", '<form method="post" action="/save">' + TOKEN + '<button name="go" value="1">Go</button></form>'
        )
    )
    tab.evaluate("const b = document.querySelector('button'); b.click(); b.click();")
    tab.wait_for_url("**/save")
    assert [post["go"] for post in site.posts] == [["1"]]
    tab.go_back()
    expect(tab.locator("button", has_text="Go")).to_be_enabled()


def test_the_copy_button_copies_what_stands_in_the_block(site, tab):
    tab.goto(site.page("/code", '{% include "components/_code.html" with title="Grant" %}', code="GRANT x <y>;"))
    tab.click("[data-copy]")
    expect(tab.locator("[data-copy]")).to_contain_text("Copied")
    assert tab.evaluate("navigator.clipboard.readText()") == "GRANT x <y>;"


def test_a_dialog_opens_closes_and_gives_the_focus_back(site, tab):
    tab.goto(site.page("/dialog", '<button type="button" data-opens="gone">Open</button>' + DIALOG))
    expect(tab.locator("dialog")).to_be_hidden()
    tab.click("text=Open")
    expect(tab.locator("dialog")).to_be_visible()
    tab.click("[data-closes]")
    expect(tab.locator("dialog")).to_be_hidden()
    assert tab.evaluate("document.activeElement.dataset.opens") == "gone"


def test_without_scripts_the_dialog_stands_in_the_page_and_script_buttons_are_gone(site, browser):
    address = site.page("/plain", DIALOG)
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(address)
    expect(plain.locator("dialog")).to_be_visible()
    expect(plain.locator("[data-closes]")).to_be_hidden()
    context.close()


def test_a_toast_that_reports_an_error_stays_until_closed(site, tab):
    tab.goto(site.page("/toast", "<h1>Toast</h1>"))
    for _ in range(2):
        tab.evaluate(
            "document.dispatchEvent(new CustomEvent('toast', {detail: {kind: 'error', text: 'Not <b>done</b>.'}}))"
        )
    toast = tab.locator("#toasts [data-toast]")
    expect(toast).to_have_count(1)
    expect(toast).to_contain_text("Not <b>done</b>.")
    tab.click("[data-toast-close]")
    expect(toast).to_have_count(0)


def test_a_menu_closes_on_escape_and_on_a_click_outside(site, tab):
    tab.goto(site.page("/menu", '<h1>Page</h1><details data-menu><summary>Menu</summary><a href="/">x</a></details>'))
    menu = tab.locator("details")
    for close in (lambda: tab.keyboard.press("Escape"), lambda: tab.click("h1")):
        tab.click("summary")
        expect(menu).to_have_attribute("open", "")
        close()
        expect(menu).not_to_have_attribute("open", "")


def test_form_whose_proof_is_too_old_is_not_sent_and_keeps_what_was_typed(site, tab):
    tab.goto(site.page("/proof", PROOF, left=0, until=timezone.now()))
    tab.get_by_label("Host").fill("db.example.com")
    site.asks_who = True
    over = tab.locator("[data-proof-over]")
    expect(over).to_be_hidden()
    tab.get_by_role("button", name="Send").click()
    expect(over).to_contain_text("Nothing was sent: the five minutes are over.")
    assert site.posts == []
    expect(tab.get_by_label("Host")).to_have_value("db.example.com")
    site.asks_who = False  # confirmed again in the other tab
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_text("done")).to_be_visible()
    assert site.posts == [{"host": ["db.example.com"], "go": ["1"]}]
