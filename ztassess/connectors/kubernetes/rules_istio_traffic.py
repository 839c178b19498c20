"""Owns the checks of Istio's clients: mutual TLS is not switched off on their side, and unknown hosts are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.kubernetes.injection import Proxy
from ztassess.connectors.kubernetes.judging import sensitive, unseen_proxy, without_mesh
from ztassess.connectors.kubernetes.membership import in_istio, workloads
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_labels import subset
from ztassess.connectors.kubernetes.snapshot_mesh import DestinationRule, Sidecar
from ztassess.connectors.kubernetes.snapshot_workloads import WORKLOAD_PARTS, Service, Workload
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
_RULES: Final = "GET /apis/networking.istio.io/v1/destinationrules"
_WITHOUT_MTLS: Final = frozenset({"DISABLE", "SIMPLE"})
_MUTUAL: Final = frozenset({"ISTIO_MUTUAL", "MUTUAL"})
REGISTRY_ONLY: Final = "REGISTRY_ONLY"
ALLOW_ANY: Final = "ALLOW_ANY"
_MESH_SETTING: Final = "GET /api/v1/namespaces/<root>/configmaps/istio"
_SERVICE_PARTS: Final = 3


@CHECKS.check(
    "kubernetes.istio_clients_use_mtls",
    title="Clients do not turn mutual TLS off",
    verifies=(Verifies("mesh.sensitive-path-mtls", level=2),),
    severity=Severity.HIGH,
    parts=("istio", "destination_rules", "services"),
)
def istio_clients_use_mtls(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """A DestinationRule can make clients call a service of the mesh in plain text, or without their certificate."""
    absent = without_mesh(snapshot, "istio")
    if absent is not None:
        yield absent
        return
    rules = rows_read(snapshot.destination_rules)
    problems, outside = list[Verdict](), list[str]()
    for rule in rules:
        for place, mode in rule.settings:
            if mode in _MUTUAL:
                continue
            inside = _inside(snapshot, rule)
            if inside is False:
                outside.append(f"{rule.host} ({rule.meta})")
                continue
            problems.append(_client_verdict(snapshot, rule, place, mode, len(rules), known=inside is not None))
    note = f" Outside the mesh, so not judged: {names(sorted(set(outside)))}." if outside else ""
    seen = len(rules) or len(rows_read(snapshot.services))
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.istio, snapshot.destination_rules, snapshot.services),
        seen=seen,
        good=f"None of {count(len(rules), 'DestinationRule')} turns mutual TLS off for a service of the mesh; without "
        f"one, clients use it by themselves.{note}",
        nothing="There is no service and no DestinationRule.",
        evidence=(Evidence(_RULES, snapshot.cluster, "tls.mode DISABLE or SIMPLE inside the mesh", "0", "0"),),
    )


def _client_verdict(
    snapshot: KubernetesSnapshot, rule: DestinationRule, place: str, mode: str, seen: int, *, known: bool
) -> Verdict:
    resource = f"{rule.meta} {place}"
    if mode not in _WITHOUT_MTLS:
        sentence = f"DestinationRule {rule.meta} has the mode {mode[:40]!r}, which Istio does not document."
        return not_checked(resource, "unsupported", sentence, seen=seen)
    if not known:
        why = unread(snapshot.services) or Unavailable("partial_data")
        sentence = f"DestinationRule {rule.meta} sets {mode} for {rule.host}; whether that is in the mesh was not seen."
        return not_checked(resource, why, sentence, seen=seen)
    line = Evidence(_RULES, str(rule.meta), f"{place} tls.mode", mode, "ISTIO_MUTUAL, or none")
    near = f"{place.capitalize()} of {rule.host} uses {mode}." if place.startswith("subset") else ""
    reason = f"DestinationRule {rule.meta} makes clients call {rule.host} with {mode} ({place})."
    return failed(resource, reason, seen=seen, evidence=(line,), level=1, near_miss=near)


def _inside(snapshot: KubernetesSnapshot, rule: DestinationRule) -> bool | None:
    """Whether a rule's host is a service with proxies behind it; None if nobody could see it.

    A name without dots is completed with the rule's own namespace, any other is taken as it is (Istio's reference,
    "Destination Rule", host).
    """
    host = rule.host if "." in rule.host or "*" in rule.host else f"{rule.host}.{rule.meta.namespace}.svc"
    if unread(snapshot.services) is not None:
        return None if ".svc" in host or host.endswith((".local", "*")) else False
    matching = [each for each in rows_read(snapshot.services) if each.selector and _names(host, each)]
    states = [_proxied(snapshot, each) for each in matching]
    return any(states)


def _names(host: str, service: Service) -> bool:
    name = f"{service.meta.name}.{service.meta.namespace}.svc"
    if host.startswith("*"):
        ending = host[1:]
        return not ending or f"{name}.cluster.local".endswith(ending) or name.endswith(ending)
    return host == name or host.split(".")[:_SERVICE_PARTS] == name.split(".")


def _proxied(snapshot: KubernetesSnapshot, service: Service) -> bool:
    """Some pod behind a service may have the proxy; where nobody could look it counts as one that has."""
    behind = [
        each
        for each in workloads(snapshot)
        if each.meta.namespace == service.meta.namespace and subset(service.selector, each.labels)
    ]
    return not behind or any(in_istio(snapshot, each).proxy is not Proxy.NONE for each in behind)


@CHECKS.check(
    "kubernetes.istio_egress_registry_only",
    title="Outbound calls need registration",
    verifies=(Verifies("perimeter.egress-control", level=2),),
    severity=Severity.MEDIUM,
    parts=("istio", "istio_config", "sidecars", "service_entries", *WORKLOAD_PARTS, "pods", "namespaces"),
)
def istio_egress_registry_only(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """The mesh's setting, or the Sidecar object that replaces it for the declared workloads."""
    absent = without_mesh(snapshot, "istio")
    if absent is not None:
        yield absent
        return
    why = unread(snapshot.sidecars, snapshot.service_entries)
    if why is not None:
        yield not_checked(snapshot.cluster, why)
        return
    mesh = next(iter(rows_read(snapshot.istio_config)), None)
    wanted = sensitive(snapshot)
    declared = wanted.found
    problems = [*_wide_open(snapshot), *(wanted.verdicts if snapshot.sensitive else ())]
    if mesh is not None and mesh.outbound == REGISTRY_ONLY:
        problems += _loosened(snapshot)
        good = f"The mesh refuses hosts that are not registered ({REGISTRY_ONLY})."
    else:
        problems += _by_sidecars(snapshot, declared, mesh.outbound if mesh else "")
        good = (
            f"Sidecar objects make {count(len(declared), 'sensitive workload')} refuse hosts that are not registered."
        )
    problems += _out_of_reach(snapshot, declared)
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.istio, snapshot.sidecars, snapshot.service_entries),
        seen=max(1, len(declared)),
        good=f"{good} This stops mistakes, not an intruder inside a pod: that needs a network policy.",
        nothing="",
        evidence=(Evidence(_MESH_SETTING, "istio", "outboundTrafficPolicy.mode", REGISTRY_ONLY, REGISTRY_ONLY),),
    )


def _wide_open(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """A registered host that stands for every host makes the registry meaningless."""
    for entry in rows_read(snapshot.service_entries):
        wide = [host for host in entry.hosts if host == "*" or (host.startswith("*.") and host.count(".") == 1)]
        if wide:
            line = Evidence("GET /apis/networking.istio.io/v1/serviceentries", str(entry.meta), "spec.hosts",
                            ", ".join(wide), "names of hosts")  # fmt: skip
            reason = f"ServiceEntry {entry.meta} registers {names(wide)}, that is every host."
            yield failed(
                str(entry.meta), reason, evidence=(line,), near_miss="REGISTRY_ONLY, with ServiceEntry '*' hosts."
            )


def _loosened(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    for each in rows_read(snapshot.sidecars):
        if each.outbound == ALLOW_ANY:
            line = _sidecar_line(each)
            reason = (
                f"Sidecar {each.meta} lets its workloads call every host ({ALLOW_ANY}), although the mesh does not."
            )
            yield failed(str(each.meta), reason, evidence=(line,))


def _sidecar_line(sidecar: Sidecar) -> Evidence:
    return Evidence(
        "GET /apis/networking.istio.io/v1/sidecars",
        str(sidecar.meta),
        "spec.outboundTrafficPolicy.mode",
        sidecar.outbound or "absent",
        REGISTRY_ONLY,
    )


def _by_sidecars(snapshot: KubernetesSnapshot, declared: Sequence[Workload], mesh: str) -> Iterator[Verdict]:
    """The mesh lets everything out, or its setting is unknown: each declared workload needs a Sidecar that does not."""
    unknown = unread(snapshot.istio_config)
    if not declared and unknown is not None:
        yield not_checked(snapshot.cluster, unknown)
        return
    if not declared and snapshot.sensitive:
        return  # the declared workloads were not found, which is said of each of them
    if not declared:
        line = Evidence(_MESH_SETTING, "istio", "outboundTrafficPolicy.mode", mesh or ALLOW_ANY, REGISTRY_ONLY)
        reason = f"The mesh lets workloads call every host (outboundTrafficPolicy {mesh or ALLOW_ANY})."
        yield failed(snapshot.cluster, reason, evidence=(line,))
        return
    for workload in declared:
        sidecar = _sidecar_of(snapshot, workload)
        mode = sidecar.outbound if sidecar is not None and sidecar.outbound else mesh
        if mode == REGISTRY_ONLY:
            continue
        if not mode and unknown is not None:
            yield not_checked(workload.id, unknown, seen=len(declared))
            continue
        by = f"Sidecar {sidecar.meta}" if sidecar is not None and sidecar.outbound else "the mesh's setting"
        line = Evidence(_MESH_SETTING, workload.id, "outboundTrafficPolicy.mode", mode or ALLOW_ANY, REGISTRY_ONLY)
        reason = f"{workload.id} may call every host: {mode or ALLOW_ANY} by {by}."
        yield failed(workload.id, reason, seen=len(declared), evidence=(line,))


def _sidecar_of(snapshot: KubernetesSnapshot, workload: Workload) -> Sidecar | None:
    """The Sidecar that counts: with a matching selector, else of the namespace, else of the root namespace."""
    everything = rows_read(snapshot.sidecars)
    here = [each for each in everything if each.meta.namespace == workload.meta.namespace]
    choices = (
        [each for each in here if each.selector and subset(each.selector, workload.labels)],
        [each for each in here if not each.selector],
        [each for each in everything if each.meta.namespace == snapshot.root_namespace and not each.selector],
    )
    found = next((group for group in choices if group), [])
    return min(found, key=lambda each: (each.meta.created, each.meta.name), default=None)


def _out_of_reach(snapshot: KubernetesSnapshot, declared: Sequence[Workload]) -> Iterator[Verdict]:
    """Declared workloads that no sidecar holds back: the setting is carried out by it alone."""
    for workload in declared:
        meshed = in_istio(snapshot, workload)
        if meshed.proxy is Proxy.AMBIENT:
            sentence = f"{workload.id} is in ambient mode, where this setting is not known to be enforced."
            yield not_checked(workload.id, "unsupported", sentence, seen=len(declared))
        elif meshed.proxy is Proxy.UNKNOWN:
            yield unseen_proxy(workload.id, meshed, len(declared), f"Whether a sidecar holds {workload.id} back")
        elif meshed.proxy is not Proxy.SIDECAR:
            sentence = f"{workload.id} lacks the sidecar that would carry this setting out: {meshed.why}."
            yield not_checked(workload.id, "not_configured", sentence, seen=len(declared))
