"""Owns all checks of JumpCloud: people's second factor, and systems."""

from __future__ import annotations

from ztassess.connectors.jumpcloud import rules_people, rules_systems
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot
from ztassess.domain.checks import Checks

CHECKS: Checks[JumpCloudSnapshot] = Checks("jumpcloud")
CHECKS.include(rules_people.CHECKS)
CHECKS.include(rules_systems.CHECKS)
