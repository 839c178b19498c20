"""Accounts against declared lists by tables: compared by address, archived is not suspended, names of tasks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.connectors.google_workspace.factory import (
    ADMINS,
    GONE,
    PEOPLE,
    declared,
    event,
    findings_of,
    folded,
    told,
    user,
)
from tests.fakes.vendor import NOW
from ztassess.connectors.google_workspace.snapshot import Role, RoleAssignment
from ztassess.domain.findings import Severity, Unavailable

EXPORT = Unavailable("input_missing")


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"users": ADMINS}, "fail"),
        ({"users": (*ADMINS, PEOPLE[0], user("p1", suspended=True))}, "fail"),
        ({"users": (*ADMINS, PEOPLE[0], user("p1", archived=True))}, "fail"),
        ({"users": (*ADMINS, PEOPLE[0], user("other"), user("another"))}, "fail"),  # more accounts than people
        ({"inputs": declared(people=("Anna@X.io",))}, "pass"),
        ({"inputs": declared(people=("anna.long@x.io",), aliases=(("anna", "anna.long@x.io"),))}, "pass"),
        ({"inputs": declared(people=())}, "not_applicable"),
        ({"inputs": declared(people=None)}, "not_checked"),
        ({"users": GONE}, "not_checked"),
        ({"users": Unavailable("partial_data", read=ADMINS)}, "not_checked"),  # the rest may hold them
        ({"users": ()}, "fail"),
    ],
)
def test_headcount_covered(changed, outcome):
    assert folded("headcount_covered", **changed)[0] == outcome


def test_equal_totals_hide_nobody():
    said = told("headcount_covered", users=(*ADMINS, PEOPLE[0], user("other")))
    assert "1 person is missing although totals match." in said
    assert "p1@x.io has no active account here, as 1 of 2 people." in said


MANY = tuple(user(f"u{number}") for number in range(40))
KNOWN = declared(people=tuple(each.email for each in MANY), break_glass=())


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"users": MANY, "inputs": KNOWN}, "pass"),
        ({"users": (*MANY, user("x")), "inputs": KNOWN}, "pass"),
        ({"users": (*MANY, user("x"), user("y"), user("z")), "inputs": KNOWN}, "fail"),
        ({"users": (*MANY, user("x", suspended=True), user("y", archived=True)), "inputs": KNOWN}, "pass"),
        ({"users": Unavailable("partial_data", read=MANY), "inputs": KNOWN}, "not_checked"),
        ({"inputs": declared(people=None)}, "not_checked"),
        ({"users": GONE}, "not_checked"),
        ({"users": ()}, "not_applicable"),
    ],
)
def test_account_inventory(changed, outcome):
    assert folded("account_inventory", **changed)[0] == outcome


def test_never_used_and_long_unused_accounts_are_named():
    used = (user("anna", last_login=None), user("p1", last_login=NOW - timedelta(days=91)))
    said = told("account_inventory", users=(*ADMINS, *used))
    assert "1 account never signed in." in said
    assert "Not used for 90 days: p1@x.io." in said
    silent = (user("anna", last_login=None, logins_told=False), user("p1"))
    assert "never signed in" not in told("account_inventory", users=(*ADMINS, *silent))


GONE_USER = user("gone", suspended=True, suspended_at=NOW - timedelta(days=10))


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"users": (*ADMINS, GONE_USER)}, "pass"),
        ({"users": (*ADMINS, user("gone"))}, "fail"),
        ({"users": (*ADMINS, user("gone", archived=True))}, "fail"),
        ({"inputs": declared(leavers=("GONE",)), "users": (*ADMINS, user("gone"))}, "fail"),
        (
            {
                "inputs": declared(leavers=("old@x.io",), aliases=(("gone@x.io", "old@x.io"),)),
                "users": (*ADMINS, user("gone")),
            },
            "fail",
        ),
        ({"users": (*ADMINS, GONE_USER), "logins": (event(9, "gone"),)}, "fail"),
        ({"users": (*ADMINS, GONE_USER), "token_grants": (event(9, "gone", "authorize"),)}, "fail"),
        ({"users": (*ADMINS, GONE_USER), "logins": (event(11, "gone"),)}, "pass"),
        ({"users": (*ADMINS, GONE_USER), "logins": GONE}, "not_checked"),
        ({"users": (*ADMINS, GONE_USER), "logins": EXPORT, "token_grants": EXPORT}, "pass"),
        ({"inputs": declared(leavers=None)}, "not_checked"),
        ({"inputs": declared(leavers=())}, "not_applicable"),
        ({"users": GONE}, "not_checked"),
        ({"users": Unavailable("partial_data", read=(user("gone"),))}, "fail"),
        ({"users": Unavailable("partial_data", read=ADMINS)}, "not_checked"),
    ],
)
def test_leavers_suspended(changed, outcome):
    assert folded("leavers_suspended", **changed)[0] == outcome


def test_leaver_who_was_heard_after_the_suspension_is_critical():
    (found,) = findings_of("leavers_suspended", users=(*ADMINS, GONE_USER), logins=(event(9, "gone"),))
    assert found.severity is Severity.CRITICAL
    assert "gone@x.io left and was suspended, but login_success was logged on 2026-11-14" in found.verdict.reason


def test_archived_leaver_is_told_apart_and_speed_is_not_claimed():
    assert "archived, not suspended" in told("leavers_suspended", users=(*ADMINS, user("gone", archived=True)))
    assert "how fast was not judged" in told("leavers_suspended")


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "pass"),
        ({"users": (*ADMINS, user("ops"))}, "fail"),
        ({"users": (*ADMINS, user("ops", suspended=True))}, "pass"),
        ({"users": (*ADMINS, user("ops.anna"))}, "pass"),
        ({"users": (*ADMINS, user("ops")), "inputs": declared(break_glass=("ops@x.io",))}, "pass"),
        ({"users": (*ADMINS, user("ops")), "inputs": declared(generic_names=("desk",))}, "pass"),
        ({"inputs": declared(generic_names=())}, "not_checked"),
        ({"users": GONE}, "not_checked"),
        ({"users": Unavailable("partial_data", read=(user("ops"),))}, "fail"),
        ({"users": ()}, "not_applicable"),
    ],
)
def test_shared_mailboxes_absent(changed, outcome):
    assert folded("shared_mailboxes_absent", **changed)[0] == outcome


def test_generic_account_is_pointed_to_a_group():
    said = told("shared_mailboxes_absent", users=(*ADMINS, user("ops")))
    assert "ops@x.io is a user; a group with a shared inbox does the same without a password." in said


def _admins(number: int, **more: object) -> tuple[object, ...]:
    return tuple(user(f"boss{each}", super_admin=True, **more) for each in range(number))


@pytest.mark.parametrize(
    ("changed", "outcome", "level"),
    [
        ({}, "pass", None),
        ({"users": _admins(4)}, "pass", 1),  # in daily use
        ({"users": _admins(5)}, "fail", 1),
        ({"users": _admins(8)}, "fail", 1),
        ({"users": _admins(9)}, "fail", 0),
        ({"users": _admins(1)}, "fail", 0),
        ({"users": PEOPLE}, "fail", 0),
        ({"users": (*_admins(2), *_admins(9, suspended=True))}, "pass", 1),
        ({"users": (*ADMINS, *PEOPLE), "inputs": declared(break_glass=())}, "pass", 1),  # root has no daily account
        ({"users": (*ADMINS, user("p1"))}, "pass", 1),  # anna has none either
        ({"users": (user("a-admin", super_admin=True), ADMINS[0], user("a"))}, "pass", None),
        ({"users": (user("p1", super_admin=None), *ADMINS)}, "not_checked", None),
        ({"users": (user("p1", super_admin=None), *_admins(9))}, "fail", 0),
        (
            {
                "users": (*ADMINS, *(user(f"h{each}") for each in range(3))),
                "roles": (Role("7", "_SEED_ADMIN_ROLE", True),),
                "role_assignments": tuple(RoleAssignment("7", f"h{each}", "user") for each in range(3)),
            },
            "fail",
            1,
        ),
        ({"users": GONE}, "not_checked", None),
        ({"users": Unavailable("partial_data", read=_admins(1))}, "not_checked", None),
        ({"users": Unavailable("partial_data", read=_admins(9))}, "fail", 0),
    ],
)
def test_super_admin_count(changed, outcome, level):
    assert folded("super_admin_count", **changed) == (outcome, level)


def test_super_administrators_in_daily_use_are_counted():
    said = told("super_admin_count", users=_admins(3))
    assert "3 super administrators; 3 of them read daily mail on that account." in said
