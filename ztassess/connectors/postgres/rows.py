"""Owns turning one row of one query into one typed value; the live reading and the export share every reader here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.postgres.snapshot import (
    Acl,
    Activity,
    ColumnGrant,
    DefaultPrivilege,
    DefinerFunction,
    Effective,
    HbaLine,
    Membership,
    Relation,
    RelationId,
    Role,
    SchemaGrant,
    Setting,
    ViewSource,
)

Row = Mapping[str, Any]
T = TypeVar("T")
_LONGEST_NAME = 16_384


def read_rows(part: str, rows: Iterable[Any], reader: Callable[[str, Row], T], database: str) -> tuple[T, ...]:
    """All rows of one part; a row that is not what the query selects means that somebody changed it.

    Raises:
        BadAnswer: a row misses a column or holds another type; nothing is judged from the part.
    """
    read: list[T] = []
    for row in rows:
        try:
            read.append(reader(database, row))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadAnswer(
                f"The rows of {part} do not look like PostgreSQL's catalogs; nothing was judged from them."
            ) from problem
    return tuple(read)


def _text(row: Row, key: str) -> str:
    value = row[key]
    if isinstance(value, bytes):  # databases in SQL_ASCII have no encoding
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or "\0" in value:
        raise TypeError(f"{key} is not a name")
    return value


def _maybe(row: Row, key: str) -> str:
    return "" if row[key] is None else _text(row, key)


def _flag(row: Row, key: str) -> bool:
    value = row[key]
    if not isinstance(value, bool):
        raise TypeError(f"{key} is not true or false")
    return value


def _number(row: Row, key: str) -> int:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{key} is not a number")
    return value


def _texts(row: Row, key: str) -> tuple[str, ...]:
    values = row[key]
    if values is None:
        return ()
    if not isinstance(values, list):
        raise TypeError(f"{key} is not a list")
    return tuple(_text({key: value}, key) for value in values)


def _moment(row: Row, key: str) -> datetime | None:
    text = _maybe(row, key)
    return None if not text else datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def role(_database: str, row: Row) -> Role:
    """Q1."""
    return Role(
        name=_text(row, "rolname"),
        superuser=_flag(row, "rolsuper"),
        create_role=_flag(row, "rolcreaterole"),
        create_db=_flag(row, "rolcreatedb"),
        can_login=_flag(row, "rolcanlogin"),
        inherit=_flag(row, "rolinherit"),
        replication=_flag(row, "rolreplication"),
        bypass_rls=_flag(row, "rolbypassrls"),
        valid_until=_moment(row, "rolvaliduntil"),
    )


def _relation_id(database: str, row: Row, prefix: str = "") -> RelationId:
    return RelationId(database, _text(row, f"{prefix}nspname"), _text(row, f"{prefix}relname"))


def relation(database: str, row: Row) -> Relation:
    """Q2."""
    has_parent = row["parent_relname"] is not None
    grants = row["grants"]
    if not isinstance(grants, list):
        raise TypeError("grants is not a list")
    return Relation(
        id=_relation_id(database, row),
        kind=_text(row, "relkind"),
        owner=_text(row, "owner"),
        row_security=_flag(row, "row_security"),
        security_invoker=_flag(row, "security_invoker"),
        extension=_flag(row, "extension"),
        parent=_relation_id(database, row, "parent_") if has_parent else None,
        grants=tuple(Acl(_text(grant, "grantee"), _texts(grant, "privileges")) for grant in grants),
    )


def column_grant(database: str, row: Row) -> ColumnGrant:
    """Q3."""
    return ColumnGrant(
        _relation_id(database, row), _text(row, "attname"), _text(row, "grantee"), _text(row, "privilege_type")
    )


def default_privilege(database: str, row: Row) -> DefaultPrivilege:
    """Q4."""
    return DefaultPrivilege(
        database,
        _text(row, "owner"),
        _text(row, "nspname"),
        _text(row, "objtype"),
        _text(row, "grantee"),
        _text(row, "privilege_type"),
    )


def membership(_database: str, row: Row) -> Membership:
    """Q5."""
    return Membership(
        _text(row, "member"),
        _text(row, "role"),
        inherit=_flag(row, "inherit_option"),
        become=_flag(row, "set_option"),
        admin=_flag(row, "admin_option"),
    )


def schema_grant(database: str, row: Row) -> SchemaGrant:
    """Q6."""
    return SchemaGrant(database, _text(row, "nspname"), _text(row, "grantee"), _text(row, "privilege_type"))


def effective(database: str, row: Row) -> Effective:
    """Q7."""
    return Effective(
        _text(row, "rolname"),
        _relation_id(database, row),
        frozenset(_texts(row, "verbs")),
        frozenset(_texts(row, "column_verbs")),
    )


def setting(_database: str, row: Row) -> Setting:
    """Q8."""
    return Setting(_text(row, "name"), _maybe(row, "setting"))


def hba_line(_database: str, row: Row) -> HbaLine:
    """Q9. A line the server could not parse has an error and little else."""
    return HbaLine(
        number=_number(row, "line_number"),
        type=_maybe(row, "type"),
        databases=_texts(row, "database"),
        users=_texts(row, "user_name"),
        address=_maybe(row, "address"),
        netmask=_maybe(row, "netmask"),
        method=_maybe(row, "auth_method"),
        options=_texts(row, "options"),
        error=_maybe(row, "error"),
    )


def definer_function(database: str, row: Row) -> DefinerFunction:
    """Q10."""
    return DefinerFunction(
        database,
        _text(row, "nspname"),
        _text(row, "proname"),
        _text(row, "arguments"),
        _text(row, "owner"),
        _texts(row, "callers"),
    )


def database_name(_database: str, row: Row) -> str:
    """Q11."""
    return _text(row, "datname")


def activity(_database: str, row: Row) -> Activity:
    """Q12."""
    address = None if row["client_addr"] is None else _text(row, "client_addr")
    return Activity(_text(row, "usename"), _maybe(row, "application_name"), address, _number(row, "sessions"))


def view_source(database: str, row: Row) -> ViewSource:
    """Q13."""
    return ViewSource(_relation_id(database, row), _relation_id(database, row, "source_"))
