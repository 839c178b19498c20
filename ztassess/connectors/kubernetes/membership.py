"""Owns which pods belong to which workload, which ports they have, and whether a mesh's proxy really runs in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ztassess.connectors.judging import rows_read, unread
from ztassess.connectors.kubernetes.injection import (
    BUILT_IN,
    ISTIO_PROXY,
    LINKERD_PROXY,
    SYSTEM_NAMESPACES,
    Proxy,
    expected_istio,
    expected_linkerd,
)
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_labels import Labels, subset
from ztassess.connectors.kubernetes.snapshot_workloads import WORKLOAD_PARTS, Pod, Service, Workload
from ztassess.domain.findings import Unavailable

ENDED: Final = frozenset({"Succeeded", "Failed"})
# Labels that differ between pods of one workload by design.
_OF_ONE_POD: Final = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "job-name",
        "controller-uid",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/controller-uid",
    }
)
# The CNI agent of ambient mode writes this on a pod once it has redirected its traffic to ztunnel.
AMBIENT_MARK: Final = ("ambient.istio.io/redirection", "enabled")


@dataclass(frozen=True, slots=True)
class Meshed:
    """What was seen of one workload.

    Attributes:
        why: the setting or the count behind it, for a sentence.
        stale: pods that lack the proxy although new ones would get it.
        part: why it is unknown.
    """

    proxy: Proxy
    why: str
    pods: tuple[Pod, ...] = ()
    stale: tuple[str, ...] = ()
    part: Unavailable | None = None


@lru_cache(maxsize=1)
def workloads(snapshot: KubernetesSnapshot) -> tuple[Workload, ...]:
    """Every workload that was read, and every pod that belongs to none of them."""
    listed = [each for part in WORKLOAD_PARTS for each in rows_read(getattr(snapshot, part))]
    if any(isinstance(getattr(snapshot, part), Unavailable) for part in WORKLOAD_PARTS):
        return tuple(listed)
    known = {(each.kind, each.meta.namespace, each.meta.name) for each in listed}
    loose = [
        Workload("Pod", pod.meta, pod.spec, pod.meta.labels, pod.meta.annotations)
        for pod in rows_read(snapshot.pods)
        if pod.phase not in ENDED and (owner_of(pod)[0], pod.meta.namespace, owner_of(pod)[1]) not in known
    ]
    return (*listed, *loose)


def workloads_unread(snapshot: KubernetesSnapshot) -> Unavailable | None:
    """Why workloads may be missing; None if all kinds were read."""
    return unread(*(getattr(snapshot, part) for part in WORKLOAD_PARTS))


def owner_of(pod: Pod) -> tuple[str, str]:
    """Kind and name of the workload that made a pod: a ReplicaSet's Deployment, a Job's CronJob.

    The controllers name what they make after themselves: ``<deployment>-<pod template hash>`` and
    ``<cronjob>-<scheduled minute>`` (Kubernetes documentation, "Deployments" and "CronJob").
    """
    kind, name = pod.meta.owner
    if kind == "ReplicaSet":
        mark = pod.meta.labels.get("pod-template-hash", "")
        if mark and name.endswith(f"-{mark}"):
            return "Deployment", name.removesuffix(f"-{mark}")
    if kind == "Job":
        cron, dash, number = name.rpartition("-")
        if dash and number.isdigit():
            return "CronJob", cron
    return kind, name


@lru_cache(maxsize=1)
def _running(snapshot: KubernetesSnapshot) -> dict[tuple[str, str, str], list[Pod]]:
    """Pods that have not ended, by namespace, kind and name of what made them; a loose pod made itself."""
    found: dict[tuple[str, str, str], list[Pod]] = {}
    for pod in rows_read(snapshot.pods):
        if pod.phase not in ENDED:
            for kind, name in (owner_of(pod), ("Pod", pod.meta.name)):
                found.setdefault((pod.meta.namespace, kind, name), []).append(pod)
    return found


def pods_of(snapshot: KubernetesSnapshot, workload: Workload) -> tuple[Pod, ...]:
    """The pods of a workload that have not ended."""
    return tuple(_running(snapshot).get((workload.meta.namespace, workload.kind, workload.meta.name), ()))


def label_sets(snapshot: KubernetesSnapshot, workload: Workload) -> tuple[Labels, ...]:
    """The labels by which policies select a workload: of each of its pods, which injectors and people change, each
    set once; the template's where no pod runs."""
    found: list[Labels] = []
    for pod in pods_of(snapshot, workload):
        labels = {key: value for key, value in pod.meta.labels.items() if key not in _OF_ONE_POD}
        if labels not in found:
            found.append(labels)
    return tuple(found) or (workload.labels,)


def shared_labels(snapshot: KubernetesSnapshot, workload: Workload) -> Labels:
    """The labels that all pods of a workload have: what selects by these selects the whole workload."""
    first, *others = label_sets(snapshot, workload)
    return {key: value for key, value in first.items() if all(each.get(key) == value for each in others)}


def services_of(snapshot: KubernetesSnapshot, workload: Workload) -> tuple[Service, ...]:
    """The services whose selector picks this workload's pods."""
    labels = shared_labels(snapshot, workload)
    return tuple(
        each
        for each in rows_read(snapshot.services)
        if each.selector and each.meta.namespace == workload.meta.namespace and subset(each.selector, labels)
    )


def ports_of(snapshot: KubernetesSnapshot, workload: Workload) -> tuple[int, ...]:
    """The ports a workload is known to listen on: declared by its containers, or the target of a service."""
    declared = workload.spec.ports
    numbers = set(declared)
    for service in services_of(snapshot, workload):
        for target in service.targets:
            if target.isdigit():
                numbers.add(int(target))
            else:
                numbers |= {number for number, name in declared.items() if name == target}
    return tuple(sorted(numbers))


def _in_istio(pod: Pod) -> Proxy:
    if pod.spec.runs(ISTIO_PROXY):
        return Proxy.SIDECAR
    key, value = AMBIENT_MARK
    return Proxy.AMBIENT if pod.meta.annotations.get(key) == value else Proxy.NONE


def _in_linkerd(pod: Pod) -> Proxy:
    return Proxy.SIDECAR if pod.spec.runs(LINKERD_PROXY) else Proxy.NONE


def in_istio(snapshot: KubernetesSnapshot, workload: Workload) -> Meshed:
    """Whether a workload's pods are in Istio's mesh: by their containers and marks, not by labels of the namespace."""
    return _meshed(snapshot, workload, _in_istio, expected_istio)


def in_linkerd(snapshot: KubernetesSnapshot, workload: Workload) -> Meshed:
    """Whether a workload's pods run Linkerd's proxy."""
    return _meshed(snapshot, workload, _in_linkerd, expected_linkerd)


def _meshed(
    snapshot: KubernetesSnapshot,
    workload: Workload,
    one: Callable[[Pod], Proxy],
    expected: Callable[[KubernetesSnapshot, Workload], tuple[Proxy, str]],
) -> Meshed:
    wanted, why = expected(snapshot, workload)
    if isinstance(snapshot.pods, Unavailable):
        if wanted is Proxy.NONE or why == BUILT_IN:
            return Meshed(wanted, why)
        return Meshed(Proxy.UNKNOWN, f"{why}, but whether its pods were started since cannot be seen", (), (),
                      snapshot.pods)  # fmt: skip
    pods = pods_of(snapshot, workload)
    if not pods:
        if wanted is Proxy.UNKNOWN:
            return Meshed(wanted, why, part=_namespaces_unread(snapshot))
        return Meshed(wanted, f"no pod is running, and {why}")
    found = [one(pod) for pod in pods]
    without = tuple(pod.meta.name for pod, proxy in zip(pods, found, strict=True) if proxy is Proxy.NONE)
    stale = without if wanted.everywhere else ()
    if not without:
        proxy = Proxy.SIDECAR if all(each is Proxy.SIDECAR for each in found) else Proxy.AMBIENT
        return Meshed(proxy, f"{len(pods)} of {len(pods)} pods run it", pods)
    proxy = Proxy.NONE if len(without) == len(pods) else Proxy.SOME
    reason = "they were started before it was switched on" if stale else why
    return Meshed(proxy, f"{len(without)} of {len(pods)} pods lack it: {reason}", pods, stale)


def _namespaces_unread(snapshot: KubernetesSnapshot) -> Unavailable:
    part = snapshot.namespaces
    return part if isinstance(part, Unavailable) else Unavailable("partial_data", detail="Its namespace was not read.")


def control_planes(snapshot: KubernetesSnapshot) -> frozenset[str]:
    """Namespaces of Kubernetes itself and of the meshes: no workloads of the customer's."""
    meshes = {
        each.meta.name
        for each in rows_read(snapshot.namespaces)
        if each.meta.labels.get("linkerd.io/is-control-plane") == "true" or "linkerd.io/extension" in each.meta.labels
    }
    installed = {"linkerd"} if rows_read(snapshot.linkerd) else set()
    istio = {snapshot.root_namespace} if rows_read(snapshot.istio) else set()
    return frozenset(SYSTEM_NAMESPACES | meshes | installed | istio)


def own_workloads(snapshot: KubernetesSnapshot) -> tuple[Workload, ...]:
    """The customer's workloads, gateways in a mesh's namespace included."""
    closed = control_planes(snapshot)
    return tuple(
        each
        for each in workloads(snapshot)
        if each.meta.namespace not in closed or (each.meta.namespace not in SYSTEM_NAMESPACES and is_gateway(each))
    )


def is_gateway(workload: Workload) -> bool:
    """A gateway of Istio: its own template is a proxy, or says so."""
    marks = ("istio.io/gateway-name", "gateway.networking.k8s.io/gateway-name")
    names = workload.spec.containers
    return any(mark in workload.labels for mark in marks) or (
        bool(names) and all(each.name == ISTIO_PROXY for each in names)
    )
