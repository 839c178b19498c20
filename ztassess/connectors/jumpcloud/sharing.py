"""Owns what JumpCloud tells the other systems: it is an identity provider, its users are the company's people."""

from __future__ import annotations

from dataclasses import replace

from ztassess.connectors.jumpcloud.rules_people import active, configured
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot, User
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Share


def shares(snapshot: JumpCloudSnapshot) -> Share:
    """All users, suspended and staged ones as not active. It serves no hosts that it could tell of."""
    users = snapshot.users
    accounts: Part[Account]
    if isinstance(users, Unavailable):
        accounts = replace(users, read=tuple(_account(user) for user in users.read))
    else:
        accounts = tuple(_account(user) for user in users)
    return Share(accounts=accounts, authority=True)


def _account(user: User) -> Account:
    return Account(
        id=user.id,
        name=user.username or user.email,
        kind=AccountKind.SERVICE if user.technical else AccountKind.PERSON,
        emails=(user.email,) if user.email else (),
        active=active(user),
        admin=True if user.role else None,
        second_factor=_second_factor(user),
        through_idp=True,
    )


def _second_factor(user: User) -> bool | None:
    """Set up, and no exclusion that lets them in without it."""
    if user.exclusion:
        return False
    found = configured(user)
    return None if found and user.exclusion is None else found
