"""Owns the checks of Istio's reach: the whole mesh is strict, and the proxies really run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.kubernetes.injection import Proxy
from ztassess.connectors.kubernetes.judging import all_workload_parts, without_mesh
from ztassess.connectors.kubernetes.membership import (
    Meshed,
    control_planes,
    in_istio,
    in_linkerd,
    label_sets,
    own_workloads,
)
from ztassess.connectors.kubernetes.peer_authentication import KNOWN, STRICT, UNSET, Decision, mesh_wide, out_of_force
from ztassess.connectors.kubernetes.rules_istio_sensitive import decided_of, mode_line
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_mesh import PeerAuthentication
from ztassess.connectors.kubernetes.snapshot_workloads import Workload
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
ENOUGH: Final = 0.9
_CONTROL: Final = "mesh.strict-everywhere"
_PODS: Final = "GET /api/v1/pods"
_WORKLOADS: Final = ("deployments", "statefulsets", "daemonsets", "cronjobs", "pods", "namespaces")
NOBODY: Final = "There is no workload outside Kubernetes' and the mesh's own namespaces."


@dataclass(frozen=True, slots=True)
class _Reach:
    """All workloads of the customer with what was seen of their proxies."""

    all: tuple[Workload, ...]
    meshed: dict[str, Meshed]
    elsewhere: tuple[str, ...]

    @property
    def bare(self) -> list[Workload]:
        """Those without a proxy in each of their pods."""
        return [each for each in self.all if self.meshed[each.id].proxy in (Proxy.NONE, Proxy.SOME)]

    @property
    def unknown(self) -> list[Workload]:
        """Those where nobody could look."""
        return [each for each in self.all if self.meshed[each.id].proxy is Proxy.UNKNOWN]


def _reach(snapshot: KubernetesSnapshot) -> _Reach:
    everyone = own_workloads(snapshot)
    other = tuple(each.id for each in everyone if in_linkerd(snapshot, each).proxy.everywhere)
    judged = tuple(each for each in everyone if each.id not in other)
    return _Reach(judged, {each.id: in_istio(snapshot, each) for each in judged}, other)


def _left_out(snapshot: KubernetesSnapshot, reach: _Reach) -> str:
    """What is no part of the denominator, by name."""
    present = sorted(control_planes(snapshot) & {each.meta.name for each in rows_read(snapshot.namespaces)})
    sentence = f" Not counted: namespaces {names(present)}." if present else ""
    if reach.elsewhere:
        sentence += f" In Linkerd's mesh instead: {names(reach.elsewhere)}."
    return sentence


@CHECKS.check(
    "kubernetes.istio_mesh_strict",
    title="The whole mesh is strict",
    verifies=(Verifies(_CONTROL, level=3),),
    severity=Severity.HIGH,
    parts=("istio", *_WORKLOADS, "peer_authentications"),
)
def istio_mesh_strict(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """The root namespace's policy, every weaker one in force below it, and the share of workloads it really covers."""
    absent = without_mesh(snapshot, "istio")
    if absent is not None:
        yield absent
        return
    why = unread(snapshot.peer_authentications)
    if why is not None:
        yield not_checked(snapshot.cluster, why)
        return
    reach = _reach(snapshot)
    total = len(reach.all)
    covered = [
        each
        for each in reach.all
        if reach.meshed[each.id].proxy.everywhere and _strict_everywhere(snapshot, each)
    ]  # fmt: skip
    level = 2 if total and len(covered) >= ENOUGH * total else 1
    problems = [*_weaker(snapshot, reach.all, level=level, seen=max(1, total)), *_uncovered(snapshot, reach)]
    root = mesh_wide(rows_read(snapshot.peer_authentications), snapshot.root_namespace)
    bare = [each.id for each in reach.bare]
    rest = f" Without the proxy: {names(bare)}." if bare else ""
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.istio, snapshot.pods, snapshot.namespaces, *all_workload_parts(snapshot)),
        seen=total,
        good=f"The mesh is STRICT by {root.by}, nothing weakens it, and {total - len(bare)} of {total} workloads run "
        f"the proxy.{rest}{_left_out(snapshot, reach)}",
        nothing=NOBODY,
        evidence=(mode_line(snapshot.cluster, root),),
        level=2 if bare else 3,
    )


def _strict_everywhere(snapshot: KubernetesSnapshot, workload: Workload) -> bool:
    decided = decided_of(snapshot, workload)
    return decided.base.strict and all(each.strict for each in decided.ports.values())


def _uncovered(snapshot: KubernetesSnapshot, reach: _Reach) -> Iterator[Verdict]:
    """Too few workloads run the proxy, or nobody could look."""
    bare, total = [each.id for each in reach.bare], len(reach.all)
    if total and total - len(bare) < ENOUGH * total:
        reason = (
            f"{len(bare)} of {total} workloads do not run the proxy, so no mode has an effect there: {names(bare)}."
            f"{_left_out(snapshot, reach)}"
        )
        line = Evidence(_PODS, snapshot.cluster, "workloads without the proxy", str(len(bare)), "at most 10%")
        yield failed(snapshot.cluster, reason, seen=total, evidence=(line,), level=1)
    elif reach.unknown:
        part = reach.meshed[reach.unknown[0].id].part or Unavailable("partial_data")
        unknown = names([each.id for each in reach.unknown])
        reason = f"Whether {len(reach.unknown)} of {total} workloads run the proxy could not be seen: {unknown}."
        yield not_checked(snapshot.cluster, part, reason, seen=total)


def _weaker(snapshot: KubernetesSnapshot, workloads: Sequence[Workload], *, level: int, seen: int) -> Iterator[Verdict]:
    """The root policy, if it is not strict, and each policy in force that goes below it."""
    policies = rows_read(snapshot.peer_authentications)
    root = mesh_wide(policies, snapshot.root_namespace)
    if not root.strict:
        where = str(root.policy.meta) if root.policy else snapshot.root_namespace
        reason = f"The mesh as a whole is {root.mode} by {root.by} (root namespace {snapshot.root_namespace})."
        yield _weak(where, root, reason, level=level, seen=seen)
    picked = [(each.meta.namespace, labels) for each in workloads for labels in label_sets(snapshot, each)]
    dead = out_of_force(policies, snapshot.root_namespace, picked)  # fmt: skip
    weak = [
        decision
        for policy in policies
        if policy not in dead and policy is not root.policy
        for decision in _below_strict(policy)
    ]
    single = len({str(each.policy.meta) for each in weak if each.policy and "portLevelMtls" in each.place})
    verb = "policy switches" if single == 1 else "policies switch"
    near = f"{single} {verb} single ports back to PERMISSIVE." if single else ""
    for decision in weak:
        what = "the mode of single ports" if "portLevelMtls" in decision.place else "the mode"
        reason = (
            f"{decision.by} sets {what} to {decision.mode} ({decision.place}), "
            f"one of {count(len(weak), 'weaker setting')}."
        )
        where = str(decision.policy.meta) if decision.policy else snapshot.cluster
        yield _weak(f"{where} {decision.place}", decision, reason, level=level, seen=seen, near_miss=near)


def _weak(resource: str, decision: Decision, reason: str, *, level: int, seen: int, near_miss: str = "") -> Verdict:
    if decision.mode not in KNOWN:
        sentence = f"{decision.by} has the mode {decision.mode[:40]!r}, which Istio does not document."
        return not_checked(resource, "unsupported", sentence, seen=seen)
    line = mode_line(resource, decision)
    return failed(resource, reason, seen=seen, evidence=(line,), level=level, near_miss=near_miss)


def _below_strict(policy: PeerAuthentication) -> Iterator[Decision]:
    if policy.mode not in (UNSET, STRICT):
        yield Decision(policy.mode, policy, "spec.mtls.mode")
    if policy.selector:  # without one, modes of single ports are ignored
        for port, mode in policy.ports.items():
            if mode not in (UNSET, STRICT):
                yield Decision(mode, policy, f"spec.portLevelMtls.{port}.mode")


@CHECKS.check(
    "kubernetes.istio_proxies_injected",
    title="Workloads carry the proxy",
    verifies=(Verifies(_CONTROL, level=2),),
    severity=Severity.MEDIUM,
    parts=("istio", *_WORKLOADS),
)
def istio_proxies_injected(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Running pods are looked at, for a label on a namespace changes nothing in pods that were started before."""
    absent = without_mesh(snapshot, "istio")
    if absent is not None:
        yield absent
        return
    reach = _reach(snapshot)
    total = len(reach.all)
    stale = sum(len(each.stale) for each in reach.meshed.values())
    near = f"{count(stale, 'pod')} started before injection was on." if stale else ""
    problems = []
    for workload in reach.bare:
        meshed = reach.meshed[workload.id]
        line = Evidence(_PODS, workload.id, "containers", meshed.why, "istio-proxy or ambient redirection")
        reason = f"{workload.id} is outside the mesh, as {len(reach.bare)} of {total} workloads: {meshed.why}."
        problems.append(
            failed(workload.id, reason, seen=total, evidence=(line,), level=1, near_miss=near if meshed.stale else "")
        )
    for workload in reach.unknown:
        meshed = reach.meshed[workload.id]
        part = meshed.part or Unavailable("partial_data")
        problems.append(not_checked(workload.id, part, f"{workload.id}: {meshed.why}.", seen=total))
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.istio, snapshot.pods, snapshot.namespaces, *all_workload_parts(snapshot)),
        seen=total,
        good=f"All pods of {total} of {total} workloads run the proxy.{_left_out(snapshot, reach)}",
        nothing=NOBODY,
        evidence=(Evidence(_PODS, snapshot.cluster, "workloads without the proxy", "0", "0"),),
    )
