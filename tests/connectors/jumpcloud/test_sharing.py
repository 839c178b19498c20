"""What JumpCloud tells rules over several systems: it has the word on who works here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.jumpcloud.fake import ORG, user
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row
from ztassess.connectors.contract import Declared
from ztassess.connectors.jumpcloud.client import user_of
from ztassess.connectors.jumpcloud.sharing import shares
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import NOT_SHARED, Account, AccountKind


def account(**changes: Any) -> Account:
    row = user_of(Row("systemuserreturn", user(1, **changes)))
    accounts = shares(JumpCloudSnapshot(NOW, ORG, Declared(), (row,), ())).accounts
    assert isinstance(accounts, tuple)
    return accounts[0]


def test_person_with_all_that_is_known() -> None:
    assert account() == Account(
        id="u1",
        name="person1",
        kind=AccountKind.PERSON,
        emails=("person1@acme.example",),
        active=True,
        second_factor=True,
        through_idp=True,
    )


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"suspended": True}, "active", False),
        ({"state": "STAGED"}, "active", False),
        ({"activated": None, "state": None}, "active", None),
        ({"admin": {"roleName": "Administrator"}}, "admin", True),
        ({"admin": None}, "admin", None),
        ({"mfa": {"configured": True, "exclusion": True}}, "second_factor", False),
        ({"mfa": {"configured": True}}, "second_factor", None),
        ({"mfa": {"configured": False, "exclusion": False}, "mfaEnrollment": None}, "second_factor", False),
        ({"mfa": None, "mfaEnrollment": None}, "second_factor", None),
        ({"ldap_binding_user": True}, "kind", AccountKind.SERVICE),
        ({"samba_service_user": True}, "kind", AccountKind.SERVICE),
        ({"email": None}, "emails", ()),
    ],
)
def test_what_is_not_told_stays_unknown(changes: dict[str, Any], field: str, value: object) -> None:
    assert getattr(account(**changes), field) == value


def test_part_that_could_not_be_read_stays_one() -> None:
    row = user_of(Row("systemuserreturn", user(1)))
    partly = Unavailable("partial_data", read=(row,))
    share = shares(JumpCloudSnapshot(NOW, ORG, Declared(), partly, ()))
    assert share.authority
    assert isinstance(share.accounts, Unavailable)
    assert [each.id for each in share.accounts.read] == ["u1"]
    assert share.hosts == NOT_SHARED
