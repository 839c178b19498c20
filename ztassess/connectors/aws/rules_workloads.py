"""Owns the checks of what workloads may do: roles, trust, pipelines, service identities, secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ztassess.domain.checks import Checks

if TYPE_CHECKING:
    from ztassess.connectors.aws.snapshot import AwsSnapshot

checks: Checks[AwsSnapshot] = Checks("aws")
