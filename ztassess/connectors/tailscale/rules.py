"""Owns the list of all checks of Tailscale, in the order they are shown."""

from __future__ import annotations

from ztassess.connectors.tailscale import (
    rules_devices,
    rules_keys,
    rules_logs,
    rules_lost,
    rules_policy,
    rules_posture,
    rules_routes,
    rules_ssh,
)
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
for module in (
    rules_policy,
    rules_devices,
    rules_keys,
    rules_posture,
    rules_routes,
    rules_ssh,
    rules_lost,
    rules_logs,
):
    CHECKS.include(module.CHECKS)
