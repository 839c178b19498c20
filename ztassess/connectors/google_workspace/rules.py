"""Owns the list of the connector's checks, gathered from the modules by topic."""

from __future__ import annotations

from ztassess.connectors.google_workspace import (
    rules_accounts,
    rules_activity,
    rules_admins,
    rules_apps,
    rules_devices,
    rules_sign_in,
    rules_two_step,
)
from ztassess.connectors.google_workspace.snapshot import WorkspaceSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
for _module in (
    rules_two_step,
    rules_sign_in,
    rules_accounts,
    rules_admins,
    rules_activity,
    rules_apps,
    rules_devices,
):
    CHECKS.include(_module.CHECKS)
