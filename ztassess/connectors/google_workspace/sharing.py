"""Owns what Google Workspace tells the other systems: it is an identity provider, its accounts are the people."""

from __future__ import annotations

from dataclasses import replace

from ztassess.connectors.google_workspace.snapshot import User, WorkspaceSnapshot
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Share


def shares(snapshot: WorkspaceSnapshot) -> Share:
    """All accounts, suspended ones as not active. It serves no hosts that it could tell of."""
    users = snapshot.users
    accounts: Part[Account]
    if isinstance(users, Unavailable):
        accounts = replace(users, read=tuple(_account(user) for user in users.read))
    else:
        accounts = tuple(_account(user) for user in users)
    return Share(accounts=accounts, authority=True)


def _account(user: User) -> Account:
    return Account(
        id=user.id or user.email,
        name=user.email,
        kind=AccountKind.PERSON,
        emails=(user.email,),
        active=user.active,
        admin=_admin(user),
        second_factor=_second_factor(user),
        last_used=user.last_login,
    )


def _admin(user: User) -> bool | None:
    if user.admin:
        return True
    return None if user.super_admin is None or user.delegated_admin is None else False


def _second_factor(user: User) -> bool | None:
    if user.enforced or user.enrolled:
        return True
    return None if user.enforced is None or user.enrolled is None else False
