"""Owns the list of Vault's checks."""

from __future__ import annotations

from ztassess.connectors.vault.rules_access import CHECKS as ACCESS
from ztassess.connectors.vault.rules_engines import CHECKS as ENGINES
from ztassess.connectors.vault.rules_leases import CHECKS as LEASES
from ztassess.connectors.vault.snapshot import VaultSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[VaultSnapshot] = Checks("vault")
CHECKS.include(ENGINES)
CHECKS.include(LEASES)
CHECKS.include(ACCESS)
