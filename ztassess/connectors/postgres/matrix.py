"""Owns PostgreSQL's words in the grant matrix: its verbs, and what its built-in roles bring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ztassess.connectors import grant_matrix
from ztassess.connectors.grant_matrix import Dialect, Matrix

READ_VERBS: Final = ("SELECT",)
WRITE_VERBS: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
VERBS: Final = READ_VERBS + WRITE_VERBS
"""Rights on tables in PostgreSQL's order (documentation, "Privileges")."""

DIALECT: Final = Dialect(VERBS, "public", builtin="pg_", databases=True)
HELP: Final = (
    "What each service should be able to do, one role a line: reporting: public.orders=SELECT, public.users=SELECT. "
    "Several verbs with +: public.orders=SELECT+INSERT. READ means SELECT, WRITE means INSERT, UPDATE and DELETE, ALL "
    "everything. public.* means every table of the schema; shop/public.orders means the table of that database only. "
    "A role that should be able to do nothing is written alone: archive: (with nothing behind). "
    "A built-in role is named as it is: backup: pg_read_all_data. Names with capitals or dots go in double quotes."
)
BROUGHT_BY_BUILTIN: Final = {
    "pg_read_all_data": frozenset({"SELECT"}),
    "pg_write_all_data": frozenset({"INSERT", "UPDATE", "DELETE"}),
}
"""What the built-in roles give on every table (documentation, "Predefined Roles")."""


def matrix_lines(text: str) -> tuple[str, ...]:
    """The entered text as tidy lines; see `ztassess.connectors.grant_matrix.matrix_lines`."""
    return grant_matrix.matrix_lines(text, DIALECT)


def parse_matrix(lines: Iterable[str]) -> Matrix:
    """The matrix of lines; see `ztassess.connectors.grant_matrix.parse_matrix`."""
    return grant_matrix.parse_matrix(lines, DIALECT)


def builtin_verbs(matrix: Matrix, role: str) -> frozenset[str]:
    """Verbs on every table that the declared built-in roles of a role bring."""
    verbs: set[str] = set()
    for builtin, brought in BROUGHT_BY_BUILTIN.items():
        if (role, builtin) in matrix.builtin:
            verbs |= brought
    return frozenset(verbs)
