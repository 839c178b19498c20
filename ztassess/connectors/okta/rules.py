"""Owns the list of checks of an Okta org."""

from __future__ import annotations

from ztassess.connectors.okta import (
    rules_admins,
    rules_apps,
    rules_context,
    rules_factors,
    rules_people,
    rules_sessions,
    rules_sign_on,
    rules_tokens,
)
from ztassess.connectors.okta.snapshot import OktaSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[OktaSnapshot] = Checks("okta")
for module in (
    rules_sign_on,
    rules_factors,
    rules_people,
    rules_apps,
    rules_admins,
    rules_sessions,
    rules_tokens,
    rules_context,
):
    CHECKS.include(module.CHECKS)
