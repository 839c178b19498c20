"""Owns the frozen picture of one server: its accounts, what was granted to each at which level, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ztassess.connectors.grant_matrix import Matrix
from ztassess.domain.findings import Part

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
EVERY_ACCOUNT = "PUBLIC"
"""MariaDB's role that everybody has (GRANT ... TO PUBLIC, from 10.11 on)."""


@dataclass(frozen=True, slots=True, order=True)
class AccountId:
    """A name and the host pattern it may come from. ``app@10.%`` and ``app@%`` are two accounts."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}" if self.host else self.user


@dataclass(frozen=True, slots=True)
class TableId:
    """A table, view or, with ``*`` as its name, everything in a schema. There is no database above a schema."""

    schema: str
    name: str

    @property
    def database(self) -> str:
        """Empty: what the grant matrix writes before the slash does not exist here."""
        return ""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Account:
    """One row of mysql.user.

    Attributes:
        role: True if the server itself says that it is a role (MariaDB); MySQL's roles are locked accounts.
        rights: global rights, in the words of GRANT, ``GRANT OPTION`` among them.
        tls: ``ssl_type``: empty, ``ANY``, ``X509`` or ``SPECIFIED``.
        locked: None if the table does not say (MariaDB keeps it beside the password hash).
    """

    id: AccountId
    role: bool
    rights: frozenset[str]
    plugin: str
    tls: str
    locked: bool | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """A partial revoke of MySQL: global rights that do not hold in one schema."""

    schema: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the optional view tells of one account without showing a hash.

    Attributes:
        passwordless: it has a password method and an empty password; None if the server did not say.
        plugins: further ways to sign in (MariaDB's ``OR``); each is enough on its own.
        rights: global rights that mysql.user has no column for (MariaDB).
        restrictions: MySQL's partial revokes.
    """

    id: AccountId
    locked: bool
    passwordless: bool | None = None
    plugins: tuple[str, ...] = ()
    rights: frozenset[str] = frozenset()
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaGrant:
    """One row of mysql.db. ``pattern`` is a LIKE pattern; a blank user means every account."""

    grantee: AccountId
    pattern: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class TableGrant:
    """One row of mysql.tables_priv; its rights on columns stand in mysql.columns_priv."""

    grantee: AccountId
    table: TableId
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class ColumnGrant:
    """One row of mysql.columns_priv."""

    grantee: AccountId
    table: TableId
    column: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class RoleEdge:
    """``member`` may use the rights of ``role``, by default or after SET ROLE."""

    member: AccountId
    role: AccountId


@dataclass(frozen=True, slots=True)
class DynamicGrant:
    """One row of mysql.global_grants, such as SYSTEM_VARIABLES_ADMIN; MySQL only."""

    grantee: AccountId
    right: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One system variable; one that this version does not have is left out."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Declarations:
    """What the customer declared about this server. Empty means not declared.

    Attributes:
        services: service -> the account it uses, as typed: ``app`` or ``app@10.%``.
        humans: account -> the people who use it (e-mail addresses); no person known is an empty tuple.
        sensitive: ``schema`` or ``schema.table``.
        break_glass: emergency accounts of the organization; exempt, and named wherever they are.
    """

    matrix: Matrix = field(default_factory=Matrix)
    services: tuple[tuple[str, str], ...] = ()
    humans: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sensitive: tuple[str, ...] = ()
    administrators: frozenset[str] = frozenset()
    break_glass: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MysqlSnapshot:
    """One server as one account saw it.

    Attributes:
        server: stable name of the whole scope, ``host:port``; ``server`` for an export.
        version: as the server says it, such as ``10.11.6-MariaDB``.
        reader: the account we read with, ``user@host``; never judged as a service.
        dynamic: an empty tuple on MariaDB, which has none.
        schemas: names of all schemas; unavailable unless the reader may see all of them.
        tables: names of tables; only an administrator's export has them.
        warning: a sentence for the person who uploaded, such as that hashes were removed; empty if there is none.
    """

    taken_at: datetime
    server: str
    version: str
    reader: str
    declared: Declarations
    users: Part[Account]
    schema_grants: Part[SchemaGrant]
    table_grants: Part[TableGrant]
    column_grants: Part[ColumnGrant]
    roles: Part[RoleEdge]
    dynamic: Part[DynamicGrant]
    states: Part[AccountState]
    settings: Part[Setting]
    schemas: Part[str]
    tables: Part[TableId]
    warning: str = ""

    @property
    def mariadb(self) -> bool:
        """True for MariaDB, whose grant tables differ."""
        return "mariadb" in self.version.lower()
