"""What an org tells rules over several systems."""

from __future__ import annotations

from dataclasses import replace

from tests.connectors.okta.factory import good
from ztassess.connectors.okta.share import shares
from ztassess.connectors.okta.snapshot import Factors
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import AccountKind


def test_people_and_services_are_told_with_what_is_known() -> None:
    share = shares(good())
    assert share.authority
    found = {account.name: account for account in share.accounts}
    anna = found["anna@acme.example"]
    assert (anna.kind, anna.emails, anna.active) == (AccountKind.PERSON, ("anna@acme.example",), True)
    assert (anna.admin, anna.second_factor, anna.through_idp) == (True, True, True)
    assert found["dan@acme.example"].admin is False
    assert found["Assessment"].kind is AccountKind.SERVICE
    assert found["ci-sync"].owner == "ben@acme.example"


def test_what_was_not_read_is_not_known() -> None:
    users = tuple(replace(user, status="SUSPENDED") for user in good().users)
    snapshot = replace(good(), users=users, roles=Unavailable("forbidden_role"), factors=(Factors("00u2", ()),))
    found = {account.name: account for account in shares(snapshot).accounts}
    assert found["anna@acme.example"].active is False
    assert found["anna@acme.example"].admin is None
    assert found["anna@acme.example"].second_factor is None
    assert found["ben@acme.example"].second_factor is False


def test_unread_users_stay_unread() -> None:
    missing = Unavailable("missing_scope", "okta.users.read")
    assert shares(replace(good(), users=missing)).accounts == missing


def test_users_that_came_before_a_break_are_told_as_people() -> None:
    ben = next(user for user in good().users if user.login.startswith("ben@"))
    share = shares(replace(good(), users=Unavailable("partial_data", read=(ben,))))
    assert isinstance(share.accounts, Unavailable)
    assert [account.name for account in share.accounts.read] == ["ben@acme.example"]


def test_deactivated_users_are_told_as_people_who_are_off() -> None:
    ben = next(user for user in good().users if user.login.startswith("ben@"))
    gone = replace(ben, id="00u9", login="cleo@acme.example", email="cleo@acme.example", status="DEPROVISIONED")
    found = {account.name: account for account in shares(replace(good(), deactivated=(gone,))).accounts}
    assert (found["cleo@acme.example"].active, found["ben@acme.example"].active) == (False, True)


def test_without_the_deactivated_users_the_list_of_people_is_not_whole() -> None:
    share = shares(replace(good(), deactivated=Unavailable("upstream_error", detail="Okta broke.")))
    assert isinstance(share.accounts, Unavailable)
    assert share.accounts.detail == "Deactivated users could not be listed. Okta broke."
    assert "anna@acme.example" in {account.name for account in share.accounts.read}
