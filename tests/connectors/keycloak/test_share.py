"""What a realm tells rules over several systems."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.keycloak.factory import NO_ROLE, good, steps, with_clients, with_flow
from tests.connectors.keycloak.realm import broker, browser, client, optional
from ztassess.connectors.api import Row
from ztassess.connectors.keycloak import parsing
from ztassess.connectors.keycloak.share import shares
from ztassess.connectors.keycloak.snapshot import Credentials, KeycloakSnapshot
from ztassess.domain.roster import AccountKind


def test_people_and_services_are_told_with_what_is_known() -> None:
    share = shares(good())
    assert share.authority
    found = {account.name: account for account in share.accounts}
    anna = found["anna@acme.example"]
    assert (anna.kind, anna.emails, anna.active) == (AccountKind.PERSON, ("anna@acme.example",), True)
    assert (anna.admin, anna.second_factor, anna.through_idp) == (None, True, True)
    assert anna.created is not None
    assert found["dan@acme.example"].active is False
    assert found["assess"].kind is AccountKind.SERVICE


OPTIONAL = with_flow(optional(), credentials=(Credentials("u-anna", ("otp",)), Credentials("u-ben", ("password",))))


@pytest.mark.parametrize(
    ("snapshot", "known"),
    [
        (good(), [True, True, True]),  # every way demands one
        (OPTIONAL, [True, False, None]),
        (replace(OPTIONAL, executions=steps("browser", browser())), [True, False, None]),
        (replace(OPTIONAL, executions=NO_ROLE), [True, False, None]),
        (replace(good(), credentials=NO_ROLE, brokers=NO_ROLE), [None, None, None]),
        (replace(good(), credentials=(), brokers=(parsing.broker_of(Row("B", broker("partner"))),)), [None] * 3),
        (with_clients(client("cli", directAccessGrantsEnabled=True), credentials=()), [None] * 3),
    ],
)
def test_second_factor_is_held_forced_or_not_known(snapshot: KeycloakSnapshot, known: list[bool | None]) -> None:
    people = [each for each in shares(snapshot).accounts if each.kind is AccountKind.PERSON]
    assert [each.second_factor for each in people][:3] == known


def test_unread_users_stay_unread() -> None:
    share = shares(replace(good(), users=NO_ROLE))
    assert share.accounts is NO_ROLE
    assert share.authority
