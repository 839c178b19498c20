"""Owns the checks of what the network lets through: security groups, VPNs, entry points, egress, trails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ztassess.domain.checks import Checks

if TYPE_CHECKING:
    from ztassess.connectors.aws.snapshot import AwsSnapshot

checks: Checks[AwsSnapshot] = Checks("aws")
