"""Decisions and readings: done only when a reading after the decision tells so, and never while it tells otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztassess.domain.access_decisions import (
    AccountReading,
    Decided,
    Decision,
    ItemState,
    Verified,
    Why,
    asks,
    basis,
    changes,
    is_late,
    is_overdue,
    refusal,
    shown_state,
    verify,
)
from ztassess.domain.access_review import Flag, Line
from ztassess.domain.findings import Unavailable
from ztassess.domain.identities import System
from ztassess.domain.roster import Account, AccountKind

DECIDED = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER, EARLIER = DECIDED + timedelta(hours=1), DECIDED - timedelta(hours=1)
TODAY = date(2026, 11, 23)
DONE, THERE, UNVERIFIED = ItemState.DONE, ItemState.STILL_THERE, ItemState.NOT_VERIFIED
BLIND = Unavailable("missing_scope", detail="The token may not list people.")


def account(**told) -> Account:
    return Account(**{"id": "a", "name": "a", "kind": AccountKind.PERSON, "active": True} | told)


def line(*flags: Flag, **told) -> Line:
    one = account(**told)
    return Line(System("git", "Git", LATER, (one,)), one, "k", tuple((flag, "why") for flag in flags))


@pytest.mark.parametrize(
    ("decision", "taken_at", "found", "state"),
    [
        (Decision.REMOVE, LATER, (), DONE),
        (Decision.REMOVE, LATER, (account(active=False),), DONE),
        (Decision.REMOVE, LATER, (account(active=True),), THERE),
        (Decision.REMOVE, LATER, (account(active=None),), UNVERIFIED),
        (Decision.REMOVE, LATER, (account(active=False), account(active=True)), THERE),
        (Decision.REMOVE, LATER, BLIND, UNVERIFIED),
        (Decision.REMOVE, EARLIER, (), UNVERIFIED),
        (Decision.REMOVE, DECIDED, (), UNVERIFIED),
        (Decision.REDUCE, LATER, (), DONE),
        (Decision.REDUCE, LATER, (account(admin=False),), DONE),
        (Decision.REDUCE, LATER, (account(admin=True),), THERE),
        (Decision.REDUCE, LATER, (account(admin=None),), UNVERIFIED),
        (Decision.REDUCE, LATER, (account(admin=True, active=False),), DONE),
        (Decision.REDUCE, LATER, BLIND, UNVERIFIED),
    ],
)
def test_reading_says_what_became_of_a_decision(decision, taken_at, found, state):
    assert verify(decision, DECIDED, AccountReading(taken_at, found)).state is state


def test_done_keeps_its_date_through_later_readings_and_through_blindness():
    first = verify(Decision.REMOVE, DECIDED, AccountReading(LATER, ()))
    again = AccountReading(LATER + timedelta(days=1), ())
    assert verify(Decision.REMOVE, DECIDED, again, first).at == LATER
    assert verify(Decision.REMOVE, DECIDED, AccountReading(LATER, BLIND), first) == first
    assert verify(Decision.REMOVE, DECIDED, None, first) == first


def test_done_opens_again_when_the_account_is_back():
    first = verify(Decision.REMOVE, DECIDED, AccountReading(LATER, ()))
    back = AccountReading(LATER + timedelta(days=1), (account(),))
    assert verify(Decision.REMOVE, DECIDED, back, first).state is THERE


def test_a_connection_that_told_nothing_leaves_it_not_verified():
    assert verify(Decision.REMOVE, DECIDED, None).state is UNVERIFIED


told = st.builds(
    lambda active, admin: account(active=active, admin=admin),
    st.sampled_from([True, False, None]),
    st.sampled_from([True, False, None]),
)
readings = st.lists(
    st.builds(
        AccountReading,
        st.integers(-3, 10).map(lambda hours: DECIDED + timedelta(hours=hours)),
        st.one_of(st.lists(told, max_size=3).map(tuple), st.just(BLIND)),
    ),
    max_size=8,
)


@given(st.sampled_from([Decision.REMOVE, Decision.REDUCE]), readings)
def test_never_done_while_the_account_is_told_active(decision, sequence):
    """Whatever the readings say in whatever order, old exports included: done needs the last word to be "gone"."""
    known: Verified | None = None
    for reading in sequence:
        known = verify(decision, DECIDED, reading, known)
        if isinstance(reading.found, Unavailable):
            continue
        acting = [each for each in reading.found if each.active is not False]
        if decision is Decision.REDUCE:
            acting = [each for each in acting if each.admin is not False]
        if acting:
            assert known.state is not DONE
        if known.state is DONE:
            assert known.at is not None
            assert known.at > DECIDED


@given(st.sampled_from([Decision.REMOVE, Decision.REDUCE]), st.sampled_from(ItemState), told)
def test_nothing_is_shown_as_done_beside_an_account_that_is_told_active(decision, state, one):
    shown = shown_state(decision, state, Line(System("g", "G", LATER, (one,)), one, "k"))
    if one.active is not False and (decision is Decision.REMOVE or one.admin is not False):
        assert shown is not DONE


@pytest.mark.parametrize(
    ("state", "due", "overdue", "late"),
    [
        (THERE, TODAY, False, False),
        (THERE, TODAY - timedelta(days=1), True, True),
        (UNVERIFIED, TODAY - timedelta(days=1), False, True),
        (DONE, TODAY - timedelta(days=1), False, False),
        (THERE, None, False, False),
    ],
)
def test_overdue_is_still_there_after_the_due_day(state, due, overdue, late):
    assert (is_overdue(state, due, TODAY), is_late(state, due, TODAY)) == (overdue, late)


@pytest.mark.parametrize(
    ("decision", "one", "refused"),
    [
        (Decision.KEEP, line(), False),
        (Decision.KEEP, line(Flag.LEFT), True),
        (Decision.EXCEPT, line(Flag.LEFT), False),
        (Decision.REMOVE, line(Flag.LEFT), False),
        (Decision.REMOVE, line(active=None), False),
        (Decision.REMOVE, line(active=False), True),
        (Decision.REDUCE, line(admin=True), False),
        (Decision.REDUCE, line(admin=None), True),
        (Decision.REDUCE, line(admin=False), True),
    ],
)
def test_decision_that_nothing_could_verify_or_excuse_is_refused(decision, one, refused):
    assert bool(refusal(decision, one)) is refused


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (line(), line(), ()),
        (line(), line(admin=True), ("became an administrator",)),
        (line(admin=True), line(admin=None), ()),
        (line(admin=True), line(admin=False), ("is no administrator any more",)),
        (line(second_factor=True), line(second_factor=False), ("has no second factor now",)),
        (line(second_factor=None), line(second_factor=True), ()),
        (line(owner="a"), line(owner="b"), ("its owner is b now",)),
        (line(owner="a"), line(owner=""), ()),
        (line(active=False), line(active=True), ("is active again",)),
        (line(), line(Flag.DORMANT), ("new flag: dormant",)),
        (line(Flag.DORMANT), line(), ()),
    ],
)
def test_what_is_told_anew_is_a_change_and_silence_is_none(before, now, words):
    assert changes(basis(before), now) == words


@pytest.mark.parametrize(
    ("decided", "now", "why"),
    [
        (None, line(), Why.NEW),
        (None, line(active=False), Why.INACTIVE),
        (Decided(Decision.KEEP, basis(line())), line(), Why.UNCHANGED),
        (Decided(Decision.KEEP, basis(line())), line(admin=True), Why.CHANGED),
        (Decided(Decision.EXCEPT, basis(line()), TODAY), line(), Why.UNCHANGED),
        (Decided(Decision.EXCEPT, basis(line()), TODAY - timedelta(days=1)), line(), Why.LAPSED),
    ],
)
def test_review_asks_for_what_is_new_changed_or_lapsed(decided, now, why):
    assert asks(decided, now, TODAY)[0] is why


def test_basis_is_what_was_told():
    assert basis(replace(line(Flag.LEFT, admin=True, owner="o")))["flags"] == ["left"]
