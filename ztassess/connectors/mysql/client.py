"""Owns talking to one server: a guarded session, one query per part, every refusal turned into a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.mysql import queries
from ztassess.connectors.mysql.rows import READERS, read_rows
from ztassess.connectors.netguard import MysqlConnection, QueryRefused, connect_mysql
from ztassess.domain.findings import Part, Unavailable

STATEMENT_SECONDS: Final = 10
USUAL_PORT: Final = 3306
_DENIED: Final = frozenset({1044, 1142, 1143, 1227, 1356})
_ABSENT: Final = frozenset({1049, 1054, 1109, 1146})
_UNKNOWN_VARIABLE: Final = 1193
_STOPPED: Final = frozenset({1317, 1969, 3024})

TABLES: Final[Mapping[str, str]] = {
    "users": "mysql.user",
    "schema_grants": "mysql.db",
    "table_grants": "mysql.tables_priv",
    "column_grants": "mysql.columns_priv",
    "roles": "mysql.roles_mapping or mysql.role_edges",
    "dynamic": "mysql.global_grants",
    "states": queries.STATE_VIEW,
    "settings": "system variables",
    "schemas": "information_schema.SCHEMATA",
}
"""By snapshot part, where it is read; also how evidence names it."""
LIVE_PARTS: Final = tuple(TABLES)


@dataclass(frozen=True, slots=True)
class Session:
    """One open connection.

    Attributes:
        account: who the server says we are, ``user@host``.
    """

    connection: MysqlConnection
    account: str
    version: str

    @property
    def mariadb(self) -> bool:
        """True for MariaDB."""
        return "mariadb" in self.version.lower()


@dataclass(frozen=True, slots=True)
class OwnRights:
    """What our own account may do.

    Attributes:
        excess: rights beyond the grant to copy, such as ``SELECT on shop.*``; at most 20.
        hashes: True if the server would show us password hashes.
        sees_schemas: we may see the names of all schemas (SHOW DATABASES).
        unverified: True if the server refused to say which roles we have.
    """

    excess: tuple[str, ...]
    hashes: bool
    sees_schemas: bool
    unverified: bool = False


@contextmanager
def open_session(context: ReadContext) -> Iterator[Session]:
    """A read-only session, closed at the end whatever happens.

    Raises:
        ConnectorError: as `ztassess.connectors.netguard.connect_mysql`.
        BadAnswer: the server does not say who we are.
    """
    connection = connect_mysql(
        context.guard,
        context.budget,
        host=context.config["host"],
        port=int(context.config.get("port") or USUAL_PORT),
        user=context.config.get("user") or "zt_auditor",
        password=context.secrets.get("password", ""),
        ca_pem=context.config.get("ca_certificate") or "",
        statement_seconds=STATEMENT_SECONDS,
    )
    with connection:
        found = connection.rows(queries.WHO)
        account, version = (found[0].get(key) if len(found) == 1 else None for key in ("account", "version"))
        if not account or not version or "@" not in account:
            raise BadAnswer("The server does not say who we are; this is not a MySQL that we understand.")
        yield Session(connection, account, version)


def own_rights(session: Session) -> OwnRights:
    """Our own rights, read back from the server (information_schema always shows one's own).

    Raises:
        BadAnswer: the server does not show them.
    """
    connection = session.connection
    user, _, host = session.account.rpartition("@")
    me = f"'{user}'@'{host}'"
    excess: list[str] = []
    try:
        everywhere = [row for row in connection.rows(queries.OWN_GLOBAL) if row["grantee"] == me]
        placed = [
            row
            for text in (queries.OWN_SCHEMA, queries.OWN_TABLE, queries.OWN_COLUMN)
            for row in connection.rows(text)
            if row["grantee"] == me
        ]
    except (QueryRefused, KeyError) as problem:
        raise BadAnswer("The server does not show us our own rights, so nobody can say that we only read.") from problem
    names = {str(row["name"]) for row in everywhere}
    excess += [f"{name} on *.*" for name in sorted(names - {"USAGE", "SHOW DATABASES"})]
    if any(row["grantable"] == "YES" for row in everywhere):
        excess.append("GRANT OPTION on *.*")
    excess += sorted({_said(row) for row in placed if not _expected(row)})
    roles = _own_roles(connection)
    excess += [f"membership in role {role}" for role in roles or ()]
    return OwnRights(tuple(excess[:20]), _shows_hashes(connection), "SHOW DATABASES" in names, roles is None)


def _expected(row: Mapping[str, str | None]) -> bool:
    """True for what the grant to copy gives."""
    if row["name"] != "SELECT":
        return False
    if "place_column" in row:
        return row["place"] == "mysql.user" and row["place_column"] in _OPEN_COLUMNS
    return row["place"] in _OPEN_TABLES


_OPEN_TABLES: Final = frozenset(
    {
        "mysql.db",
        "mysql.tables_priv",
        "mysql.columns_priv",
        "mysql.roles_mapping",
        "mysql.role_edges",
        "mysql.default_roles",
        "mysql.global_grants",
        queries.STATE_VIEW,
    }
)
_OPEN_COLUMNS: Final = frozenset(
    (*queries.MYSQL_USER_COLUMNS, *queries.MARIADB_USER_COLUMNS, "password_expired", "password_lifetime")
)


def _said(row: Mapping[str, str | None]) -> str:
    if "place_column" in row:
        return f"{row['name']} on {row['place']} ({row['place_column']})"
    place = str(row["place"])
    return f"{row['name']} on {place}" if "." in place else f"{row['name']} on {place}.*"


def _own_roles(connection: MysqlConnection) -> tuple[str, ...] | None:
    """Roles we could use, those that everybody has left out; None if the server does not say."""
    try:
        found = {str(row["role"]) for row in connection.rows(queries.OWN_ROLES)}
    except QueryRefused:
        return None
    mandatory = _setting(connection, "mandatory_roles")
    given = "" if mandatory is None else str(mandatory["value"] or "")
    everybody = {entry.strip().split("@")[0].strip("`' ") for entry in given.split(",")}
    return tuple(sorted(found - everybody - {"PUBLIC"}))


def _shows_hashes(connection: MysqlConnection) -> bool:
    for probe in queries.HASH_PROBES:
        try:
            connection.rows(probe)
        except QueryRefused as problem:
            if problem.number in _DENIED | _ABSENT:
                continue
            raise BadAnswer("The server does not say whether we may see password hashes; we do not go on.") from problem
        return True
    return False


def read_part(session: Session, part: str, own: OwnRights) -> Part[Any]:
    """Read one part.

    Parameters:
        part: one of `LIVE_PARTS`.

    Returns:
        The typed rows, or why they could not be read.

    Raises:
        Unreachable: the connection was lost.
        BudgetExceeded: time or bytes of this run are used up.
    """
    if part == "dynamic" and session.mariadb:
        return ()
    if part == "schemas" and not own.sees_schemas:
        detail = "We may not see the names of all schemas, so patterns in grants cannot be followed."
        return Unavailable("missing_scope", "GRANT SHOW DATABASES ON *.*", detail)
    try:
        return read_rows(part, _fetch(session, part), READERS[part])
    except QueryRefused as problem:
        return _refused(part, session, problem.number)
    except BadAnswer as problem:
        if session.connection.closed:
            raise
        return Unavailable("upstream_error", detail=problem.sentence)


def _fetch(session: Session, part: str) -> list[Mapping[str, Any]]:
    if part == "settings":
        found = (_setting(session.connection, name) for name in queries.SETTINGS)
        return [row for row in found if row is not None]
    text = {
        "users": queries.users(mariadb=session.mariadb),
        "schema_grants": queries.schema_grants(mariadb=session.mariadb),
        "table_grants": queries.TABLE_GRANTS,
        "column_grants": queries.COLUMN_GRANTS,
        "roles": queries.MARIADB_ROLES if session.mariadb else queries.MYSQL_ROLES,
        "dynamic": queries.DYNAMIC,
        "states": queries.STATES,
        "schemas": queries.SCHEMAS,
    }[part]
    return list(session.connection.rows(text))


def _setting(connection: MysqlConnection, name: str) -> Mapping[str, Any] | None:
    """One system variable; None if this version does not have it."""
    try:
        return connection.rows(queries.setting(name))[0]
    except QueryRefused as problem:
        if problem.number == _UNKNOWN_VARIABLE:
            return None
        raise
    except IndexError as problem:
        raise BadAnswer(f"The server gave no value of {name}.") from problem


def _refused(part: str, session: Session, number: int) -> Unavailable:
    table = TABLES[part]
    if part == "roles":
        table = "mysql.roles_mapping" if session.mariadb else "mysql.role_edges"
    if number in _DENIED or (part == "states" and number in _ABSENT):
        if part == "states":
            detail = f"Optional view missing: {table}. Locks, empty passwords and rights without a column stay unseen."
        elif part == "users":
            detail = "Column or table grant missing on mysql.user: run the grant to copy again, it names every column."
        else:
            detail = f"Column or table grant missing: {table}."
        return Unavailable("missing_scope", f"GRANT SELECT ON {table}", detail)
    if number in _ABSENT:
        return Unavailable("unsupported", detail=f"This server has no {table}.")
    if number in _STOPPED:
        detail = f"The query of {table} ran over {STATEMENT_SECONDS} s and was stopped."
        return Unavailable("partial_data", detail=detail)
    return Unavailable("upstream_error", detail=f"The server answered the query of {table} with error {number}.")
