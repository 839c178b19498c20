"""Owns turning one row of one query into one typed value; the live reading and the export share every reader here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.mysql.privileges import (
    GLOBAL_COLUMNS,
    MARIADB_COLUMNS,
    MYSQL_COLUMNS,
    SCHEMA_COLUMNS,
    TABLE_WORDS,
    hidden_rights,
)
from ztassess.connectors.mysql.snapshot import (
    Account,
    AccountId,
    AccountState,
    ColumnGrant,
    DynamicGrant,
    Restriction,
    RoleEdge,
    SchemaGrant,
    Setting,
    TableGrant,
    TableId,
)
from ztassess.connectors.netguard import parse_json

Row = Mapping[str, Any]
T = TypeVar("T")
_LONGEST_NAME: Final = 1024  # identifiers have at most 64 characters, accounts 128 and hosts 255
_LONGEST_VALUE: Final = 16_384


def read_rows(part: str, rows: Iterable[Any], reader: Callable[[Row], T]) -> tuple[T, ...]:
    """All rows of one part; a row that is not what the query selects means that somebody changed it.

    Raises:
        BadAnswer: a row misses a column or holds another type; nothing is judged from the part.
    """
    read: list[T] = []
    for row in rows:
        try:
            read.append(reader(row))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadAnswer(
                f"The rows of {part.replace('_', ' ')} do not look like the server's grant tables; nothing was judged "
                "from them."
            ) from problem
    return tuple(read)


def _text(row: Row, key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or "\0" in value:
        raise TypeError(f"{key} is not a name")
    return value


def _flag(row: Row, key: str) -> bool:
    value = row[key]
    if value not in ("Y", "N"):
        raise TypeError(f"{key} is neither Y nor N")
    return bool(value == "Y")


def _grantee(row: Row, user: str = "User", host: str = "Host") -> AccountId:
    return AccountId(_text(row, user), _text(row, host))


def _rights(row: Row, columns: Mapping[str, str], optional: Mapping[str, str]) -> frozenset[str]:
    """Every ``Y`` among the columns; those of the other product only if they are there."""
    held = {right for column, right in columns.items() if _flag(row, column)}
    return frozenset(held | {right for column, right in optional.items() if column in row and _flag(row, column)})


def _words(row: Row, key: str) -> frozenset[str]:
    """A SET column; a word we do not know keeps its own name, so that it is outside of every matrix."""
    return frozenset(TABLE_WORDS.get(word, word.upper()) for word in _text(row, key).split(",") if word)


def account(row: Row) -> Account:
    """mysql.user."""
    if "is_role" not in row and "account_locked" not in row:
        raise KeyError("neither MySQL nor MariaDB")
    tls = _text(row, "ssl_type")
    if tls not in ("", "ANY", "X509", "SPECIFIED"):
        raise ValueError("ssl_type is unknown")
    return Account(
        id=_grantee(row),
        role="is_role" in row and _flag(row, "is_role"),
        rights=_rights(row, GLOBAL_COLUMNS, {**MYSQL_COLUMNS, **MARIADB_COLUMNS}),
        plugin=_text(row, "plugin"),
        tls=tls,
        locked=_flag(row, "account_locked") if "account_locked" in row else None,
    )


def schema_grant(row: Row) -> SchemaGrant:
    """mysql.db."""
    return SchemaGrant(_grantee(row), _text(row, "Db"), _rights(row, SCHEMA_COLUMNS, MARIADB_COLUMNS))


def table_grant(row: Row) -> TableGrant:
    """mysql.tables_priv."""
    return TableGrant(_grantee(row), TableId(_text(row, "Db"), _text(row, "Table_name")), _words(row, "Table_priv"))


def column_grant(row: Row) -> ColumnGrant:
    """mysql.columns_priv."""
    table = TableId(_text(row, "Db"), _text(row, "Table_name"))
    return ColumnGrant(_grantee(row), table, _text(row, "Column_name"), _words(row, "Column_priv"))


def role_edge(row: Row) -> RoleEdge:
    """mysql.role_edges of MySQL, or mysql.roles_mapping of MariaDB, whose roles have no host."""
    if "FROM_USER" in row:
        return RoleEdge(member=_grantee(row, "TO_USER", "TO_HOST"), role=_grantee(row, "FROM_USER", "FROM_HOST"))
    return RoleEdge(member=_grantee(row), role=AccountId(_text(row, "Role"), ""))


def dynamic_grant(row: Row) -> DynamicGrant:
    """mysql.global_grants."""
    return DynamicGrant(_grantee(row, "USER", "HOST"), _text(row, "PRIV").upper())


def _json(value: Any) -> Any:
    """A JSON column: text from the live reading, already a value in an export."""
    return parse_json(value.encode()) if isinstance(value, str) and value else value


def _state_plugins(row: Row) -> tuple[str, ...]:
    found = _json(row["plugins"])
    if found is None:
        return ()
    if not isinstance(found, list):
        raise TypeError("plugins is not a list")
    return tuple(_text({"plugin": each}, "plugin") for each in found)


def _restrictions(row: Row) -> tuple[Restriction, ...]:
    found = _json(row["restrictions"])
    if found is None:
        return ()
    if not isinstance(found, list):
        raise TypeError("restrictions is not a list")
    return tuple(
        Restriction(
            _text(each, "Database"), frozenset(_text({"p": right}, "p").upper() for right in each["Privileges"])
        )
        for each in found
    )


def account_state(row: Row) -> AccountState:
    """The optional view."""
    passwordless = row["passwordless"]
    if passwordless not in (None, "0", "1", 0, 1):
        raise ValueError("passwordless is neither 0 nor 1")
    return AccountState(
        id=_grantee(row),
        locked=_flag(row, "account_locked"),
        passwordless=None if passwordless is None else str(int(passwordless)) == "1",
        plugins=_state_plugins(row),
        rights=frozenset() if row["access"] is None else hidden_rights(row["access"]),
        restrictions=_restrictions(row),
    )


def setting(row: Row) -> Setting:
    """One system variable; switches come as 0 and 1 or as OFF and ON."""
    value = row["value"]
    text = "" if value is None else str(value)
    if len(text) > _LONGEST_VALUE:
        raise ValueError("value is too long")
    return Setting(_text(row, "name"), text)


def schema_name(row: Row) -> str:
    """information_schema.SCHEMATA."""
    return _text(row, "SCHEMA_NAME")


def table_id(row: Row) -> TableId:
    """information_schema.TABLES; in exports only."""
    return TableId(_text(row, "TABLE_SCHEMA"), _text(row, "TABLE_NAME"))


READERS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "users": account,
    "schema_grants": schema_grant,
    "table_grants": table_grant,
    "column_grants": column_grant,
    "roles": role_edge,
    "dynamic": dynamic_grant,
    "states": account_state,
    "settings": setting,
    "schemas": schema_name,
    "tables": table_id,
}
"""By snapshot part, how one of its rows is read."""
