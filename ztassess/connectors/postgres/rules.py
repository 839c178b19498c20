"""Owns the list of all checks of PostgreSQL servers, in the order they are shown."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.postgres import rules_grants, rules_matrix, rules_people, rules_roles, rules_transport
from ztassess.connectors.postgres.snapshot import PostgresSnapshot
from ztassess.domain.checks import Checks

CHECKS: Final[Checks[PostgresSnapshot]] = Checks("postgres")
for _module in (rules_matrix, rules_grants, rules_roles, rules_people, rules_transport):
    CHECKS.include(_module.CHECKS)
