"""Owns the list of all checks of Entra ID and Intune."""

from __future__ import annotations

from ztassess.connectors.entra import (
    rules_accounts,
    rules_apps,
    rules_devices,
    rules_mfa,
    rules_policies,
    rules_roles,
    rules_tools,
)
from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[EntraSnapshot] = Checks("entra")
for module in (rules_mfa, rules_policies, rules_accounts, rules_tools, rules_roles, rules_apps, rules_devices):
    CHECKS.include(module.CHECKS)
