"""The checks of people, by tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.connectors.okta.factory import declared, good, result, said, verdicts
from tests.fakes.vendor import NOW
from ztassess.connectors.okta.snapshot import InboundProvider, OktaSnapshot, User
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED
GONE = "gone@acme.example"


def with_user(status: str = "ACTIVE", login: str = GONE, email: str = "", **lists: object) -> OktaSnapshot:
    snapshot = declared(**lists)
    extra = User("00x1", login, email, status, NOW - timedelta(days=1))
    return replace(snapshot, users=(*snapshot.users, extra))


UNREAD = Unavailable("missing_scope", "okta.users.read")


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_user(), FAIL),
        (with_user("LOCKED_OUT"), FAIL),
        (with_user("SUSPENDED"), PASS),
        (with_user("DEPROVISIONED"), PASS),
        (with_user(aliases=((GONE, "ben@acme.example"),)), PASS),
        (with_user(login="anna2", email="anna@acme.example"), PASS),
        (with_user(break_glass=(GONE,)), PASS),
        (declared(people=None), SKIP),
        (declared(people=()), SKIP),
        (replace(good(), users=UNREAD), SKIP),
        (replace(good(), users=()), SKIP),
        (replace(good(), users=Unavailable("partial_data", read=with_user().users)), FAIL),
    ],
)
def test_inventory(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "account_inventory").outcome is outcome


def test_inventory_names_orphans_exclusions_and_idle_accounts() -> None:
    assert "1 account without an owner (20%)." in said(with_user(), "account_inventory")
    glass = said(with_user(break_glass=(GONE,)), "account_inventory")
    assert f"left out, declared as break-glass: {GONE}" in glass
    idle = replace(good(), users=tuple(replace(user, last_login=None) for user in good().users))
    assert "Not signed in for 90 days, to be looked at: anna@acme.example" in said(idle, "account_inventory")


def test_few_orphans_of_many_are_named_in_a_pass() -> None:
    many = tuple(f"p{number}@acme.example" for number in range(40))
    snapshot = with_user(people=(*good().declared.people, *many))
    users = tuple(User(f"00p{name}", name, name, "ACTIVE", NOW) for name in many)
    snapshot = replace(snapshot, users=(*snapshot.users, *users))
    assert result(snapshot, "account_inventory").outcome is PASS
    assert GONE in said(snapshot, "account_inventory")


def provider(kind: str, status: str = "ACTIVE") -> OktaSnapshot:
    return replace(good(), providers=(InboundProvider("0oi1", "Old directory", kind, status),))


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (declared(people=(*good().declared.people, "eve@acme.example")), FAIL),
        # More users than people says nothing: counts hide gaps.
        (with_user(login="x@acme.example", people=(*good().declared.people, "eve@acme.example")), FAIL),
        (with_user("SUSPENDED", "eve@acme.example", people=(*good().declared.people, "eve@acme.example")), FAIL),
        (declared(people=("ANNA@acme.example",)), PASS),
        (declared(people=None), SKIP),
        (provider("SAML2"), FAIL),
        (provider("GOOGLE"), FAIL),
        (provider("X509"), FAIL),
        (provider("SAML2", "INACTIVE"), PASS),
        (provider("IDV_PERSONA"), PASS),  # proves who somebody is; nobody signs in by it
        (replace(good(), providers=Unavailable("missing_scope", "okta.idps.read")), SKIP),
        (replace(good(), users=UNREAD), SKIP),
        (replace(good(), users=Unavailable("partial_data", read=good().users[:2])), SKIP),
    ],
)
def test_headcount(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "headcount_covered").outcome is outcome


def test_extra_accounts_that_hide_a_gap_are_counted() -> None:
    snapshot = with_user(login="x@acme.example", people=(*good().declared.people, "eve@acme.example"))
    words = said(snapshot, "headcount_covered")
    assert "1 people are missing; 1 extra accounts hide this in the totals." in words
    assert "eve@acme.example" in words


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        *((with_user(status), FAIL) for status in ("ACTIVE", "PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED")),
        (with_user("LOCKED_OUT"), FAIL),
        (with_user("SUSPENDED"), PASS),
        (with_user("DEPROVISIONED"), PASS),
        (with_user("STAGED"), SKIP),
        (with_user("SOMETHING_NEW"), SKIP),
        (with_user(login="g.one", aliases=(("g.one", GONE),)), FAIL),
        (with_user(login="g.one", email=GONE), FAIL),
        (declared(leavers=None), SKIP),
        (declared(leavers=()), SKIP),  # perhaps empty by mistake
        (replace(good(), users=UNREAD), SKIP),
        (replace(good(), users=()), SKIP),
        (replace(good(), users=Unavailable("partial_data", read=good().users)), SKIP),
        (replace(good(), users=Unavailable("partial_data", read=with_user().users)), FAIL),
    ],
)
def test_leavers(snapshot: OktaSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, "leavers_disabled").outcome is outcome


def test_locked_out_leaver_is_a_near_miss() -> None:
    (verdict,) = verdicts(with_user("LOCKED_OUT"), "leavers_disabled")
    assert verdict.near_miss == f"{GONE} is locked out, not disabled: a reset brings the account back."


def test_empty_list_of_leavers_is_asked_about() -> None:
    assert "Confirm that nobody left in the last 90 days" in said(declared(leavers=()), "leavers_disabled")
