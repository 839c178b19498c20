"""What GitHub tells the other systems: its people, as far as it knows them, and its apps."""

from __future__ import annotations

from dataclasses import replace

from tests.connectors.github.factory import CLEO, FORBIDDEN, app, picture, settings
from ztassess.connectors.github.sharing import share_of
from ztassess.connectors.github.snapshot import GitHubSnapshot
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account, AccountKind


def accounts(snapshot: GitHubSnapshot) -> dict[str, Account]:
    found = share_of(snapshot).accounts
    assert not isinstance(found, Unavailable)
    return {each.name: each for each in found}


def test_people_and_apps_are_told() -> None:
    told = accounts(picture(installations=(app("deployer", "administration"), app("reader"))))
    assert set(told) == {"anna", "ben", "cleo", "dora", "deployer", "reader"}
    anna, dora = told["anna"], told["dora"]
    assert (anna.kind, anna.emails, anna.admin, anna.second_factor) == (AccountKind.PERSON, ("anna@x",), True, True)
    assert (anna.through_idp, dora.through_idp, dora.admin) == (True, False, False)
    assert (told["deployer"].kind, told["deployer"].admin) == (AccountKind.SERVICE, True)
    assert told["reader"].admin is False
    assert not share_of(picture()).authority


def test_what_is_not_known_is_told_as_unknown() -> None:
    blind = picture(
        owners=FORBIDDEN,
        linked_identities=FORBIDDEN,
        settings=settings(two_factor_required=None),
        without_two_factor=replace(FORBIDDEN, read=(CLEO,)),
    )
    told = accounts(blind)
    assert (told["anna"].admin, told["anna"].through_idp, told["anna"].second_factor) == (None, None, None)
    assert told["cleo"].second_factor is False
    assert accounts(picture(settings=settings(two_factor_required=False)))["anna"].second_factor is True


def test_without_the_whole_list_nothing_is_told() -> None:
    for snapshot in (picture(members=FORBIDDEN), picture(outside_collaborators=FORBIDDEN), picture(members=())):
        assert isinstance(share_of(snapshot).accounts, Unavailable)
    assert share_of(picture(members=FORBIDDEN)).accounts == Unavailable(
        "missing_scope", "Organization: Members", "The permission is missing."
    )
