"""Two people on one answer, a browser without a network, a button pressed twice: real browsers on the real thing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import Stack, prove, unexpected
from tests.browser.visitors import Seat, Visitor, asked, seat_people, sit_down

CONTROL = "mfa.all-humans"


@pytest.fixture
def seat(stack: Stack) -> Seat:
    return seat_people(stack, "Acme")[0]


@pytest.fixture
def profiles(chromium: Browser, stack: Stack, seat: Seat):
    """A browser profile each for the owner and the editor."""
    opened: list[BrowserContext] = []
    troubles: list[str] = []
    for session in (seat.owner, seat.editor):
        context = chromium.new_context(base_url=stack.base)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("console", lambda line: troubles.append(line.text) if "Content Security" in line.text else None)
        sit_down(context, stack, session)
        opened.append(context)
    yield opened
    for context in opened:
        context.close()
    assert not unexpected(troubles), troubles


def control_page(context: BrowserContext, seat: Seat) -> Page:
    page = context.new_page()
    page.goto(f"/o/{seat.slug}/controls/{CONTROL}/")
    return page


def choose(page: Page, level: str) -> None:
    page.locator("label.level", has_text=level).click()


def is_saved(page: Page) -> None:
    expect(page.locator("[data-save-status][data-state=saved]")).to_be_visible()


def save(page: Page, level: str, note: str) -> None:
    choose(page, level)
    is_saved(page)
    with page.expect_response(lambda reply: reply.url.endswith("/answer/")) as reply:
        page.get_by_label("Note").fill(note)
    assert reply.value.status == 200
    is_saved(page)


def changes(stack: Stack, seat: Seat) -> list[tuple[object, object]]:
    """Level and note of each change that was stored, in order."""
    question = "SELECT level_after, note_after FROM assessments_answerchange WHERE organization_id = ? ORDER BY version"
    return [(row["level_after"], row["note_after"]) for row in asked(stack, question, seat.organization)]


def conflict(theirs: Page, mine: Page) -> None:
    """Both read the same answer, one saves, then the other."""
    save(theirs, "Advanced", "checked on Monday")
    choose(mine, "Initial")
    note = mine.locator("#answer-problem")
    expect(note).to_contain_text("Somebody else changed this answer meanwhile. Yours was not saved; both stand below.")
    expect(note).to_contain_text("Olga Acme")
    expect(note).to_contain_text("Advanced: “checked on Monday”")
    expect(note).to_contain_text("Initial")
    expect(mine.locator("[data-save-status][data-state=refused]")).to_be_visible()


def test_second_of_two_people_sees_both_and_keeps_theirs(stack: Stack, seat: Seat, profiles):
    theirs, mine = (control_page(context, seat) for context in profiles)
    conflict(theirs, mine)
    mine.get_by_role("link", name="Keep theirs").click()
    expect(mine.get_by_label("Note")).to_have_value("checked on Monday")
    expect(mine.locator("label.level", has_text="Advanced").locator("input")).to_be_checked()
    assert changes(stack, seat) == [(2, ""), (2, "checked on Monday")]


def test_second_of_two_people_saves_theirs_instead(stack: Stack, seat: Seat, profiles):
    theirs, mine = (control_page(context, seat) for context in profiles)
    conflict(theirs, mine)
    mine.get_by_role("button", name="Save mine instead").click()
    expect(mine.locator("label.level", has_text="Initial").locator("input")).to_be_checked()
    assert changes(stack, seat) == [(2, ""), (2, "checked on Monday"), (1, "")]
    expect(mine.locator("#history")).to_contain_text("Olga Acme")
    expect(mine.locator("#history")).to_contain_text("Edo Acme")
    choose(theirs, "Optimal")  # whose page is old now is told in turn
    expect(theirs.locator("#answer-problem")).to_contain_text("Somebody else changed this answer meanwhile.")
    assert len(changes(stack, seat)) == 3


def lose_network(context: BrowserContext, page: Page) -> None:
    context.set_offline(True)
    choose(page, "Advanced")
    expect(page.locator("[data-save-status][data-state=waiting]")).to_contain_text(
        "Not saved, will retry. Kept in this browser."
    )


def test_answer_given_without_a_network_is_sent_when_it_is_back(stack: Stack, seat: Seat, profiles):
    page = control_page(profiles[0], seat)
    lose_network(profiles[0], page)
    assert changes(stack, seat) == []
    profiles[0].set_offline(False)
    is_saved(page)
    assert changes(stack, seat) == [(2, "")]


def test_answer_of_a_closed_tab_is_sent_when_it_is_opened_again(stack: Stack, seat: Seat, profiles):
    page = control_page(profiles[0], seat)
    lose_network(profiles[0], page)
    page.close()
    profiles[0].set_offline(False)
    again = control_page(profiles[0], seat)
    is_saved(again)
    expect(again.locator("label.level", has_text="Advanced").locator("input")).to_be_checked()
    assert changes(stack, seat) == [(2, "")]
    assert again.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('ztassess.draft.'))") == []


def test_answer_that_somebody_changed_while_the_tab_was_closed_is_not_overwritten(stack: Stack, seat: Seat, profiles):
    page = control_page(profiles[0], seat)
    lose_network(profiles[0], page)
    page.close()
    colleague = Visitor(stack, seat, seat.editor)
    assert colleague.answer(CONTROL, level="1", note="meanwhile", version="0").status_code == 302
    profiles[0].set_offline(False)
    again = control_page(profiles[0], seat)
    expect(again.locator("#answer-problem")).to_contain_text("Initial: “meanwhile”")
    expect(again.locator("#answer-problem")).to_contain_text("Advanced")
    assert changes(stack, seat) == [(1, "meanwhile")]


def test_save_whose_reply_was_lost_is_done_once(stack: Stack, seat: Seat, profiles):
    """The server stored it, the browser never heard: the same key brings the stored reply, not a second change."""
    page = control_page(profiles[0], seat)
    lost: list[str] = []

    def lose_first_reply(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort("connectionreset")

    page.route(re.compile("/answer/$"), lose_first_reply)
    choose(page, "Advanced")
    expect(page.locator("[data-save-status][data-state=waiting]")).to_be_visible()
    with page.expect_response(lambda reply: reply.url.endswith("/answer/")) as replayed:
        page.evaluate("dispatchEvent(new Event('online'))")
    assert replayed.value.headers["idempotent-replay"] == "true"
    is_saved(page)
    assert changes(stack, seat) == [(2, "")]
    page.get_by_label("Note").fill("and on it goes")
    expect(page.locator("#history")).to_contain_text("changed the note")
    assert changes(stack, seat) == [(2, ""), (2, "and on it goes")]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_button_pressed_twice_makes_one_connection(chromium: Browser, stack: Stack, seat: Seat, scripts):
    with chromium.new_context(base_url=stack.base, java_script_enabled=scripts) as context:
        sit_down(context, stack, seat.owner)
        page = context.new_page()
        prove(page, f"/o/{seat.slug}/connectors/postgres/connect/")
        page.get_by_label("Host").fill("10.0.0.5")
        page.get_by_label("Password").fill("a-password-1234")
        page.get_by_role("button", name="Connect and test").dblclick()
        expect(page).to_have_url(re.compile("/connections/"))
        question = "SELECT count(*) AS rows FROM scans_connection WHERE organization_id = ?"
        assert asked(stack, question, seat.organization) == [{"rows": 1}]
