"""Owns the checks of NetworkPolicies: namespaces deny by default, sensitive ones limit where they go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.connectors.kubernetes.judging import sensitive
from ztassess.connectors.kubernetes.membership import control_planes, shared_labels
from ztassess.connectors.kubernetes.network_isolation import (
    EGRESS,
    INGRESS,
    Opening,
    closing_all,
    open_egress,
    open_ingress,
    selecting,
)
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_workloads import Workload
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
_SOURCE: Final = "GET /apis/networking.k8s.io/v1/networkpolicies"
# Daemon sets of network plugins that enforce policies, by the beginning of their name.
_PLUGINS: Final = (
    ("calico-node", "Calico"),
    ("cilium", "Cilium"),
    ("anetd", "Cilium"),
    ("weave-net", "Weave Net"),
    ("antrea-agent", "Antrea"),
    ("kube-router", "kube-router"),
    ("azure-npm", "Azure NPM"),
)
_OWN_POLICIES: Final = frozenset({"Calico", "Cilium", "Antrea"})


def _plugin(snapshot: KubernetesSnapshot) -> str:
    """What is known of the network plugin, which alone enforces these policies."""
    found = sorted(
        {
            word
            for each in rows_read(snapshot.daemonsets)
            for start, word in _PLUGINS
            if each.meta.name.startswith(start)
        }
    )
    if not found:
        return " Enforcement depends on the network plugin, and none that enforces policies was recognized."
    own = [word for word in found if word in _OWN_POLICIES]
    more = f" Policies of {names(own)}'s own kinds are not read." if own else ""
    return f" Enforcement depends on the network plugin: {names(found)} was found.{more}"


@CHECKS.check(
    "kubernetes.network_default_deny",
    title="Namespaces deny by default",
    verifies=(Verifies("mesh.default-deny", level=1),),
    severity=Severity.MEDIUM,
    parts=("namespaces", "network_policies", "daemonsets"),
)
def network_default_deny(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """A policy closes every pod of each namespace, and no rule lets everybody in again."""
    policies = rows_read(snapshot.network_policies)
    left_out = control_planes(snapshot)
    everyone = [each.meta.name for each in rows_read(snapshot.namespaces)]
    spaces = [name for name in everyone if name not in left_out]
    whole = not isinstance(snapshot.network_policies, tuple)
    problems = []
    for space in spaces:
        closing = closing_all(policies, space, INGRESS)
        here = [each for each in policies if each.meta.namespace == space and INGRESS in each.types]
        opened = [each for each in open_ingress(here) if each.policy in closing]
        if opened:
            problems.append(_opened(space, opened[0], len(spaces)))
        elif not closing and not whole:
            problems.append(_open_space(snapshot, space, len(spaces)))
    skipped = sorted(left_out & set(everyone))
    note = f" Not counted: {names(skipped)}." if skipped else ""
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.namespaces, snapshot.network_policies),
        seen=len(spaces),
        good=f"{len(spaces)} of {count(len(spaces), 'namespace')} refuse incoming traffic that no policy allows."
        f"{note}{_plugin(snapshot)}",
        nothing="There is no namespace besides those of the system.",
        evidence=(Evidence(_SOURCE, snapshot.cluster, "namespaces without default deny", "0", "0"),),
    )


def _opened(space: str, opening: Opening, seen: int) -> Verdict:
    reason = f"Namespace {space} is closed by name only: NetworkPolicy {opening.policy.meta} lets in {opening.what}."
    line = Evidence(
        _SOURCE, str(opening.policy.meta), "spec.ingress[].from", opening.observed, "no rule, or named peers"
    )
    return failed(space, reason, seen=seen, evidence=(line,), level=0)


def _open_space(snapshot: KubernetesSnapshot, space: str, seen: int) -> Verdict:
    policies = [each for each in rows_read(snapshot.network_policies) if each.meta.namespace == space]
    near = ""
    if closing_all(policies, space, EGRESS):
        near = "A deny policy exists for Egress only."
    elif policies:
        near = f"{count(len(policies), 'policy', 'policies')} there select single pods only; new pods are open."
    line = Evidence(_SOURCE, space, "policy with podSelector {} for Ingress", "none", "one")
    reason = f"Namespace {space} accepts traffic from everywhere unless a policy selects the pod.{_plugin(snapshot)}"
    return failed(space, reason, seen=seen, evidence=(line,), level=0, near_miss=near)


@CHECKS.check(
    "kubernetes.egress_restricted",
    title="Sensitive namespaces limit egress",
    verifies=(Verifies("perimeter.egress-control", level=2),),
    severity=Severity.MEDIUM,
    parts=("deployments", "statefulsets", "daemonsets", "cronjobs", "network_policies"),
)
def egress_restricted(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Each declared workload is closed for egress, and what is opened are named destinations."""
    declared = sensitive(snapshot)
    seen = len(declared.found)
    problems = list(declared.verdicts)
    for workload in declared.found:
        problems += _going_out(snapshot, workload, seen)
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.network_policies,),
        seen=seen,
        good=f"{seen} of {count(seen, 'sensitive workload')} may call named destinations only, without the metadata "
        f"service.{_plugin(snapshot)}",
        nothing="No declared workload was found.",
        evidence=(Evidence(_SOURCE, snapshot.cluster, "sensitive workloads with open egress", "0", "0"),),
    )


def _going_out(snapshot: KubernetesSnapshot, workload: Workload, seen: int) -> Iterator[Verdict]:
    policies = rows_read(snapshot.network_policies)
    chosen = selecting(policies, workload.meta.namespace, shared_labels(snapshot, workload), EGRESS)
    if not chosen:
        if isinstance(snapshot.network_policies, tuple):
            line = Evidence(_SOURCE, workload.id, "policies for Egress", "none", "default deny and named destinations")
            yield failed(workload.id, f"{workload.id} may call any address.", seen=seen, evidence=(line,))
        return
    spoken: set[tuple[str, str]] = set()
    for each in open_egress(chosen):
        if (str(each.policy.meta), each.what) in spoken:
            continue
        spoken.add((str(each.policy.meta), each.what))
        limited = ", ".join(each.ports)
        near = f"Egress is limited to {limited}, to any address." if limited and each.what == "any address" else ""
        line = Evidence(_SOURCE, str(each.policy.meta), "spec.egress[].to", each.observed, "named destinations")
        where = f" on port {limited}" if limited else ""
        reason = f"{workload.id} may call {each.what}{where}: NetworkPolicy {each.policy.meta}."
        yield failed(
            f"{workload.id} {each.policy.meta} {each.what}", reason, seen=seen, evidence=(line,), near_miss=near
        )
