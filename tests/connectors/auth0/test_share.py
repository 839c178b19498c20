"""What a tenant tells rules over several systems."""

from __future__ import annotations

import pytest

from tests.connectors.auth0.factory import NO_SCOPE, changed, good
from tests.connectors.auth0.tenant import factors
from ztassess.connectors.auth0.share import shares
from ztassess.connectors.auth0.snapshot import Auth0Snapshot
from ztassess.domain.roster import AccountKind


def test_people_and_machines_are_told_with_what_is_known() -> None:
    share = shares(good())
    assert share.authority
    found = {account.name: account for account in share.accounts}
    anna = found["anna@acme.example"]
    assert (anna.kind, anna.emails, anna.active) == (AccountKind.PERSON, ("anna@acme.example",), True)
    assert (anna.admin, anna.second_factor, anna.through_idp) == (None, True, True)
    assert anna.last_used is not None
    assert found["cleo@acme.example"].active is False
    assert found["assess"].kind is AccountKind.SERVICE
    assert "Portal" not in found


@pytest.mark.parametrize(
    ("snapshot", "known"),
    [
        (good(), [True, True, True]),
        (changed(policies=()), [None, True, None]),
        (changed(policies=NO_SCOPE), [None, True, None]),
        (changed(factors=factors("recovery-code")), [None, True, None]),
        (changed(factors=NO_SCOPE), [None, True, None]),
    ],
)
def test_second_factor_is_forced_listed_or_not_known(snapshot: Auth0Snapshot, known: list[bool | None]) -> None:
    people = [each for each in shares(snapshot).accounts if each.kind is AccountKind.PERSON]
    assert [each.second_factor for each in people] == known


def test_unread_users_stay_unread() -> None:
    share = shares(changed(users=NO_SCOPE))
    assert share.accounts is NO_SCOPE
    assert share.authority
