"""Owns which PeerAuthentication decides for a workload and each of its ports, the way Istio itself merges them.

Source: Istio's reference "PeerAuthentication", and ``ComposePeerAuthentication`` of istiod, which does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ztassess.connectors.kubernetes.snapshot_labels import Labels, subset
from ztassess.connectors.kubernetes.snapshot_mesh import PeerAuthentication

UNSET: Final = "UNSET"
STRICT: Final = "STRICT"
PERMISSIVE: Final = "PERMISSIVE"
DISABLE: Final = "DISABLE"
MODES: Final = (UNSET, DISABLE, PERMISSIVE, STRICT)
KNOWN: Final = frozenset(MODES)


@dataclass(frozen=True, slots=True)
class Decision:
    """One resolved mode and the object that decided it.

    Attributes:
        policy: None: no policy says anything, so Istio's default holds.
        place: the field that decided, such as ``spec.portLevelMtls.8080.mode``.
    """

    mode: str
    policy: PeerAuthentication | None = None
    place: str = ""

    @property
    def strict(self) -> bool:
        """Plain text is refused."""
        return self.mode == STRICT

    @property
    def known(self) -> bool:
        """The mode is one that Istio documents."""
        return self.mode in KNOWN

    @property
    def by(self) -> str:
        """The deciding object, for a sentence."""
        if self.policy is None:
            return "Istio's default, as no PeerAuthentication says otherwise"
        return f"PeerAuthentication {self.policy.meta}"


@dataclass(frozen=True, slots=True)
class Effective:
    """What a workload accepts: on every port that has no decision of its own, and on those that have one."""

    base: Decision
    ports: Mapping[int, Decision] = field(default_factory=dict)

    def on(self, port: int) -> Decision:
        """The decision for one port of the workload."""
        return self.ports.get(port, self.base)


def effective(policies: Iterable[PeerAuthentication], root_namespace: str, namespace: str, labels: Labels) -> Effective:
    """Merge the policies for one workload.

    A policy with a selector beats one of the namespace, which beats one of the root namespace; of several in one
    scope the oldest counts, the others do not exist. UNSET takes the wider scope's mode. Modes of single ports count
    only in a policy with a selector, and a selector is without effect in the root namespace.

    Parameters:
        labels: of the workload's pods.
    """
    mesh, whole, own = _scopes(policies, root_namespace, namespace, labels)
    base = Decision(PERMISSIVE)
    for policy in (mesh, whole, own):
        if policy is not None and policy.mode != UNSET:
            base = Decision(policy.mode, policy, "spec.mtls.mode")
    ports: dict[int, Decision] = {}
    if own is not None:
        for port, mode in own.ports.items():
            ports[port] = base if mode == UNSET else Decision(mode, own, f"spec.portLevelMtls.{port}.mode")
    return Effective(base, ports)


def mesh_wide(policies: Iterable[PeerAuthentication], root_namespace: str) -> Decision:
    """What a workload accepts that no policy of its own namespace speaks about."""
    mesh = oldest([each for each in policies if each.meta.namespace == root_namespace and not each.selector])
    if mesh is None or mesh.mode == UNSET:
        return Decision(PERMISSIVE, mesh, "spec.mtls.mode" if mesh else "")
    return Decision(mesh.mode, mesh, "spec.mtls.mode")


def oldest(policies: Sequence[PeerAuthentication]) -> PeerAuthentication | None:
    """The policy that counts of several in one scope; of the same second the first by name, as istiod sorts them."""
    return min(
        policies,
        key=lambda each: (each.meta.created, f"{each.meta.name}.{each.meta.namespace}"),
        default=None,
    )


def out_of_force(
    policies: Sequence[PeerAuthentication], root_namespace: str, workloads: Iterable[tuple[str, Labels]]
) -> tuple[PeerAuthentication, ...]:
    """Policies without any effect: an older one of the same scope counts, or a selector stands in the root namespace.

    Parameters:
        workloads: namespace and pod labels of all workloads. A policy that selects none of them may count tomorrow.
    """
    everyone = tuple(workloads)
    dead = []
    for policy in policies:
        where = policy.meta.namespace
        if not policy.selector:
            rivals = [each for each in policies if each.meta.namespace == where and not each.selector]
            if policy is not oldest(rivals):
                dead.append(policy)
        elif where == root_namespace:
            dead.append(policy)
        else:
            picked = [labels for name, labels in everyone if name == where and subset(policy.selector, labels)]
            if picked and all(_scopes(policies, root_namespace, where, labels)[2] is not policy for labels in picked):
                dead.append(policy)
    return tuple(dead)


def _scopes(
    policies: Iterable[PeerAuthentication], root_namespace: str, namespace: str, labels: Labels
) -> tuple[PeerAuthentication | None, PeerAuthentication | None, PeerAuthentication | None]:
    mesh, whole, own = list[PeerAuthentication](), list[PeerAuthentication](), list[PeerAuthentication]()
    for policy in policies:
        where = policy.meta.namespace
        if not policy.selector:
            if where == root_namespace:
                mesh.append(policy)
            elif where == namespace:
                whole.append(policy)
        elif where == namespace and where != root_namespace and subset(policy.selector, labels):
            own.append(policy)
    return oldest(mesh), oldest(whole), oldest(own)
