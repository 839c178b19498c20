"""Owns what a new pod would get: whether a mesh's injector or node agent takes it in, by labels and annotations."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ztassess.connectors.judging import rows_read
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_labels import Labels
from ztassess.connectors.kubernetes.snapshot_workloads import Workload

SYSTEM_NAMESPACES: Final = frozenset({"kube-system", "kube-public", "kube-node-lease"})
ISTIO_PROXY: Final = "istio-proxy"
LINKERD_PROXY: Final = "linkerd-proxy"
AMBIENT_LABEL: Final = "istio.io/dataplane-mode"
BUILT_IN: Final = "the template has the proxy's container"


class Proxy(StrEnum):
    """Whether a workload's traffic passes a mesh's proxy."""

    SIDECAR = "sidecar"
    AMBIENT = "ambient"
    SOME = "some pods only"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def everywhere(self) -> bool:
        """Every pod is in the mesh."""
        return self in (Proxy.SIDECAR, Proxy.AMBIENT)


def namespace_meta(snapshot: KubernetesSnapshot, name: str) -> tuple[Labels, Labels] | None:
    """Labels and annotations of a namespace; None if it was not read."""
    for each in rows_read(snapshot.namespaces):
        if each.meta.name == name:
            return each.meta.labels, each.meta.annotations
    return None


def expected_istio(snapshot: KubernetesSnapshot, workload: Workload) -> tuple[Proxy, str]:
    """What a new pod would get (Istio documentation, "Installing the Sidecar", and its injection webhooks)."""
    if workload.spec.runs(ISTIO_PROXY):
        return Proxy.SIDECAR, BUILT_IN
    if workload.spec.host_network:
        return Proxy.NONE, "it uses the node's network, which no proxy guards"
    where = namespace_meta(snapshot, workload.meta.namespace)
    inject = workload.labels.get("sidecar.istio.io/inject") or workload.annotations.get("sidecar.istio.io/inject")
    if where is None:
        if inject == "false":
            return Proxy.NONE, "sidecar.istio.io/inject is false"
        return Proxy.UNKNOWN, "its namespace was not read"
    labels = where[0]
    if workload.meta.namespace not in SYSTEM_NAMESPACES:
        sidecar = _sidecar_webhook(labels, workload.labels, inject)
        if sidecar:
            return Proxy.SIDECAR, sidecar
    mode = workload.labels.get(AMBIENT_LABEL) or labels.get(AMBIENT_LABEL)
    if mode == "ambient":
        return Proxy.AMBIENT, f"{AMBIENT_LABEL} is ambient"
    if inject == "false":
        return Proxy.NONE, "sidecar.istio.io/inject is false"
    if labels.get("istio-injection") not in (None, "enabled"):
        return Proxy.NONE, f"the namespace has istio-injection={labels['istio-injection']}"
    return Proxy.NONE, "neither its namespace nor its template asks for the proxy"


def _sidecar_webhook(namespace: Labels, pod: Labels, inject: str | None) -> str:
    """Which of the webhooks' selectors fits; empty if none does."""
    switch, revision = namespace.get("istio-injection"), namespace.get("istio.io/rev")
    if inject == "false":
        return ""
    if switch is not None:
        return "the namespace has istio-injection=enabled" if switch == "enabled" else ""
    if revision is not None:
        return f"the namespace has istio.io/rev={revision}"
    if pod.get("istio.io/rev"):
        return f"the template has istio.io/rev={pod['istio.io/rev']}"
    return "sidecar.istio.io/inject is true" if inject == "true" else ""


def expected_linkerd(snapshot: KubernetesSnapshot, workload: Workload) -> tuple[Proxy, str]:
    """What a new pod would get (Linkerd documentation, "Automatic Proxy Injection")."""
    key = "linkerd.io/inject"
    if workload.spec.runs(LINKERD_PROXY):
        return Proxy.SIDECAR, BUILT_IN
    if workload.spec.host_network:
        return Proxy.NONE, "it uses the node's network, which no proxy guards"
    own = workload.annotations.get(key)
    where = namespace_meta(snapshot, workload.meta.namespace)
    if own is None and where is None:
        return Proxy.UNKNOWN, "its namespace was not read"
    asked = own if own is not None else (where[1].get(key) if where else None)
    if asked in ("enabled", "ingress"):
        return Proxy.SIDECAR, f"{key} is {asked}"
    return Proxy.NONE, f"{key} is {asked}" if asked else f"neither its namespace nor its template has {key}"
