"""Owns the checks of Cloudflare, in the order they are shown."""

from __future__ import annotations

from ztassess.connectors.cloudflare import (
    rules_account,
    rules_devices,
    rules_firewall,
    rules_hosts,
    rules_networks,
    rules_sessions,
    rules_strangers,
    rules_tunnels,
)
from ztassess.connectors.cloudflare.snapshot import CloudflareSnapshot
from ztassess.domain.checks import Checks

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
for module in (
    rules_hosts,
    rules_strangers,
    rules_sessions,
    rules_devices,
    rules_tunnels,
    rules_networks,
    rules_account,
    rules_firewall,
):
    checks.include(module.checks)
