"""Owns what several rules of this connector need: the declared workloads, what a mesh covers, common sentences."""

from __future__ import annotations

from dataclasses import dataclass

from ztassess.connectors.judging import rows_read, unread
from ztassess.connectors.kubernetes.injection import Proxy
from ztassess.connectors.kubernetes.membership import Meshed, workloads, workloads_unread
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_workloads import WORKLOAD_PARTS, Workload
from ztassess.domain.findings import Evidence, Part, Unavailable, Verdict, failed, not_applicable, not_checked


@dataclass(frozen=True, slots=True)
class Sensitive:
    """The declared workloads.

    Attributes:
        found: those that were read.
        verdicts: not checked: none were declared, or some were not found.
    """

    found: tuple[Workload, ...]
    verdicts: tuple[Verdict, ...]


def sensitive(snapshot: KubernetesSnapshot) -> Sensitive:
    """The declared workloads; one that is not there is named, for a typing error must not look like safety."""
    if snapshot.sensitive is None:
        sentence = "No sensitive workloads were declared, so nobody knows which paths carry payments or personal data."
        return Sensitive((), (not_checked(snapshot.cluster, "input_missing", sentence),))
    by_id = {each.id: each for each in workloads(snapshot)}
    wanted = sorted(snapshot.sensitive)
    found = tuple(by_id[each] for each in wanted if each in by_id)
    why = workloads_unread(snapshot)
    missing = [each for each in wanted if each not in by_id]
    verdicts = []
    for each in missing:
        reason = f"The declared workload {each} was not found in the cluster."
        verdicts.append(not_checked(each, why or Unavailable("input_missing"), why.detail if why else reason))
    return Sensitive(found, tuple(verdicts))


def all_workload_parts(snapshot: KubernetesSnapshot) -> tuple[Part[Workload], ...]:
    """The parts that hold workloads, for the conclusion of a rule."""
    return tuple(getattr(snapshot, part) for part in WORKLOAD_PARTS)


def without_mesh(snapshot: KubernetesSnapshot, mesh: str) -> Verdict | None:
    """The verdict where a mesh is not installed or nobody knows; None if it is.

    Parameters:
        mesh: ``istio`` or ``linkerd``.
    """
    part: Part[str] = getattr(snapshot, mesh)
    if rows_read(part):
        return None
    why = unread(part)
    if why is not None:
        return not_checked(snapshot.cluster, why)
    return not_applicable(snapshot.cluster, f"{mesh.capitalize()} is not installed in this cluster.")


def without_proxy(workload: str, meshed: Meshed, seen: int, *, policy: str, proxy: str) -> Verdict | None:
    """Why no policy can hold on a workload, or why nobody could see; None if the proxy is in each of its pods.

    Parameters:
        policy: what would have no effect, such as "AuthorizationPolicy".
        proxy: which container should be there.
    """
    if meshed.proxy.everywhere:
        return None
    if meshed.proxy is Proxy.UNKNOWN:
        return unseen_proxy(workload, meshed, seen, workload)
    line = Evidence("GET /api/v1/pods", workload, "containers", meshed.why, proxy)
    reason = f"{workload} has no proxy everywhere, so no {policy} has an effect there: {meshed.why}."
    return failed(workload, reason, seen=seen, evidence=(line,), level=0)


def unseen_proxy(resource: str, meshed: Meshed, seen: int, subject: str) -> Verdict:
    """Not checked: whether the proxy runs could not be seen."""
    why = meshed.part or Unavailable("partial_data")
    return not_checked(resource, why, f"{subject}: {meshed.why}.", seen=seen)
