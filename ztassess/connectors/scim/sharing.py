"""Owns what a SCIM application tells rules over several systems: its accounts; it does not know who works here."""

from __future__ import annotations

from ztassess.connectors.scim.snapshot import ScimSnapshot, User
from ztassess.connectors.sharing import part_told
from ztassess.domain.roster import Account, AccountKind, Share


def shares(snapshot: ScimSnapshot) -> Share:
    """All accounts as people, inactive ones too; SCIM does not tell services apart."""
    return Share(accounts=part_told(snapshot.users, account_of))


def account_of(user: User) -> Account:
    """One account; a user name that is an address is one of its addresses."""
    named = (user.name.lower(),) if "@" in user.name else ()
    return Account(
        id=user.id,
        name=user.label,
        kind=AccountKind.PERSON,
        emails=tuple(dict.fromkeys((*named, *user.emails))),
        active=user.active,
    )
