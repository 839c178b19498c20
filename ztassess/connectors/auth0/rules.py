"""Owns the list of checks of an Auth0 tenant."""

from __future__ import annotations

from ztassess.connectors.auth0 import rules_clients, rules_factors, rules_lifetimes
from ztassess.connectors.auth0.snapshot import Auth0Snapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[Auth0Snapshot] = Checks("auth0")
for module in (rules_factors, rules_lifetimes, rules_clients):
    CHECKS.include(module.CHECKS)
