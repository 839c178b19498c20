"""Owns the checks over several systems."""

from __future__ import annotations

from ztassess.connectors.across.rules_hosts import checks as host_checks
from ztassess.connectors.across.rules_people import checks as people_checks
from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[AcrossSnapshot] = Checks("across")
CHECKS.include(people_checks)
CHECKS.include(host_checks)
