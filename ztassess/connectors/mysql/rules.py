"""Owns the list of all checks of MySQL and MariaDB servers, in the order they are shown."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.mysql import rules_accounts, rules_matrix, rules_people, rules_rights, rules_transport
from ztassess.connectors.mysql.snapshot import MysqlSnapshot
from ztassess.domain.checks import Checks

CHECKS: Final[Checks[MysqlSnapshot]] = Checks("mysql")
for _module in (rules_matrix, rules_rights, rules_accounts, rules_people, rules_transport):
    CHECKS.include(_module.CHECKS)
