"""Owns the grants to copy: column by column, so that no hash can be read."""

from __future__ import annotations

from textwrap import fill
from typing import Final

from ztassess.connectors.contract import Grant
from ztassess.connectors.mysql.queries import MARIADB_USER_COLUMNS, MYSQL_USER_COLUMNS, STATE_VIEW

_ACCOUNT: Final = """\
CREATE USER 'zt_auditor'@'%' IDENTIFIED BY 'CHANGE-ME' REQUIRE SSL WITH MAX_USER_CONNECTIONS 2;
-- names of schemas, nothing in them:
GRANT SHOW DATABASES ON *.* TO 'zt_auditor'@'%';
"""
_TABLES: Final = ("mysql.db", "mysql.tables_priv", "mysql.columns_priv")
_SCHEMA: Final = STATE_VIEW.partition(".")[0]


def _columns(names: tuple[str, ...]) -> str:
    listed = fill(", ".join(names), 110, initial_indent="  ", subsequent_indent="  ")
    return f"GRANT SELECT (\n{listed}\n) ON mysql.user TO 'zt_auditor'@'%';\n"


def _tables(*more: str) -> str:
    return "".join(f"GRANT SELECT ON {name} TO 'zt_auditor'@'%';\n" for name in (*_TABLES, *more))


MARIADB_VIEW: Final = f"""\
CREATE DATABASE {_SCHEMA};
CREATE SQL SECURITY DEFINER VIEW {STATE_VIEW} AS
SELECT Host, User,
  IF(JSON_VALUE(Priv, '$.account_locked'), 'Y', 'N') AS account_locked,
  IF(JSON_VALUE(Priv, '$.is_role'), 0,
    (COALESCE(JSON_VALUE(Priv, '$.plugin'), '') IN ('', 'mysql_native_password', 'mysql_old_password', 'ed25519',
        'parsec') AND COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = '')
    OR COALESCE(JSON_CONTAINS(JSON_EXTRACT(Priv, '$.auth_or[*].authentication_string'), '""'), 0)) AS passwordless,
  JSON_VALUE(Priv, '$.access') AS access,
  JSON_EXTRACT(Priv, '$.auth_or[*].plugin') AS plugins,
  NULL AS restrictions
FROM mysql.global_priv;
GRANT SELECT ON {STATE_VIEW} TO 'zt_auditor'@'%';
"""  # noqa: S608  text to copy, of our own names
MYSQL_VIEW: Final = f"""\
CREATE DATABASE {_SCHEMA};
CREATE SQL SECURITY DEFINER VIEW {STATE_VIEW} AS
SELECT Host, User, account_locked,
  IF(plugin IN ('mysql_native_password', 'caching_sha2_password', 'sha256_password')
    AND COALESCE(authentication_string, '') = '', 1, 0) AS passwordless,
  NULL AS access,
  NULL AS plugins,
  JSON_EXTRACT(User_attributes, '$.Restrictions') AS restrictions
FROM mysql.user;
GRANT SELECT ON {STATE_VIEW} TO 'zt_auditor'@'%';
"""  # noqa: S608  text to copy, of our own names
_WHY_VIEW: Final = "The server computes it; no hash leaves it. Without the view these points are not checked."

GRANTS: Final = (
    Grant(
        "Read-only account (MySQL 8)",
        "sql",
        _ACCOUNT
        + _columns(MYSQL_USER_COLUMNS)
        + _tables("mysql.role_edges", "mysql.global_grants")
        + "ALTER USER 'zt_auditor'@'%' PASSWORD EXPIRE INTERVAL 365 DAY;\n",
        "Column by column: a grant on the whole of mysql would show password hashes, and is refused.",
    ),
    Grant(
        "Read-only account (MariaDB)",
        "sql",
        _ACCOUNT
        + _columns(MARIADB_USER_COLUMNS)
        + _tables("mysql.roles_mapping")
        + "ALTER USER 'zt_auditor'@'%' PASSWORD EXPIRE INTERVAL 365 DAY;\n",
        "Column by column: a grant on the whole of mysql would show password hashes, and is refused.",
    ),
    Grant(
        "Recommended: state of accounts (MariaDB)",
        "sql",
        MARIADB_VIEW,
        f"Which accounts are locked, have an empty password, or hold rights without a column. {_WHY_VIEW}",
    ),
    Grant(
        "Optional: state of accounts (MySQL 8)",
        "sql",
        MYSQL_VIEW,
        f"Which accounts have an empty password, and partial revokes of global rights. {_WHY_VIEW}",
    ),
)
