"""Owns what a tenant tells rules over several systems: the company's accounts, and machine clients."""

from __future__ import annotations

from ztassess.connectors.auth0.rules_factors import EVERYWHERE, RECOVERY
from ztassess.connectors.auth0.snapshot import MACHINE, Auth0Snapshot, User
from ztassess.connectors.judging import rows_read, unread
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account, AccountKind, Share


def shares(snapshot: Auth0Snapshot) -> Share:
    """People by their addresses and machine clients; as a list of the company's people it has authority.

    Auth0 does not list here who administers the tenant.
    """
    if isinstance(snapshot.users, Unavailable):
        return Share(accounts=snapshot.users, authority=True)
    forced = _forced(snapshot)
    people = tuple(_person(user, forced) for user in snapshot.users)
    machines = tuple(
        Account(id=client.id, name=client.name, kind=AccountKind.SERVICE, active=True)
        for client in rows_read(snapshot.clients)
        if set(client.grants or ()) == {MACHINE}
    )
    return Share(accounts=(*people, *machines), authority=True)


def _forced(snapshot: Auth0Snapshot) -> bool:
    on = any(factor.enabled and factor.name != RECOVERY for factor in rows_read(snapshot.factors))
    return on and EVERYWHERE in rows_read(snapshot.policies) and not unread(snapshot.factors, snapshot.policies)


def _person(user: User, forced: bool) -> Account:
    return Account(
        id=user.id,
        name=user.name,
        kind=AccountKind.PERSON,
        emails=(user.email,) if "@" in user.email else (),
        active=not user.blocked,
        # The listing names some kinds of factors only, so that an empty one says nothing.
        second_factor=True if forced or user.factors else None,
        through_idp=True,
        last_used=user.last_login,
        created=user.created,
    )
