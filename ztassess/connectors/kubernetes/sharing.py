"""Owns what a cluster tells the inventory: its workloads, without those of the cluster itself and of its mesh."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.judging import unread
from ztassess.connectors.kubernetes.injection import SYSTEM_NAMESPACES
from ztassess.connectors.kubernetes.membership import workloads
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_workloads import WORKLOAD_PARTS
from ztassess.domain.findings import Part
from ztassess.domain.roster import Share, Workload

MESH_NAMESPACES: Final = frozenset({"linkerd", "linkerd-viz"})


def shares(snapshot: KubernetesSnapshot) -> Share:
    """Workloads by namespace and name; where a kind of them could not be read, the list is not told at all."""
    return Share(workloads=_workloads(snapshot))


def _workloads(snapshot: KubernetesSnapshot) -> Part[Workload]:
    why = unread(*(getattr(snapshot, part) for part in WORKLOAD_PARTS))
    if why is not None:
        return why
    left_out = SYSTEM_NAMESPACES | MESH_NAMESPACES | {snapshot.root_namespace}
    found = {
        (each.meta.namespace, each.meta.name): each.kind
        for each in workloads(snapshot)
        if each.meta.namespace not in left_out
    }
    return tuple(Workload(name, place, kind) for (place, name), kind in sorted(found.items()))
