"""Owns the list of checks of workloads and rights of an account, in the order people read them."""

from __future__ import annotations

from ztassess.connectors.aws import (
    rules_workloads_environments,
    rules_workloads_review,
    rules_workloads_rights,
    rules_workloads_secrets,
    rules_workloads_services,
    rules_workloads_trust,
)
from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.domain.checks import Checks

checks: Checks[AwsSnapshot] = Checks("aws")
checks.include(rules_workloads_rights.checks)
checks.include(rules_workloads_review.checks)
checks.include(rules_workloads_trust.checks)
checks.include(rules_workloads_environments.checks)
checks.include(rules_workloads_services.checks)
checks.include(rules_workloads_secrets.checks)
