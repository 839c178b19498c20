"""Owns the list of network checks of an account, in the order people read them."""

from __future__ import annotations

from ztassess.connectors.aws import (
    rules_network_access,
    rules_network_egress,
    rules_network_entry,
    rules_network_groups,
    rules_network_trail,
)
from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.domain.checks import Checks

checks: Checks[AwsSnapshot] = Checks("aws")
checks.include(rules_network_groups.checks)
checks.include(rules_network_access.checks)
checks.include(rules_network_entry.checks)
checks.include(rules_network_trail.checks)
checks.include(rules_network_egress.checks)
