"""Owns what a cluster tells the inventory: its workloads and their calls, without the cluster's own and its mesh's."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.judging import unread
from ztassess.connectors.kubernetes.calls import calls
from ztassess.connectors.kubernetes.injection import SYSTEM_NAMESPACES
from ztassess.connectors.kubernetes.membership import workloads
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_workloads import WORKLOAD_PARTS
from ztassess.domain.roster import Share, Workload

MESH_NAMESPACES: Final = frozenset({"linkerd", "linkerd-viz"})


def shares(snapshot: KubernetesSnapshot) -> Share:
    """Workloads by namespace and name, and the calls between them that policies name.

    Where a kind of workload could not be read, neither is told at all.
    """
    why = unread(*(getattr(snapshot, part) for part in WORKLOAD_PARTS))
    if why is not None:
        return Share(workloads=why, calls=why)
    left_out = SYSTEM_NAMESPACES | MESH_NAMESPACES | {snapshot.root_namespace}
    own = {
        (each.meta.namespace, each.meta.name): each
        for each in workloads(snapshot)
        if each.meta.namespace not in left_out
    }
    told = tuple(Workload(name, place, own[place, name].kind) for place, name in sorted(own))
    return Share(workloads=told, calls=calls(snapshot, own.values()))
