"""Owns the check that policies come from version control, by the marks of the tools that apply them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from ztassess.connectors.judging import conclude, count, rows_read
from ztassess.connectors.kubernetes.injection import SYSTEM_NAMESPACES
from ztassess.connectors.kubernetes.kinds import KINDS, Kind
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_labels import Meta
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
POLICY_PARTS: Final = (
    "network_policies",
    "peer_authentications",
    "istio_authorizations",
    "request_authentications",
    "destination_rules",
    "sidecars",
    "servers",
    "linkerd_authorizations",
    "server_authorizations",
    "mesh_tls_authentications",
    "network_authentications",
    "http_routes",
)
# Argo CD documentation, "Resource tracking": <application>:<group>/<kind>:<namespace>/<name>.
TRACKING: Final = "argocd.argoproj.io/tracking-id"
INSTANCE: Final = ("argocd.argoproj.io/instance", "app.kubernetes.io/instance")
# Flux documentation: the controllers label everything they apply.
FLUX: Final = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")
_SYNCED: Final = "Synced"


@CHECKS.check(
    "kubernetes.policy_objects_managed",
    title="Policies come from version control",
    verifies=(Verifies("mesh.policy-as-code", level=2),),
    severity=Severity.LOW,
    parts=(*POLICY_PARTS, "applications"),
)
def policy_objects_managed(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Each policy carries the mark of Argo CD or Flux; where applications can be read, they are in sync."""
    objects = [
        (kind, each.meta)
        for kind in KINDS
        if kind.part in POLICY_PARTS
        for each in rows_read(getattr(snapshot, kind.part))
        if each.meta.namespace not in SYSTEM_NAMESPACES
    ]
    sync = {each.meta.name: each.sync for each in rows_read(snapshot.applications)}
    problems, by_hand = list[Verdict](), 0
    for kind, meta in objects:
        problem = _unmanaged(snapshot, kind, meta, sync)
        if problem is not None:
            problems.append(_verdict(kind, meta, problem, len(objects)))
            by_hand += problem[0] == _BY_HAND
    near = f"{by_hand} of {count(len(objects), 'policy', 'policies')} were applied by hand." if by_hand else ""
    if near and by_hand < len(objects):
        problems = [replace(each, near_miss=near) for each in problems]
    unseen = isinstance(snapshot.applications, Unavailable)
    note = " Whether they are in sync could not be read." if unseen else ""
    parts: list[Any] = [getattr(snapshot, part) for part in POLICY_PARTS]
    yield from conclude(
        snapshot.cluster,
        problems,
        of=parts,
        seen=len(objects),
        good=f"{len(objects)} of {count(len(objects), 'policy', 'policies')} are applied by Argo CD or Flux.{note}",
        nothing="There is no policy object.",
        evidence=(Evidence("metadata", snapshot.cluster, "policies without a mark of a tool", "0", "0"),),
    )


_BY_HAND: Final = "by hand"
Problem = tuple[str, str, str]


def _unmanaged(snapshot: KubernetesSnapshot, kind: Kind, meta: Meta, sync: dict[str, str]) -> Problem | None:
    """What keeps one object from being managed, as (field, observed, sentence); None if nothing does."""
    if any(meta.labels.get(key) for key in FLUX):
        return None
    tracking = meta.annotations.get(TRACKING, "")
    if tracking:
        application, _, rest = tracking.partition(":")
        expected = f"{kind.group}/{kind.kind}:{meta.namespace}/{meta.name}"
        if rest != expected:
            return TRACKING, tracking, "carries the mark of another object, so Argo CD does not manage it"
        return _of_application(snapshot, application, sync)
    instance = next((meta.labels[key] for key in INSTANCE if meta.labels.get(key)), "")
    if instance in sync:  # Helm charts write the same label; only an Application of this name makes it Argo CD's
        return _of_application(snapshot, instance, sync)
    if INSTANCE[0] in meta.labels:
        return _of_application(snapshot, instance, sync)
    if instance and isinstance(snapshot.applications, Unavailable):
        return "", instance, "may be managed by Argo CD, whose Applications could not be read"
    return _BY_HAND, instance or "no mark", "carries no mark of Argo CD or Flux"


def _of_application(snapshot: KubernetesSnapshot, name: str, sync: dict[str, str]) -> Problem | None:
    if isinstance(snapshot.applications, Unavailable):
        return None
    application = name.rpartition("_")[2]  # with applications in any namespace it is <namespace>_<name>
    state = sync.get(name, sync.get(application))
    if state == _SYNCED:
        return None
    if state is None:
        return "Application", "absent", f"is marked as part of Application {name}, which does not exist"
    return "status.sync.status", state, f"differs from version control, or may: Application {name} is {state}"


def _verdict(kind: Kind, meta: Meta, problem: Problem, seen: int) -> Verdict:
    field, observed, sentence = problem
    resource = f"{kind.kind} {meta}"
    if not field:
        return not_checked(resource, "partial_data", f"{resource} {sentence}.", seen=seen)
    shown = "tracking annotation or label" if field == _BY_HAND else field
    line = Evidence(f"GET {kind.resource}", str(meta), shown, observed, "Argo CD or Flux, Synced")
    return failed(resource, f"{resource} {sentence}.", seen=seen, evidence=(line,))
