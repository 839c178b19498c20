"""Owns the vendor's words for rights: columns of the grant tables, bits of MariaDB, what a matrix may name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ztassess.connectors import grant_matrix
from ztassess.connectors.grant_matrix import Dialect, Matrix

GRANT_OPTION: Final = "GRANT OPTION"
SCHEMA_COLUMNS: Final = {
    "Select_priv": "SELECT",
    "Insert_priv": "INSERT",
    "Update_priv": "UPDATE",
    "Delete_priv": "DELETE",
    "Create_priv": "CREATE",
    "Drop_priv": "DROP",
    "Grant_priv": GRANT_OPTION,
    "References_priv": "REFERENCES",
    "Index_priv": "INDEX",
    "Alter_priv": "ALTER",
    "Create_tmp_table_priv": "CREATE TEMPORARY TABLES",
    "Lock_tables_priv": "LOCK TABLES",
    "Create_view_priv": "CREATE VIEW",
    "Show_view_priv": "SHOW VIEW",
    "Create_routine_priv": "CREATE ROUTINE",
    "Alter_routine_priv": "ALTER ROUTINE",
    "Execute_priv": "EXECUTE",
    "Event_priv": "EVENT",
    "Trigger_priv": "TRIGGER",
}
"""Columns of mysql.db in both products (MySQL 8.4 manual, "Grant Tables"; MariaDB, "mysql.db Table")."""
GLOBAL_COLUMNS: Final = {
    **SCHEMA_COLUMNS,
    "Reload_priv": "RELOAD",
    "Shutdown_priv": "SHUTDOWN",
    "Process_priv": "PROCESS",
    "File_priv": "FILE",
    "Show_db_priv": "SHOW DATABASES",
    "Super_priv": "SUPER",
    "Repl_slave_priv": "REPLICATION SLAVE",
    "Repl_client_priv": "REPLICATION CLIENT",
    "Create_user_priv": "CREATE USER",
    "Create_tablespace_priv": "CREATE TABLESPACE",
}
"""Columns of mysql.user in both products."""
MYSQL_COLUMNS: Final = {"Create_role_priv": "CREATE ROLE", "Drop_role_priv": "DROP ROLE"}
MARIADB_COLUMNS: Final = {"Delete_history_priv": "DELETE HISTORY"}
MARIADB_BITS: Final = {
    30: "SET USER",
    31: "FEDERATED ADMIN",
    32: "CONNECTION ADMIN",
    33: "READ_ONLY ADMIN",
    34: "REPLICATION SLAVE ADMIN",
    35: "REPLICATION MASTER ADMIN",
    36: "BINLOG ADMIN",
    37: "BINLOG REPLAY",
    38: "SLAVE MONITOR",
}
"""Global rights of MariaDB that mysql.user has no column for; read back from 10.11 one GRANT at a time."""
_FIRST_HIDDEN_BIT: Final = 30
_BITS: Final = 64

TABLE_WORDS: Final = {
    "Select": "SELECT",
    "Insert": "INSERT",
    "Update": "UPDATE",
    "Delete": "DELETE",
    "Create": "CREATE",
    "Drop": "DROP",
    "Grant": GRANT_OPTION,
    "References": "REFERENCES",
    "Index": "INDEX",
    "Alter": "ALTER",
    "Create View": "CREATE VIEW",
    "Show view": "SHOW VIEW",
    "Trigger": "TRIGGER",
    "Delete versioning rows": "DELETE HISTORY",
}
"""Members of the sets Table_priv and Column_priv."""

READ_RIGHTS: Final = frozenset({"SELECT", "SHOW VIEW"})
MINOR_RIGHTS: Final = frozenset({"SHOW VIEW", "LOCK TABLES", "CREATE TEMPORARY TABLES", "REFERENCES", "INDEX"})
"""Rights that neither show nor change rows; outside the matrix they are told, but weigh less."""
DEFINITION_RIGHTS: Final = frozenset({"CREATE", "ALTER", "DROP"})
"""What migrations need and a running service does not."""
WATCHING_RIGHTS: Final = frozenset({"PROCESS", "REPLICATION CLIENT", "SHOW DATABASES", "SLAVE MONITOR"})
"""Global rights of monitoring: they show other accounts' queries or names, and change nothing."""

DIALECT: Final = Dialect(
    (*(right for right in SCHEMA_COLUMNS.values() if right != GRANT_OPTION), "DELETE HISTORY"), "shop"
)
"""GRANT OPTION is no verb: passing on rights is nothing a service can declare to need."""
HELP: Final = (
    "What each service should be able to do, one account a line: reporting: shop.orders=SELECT, shop.users=SELECT. "
    "Several verbs with +: shop.orders=SELECT+INSERT. READ means SELECT, WRITE means INSERT, UPDATE and DELETE, ALL "
    "everything; verbs of two words are written with _: shop.*=SHOW_VIEW. shop.* means the whole schema. An account "
    "that should be able to do nothing is written alone: archive: (with nothing behind). app means app from every "
    'host; one host is named like app@localhost, with dots in quotes: "app@10.%".'
)


def matrix_lines(text: str) -> tuple[str, ...]:
    """The entered text as tidy lines; see `ztassess.connectors.grant_matrix.matrix_lines`."""
    return grant_matrix.matrix_lines(text, DIALECT)


def parse_matrix(lines: Iterable[str]) -> Matrix:
    """The matrix of lines; see `ztassess.connectors.grant_matrix.parse_matrix`."""
    return grant_matrix.parse_matrix(lines, DIALECT)


def hidden_rights(access: Any) -> frozenset[str]:
    """The rights in MariaDB's number of rights that mysql.user does not show; unknown bits keep a name of their own.

    Raises:
        ValueError: it is not a number.
    """
    number = int(access)
    every = (1 << _BITS) - 1
    if number == every:  # ALL PRIVILEGES
        return frozenset(MARIADB_BITS.values())
    bits = range(_FIRST_HIDDEN_BIT, _BITS)
    return frozenset(MARIADB_BITS.get(bit, f"right number {bit}") for bit in bits if number >> bit & 1)
