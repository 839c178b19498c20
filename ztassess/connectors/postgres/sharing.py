"""Owns what a PostgreSQL server tells rules over several systems: its login roles."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.postgres.managed import managed_service
from ztassess.connectors.postgres.snapshot import PostgresSnapshot, Role
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account, AccountKind, Share

ADDRESS: Final = "@"


def shares(snapshot: PostgresSnapshot) -> Share:
    """Login roles as accounts; whose they are comes from the declared roles of people and the grant matrix.

    A managed service's own roles and the one that we read with are left out.
    """
    roles = snapshot.roles
    if isinstance(roles, Unavailable):
        return Share(accounts=roles)
    service = managed_service({role.name for role in roles})
    vendors = service.roles if service else frozenset()
    return Share(
        accounts=tuple(
            _account(snapshot, role)
            for role in roles
            if role.can_login and role.name not in vendors and role.name != snapshot.reader
        )
    )


def _account(snapshot: PostgresSnapshot, role: Role) -> Account:
    people = dict(snapshot.declared.humans)
    ended = role.valid_until is not None and role.valid_until <= snapshot.taken_at
    emails = people.get(role.name, ())
    if role.name in people or ADDRESS in role.name:
        kind = AccountKind.PERSON
    elif role.name in snapshot.declared.matrix.roles:
        kind = AccountKind.SERVICE
    else:
        kind = AccountKind.UNKNOWN
    named = (role.name.lower(),) if ADDRESS in role.name and not emails else ()
    return Account(
        id=role.name,
        name=role.name,
        kind=kind,
        emails=(*(each.lower() for each in emails), *named),
        active=not ended,
        admin=role.superuser,
    )
