"""Services that page as they like, ignore what is asked, or lie about how much there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.connectors.scim.fake import ScimFake, account, error
from tests.connectors.scim.readings import context, outcome, read, said
from tests.fakes.vendor import Answer
from ztassess.connectors.scim.collect import collect
from ztassess.domain.findings import Outcome, Unavailable

EVERYBODY = [account(number) for number in range(1, 251)]
LAST = "user-250@acme.example"


def set_to(**manners: Any) -> Callable[[ScimFake], None]:
    def change(fake: ScimFake) -> None:
        for name, value in manners.items():
            setattr(fake, name, value)

    return change


HONEST = {
    "keeps to the RFC": set_to(),
    "ignores the filter": set_to(filters=False),
    "sends 30 at a time": set_to(rows=30),
    "sends one more than asked": set_to(rows=101),
    "sends all at once": set_to(rows=10_000),
    "sends all at once, again and again": set_to(rows=10_000, starts=False),
    "itemsPerPage 0": set_to(per_page=0),
    "itemsPerPage as asked": set_to(per_page=100),
    "refuses what is after the last page": set_to(beyond=error(400, "startIndex is too large", "invalidValue")),
    "refuses it with 404": set_to(beyond=error(404, "nothing there")),
    "no total after the last page": set_to(beyond=Answer({"totalResults": 0, "itemsPerPage": 0})),
}
LIARS = {
    "total too small": (set_to(states=lambda _: 2), Outcome.FAIL),
    "total of the page": (set_to(states=lambda _: 100), Outcome.FAIL),
    "total zero": (set_to(states=lambda _: 0), Outcome.FAIL),
    "total too large": (set_to(states=lambda number: number + 1), Outcome.FAIL),
    "total absurd": (set_to(states=lambda _: 10**12), Outcome.FAIL),
    "the first page for ever": (set_to(starts=False), Outcome.NOT_CHECKED),
}


@pytest.mark.parametrize("manners", HONEST.values(), ids=HONEST)
def test_the_whole_list_comes_from_services_of_all_manners(fake: ScimFake, manners: Callable[..., None]) -> None:
    fake.users = EVERYBODY
    manners(fake)
    snapshot = collect(context(fake))
    assert isinstance(snapshot.users, tuple)
    assert [user.name for user in snapshot.users] == [user["userName"] for user in EVERYBODY]
    assert outcome(read(fake, leavers=("dave@acme.example",))) is Outcome.PASS
    assert outcome(read(fake, leavers=(LAST,))) is Outcome.FAIL


@pytest.mark.parametrize(("manners", "leaver_is_last"), LIARS.values(), ids=LIARS)
def test_a_total_that_lies_never_passes_and_what_came_still_fails(
    fake: ScimFake, manners: Callable[..., None], leaver_is_last: Outcome
) -> None:
    fake.users = EVERYBODY
    manners(fake)
    nobody = read(fake, leavers=("dave@acme.example",))
    assert outcome(nobody) is Outcome.NOT_CHECKED
    assert said(nobody)[0].verdict.reason_code == "partial_data"
    assert outcome(read(fake, leavers=(LAST,))) is leaver_is_last
    assert outcome(read(fake, leavers=("user-007@acme.example",))) is Outcome.FAIL


def test_an_app_that_invents_accounts_for_ever_is_left_in_the_end(fake: ScimFake) -> None:
    fake.endless, fake.states = True, lambda _: 300
    reading = read(fake, leavers=("dave@acme.example",))
    assert outcome(reading) is Outcome.NOT_CHECKED
    assert "says that it has 300 accounts and sent" in said(reading)[0].verdict.reason
    assert len(fake.asked("/scim/v2/Users")) < 110


def test_a_list_that_never_ends_by_its_own_word_ends_with_the_budget(fake: ScimFake) -> None:
    fake.endless, fake.states, fake.rows = True, lambda _: 10**9, 1
    asked = context(fake, leavers=("dave@acme.example",))
    asked.budget.max_pages = 50
    snapshot = collect(asked)
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == "partial_data"
    assert len(snapshot.users.read) == 51


def test_no_rows_although_there_are_some_is_not_an_empty_app(fake: ScimFake) -> None:
    fake.users, fake.states = [], lambda _: 12
    snapshot = collect(context(fake))
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.detail == "The app sent 0 of 12 accounts; what is missing was not judged."


def test_accounts_that_the_list_hides_but_the_count_of_active_ones_knows(fake: ScimFake) -> None:
    fake.users = [account(1, "a@x.io", active=False), account(2, "b@x.io", active=False), account(3, "c@x.io")]
    assert outcome(read(fake, leavers=("dave@x.io",))) is Outcome.PASS
    fake.states = lambda number: 2 if number == 1 else number  # asked for active ones, it counts one more than it lists
    reading = read(fake, leavers=("dave@x.io",))
    assert outcome(reading) is Outcome.NOT_CHECKED
    assert "counts 2 active accounts, but listed only 1" in said(reading)[0].verdict.reason


def test_accounts_removed_while_the_list_was_read_may_have_moved_others_past_us(fake: ScimFake) -> None:
    fake.users, fake.rows = EVERYBODY[:], 100
    fake.fault("/scim/v2/Users", after=1, times=1, change=lambda good: _removing(fake, good))
    reading = read(fake, leavers=("dave@acme.example",))
    assert outcome(reading) is Outcome.NOT_CHECKED


def _removing(fake: ScimFake, good: Any) -> Any:
    del fake.users[5]
    return good


def test_pages_are_asked_side_by_side(fake: ScimFake) -> None:
    fake.users, fake.rows, fake.latency = EVERYBODY, 10, 0.02
    collect(context(fake))
    assert fake.most_at_once > 1


def test_twenty_thousand_accounts_are_read_in_two_hundred_pages(fake: ScimFake) -> None:
    fake.users = [account(number, f"u{number}@acme.example") for number in range(20_000)]
    reading = read(fake, leavers=("u19999@acme.example", "dave@acme.example"))
    assert outcome(reading) is Outcome.FAIL
    assert len(fake.asked("/scim/v2/Users")) == 202
