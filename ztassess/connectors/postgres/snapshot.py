"""Owns the frozen picture of one PostgreSQL server: roles, rights and authentication of every database read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ztassess.connectors.grant_matrix import Matrix
from ztassess.domain.findings import Part, Unavailable

PUBLIC: Final = "PUBLIC"
"""Everyone. A real role that somebody named "PUBLIC" in capitals would be judged as everyone too: the strict side."""

SEQUENCE: Final = "S"
VIEWS: Final = frozenset({"v", "m"})


@dataclass(frozen=True, slots=True)
class Role:
    """Q1. ``valid_until`` is when its password ends; None means never."""

    name: str
    superuser: bool
    create_role: bool
    create_db: bool
    can_login: bool
    inherit: bool
    replication: bool
    bypass_rls: bool
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Q5. One edge of the role graph.

    Attributes:
        inherit: the member has the role's rights without doing anything.
        become: the member may SET ROLE to it.
        admin: the member may grant the role, to itself too.
    """

    member: str
    role: str
    inherit: bool
    become: bool
    admin: bool


@dataclass(frozen=True, slots=True)
class RelationId:
    """Which table, view or sequence; ``str`` gives ``public.orders``."""

    database: str
    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Acl:
    """What one grantee was given on one thing."""

    grantee: str
    privileges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Q2. A table, partitioned table, view, materialized view, foreign table or sequence (``kind`` is relkind).

    Attributes:
        grants: the owner's default rights included.
        extension: it belongs to an extension, not to the customer's own data model.
        parent: the table it is a partition of.
        security_invoker: a view that checks the caller's rights, not its owner's.
    """

    id: RelationId
    kind: str
    owner: str
    row_security: bool
    security_invoker: bool
    extension: bool
    parent: RelationId | None
    grants: tuple[Acl, ...]


@dataclass(frozen=True, slots=True)
class ColumnGrant:
    """Q3."""

    relation: RelationId
    column: str
    grantee: str
    privilege: str


@dataclass(frozen=True, slots=True)
class DefaultPrivilege:
    """Q4. ``schema`` is ``*`` for all; ``kind``: r tables, S sequences, f functions, T types, n schemas."""

    database: str
    owner: str
    schema: str
    kind: str
    grantee: str
    privilege: str


@dataclass(frozen=True, slots=True)
class SchemaGrant:
    """Q6."""

    database: str
    schema: str
    grantee: str
    privilege: str


@dataclass(frozen=True, slots=True)
class Effective:
    """Q7. What the server answers for one role and one relation; pairs without any right are left out.

    Attributes:
        verbs: on the whole relation.
        column_verbs: on at least one column.
    """

    role: str
    relation: RelationId
    verbs: frozenset[str]
    column_verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """Q8."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class HbaLine:
    """Q9. One line of pg_hba.conf, as the server parsed it.

    Attributes:
        type: local, host, hostssl, hostnossl, hostgssenc or hostnogssenc.
        address: an address, a host name, ``all``, ``samehost`` or ``samenet``; empty for local.
        error: why the server cannot use the line; such a line keeps the file from loading.
    """

    number: int
    type: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str
    netmask: str
    method: str
    options: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class DefinerFunction:
    """Q10. A function that runs with its owner's rights. ``callers`` may execute it; PUBLIC is everyone."""

    database: str
    schema: str
    name: str
    arguments: str
    owner: str
    callers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}({self.arguments})"


@dataclass(frozen=True, slots=True)
class ViewSource:
    """Q13. One relation that a view reads."""

    view: RelationId
    source: RelationId


@dataclass(frozen=True, slots=True)
class Activity:
    """Q12. Sessions open at the moment of the scan. ``address`` is None where we are not allowed to know it."""

    role: str
    application: str
    address: str | None
    sessions: int


@dataclass(frozen=True, slots=True)
class DatabaseRead:
    """One database whose grants were read.

    Attributes:
        pairs: roles times relations.
        pairs_read: how many of them Q7 covered; fewer only above the limit.
    """

    name: str
    pairs: int
    pairs_read: int


@dataclass(frozen=True, slots=True)
class Gap:
    """One part of one database that could not be read.

    Attributes:
        part: a field of the snapshot; ``databases`` for a database not read at all; ``undeclared`` for the effective
            rights of roles that nobody declared, which are left out above the limit of pairs.
    """

    database: str
    part: str
    why: Unavailable


@dataclass(frozen=True, slots=True)
class Gaps:
    """Everything that is missing from a picture that has other parts: a fail still counts, a pass does not."""

    entries: tuple[Gap, ...] = ()

    def of(self, parts: Iterable[str]) -> tuple[Gap, ...]:
        """The gaps that touch any of these parts; a database not read at all touches every part."""
        wanted = frozenset(parts) | {"databases"}
        return tuple(gap for gap in self.entries if gap.part in wanted)


@dataclass(frozen=True, slots=True)
class Declarations:
    """What the customer declared about this server. Empty means not declared.

    Attributes:
        humans: role -> the people who use it (e-mail addresses); no person known is an empty tuple.
        sensitive: ``schema``, ``schema.table`` or ``database/schema.table``.
        functions: reviewed definer functions, ``schema.name``.
    """

    matrix: Matrix = field(default_factory=Matrix)
    humans: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sensitive: tuple[str, ...] = ()
    administrators: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PostgresSnapshot:
    """One server as one role saw it.

    Attributes:
        server: stable name of the whole scope, ``host:port``; ``server`` for an export.
        reader: the role we read with; never judged as a service.
        listed: every database of the server that accepts connections, read or not.
    """

    taken_at: datetime
    server: str
    reader: str
    declared: Declarations
    gaps: Gaps
    listed: frozenset[str]
    databases: Part[DatabaseRead]
    roles: Part[Role]
    memberships: Part[Membership]
    relations: Part[Relation]
    column_grants: Part[ColumnGrant]
    schema_grants: Part[SchemaGrant]
    default_privileges: Part[DefaultPrivilege]
    effective: Part[Effective]
    view_sources: Part[ViewSource]
    definer_functions: Part[DefinerFunction]
    settings: Part[Setting]
    hba: Part[HbaLine]
    activity: Part[Activity]
