"""Owns the list of all checks of a cluster."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.kubernetes import (
    rules_istio_callers,
    rules_istio_mesh,
    rules_istio_sensitive,
    rules_istio_traffic,
    rules_linkerd,
    rules_network,
    rules_policies,
    rules_rights,
    rules_workloads,
)
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.domain.checks import Checks

CHECKS: Final[Checks[KubernetesSnapshot]] = Checks("kubernetes")
for _module in (
    rules_istio_sensitive,
    rules_istio_mesh,
    rules_istio_traffic,
    rules_istio_callers,
    rules_linkerd,
    rules_network,
    rules_rights,
    rules_workloads,
    rules_policies,
):
    CHECKS.include(_module.CHECKS)
