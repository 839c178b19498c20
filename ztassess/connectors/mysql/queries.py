"""Owns the text of every query of the live reading; the export script asks for the same columns."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.mysql.privileges import GLOBAL_COLUMNS, MARIADB_COLUMNS, MYSQL_COLUMNS, SCHEMA_COLUMNS

EXPORT_SCRIPT: Final = "zt-export.sql"
"""The script a person runs instead of giving us a password."""
STATE_VIEW: Final = "ztassess.account_state"
"""The optional view that tells locks and empty passwords without a hash."""

_COMMON: Final = ("User", "Host", *GLOBAL_COLUMNS, "plugin", "ssl_type")
MYSQL_USER_COLUMNS: Final = (*_COMMON, *MYSQL_COLUMNS, "account_locked")
MARIADB_USER_COLUMNS: Final = (*_COMMON, *MARIADB_COLUMNS, "is_role")
"""Every column of mysql.user that we read, and that the grant names; no hash, no subject of a certificate."""

WHO: Final = "SELECT CURRENT_USER() AS account, @@version AS version"
OWN_GLOBAL: Final = (
    "SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS name, IS_GRANTABLE AS grantable "
    "FROM information_schema.USER_PRIVILEGES"
)
OWN_SCHEMA: Final = (
    "SELECT GRANTEE AS grantee, TABLE_SCHEMA AS place, PRIVILEGE_TYPE AS name FROM information_schema.SCHEMA_PRIVILEGES"
)
OWN_TABLE: Final = (
    "SELECT GRANTEE AS grantee, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS place, PRIVILEGE_TYPE AS name "
    "FROM information_schema.TABLE_PRIVILEGES"
)
OWN_COLUMN: Final = (
    "SELECT GRANTEE AS grantee, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS place, COLUMN_NAME AS place_column, "
    "PRIVILEGE_TYPE AS name FROM information_schema.COLUMN_PRIVILEGES"
)
OWN_ROLES: Final = "SELECT ROLE_NAME AS role FROM information_schema.APPLICABLE_ROLES"
HASH_PROBES: Final = (
    "SELECT authentication_string FROM mysql.user LIMIT 0",
    "SELECT Priv FROM mysql.global_priv LIMIT 0",
)
"""Asked for no row at all: the server checks the right before it looks. Both must be refused."""

TABLE_GRANTS: Final = "SELECT Host, Db, User, Table_name, Table_priv FROM mysql.tables_priv"
COLUMN_GRANTS: Final = "SELECT Host, Db, User, Table_name, Column_name, Column_priv FROM mysql.columns_priv"
MARIADB_ROLES: Final = "SELECT Host, User, Role FROM mysql.roles_mapping"
MYSQL_ROLES: Final = "SELECT FROM_USER, FROM_HOST, TO_USER, TO_HOST FROM mysql.role_edges"
DYNAMIC: Final = "SELECT USER, HOST, PRIV FROM mysql.global_grants"
STATES: Final = f"SELECT Host, User, account_locked, passwordless, access, plugins, restrictions FROM {STATE_VIEW}"  # noqa: S608
SCHEMAS: Final = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"
SETTINGS: Final = ("require_secure_transport", "have_ssl", "partial_revokes", "mandatory_roles")
"""Asked one by one: a variable that a version does not have (have_ssl since MySQL 8.4) must not hide the others."""


def users(*, mariadb: bool) -> str:
    """The query for accounts."""
    columns = MARIADB_USER_COLUMNS if mariadb else MYSQL_USER_COLUMNS
    return f"SELECT {', '.join(columns)} FROM mysql.user"  # noqa: S608  our own names


def schema_grants(*, mariadb: bool) -> str:
    """The query for grants on schemas."""
    columns = ("Host", "Db", "User", *SCHEMA_COLUMNS, *(MARIADB_COLUMNS if mariadb else ()))
    return f"SELECT {', '.join(columns)} FROM mysql.db"  # noqa: S608  our own names


def setting(name: str) -> str:
    """The query for one system variable of `SETTINGS`."""
    return f"SELECT '{name}' AS name, @@GLOBAL.{name} AS value"
