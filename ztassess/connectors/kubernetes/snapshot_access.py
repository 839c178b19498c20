"""Owns who may do what in a cluster, and which packets may flow: RBAC and NetworkPolicy as they are written."""

from __future__ import annotations

from dataclasses import dataclass

from ztassess.connectors.kubernetes.snapshot_labels import Meta, Selector


@dataclass(frozen=True, slots=True)
class RbacRule:
    """One rule of a role; ``*`` in a list is everything."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A Role or ClusterRole.

    Attributes:
        aggregates: selectors of the ClusterRoles whose rules the controller adds to this one's.
    """

    kind: str
    meta: Meta
    rules: tuple[RbacRule, ...]
    aggregates: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is bound. ``kind`` is ServiceAccount, User or Group."""

    kind: str
    name: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """A RoleBinding or ClusterRoleBinding."""

    kind: str
    meta: Meta
    role_kind: str
    role_name: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of allowed traffic: pods by selectors, or addresses by block."""

    pods: Selector | None = None
    namespaces: Selector | None = None
    cidr: str = ""
    excepts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkPort:
    """A port of a rule: a number or name (empty: all), up to ``end`` if it is a range."""

    protocol: str
    port: str = ""
    end: int | None = None


@dataclass(frozen=True, slots=True)
class NetworkRule:
    """One allowing rule: no peers means every peer, no ports means every port."""

    peers: tuple[Peer, ...] = ()
    ports: tuple[NetworkPort, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """One NetworkPolicy. ``types`` holds Ingress, Egress or both."""

    meta: Meta
    pods: Selector
    types: tuple[str, ...]
    ingress: tuple[NetworkRule, ...] = ()
    egress: tuple[NetworkRule, ...] = ()
