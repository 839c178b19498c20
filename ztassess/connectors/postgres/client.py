"""Owns talking to one database: a guarded session, one query per part, every refusal turned into a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL

from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BadAnswer, Unreachable
from ztassess.connectors.netguard import Budget, GuardedConnection, connect_postgres
from ztassess.connectors.postgres import queries, rows
from ztassess.domain.findings import Part, Unavailable

STATEMENT_SECONDS: Final = 10
HBA_SCOPE: Final = "GRANT SELECT ON pg_hba_file_rules, GRANT EXECUTE ON FUNCTION pg_hba_file_rules()"

SOURCES: Final[Mapping[str, str]] = {
    "roles": "Q1 roles",
    "relations": "Q2 grants",
    "column_grants": "Q3 column grants",
    "default_privileges": "Q4 default privileges",
    "memberships": "Q5 memberships",
    "schema_grants": "Q6 schema grants",
    "effective": "Q7 effective privileges",
    "settings": "Q8 settings",
    "hba": "Q9 authentication",
    "definer_functions": "Q10 definer functions",
    "listed": "Q11 databases",
    "activity": "Q12 live use",
    "view_sources": "Q13 view sources",
}
"""By snapshot part, how its query is called in evidence."""

READERS: Final = {
    "roles": rows.role,
    "relations": rows.relation,
    "column_grants": rows.column_grant,
    "default_privileges": rows.default_privilege,
    "memberships": rows.membership,
    "schema_grants": rows.schema_grant,
    "effective": rows.effective,
    "settings": rows.setting,
    "hba": rows.hba_line,
    "definer_functions": rows.definer_function,
    "listed": rows.database_name,
    "activity": rows.activity,
    "view_sources": rows.view_source,
}


@dataclass(frozen=True, slots=True)
class Session:
    """One open connection to one database."""

    database: str
    connection: GuardedConnection
    budget: Budget


@dataclass(frozen=True, slots=True)
class OwnRole:
    """Our own role: what it may do that a reader of catalogs must not.

    Attributes:
        attributes: SUPERUSER and the like, as written in CREATE ROLE.
        broad: roles we are a member of that read or change everything.
        endless: our password never expires.
    """

    name: str
    version: int
    attributes: tuple[str, ...]
    broad: tuple[str, ...]
    endless: bool


@contextmanager
def open_session(context: ReadContext, database: str) -> Iterator[Session]:
    """A read-only session in one database, closed at the end whatever happens.

    Raises:
        ConnectorError: as `ztassess.connectors.netguard.connect_postgres`.
    """
    connection = connect_postgres(
        context.guard,
        context.budget,
        host=context.config["host"],
        port=int(context.config.get("port") or 5432),
        dbname=database,
        user=context.config.get("user") or "zt_auditor",
        password=context.secrets.get("password", ""),
        ca_pem=context.config.get("ca_certificate") or "",
        statement_seconds=STATEMENT_SECONDS,
    )
    try:
        connection.autocommit = True  # one refused query must not end the others; the session itself is read-only
        yield Session(database, connection, context.budget)
    finally:
        connection.close()


def own_role(session: Session) -> OwnRole:
    """Who we are (the whoami of the preflight).

    Raises:
        BadAnswer: the server does not know our role, so it is not a PostgreSQL that we understand.
    """
    found = _fetch(session, queries.OWN_ROLE)
    if len(found) != 1:
        raise BadAnswer("The server does not list our own role; this is not a PostgreSQL that we understand.")
    row = found[0]
    names = {
        "rolsuper": "SUPERUSER",
        "rolcreaterole": "CREATEROLE",
        "rolbypassrls": "BYPASSRLS",
        "rolreplication": "REPLICATION",
    }
    return OwnRole(
        name=str(row["rolname"]),
        version=int(row["version"]),
        attributes=tuple(word for column, word in names.items() if row[column]),
        broad=tuple(row["broad"]),
        endless=bool(row["endless"]),
    )


def own_rights(session: Session) -> tuple[str, ...]:
    """At most 20 of our own rights on user tables, PUBLIC's left out, such as ``SELECT on public.orders``."""
    found = _fetch(session, queries.OWN_RIGHTS)
    return tuple(f"{row['verb']} on {row['nspname']}.{row['relname']}" for row in found)


def read_part(
    session: Session,
    part: str,
    *,
    roles: tuple[str, ...] | None = None,
    schemas: tuple[str, ...] | None = None,
    limit: int | None = None,
) -> Part[Any]:
    """Read one part of this database.

    Parameters:
        part: a key of `READERS`.
        roles, schemas: for ``effective`` only: read just these; None means all.
        limit: read at most so many rows (preflight).

    Returns:
        The typed rows, or why they could not be read.

    Raises:
        Unreachable: the connection was lost.
        BudgetExceeded: time or bytes of this run are used up.
    """
    text = queries.ACTIVITY if part == "activity" else queries.query(SOURCES[part].split()[0])
    values: dict[str, Any] = {}
    if roles is not None:
        text = f"SELECT * FROM ({text}) q WHERE rolname = ANY(%(roles)s)"  # noqa: S608  our own text, values are bound
        values["roles"] = list(roles)
        if schemas is not None:
            text += " AND nspname = ANY(%(schemas)s)"
            values["schemas"] = list(schemas)
    if limit is not None:
        text = f"SELECT * FROM ({text}) q LIMIT {limit:d}"  # noqa: S608  our own text and a number
    try:
        return rows.read_rows(part, _fetch(session, text, values), READERS[part], session.database)
    except psycopg.errors.QueryCanceled:
        detail = (
            f"A query ran over {STATEMENT_SECONDS} s and was stopped; {part.replace('_', ' ')} of "
            f"{session.database} are not checked."
        )
        return Unavailable("partial_data", detail=detail)
    except psycopg.errors.InsufficientPrivilege:
        return _not_allowed(part, session.database)
    except psycopg.Error as problem:
        return Unavailable(
            "upstream_error", detail=f"The server answered {part.replace('_', ' ')} with error {problem.sqlstate}."
        )
    except BadAnswer as problem:
        return Unavailable("upstream_error", detail=problem.sentence)


def _not_allowed(part: str, database: str) -> Unavailable:
    if part == "hba":
        return Unavailable(
            "missing_scope", HBA_SCOPE, "Optional grant missing: authentication methods are not checked."
        )
    return Unavailable("missing_scope", "", f"We may not read {part.replace('_', ' ')} of {database}.")


def _fetch(session: Session, text: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """All rows of one query. The guarded connection bounds time and bytes, so the result always fits in memory.

    Raises:
        Unreachable: the connection was lost.
        psycopg.Error: the server refused or stopped the query.
    """
    session.budget.spend_request()
    try:
        with session.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(SQL(text), values or None).fetchall()
    except (psycopg.OperationalError, psycopg.InterfaceError) as problem:
        if isinstance(problem, psycopg.errors.QueryCanceled):
            raise
        raise Unreachable(f"The connection to database {session.database} was lost.", how="closed") from None
