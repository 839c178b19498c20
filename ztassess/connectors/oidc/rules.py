"""Owns the list of an issuer's checks."""

from __future__ import annotations

from ztassess.connectors.oidc.rules_metadata import CHECKS as METADATA
from ztassess.connectors.oidc.rules_offers import CHECKS as OFFERS
from ztassess.connectors.oidc.rules_tokens import CHECKS as TOKENS
from ztassess.connectors.oidc.snapshot import OidcSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[OidcSnapshot] = Checks("oidc")
CHECKS.include(TOKENS)
CHECKS.include(METADATA)
CHECKS.include(OFFERS)
