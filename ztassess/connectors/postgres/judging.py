"""Owns what several rules need: the parts they stand on, the indexed rights, who is a service and what is sensitive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from ztassess.connectors.postgres.access import Access, access_of
from ztassess.connectors.postgres.managed import ManagedService, managed_service
from ztassess.connectors.postgres.snapshot import SEQUENCE, PostgresSnapshot, Relation, Role
from ztassess.domain.findings import Part, Unavailable, Verdict, not_checked

T = TypeVar("T")
RIGHTS_PARTS: Final = ("roles", "memberships", "relations", "effective", "column_grants")
"""What it takes to say what a role can do."""


def have(part: Part[T]) -> tuple[T, ...]:
    """The rows of a part that `blocked` already found readable."""
    if isinstance(part, Unavailable):
        raise TypeError("an unread part was taken for rows")
    return part


def blocked(snapshot: PostgresSnapshot, parts: Iterable[str]) -> Unavailable | None:
    """Why the first of these parts that is unread could not be read; None if all were."""
    for name in parts:
        part = getattr(snapshot, name)
        if isinstance(part, Unavailable):
            return part
    return None


def holes(snapshot: PostgresSnapshot, parts: Iterable[str]) -> Iterator[Verdict]:
    """One verdict per database whose share of these parts is missing: what was read elsewhere cannot pass for it."""
    spoken: set[str] = set()
    for gap in snapshot.gaps.of(parts):
        if gap.database not in spoken:
            spoken.add(gap.database)
            yield not_checked(gap.database or snapshot.server, gap.why)


def rights(snapshot: PostgresSnapshot) -> Access:
    """The indexed rights; only after `blocked` found `RIGHTS_PARTS` readable."""
    return access_of(
        have(snapshot.roles),
        have(snapshot.memberships),
        have(snapshot.relations),
        have(snapshot.effective),
        have(snapshot.column_grants),
    )


def graph(snapshot: PostgresSnapshot) -> Access:
    """The role graph without rights on tables; only after `blocked` found roles and memberships readable."""
    return access_of(have(snapshot.roles), have(snapshot.memberships), (), (), ())


def service_of(snapshot: PostgresSnapshot) -> ManagedService | None:
    """The managed service this server belongs to; None if it is the customer's own or roles are unread."""
    return None if isinstance(snapshot.roles, Unavailable) else managed_service({role.name for role in snapshot.roles})


def others(snapshot: PostgresSnapshot) -> tuple[Role, ...]:
    """Login roles nobody declared: no service, no administrator, no person, not the vendor's, not ours."""
    service = service_of(snapshot)
    known = {
        snapshot.reader,
        *snapshot.declared.matrix.roles,
        *snapshot.declared.administrators,
        *(role for role, _ in snapshot.declared.humans),
        *(service.roles if service else ()),
    }
    return tuple(role for role in have(snapshot.roles) if role.can_login and role.name not in known)


def exempt_administrators(snapshot: PostgresSnapshot) -> frozenset[str]:
    """Roles that may be superusers: declared, or the vendor's own. A role of the matrix is a service, never exempt."""
    service = service_of(snapshot)
    vendor = service.roles if service else frozenset()
    return (snapshot.declared.administrators | vendor) - set(snapshot.declared.matrix.roles)


def tables(snapshot: PostgresSnapshot) -> tuple[Relation, ...]:
    """Everything that holds or shows rows: no sequences, nothing of extensions."""
    return tuple(each for each in have(snapshot.relations) if each.kind != SEQUENCE and not each.extension)


def sensitive_tables(snapshot: PostgresSnapshot) -> tuple[Relation, ...]:
    """The declared sensitive tables that exist; `relations` must be readable."""
    wanted = snapshot.declared.sensitive
    return tuple(each for each in tables(snapshot) if any(_names(entry, each) for entry in wanted))


def sensitive_unknown(snapshot: PostgresSnapshot) -> tuple[str, ...]:
    """Declared sensitive names that match nothing that was read."""
    known = tables(snapshot)
    return tuple(entry for entry in snapshot.declared.sensitive if not any(_names(entry, each) for each in known))


def _names(entry: str, relation: Relation) -> bool:
    database, _, rest = entry.rpartition("/")
    schema, _, table = rest.replace('"', "").partition(".")
    return (
        database in ("", relation.id.database)
        and schema.lower() == relation.id.schema.lower()
        and (table in ("", "*") or table.lower() == relation.id.name.lower())
    )
