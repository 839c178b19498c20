"""Owns the checks of Linkerd: sensitive ports, default deny, and that everything is in the mesh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.kubernetes.injection import Proxy
from ztassess.connectors.kubernetes.judging import all_workload_parts, sensitive, without_mesh, without_proxy
from ztassess.connectors.kubernetes.linkerd_policy import (
    DENY,
    MESHED_ONLY,
    OPEN,
    Admission,
    Inbound,
    default_policies,
    inbound,
    past_the_proxy,
)
from ztassess.connectors.kubernetes.membership import in_istio, in_linkerd, own_workloads, ports_of
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_workloads import Workload
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Part, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
_SOURCE: Final = "GET /apis/policy.linkerd.io"
_WORKLOADS: Final = ("deployments", "statefulsets", "daemonsets", "cronjobs", "pods", "namespaces")
_POLICIES: Final = (
    "servers",
    "linkerd_authorizations",
    "server_authorizations",
    "mesh_tls_authentications",
    "http_routes",
)
KNOWN: Final = MESHED_ONLY | OPEN | {DENY}
ENOUGH: Final = 0.9
ISSUER_LEFT: Final = timedelta(days=30)


def _policies(snapshot: KubernetesSnapshot) -> tuple[Part[Any], ...]:
    return tuple(getattr(snapshot, part) for part in _POLICIES)


def _blind(snapshot: KubernetesSnapshot) -> Verdict | None:
    """Why nothing can be said about its policies; None if they were read."""
    absent, why = without_mesh(snapshot, "linkerd"), unread(*_policies(snapshot))
    return absent if absent is not None or why is None else not_checked(snapshot.cluster, why)


def _judged(snapshot: KubernetesSnapshot) -> tuple[Workload, ...]:
    return tuple(each for each in sensitive(snapshot).found if not in_istio(snapshot, each).proxy.everywhere)


def _obstacle(snapshot: KubernetesSnapshot, workload: Workload, seen: int) -> Verdict | None:
    """Why no policy can hold on a workload, or why nobody could see; None if the proxy is in each of its pods."""
    meshed = in_linkerd(snapshot, workload)
    return without_proxy(workload.id, meshed, seen, policy="policy", proxy="linkerd-proxy")


@CHECKS.check(
    "kubernetes.linkerd_authenticated_inbound",
    title="Sensitive ports accept meshed callers only",
    verifies=(Verifies("mesh.sensitive-path-mtls", level=2),),
    severity=Severity.CRITICAL,
    parts=("linkerd", *_WORKLOADS, "services", *_POLICIES, "linkerd_config"),
)
def linkerd_authenticated_inbound(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Each port of each declared workload; mutual TLS is automatic between meshed pods, but not demanded."""
    blind = _blind(snapshot)
    if blind is not None:
        yield blind
        return
    declared, judged = sensitive(snapshot), _judged(snapshot)
    seen = len(judged)
    problems, exact, anyone = list(declared.verdicts), set[str](), set[str]()
    for workload in judged:
        obstacle = _obstacle(snapshot, workload, seen)
        if obstacle is not None:
            problems.append(obstacle)
            continue
        ports = ports_of(snapshot, workload)
        for port in ports or (None,):
            problems += _port(snapshot, workload, port, seen)
        for held in _held(snapshot, workload, ports):
            exact |= {path for each in held.admissions if not each.meshed for path in each.paths}
            anyone |= {each.by for each in held.admissions if each.anyone_meshed}
    note = f" Open to everybody, as health checks are: {names(sorted(exact))}." if exact else ""
    note += f" Any meshed caller is admitted by {names(sorted(anyone))}." if anyone else ""
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.linkerd, snapshot.services, snapshot.namespaces),
        seen=seen,
        good=f"{seen} of {count(seen, 'sensitive workload')} accept meshed callers only.{note}",
        nothing="All declared workloads belong to another mesh.",
        evidence=(Evidence(_SOURCE, snapshot.cluster, "ports open to callers outside the mesh", "0", "0"),),
    )


def _held(snapshot: KubernetesSnapshot, workload: Workload, ports: Sequence[int]) -> Iterator[Inbound]:
    for port in ports or (0,):
        found = inbound(snapshot, workload, port)
        if not isinstance(found, Unavailable):
            yield from found


def _port(snapshot: KubernetesSnapshot, workload: Workload, port: int | None, seen: int) -> Iterator[Verdict]:
    """What lets callers outside the mesh reach one port; None: the workload declares no port."""
    resource = f"{workload.id} port {port}" if port is not None else workload.id
    if port is not None:
        skipped = past_the_proxy(snapshot, workload, port)
        if skipped:
            key = "config.linkerd.io/skip-inbound-ports"
            line = Evidence("pods", workload.id, key, skipped, "no port past the proxy")
            yield failed(
                resource, f"{resource} bypasses the proxy ({key}={skipped}).", seen=seen, evidence=(line,), level=0
            )
            return
    found = inbound(snapshot, workload, port or 0)
    if isinstance(found, Unavailable):
        detail = found.detail or "it could not be read"
        sentence = f"{resource} has no annotation, and the installation's default policy is unknown: {detail}"
        yield not_checked(resource, found, sentence, seen=seen)
        return
    for held in found:
        if held.default and held.default not in KNOWN:
            sentence = f"{resource}: the policy {held.default[:60]!r} is not one that Linkerd documents."
            yield not_checked(resource, "unsupported", sentence, seen=seen)
        elif held.plain:
            yield _plain(resource, held, held.plain[0], seen)


def _plain(resource: str, held: Inbound, way: Admission, seen: int) -> Verdict:
    line = Evidence(_SOURCE, resource, "who is admitted", way.by, "MeshTLSAuthentication")
    asks = f", which asks for {way.why}" if way.why else ""
    reason = f"{resource} admits callers outside the mesh by {way.by}{asks}."
    if held.server is not None:
        reason = f"{reason[:-1]}, on Server {held.server.meta}."
    return failed(
        resource,
        reason,
        seen=seen,
        evidence=(line,),
        level=1,
        near_miss="Traffic is encrypted between meshed pods, but plain callers are accepted.",
    )


@CHECKS.check(
    "kubernetes.linkerd_default_deny",
    title="Linkerd denies by default",
    verifies=(Verifies("mesh.default-deny", level=3),),
    severity=Severity.HIGH,
    parts=("linkerd", *_WORKLOADS, "services", *_POLICIES, "linkerd_config"),
)
def linkerd_default_deny(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """The default of declared workloads is deny, and every way in names a caller."""
    blind = _blind(snapshot)
    if blind is not None:
        yield blind
        return
    declared, judged = sensitive(snapshot), _judged(snapshot)
    seen = len(judged)
    problems = list(declared.verdicts)
    for workload in judged:
        obstacle = _obstacle(snapshot, workload, seen)
        problems += [obstacle] if obstacle is not None else _admits(snapshot, workload, seen)
    level, note = (2, "") if problems else _everywhere(snapshot, judged)
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.linkerd, snapshot.services, snapshot.namespaces),
        seen=seen,
        good=f"{seen} of {count(seen, 'sensitive workload')} deny by default and admit named identities only.{note}",
        nothing="All declared workloads belong to another mesh.",
        evidence=(Evidence(_SOURCE, snapshot.cluster, "default inbound policies other than deny", "0", "0"),),
        level=level,
    )


def _admits(snapshot: KubernetesSnapshot, workload: Workload, seen: int) -> Iterator[Verdict]:
    """A default other than deny, and ways into a Server that name nobody."""
    defaults = default_policies(snapshot, workload)
    if isinstance(defaults, Unavailable):
        yield not_checked(workload.id, defaults, seen=seen)
        return
    for policy, place in defaults:
        if policy != DENY:
            line = Evidence(_SOURCE, workload.id, place, policy, DENY)
            reason = f"{workload.id} does not deny by default: {policy} ({place})."
            yield failed(workload.id, reason, seen=seen, evidence=(line,), level=0)
    for port in ports_of(snapshot, workload):
        found = inbound(snapshot, workload, port)
        for held in [] if isinstance(found, Unavailable) else found:
            if held.server is None:
                continue
            for way in held.admissions:
                if way.anyone_meshed or (not way.meshed and not way.paths):
                    yield _unnamed(workload, port, held, way, seen)


def _unnamed(workload: Workload, port: int, held: Inbound, way: Admission, seen: int) -> Verdict:
    who = "every meshed identity" if way.meshed else "callers outside the mesh"
    line = Evidence(_SOURCE, way.by, "identities", "*" if way.meshed else way.why, "named identities")
    near = "deny, but one AuthorizationPolicy admits every meshed identity." if way.meshed else ""
    reason = f"{workload.id} port {port} admits {who} by {way.by}, on {held.by}."
    resource = f"{workload.id} port {port} {way.by}"
    return failed(resource, reason, seen=seen, evidence=(line,), level=0, near_miss=near)


def _everywhere(snapshot: KubernetesSnapshot, judged: Sequence[Workload]) -> tuple[int, str]:
    """Level 3 only if all workloads deny by default and the declared ones are opened by route."""
    others = []
    for each in own_workloads(snapshot):
        defaults = default_policies(snapshot, each)
        deny = not isinstance(defaults, Unavailable) and all(policy == DENY for policy, _ in defaults)
        if not deny or not in_linkerd(snapshot, each).proxy.everywhere:
            others.append(each.id)
    by_port = [
        each.id
        for each in judged
        for held in _held(snapshot, each, ports_of(snapshot, each))
        if held.server is not None and not held.routes
    ]
    note = f" Not so elsewhere: {names(others)}." if others else ""
    note += f" Opened by port, not by route: {names(sorted(set(by_port)))}." if by_port else ""
    grouped = {
        way.by
        for each in judged
        for held in _held(snapshot, each, ports_of(snapshot, each))
        for way in held.admissions
        if way.grouped
    }
    if grouped:
        return 1, f" Callers are named by namespace or pattern only by {names(sorted(grouped))}.{note}"
    return (2 if others or by_port else 3), note


@CHECKS.check(
    "kubernetes.linkerd_pods_meshed",
    title="Workloads are meshed and the issuer is fresh",
    verifies=(Verifies("mesh.strict-everywhere", level=3),),
    severity=Severity.MEDIUM,
    parts=("linkerd", *_WORKLOADS, "linkerd_config"),
)
def linkerd_pods_meshed(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """The share of workloads whose pods all run the proxy, and the end of the issuer's certificate."""
    absent = without_mesh(snapshot, "linkerd")
    if absent is not None:
        yield absent
        return
    everyone = own_workloads(snapshot)
    judged = [each for each in everyone if not in_istio(snapshot, each).proxy.everywhere]
    state = {each.id: in_linkerd(snapshot, each) for each in judged}
    bare = [each for each in judged if state[each.id].proxy in (Proxy.NONE, Proxy.SOME)]
    unknown = [each for each in judged if state[each.id].proxy is Proxy.UNKNOWN]
    total, stale = len(judged), sum(len(each.stale) for each in state.values())
    near = f"{count(stale, 'pod')} {'needs' if stale == 1 else 'need'} a restart." if stale else ""
    problems: list[Verdict] = []
    if total and total - len(bare) < ENOUGH * total:
        listed = names([f"{each.id} ({state[each.id].why})" for each in bare])
        line = Evidence(
            "GET /api/v1/pods", snapshot.cluster, "workloads outside the mesh", str(len(bare)), "at most 10%"
        )
        reason = f"{len(bare)} of {total} workloads are outside the mesh: {listed}."
        problems.append(failed(snapshot.cluster, reason, seen=total, evidence=(line,), level=1, near_miss=near))
    elif unknown:
        part = state[unknown[0].id].part or Unavailable("partial_data")
        sentence = f"Whether {len(unknown)} of {total} workloads run the proxy could not be seen."
        problems.append(not_checked(snapshot.cluster, part, sentence, seen=total))
    issuer, fresh, note = _issuer(snapshot, total)
    rest = f" Outside the mesh: {names([each.id for each in bare])}." if bare else ""
    yield from conclude(
        snapshot.cluster,
        [*problems, *issuer],
        of=(snapshot.linkerd, snapshot.pods, snapshot.namespaces, *all_workload_parts(snapshot)),
        seen=total,
        good=f"{total - len(bare)} of {total} workloads run the proxy in each of their pods.{rest}{note}",
        nothing="There is no workload outside Kubernetes' and the mesh's own namespaces.",
        evidence=(Evidence("GET /api/v1/pods", snapshot.cluster, "workloads outside the mesh", str(len(bare)), "0"),),
        level=3 if fresh and not bare else 2,
        near_miss=near,
    )


def _issuer(snapshot: KubernetesSnapshot, seen: int) -> tuple[list[Verdict], bool, str]:
    """Problems of the issuer's certificate, whether it is fresh, and what a pass says about it."""
    ends = next((each.issuer_ends for each in rows_read(snapshot.linkerd_config)), None)
    if ends is None:
        why = unread(snapshot.linkerd_config)
        detail = "its settings could not be read" if why else "it is kept outside Linkerd's settings"
        return [], False, f" The end of the issuer's certificate is not known: {detail}."
    if ends > snapshot.taken_at + ISSUER_LEFT:
        return [], True, f" The issuer's certificate ends on {ends:%Y-%m-%d}."
    line = Evidence(
        "GET configmaps/linkerd-config", "identity.issuer", "NotAfter", ends.isoformat(), "more than 30 days"
    )
    verb = "ended" if ends <= snapshot.taken_at else "ends"
    reason = f"The certificate of Linkerd's issuer {verb} on {ends:%Y-%m-%d}; after that no proxy gets a certificate."
    return [failed("issuer", reason, seen=max(1, seen), evidence=(line,), level=1)], False, ""
