"""Owns what a MySQL or MariaDB server tells: its accounts, for rules over several systems; their rights by schema."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.mysql.access import Access, Held, access_of, rows_of, schemas_of
from ztassess.connectors.mysql.judging import blocked, can_log_in, humans, named, reserved, services
from ztassess.connectors.mysql.rules_matrix import line_of
from ztassess.connectors.mysql.snapshot import Account, MysqlSnapshot
from ztassess.domain import roster
from ztassess.domain.findings import Part, Unavailable

NONE, READ, WRITE = "none", "read", "write"
RIGHTS: Final = ("schema_grants", "table_grants", "column_grants", "roles")
WRITING: Final = frozenset({"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "TRIGGER"})
SYSTEM_SCHEMAS: Final = frozenset({"information_schema", "performance_schema", "mysql", "sys"})
EVERY_SCHEMA: Final = "every schema"
STRONG: Final = frozenset({"SUPER", "CREATE USER"})


def shares(snapshot: MysqlSnapshot) -> roster.Share:
    """Accounts that are no roles, not the product's own and not ours; whose they are comes from what was declared."""
    users = snapshot.users
    if isinstance(users, Unavailable):
        return roster.Share(accounts=users, grants=users)
    access = access_of(snapshot)
    told = [
        each
        for each in users
        if not each.role
        and each.id not in access.roles
        and not reserved(access, each)
        and str(each.id) != snapshot.reader
    ]
    accounts = tuple(_account(snapshot, access, each) for each in told)
    people = {account.id for account in accounts if account.kind is roster.AccountKind.PERSON}
    return roster.Share(
        accounts=accounts, grants=_grants(snapshot, access, [each for each in told if str(each.id) not in people])
    )


def _grants(snapshot: MysqlSnapshot, access: Access, accounts: list[Account]) -> Part[roster.DataGrant]:
    """What each account that is no person's may do with each schema: the strongest right on any of its tables."""
    why = blocked(snapshot, RIGHTS)
    if why:
        return why
    matrix, found = snapshot.declared.matrix, []
    for account in accounts:
        has: dict[str, set[str]] = {}
        for held in access.held(account.id):
            for schema in _schemas(snapshot, held):
                cut = {right for each in held.restrictions if each.schema == schema for right in each.rights}
                has.setdefault(schema, set()).update(held.rights - cut)
        line = line_of(matrix, account)
        service = next((name for name, used in snapshot.declared.services if named((used,), account.id)), line)
        for schema, rights in has.items():
            right = _right(rights)
            if right and schema.lower() not in SYSTEM_SCHEMAS:
                entries = [each.verbs for each in matrix.of(line) if each.schema.matches(schema)]
                needs = (_right(set().union(*entries)) or NONE) if line else ""
                found.append(roster.DataGrant(str(account.id), schema, right, needs, service))
    return tuple(found)


def _schemas(snapshot: MysqlSnapshot, held: Held) -> tuple[str, ...]:
    """The schemas that a grant is about today; where their names are unknown, what the grant says."""
    if held.everywhere:
        known = {each.schema for each in rows_of(snapshot.tables)} | set(rows_of(snapshot.schemas))
        return tuple(sorted(known)) or (EVERY_SCHEMA,)
    if not held.schema_wide:
        return (held.place.schema,)
    found = schemas_of(held.place.schema, snapshot.schemas)
    return (held.place.schema,) if found is None else found


def _right(rights: set[str]) -> str:
    return WRITE if rights & WRITING else READ if "SELECT" in rights else ""


def _account(snapshot: MysqlSnapshot, access: Access, account: Account) -> roster.Account:
    emails = {
        address.lower()
        for declared, addresses in snapshot.declared.humans
        if named((declared,), account.id)
        for address in addresses
    }
    if "@" in account.id.user and not emails:
        emails = {account.id.user.lower()}
    if named(humans(snapshot), account.id) or emails:
        kind = roster.AccountKind.PERSON
    elif named(services(snapshot), account.id):
        kind = roster.AccountKind.SERVICE
    else:
        kind = roster.AccountKind.UNKNOWN
    return roster.Account(
        id=str(account.id),
        name=str(account.id),
        kind=kind,
        emails=tuple(sorted(emails)),
        active=can_log_in(access, account),
        admin=bool(STRONG & access.global_rights(account.id).keys()),
    )
