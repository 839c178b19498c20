"""Accounts next to the declared lists, by a table."""

from __future__ import annotations

import pytest

from tests.connectors.entra.cases import (
    PRINCIPALS,
    USERS,
    Case,
    changed,
    judged,
    partial,
)
from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    UNLICENSED,
)
from tests.connectors.entra.tenant import (
    moment,
)

CASES: list[Case] = [
    ("leavers_disabled", {}, PASS, "None of 1 leaver"),
    ("leavers_disabled", {"declared": {"leavers": ("ben@x.io",)}}, FAIL, "ben@x.io left and the account is enabled"),
    ("leavers_disabled", {"declared": {"leavers": ("gus@y.io",)}}, FAIL, "the guest account is enabled"),
    (
        "leavers_disabled",
        {"declared": {"leavers": ("b@other.io",), "aliases": (("ben", "b@other.io"),)}},
        FAIL,
        "ben@x.io",
    ),
    (
        "leavers_disabled",
        {"declared": {"leavers": ("ben@x.io",)}, "users": changed(USERS, 1, accountEnabled=False)},
        PASS,
        "1 disabled ones",
    ),
    (
        "leavers_disabled",
        {"declared": {"leavers": ("ben@x.io",)}, "users": changed(USERS, 1, accountEnabled=None)},
        NOT_CHECKED,
        "was not told",
    ),
    ("leavers_disabled", {"declared": {"leavers": ()}}, NOT_APPLICABLE, "nobody left"),
    (
        "leavers_disabled",
        {
            "declared": {"leavers": None},
            "sign_ins": changed(USERS, 2, signInActivity={"lastSuccessfulSignInDateTime": moment(100)}),
        },
        NOT_CHECKED,
        "1 enabled accounts have not signed in for 90 days: cleo@x.io",
    ),
    ("leavers_disabled", {"declared": {"leavers": None}, "sign_ins": UNLICENSED}, NOT_CHECKED, "Nobody has listed"),
    ("leavers_disabled", {"users": partial("users")}, NOT_CHECKED, "broke"),
    ("leavers_disabled", {"users": partial("users"), "declared": {"leavers": ("ben@x.io",)}}, FAIL, "ben@x.io"),
    ("account_inventory", {}, PASS, "3 members, 1 guests and 2 own apps"),
    ("account_inventory", {"declared": {"people": None}}, NOT_CHECKED, "Nobody has listed"),
    ("account_inventory", {"declared": {"people": ("anna@x.io", "ben@x.io")}}, FAIL, "cleo@x.io"),
    (
        "account_inventory",
        {"guests": [{"id": "user-gus", "sponsors": [{"id": "stranger"}]}]},
        FAIL,
        "1 guests have no sponsor on the list.",
    ),
    ("account_inventory", {"service_principals": changed(PRINCIPALS, 0, owners=[])}, FAIL, "ztassess"),
    (
        "account_inventory",
        {"service_principals": changed(PRINCIPALS, 0, owners=None)},
        NOT_CHECKED,
        "was not told: ztassess",
    ),
    ("account_inventory", {"service_principals": changed(PRINCIPALS, 2, owners=[])}, PASS, ""),
    ("account_inventory", {"guests": DENIED}, NOT_CHECKED, ""),
    ("account_inventory", {"users": [], "service_principals": []}, NOT_CHECKED, "which cannot be"),
    ("headcount_covered", {}, PASS, "All 3 declared people"),
    (
        "headcount_covered",
        {"declared": {"people": ("anna@x.io", "new@x.io", "far@z.io")}},
        FAIL,
        "2 people are missing.",
    ),
    (
        "headcount_covered",
        {"declared": {"people": ("anna@x.io", "far@z.io")}},
        FAIL,
        "Outside the tenant's domains: far@z.io",
    ),
    ("headcount_covered", {"declared": {"people": ("gus@y.io",)}}, PASS, ""),
    ("headcount_covered", {"users": changed(USERS, 1, accountEnabled=False)}, FAIL, "ben@x.io"),
    ("headcount_covered", {"users": changed(USERS, 1, accountEnabled=None)}, NOT_CHECKED, "ben@x.io"),
    ("headcount_covered", {"declared": {"people": None}}, NOT_CHECKED, ""),
    ("headcount_covered", {"declared": {"people": ()}}, NOT_APPLICABLE, ""),
    ("headcount_covered", {"users": partial("users")}, NOT_CHECKED, ""),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)
