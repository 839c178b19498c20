"""Owns what several rules need: the sources they stand on, who is who, what is sensitive, how names are told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, TypeVar

from ztassess.connectors.judging import names
from ztassess.connectors.mysql.access import Access, Held, schemas_of
from ztassess.connectors.mysql.hosts import is_local, like
from ztassess.connectors.mysql.snapshot import Account, AccountId, MysqlSnapshot
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
SOURCES: Final = ("users", "schema_grants", "table_grants", "column_grants", "roles")
"""What it takes to say what an account can do on tables."""
_RESERVED: Final = frozenset({"mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys", "rdsadmin"})
"""Accounts that the product or the cloud makes for itself, at localhost (MySQL manual, "Reserved Accounts")."""


def have(part: Part[T]) -> tuple[T, ...]:
    """The rows of a part that `blocked` already found readable."""
    if isinstance(part, Unavailable):
        raise TypeError("an unread part was taken for rows")
    return part


def blocked(snapshot: MysqlSnapshot, parts: Iterable[str]) -> Unavailable | None:
    """Why the first of these parts that is unread could not be read; None if all were."""
    for name in parts:
        part = getattr(snapshot, name)
        if isinstance(part, Unavailable):
            return part
        if name == "roles" and (unseen := _mandatory_unseen(snapshot)):
            return unseen
    return None


def _mandatory_unseen(snapshot: MysqlSnapshot) -> Unavailable | None:
    """Why roles that everybody has may be there without our seeing them (MySQL's mandatory_roles); None if we do."""
    settings = snapshot.settings
    if snapshot.mariadb or not isinstance(settings, Unavailable):
        return None
    detail = f"Roles that every account has (mandatory_roles) could not be read. {settings.detail}".strip()
    return Unavailable(settings.reason, settings.missing_scope, detail)


def named(entries: Collection[str], account: AccountId) -> bool:
    """True if one of the typed names means this account: ``app`` from every host, ``app@%`` this one only."""
    return account.user in entries or str(account) in entries


def reserved(access: Access, account: Account) -> bool:
    """True for an account of the product itself; one that could be used to log in is nobody's exception."""
    return account.id.user in _RESERVED and is_local(account.id.host) and access.locked(account) is not False


def administrators(snapshot: MysqlSnapshot) -> frozenset[str]:
    """Typed names that may hold global rights. A service is never one of them."""
    declared = snapshot.declared
    services = {*declared.matrix.roles, *(account for _, account in declared.services)}
    return (declared.administrators | declared.break_glass) - services


def exempt(snapshot: MysqlSnapshot, access: Access, account: Account) -> bool:
    """True if rights on the whole server are no surprise here: administrators, emergency, the product's own, ours."""
    return (
        named(administrators(snapshot), account.id) or reserved(access, account) or str(account.id) == snapshot.reader
    )


def can_log_in(access: Access, account: Account) -> bool | None:
    """False for roles and locked accounts; None if nobody could see whether it is locked."""
    if account.role or account.id in access.roles:
        return False
    locked = access.locked(account)
    return None if locked is None else not locked


def humans(snapshot: MysqlSnapshot) -> frozenset[str]:
    """Typed names of people's accounts."""
    return frozenset(account for account, _ in snapshot.declared.humans)


def services(snapshot: MysqlSnapshot) -> frozenset[str]:
    """Typed names of services' accounts, from the matrix and from the list of services."""
    declared = snapshot.declared
    return frozenset({*declared.matrix.roles, *(account for _, account in declared.services)})


def unexplained(snapshot: MysqlSnapshot, access: Access) -> tuple[Account, ...]:
    """Accounts that may be able to log in and that nobody declared to be anything."""
    known = services(snapshot) | humans(snapshot)
    return tuple(
        account
        for account in access.accounts.values()
        if can_log_in(access, account) is not False
        and not exempt(snapshot, access, account)
        and not named(known, account.id)
    )


def apps(snapshot: MysqlSnapshot, access: Access) -> tuple[Account, ...]:
    """Accounts of services that may log in; without any declared, everyone who is not declared something else."""
    known = services(snapshot)
    if not known:
        return unexplained(snapshot, access)
    return tuple(
        account
        for account in access.accounts.values()
        if named(known, account.id) and can_log_in(access, account) is not False
    )


def sensitive_reach(snapshot: MysqlSnapshot, access: Access, account: AccountId, rights: frozenset[str]) -> list[Held]:
    """What gives an account any of these rights on declared sensitive data, wherever the grant stands.

    A pattern that cannot be followed counts if it matches the sensitive schema's own name, which is all that is asked.
    """
    return [
        held
        for held in access.held(account)
        if held.rights & rights and any(_touches(entry, held, rights) for entry in snapshot.declared.sensitive)
    ]


def _touches(entry: str, held: Held, rights: frozenset[str]) -> bool:
    schema, _, table = entry.replace("`", "").partition(".")
    if held.everywhere:
        cut = {right for each in held.restrictions if each.schema.lower() == schema.lower() for right in each.rights}
        return bool(held.rights & rights - cut)
    if held.schema_wide:
        return like(held.place.schema, schema)
    return held.place.schema.lower() == schema.lower() and table.lower() in ("", "*", held.place.name.lower())


def sensitive_unseen(snapshot: MysqlSnapshot) -> Unavailable | None:
    """Why nobody can say that each declared sensitive name exists: misspelled ones would pass for protected ones."""
    declared = snapshot.declared.sensitive
    tables = None if isinstance(snapshot.tables, Unavailable) else {str(each).lower() for each in snapshot.tables}
    for entry in declared:
        schema, _, table = entry.replace("`", "").partition(".")
        if table in ("", "*"):
            if isinstance(snapshot.schemas, Unavailable):
                return snapshot.schemas
            if schema.lower() not in {each.lower() for each in snapshot.schemas}:
                return Unavailable("not_configured", detail=f"{entry} is declared sensitive, but is no schema here.")
        elif tables is None:
            assert isinstance(snapshot.tables, Unavailable)  # noqa: S101  as asked two lines above
            detail = f"Nobody could see whether {entry} exists. {snapshot.tables.detail} Or declare the whole schema."
            return Unavailable(snapshot.tables.reason, snapshot.tables.missing_scope, detail)
        elif f"{schema}.{table}".lower() not in tables:
            return Unavailable("not_configured", detail=f"{entry} is declared sensitive, but was not found.")
    return None


def wildcard_schemas(snapshot: MysqlSnapshot, held: Held) -> tuple[str, ...] | None:
    """The schemas of a schema grant today; None if its wildcards cannot be followed."""
    return schemas_of(held.place.schema, snapshot.schemas)


def setting(snapshot: MysqlSnapshot, name: str) -> str | None:
    """The value of a system variable; None if it was not read or does not exist."""
    if isinstance(snapshot.settings, Unavailable):
        return None
    return next((each.value for each in snapshot.settings if each.name == name), None)


def is_on(value: str | None) -> bool:
    """True for the server's words for on."""
    return value is not None and value.upper() in ("1", "ON", "YES", "TRUE")


def left_out(snapshot: MysqlSnapshot, access: Access) -> str:
    """Who was not judged and why, by name: administrators, emergency accounts, the product's own, ours."""
    gone = [account for account in access.accounts.values() if exempt(snapshot, access, account)]
    emergency = [each.id for each in gone if named(snapshot.declared.break_glass, each.id)]
    rest = [each.id for each in gone if not named(snapshot.declared.break_glass, each.id)]
    said = [f"left out: {names(rest)}"] if rest else []
    said += [f"emergency, left out: {names(emergency)}"] if emergency else []
    return f" ({'; '.join(said)})" if said else ""


def revokes_unseen(snapshot: MysqlSnapshot) -> Unavailable | None:
    """Why a global right may not hold in some schema without our seeing it (MySQL's partial revokes); None if it does.

    The variable cannot be switched off while any revoke exists (MySQL manual, "Privilege Restriction Using Partial
    Revokes"), so off means that there are none.
    """
    if snapshot.mariadb or not isinstance(snapshot.states, Unavailable):
        return None
    if not isinstance(snapshot.settings, Unavailable) and not is_on(setting(snapshot, "partial_revokes")):
        return None
    why = snapshot.states if not isinstance(snapshot.settings, Unavailable) else snapshot.settings
    detail = f"Global rights may be cut by partial revokes, which could not be read. {why.detail}".strip()
    return Unavailable(why.reason, why.missing_scope, detail)
