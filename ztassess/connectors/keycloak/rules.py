"""Owns the list of checks of a Keycloak realm."""

from __future__ import annotations

from ztassess.connectors.keycloak import rules_clients, rules_flows, rules_lifetimes
from ztassess.connectors.keycloak.snapshot import KeycloakSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[KeycloakSnapshot] = Checks("keycloak")
for module in (rules_flows, rules_clients, rules_lifetimes):
    CHECKS.include(module.CHECKS)
