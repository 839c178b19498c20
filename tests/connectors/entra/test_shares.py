"""What the tenant tells rules over several systems: its people, its own apps, and what it could not say."""

from __future__ import annotations

from tests.connectors.entra.factory import DENIED, snapshot
from tests.connectors.entra.tenant import ANNA, BEN, CLEO, compliant
from tests.fakes.vendor import NOW
from ztassess.connectors.entra.shares import share_of
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account, AccountKind


def accounts(**changes: object) -> dict[str, Account]:
    found = share_of(snapshot(**changes)).accounts
    rows = found.read if isinstance(found, Unavailable) else found
    return {each.id: each for each in rows}


def test_people_are_told_with_what_they_hold() -> None:
    share = share_of(snapshot())
    assert share.authority
    anna, cleo, gus = (accounts()[each] for each in (ANNA, CLEO, "user-gus"))
    assert (anna.kind, anna.emails, anna.active, anna.admin, anna.second_factor) == (
        AccountKind.PERSON, ("anna@x.io",), True, True, True)  # fmt: skip
    assert anna.last_used is not None
    assert (NOW - anna.last_used).days == 2
    assert cleo.admin is False
    assert gus.emails == ("gus@y.io",)


def test_own_apps_and_managed_identities_are_service_accounts_with_an_owner() -> None:
    found = {each.name: each for each in accounts().values() if each.kind is AccountKind.SERVICE}
    assert set(found) == {"ztassess", "deploy", "job"}
    assert (found["deploy"].owner, found["job"].owner) == ("ben@x.io", "")


def test_what_was_not_told_is_none_and_a_role_in_force_makes_an_admin() -> None:
    users = compliant()["/users"]
    users[2].pop("accountEnabled")
    found = accounts(users=users, registrations=DENIED, sign_ins=DENIED)
    assert (found[CLEO].active, found[CLEO].second_factor, found[CLEO].last_used, found[CLEO].admin) == (None,) * 4
    assert found[BEN].admin is True


def test_unread_people_stay_unread() -> None:
    share = share_of(snapshot(users=DENIED))
    assert isinstance(share.accounts, Unavailable)
    assert share.accounts.reason == "missing_scope"
    assert {each.kind for each in share.accounts.read} == {AccountKind.SERVICE}
