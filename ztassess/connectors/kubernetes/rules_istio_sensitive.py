"""Owns the check of Istio's mutual TLS on declared workloads, port by port, with the object that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.kubernetes.injection import Proxy
from ztassess.connectors.kubernetes.judging import sensitive, unseen_proxy, without_mesh
from ztassess.connectors.kubernetes.membership import Meshed, in_istio, in_linkerd, label_sets, ports_of
from ztassess.connectors.kubernetes.peer_authentication import (
    DISABLE,
    STRICT,
    Decision,
    Effective,
    effective,
)
from ztassess.connectors.kubernetes.plain_ports import bypassing_ports
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_workloads import Workload
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
SOURCE: Final = "GET /apis/security.istio.io/v1/peerauthentications"
_PARTS: Final = ("deployments", "statefulsets", "daemonsets", "cronjobs", "pods", "namespaces", "peer_authentications")


@CHECKS.check(
    "kubernetes.istio_sensitive_workloads_strict",
    title="Sensitive workloads accept mutual TLS only",
    verifies=(Verifies("mesh.sensitive-path-mtls", level=2),),
    severity=Severity.CRITICAL,
    parts=("istio", *_PARTS, "services"),
)
def istio_sensitive_workloads_strict(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Every port of each declared workload, behind a proxy that is really there."""
    absent = without_mesh(snapshot, "istio")
    if absent is not None:
        yield absent
        return
    declared = sensitive(snapshot)
    judged = [each for each in declared.found if not in_linkerd(snapshot, each).proxy.everywhere]
    seen = len(judged)
    problems = list(declared.verdicts)
    reasons = []
    for workload in judged:
        verdict = _workload_verdict(snapshot, workload, seen)
        if verdict is not None:
            problems.append(verdict)
        else:
            reasons.append(f"{workload.id} by {decided_of(snapshot, workload).base.by}")
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.istio, snapshot.peer_authentications, snapshot.services),
        seen=seen,
        good=f"{seen} of {count(seen, 'sensitive workload')} accept mutual TLS only: {names(reasons)}. "
        "How long certificates live is not visible here; the TLS probe sees it.",
        nothing="All declared workloads belong to another mesh.",
        evidence=tuple(mode_line(each.id, decided_of(snapshot, each).base) for each in judged[:50]),
    )


def decided_of(snapshot: KubernetesSnapshot, workload: Workload) -> Effective:
    """What the workload accepts; where its pods have different labels, the weakest of them."""
    policies = rows_read(snapshot.peer_authentications)
    found = [
        effective(policies, snapshot.root_namespace, workload.meta.namespace, labels)
        for labels in label_sets(snapshot, workload)
    ]
    return min(found, key=lambda each: (each.base.strict, all(port.strict for port in each.ports.values())))


def mode_line(resource: str, decision: Decision) -> Evidence:
    where = str(decision.policy.meta) if decision.policy else resource
    return Evidence(SOURCE, where, decision.place or "spec.mtls.mode", decision.mode, STRICT)


def _workload_verdict(snapshot: KubernetesSnapshot, workload: Workload, seen: int) -> Verdict | None:
    """What keeps one workload from being strict; None if nothing does."""
    decided = decided_of(snapshot, workload)
    partial = unread(snapshot.peer_authentications)
    if partial is not None:
        # An older or narrower policy may be among those that were not read.
        return not_checked(workload.id, partial, seen=seen)
    plain = _plain(workload, decided, seen)
    if plain is not None:
        return plain
    meshed = in_istio(snapshot, workload)
    if meshed.proxy is Proxy.UNKNOWN:
        return unseen_proxy(workload.id, meshed, seen, f"{workload.id} is {decided.base.mode} by {decided.base.by}")
    if not meshed.proxy.everywhere:
        return _without_proxy(workload, decided, meshed, seen)
    open_ports = _weak_ports(decided, ports_of(snapshot, workload))
    if open_ports:
        return _weak_port_verdict(workload, decided, open_ports, seen)
    past = bypassing_ports(workload, meshed, ports_of(snapshot, workload))
    if past:
        line = Evidence("pods", workload.id, past.field, past.value, "no port past the proxy")
        return failed(
            workload.id,
            f"{workload.id} is {STRICT}, but {past.what} of it do not pass the proxy ({past.field}={past.value}).",
            seen=seen,
            evidence=(line,),
            level=1,
            near_miss=f"STRICT, except {past.what}, which no proxy guards.",
        )
    if not decided.base.strict:
        listed = ", ".join(str(port) for port in decided.ports)
        reason = (
            f"{workload.id} is {STRICT} on port {listed} by {decided.ports[next(iter(decided.ports))].by}; "
            f"ports that it does not declare are {decided.base.mode} by {decided.base.by}."
        )
        return not_checked(workload.id, "partial_data", reason, seen=seen)
    return None


def _plain(workload: Workload, decided: Effective, seen: int) -> Verdict | None:
    """The workload as a whole accepts plain text, or has a mode that nobody documents."""
    base = decided.base
    if not base.known or any(not each.known for each in decided.ports.values()):
        unknown = base.mode if not base.known else next(each.mode for each in decided.ports.values() if not each.known)
        reason = f"{workload.id}: the mode {unknown[:40]!r} is not one that Istio documents."
        return not_checked(workload.id, "unsupported", reason, seen=seen)
    if base.strict or any(each.strict for each in decided.ports.values()):
        return None
    reason = f"{workload.id} accepts plain text: {base.mode} by {base.by}."
    level = 0 if base.mode == DISABLE else 1
    return failed(workload.id, reason, seen=seen, evidence=(mode_line(workload.id, base),), level=level)


def _without_proxy(workload: Workload, decided: Effective, meshed: Meshed, seen: int) -> Verdict:
    line = Evidence("GET /api/v1/pods", workload.id, "containers", meshed.why, "istio-proxy or ambient redirection")
    return failed(
        workload.id,
        f"{workload.id} has no proxy everywhere, so {decided.base.mode} by {decided.base.by} has no effect there: "
        f"{meshed.why}.",
        seen=seen,
        evidence=(line, mode_line(workload.id, decided.base)),
        level=1 if meshed.proxy is Proxy.SOME else 0,
        near_miss="STRICT is set on a workload without a proxy.",
    )


def _weak_ports(decided: Effective, known: Sequence[int]) -> list[int]:
    """Ports that accept plain text: listed by the policy, or known to be open and left to a weaker base."""
    listed = [port for port, decision in decided.ports.items() if not decision.strict]
    return sorted({*listed, *(port for port in known if not decided.on(port).strict)})


def _weak_port_verdict(workload: Workload, decided: Effective, ports: Sequence[int], seen: int) -> Verdict:
    first = decided.on(ports[0])
    listed = ", ".join(f"{port} ({decided.on(port).mode})" for port in ports)
    reason = f"{workload.id} accepts plain text on port {listed}, decided by {first.by}."
    return failed(
        workload.id,
        reason,
        seen=seen,
        evidence=tuple(mode_line(workload.id, decided.on(port)) for port in ports),
        level=1,
        near_miss=f"STRICT, except port {ports[0]} which is {first.mode}.",
    )
