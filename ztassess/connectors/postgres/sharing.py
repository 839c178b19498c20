"""Owns what a PostgreSQL server tells: its login roles, for rules over several systems; their rights by schema."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.postgres.judging import RIGHTS_PARTS, blocked, rights, tables
from ztassess.connectors.postgres.managed import managed_service
from ztassess.connectors.postgres.matrix import READ_VERBS, VERBS, WRITE_VERBS
from ztassess.connectors.postgres.rules_matrix import allowed
from ztassess.connectors.postgres.snapshot import PostgresSnapshot, Role
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, DataGrant, Share

ADDRESS: Final = "@"
NONE, READ, WRITE = "none", "read", "write"


def shares(snapshot: PostgresSnapshot) -> Share:
    """Login roles as accounts; whose they are comes from the declared roles of people and the grant matrix.

    A managed service's own roles and the one that we read with are left out.
    """
    roles = snapshot.roles
    if isinstance(roles, Unavailable):
        return Share(accounts=roles, grants=roles)
    service = managed_service({role.name for role in roles})
    vendors = service.roles if service else frozenset()
    logins = [role for role in roles if role.can_login and role.name not in vendors and role.name != snapshot.reader]
    accounts = tuple(_account(snapshot, role) for role in logins)
    people = {account.name for account in accounts if account.kind is AccountKind.PERSON}
    return Share(accounts=accounts, grants=_grants(snapshot, [role.name for role in logins if role.name not in people]))


def _grants(snapshot: PostgresSnapshot, logins: list[str]) -> Part[DataGrant]:
    """What each login that is no person's may do with each schema: the strongest right on any of its tables."""
    why = blocked(snapshot, RIGHTS_PARTS)
    if why:
        return why
    access, matrix = rights(snapshot), snapshot.declared.matrix
    found = []
    for role in logins:
        reach = access.reach(role)
        held = access.verbs(role, reach)
        everywhere: frozenset[str] = frozenset().union(*access.broad_verbs(reach).values())
        if access.unlimited(role, reach):
            everywhere = frozenset(VERBS)
        has: dict[str, set[str]] = {}
        needs: dict[str, set[str]] = {}
        for table in tables(snapshot):
            store = f"{table.id.database}/{table.id.schema}"
            has.setdefault(store, set()).update(everywhere, held.get(table.id, {}))
            needs.setdefault(store, set()).update(allowed(matrix, access, role, table.id))
        declared = role in matrix.roles
        found += [
            DataGrant(role, store, right, (_right(needs[store]) or NONE) if declared else "", role if declared else "")
            for store, verbs in has.items()
            if (right := _right(verbs))
        ]
    return tuple(found)


def _right(verbs: set[str]) -> str:
    return WRITE if verbs & set(WRITE_VERBS) else READ if verbs & set(READ_VERBS) else ""


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
