"""Owns the list of all checks of Google Cloud, in the order they are shown."""

from __future__ import annotations

from ztassess.connectors.google_iap import (
    rules_accessors,
    rules_apps,
    rules_environments,
    rules_keys,
    rules_network,
    rules_roles,
    rules_services,
)
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[CloudSnapshot] = Checks("google_iap")
for _module in (
    rules_apps,
    rules_accessors,
    rules_services,
    rules_roles,
    rules_keys,
    rules_environments,
    rules_network,
):
    CHECKS.include(_module.checks)
