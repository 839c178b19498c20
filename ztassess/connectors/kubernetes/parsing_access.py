"""Owns turning roles, bindings and network policies into typed values."""

from __future__ import annotations

from ztassess.connectors.api import Row
from ztassess.connectors.kubernetes.parsing import meta, number_or_name, selector
from ztassess.connectors.kubernetes.snapshot_access import (
    Binding,
    NetworkPolicy,
    NetworkPort,
    NetworkRule,
    Peer,
    RbacRule,
    Role,
    Subject,
)


def role(kind: str, row: Row) -> Role:
    """``rbac.authorization.k8s.io/v1`` Role or ClusterRole; of an aggregated one the rules the controller filled in."""
    aggregates = row.rows("aggregationRule.clusterRoleSelectors", ()) if kind == "ClusterRole" else ()
    return Role(
        kind,
        meta(row),
        tuple(rbac_rule(each) for each in row.rows("rules", ())),
        tuple(selector(each) for each in aggregates),
    )


def rbac_rule(row: Row) -> RbacRule:
    """One rule of a role."""
    return RbacRule(
        verbs=row.texts("verbs"),
        groups=row.texts("apiGroups", ()),
        resources=row.texts("resources", ()),
        names=row.texts("resourceNames", ()),
    )


def binding(kind: str, row: Row) -> Binding:
    """``rbac.authorization.k8s.io/v1`` RoleBinding or ClusterRoleBinding."""
    subjects = tuple(
        Subject(each.text("kind"), each.text("name"), each.text("namespace", "")) for each in row.rows("subjects", ())
    )
    return Binding(kind, meta(row), row.text("roleRef.kind"), row.text("roleRef.name"), subjects)


def network_policy(row: Row) -> NetworkPolicy:
    """``networking.k8s.io/v1 NetworkPolicy``.

    Without ``policyTypes`` it is about ingress, and about egress if it has egress rules (API reference,
    "NetworkPolicySpec").
    """
    egress = row.rows("spec.egress", ())
    usual = ("Ingress", "Egress") if egress else ("Ingress",)
    return NetworkPolicy(
        meta(row),
        selector(row.row("spec.podSelector", None)),
        row.texts("spec.policyTypes", ()) or usual,
        ingress=tuple(_rule(each, "from") for each in row.rows("spec.ingress", ())),
        egress=tuple(_rule(each, "to") for each in egress),
    )


def _rule(row: Row, direction: str) -> NetworkRule:
    peers = tuple(_peer(each) for each in row.rows(direction, ()))
    ports = tuple(
        NetworkPort(each.text("protocol", "TCP"), number_or_name(each, "port"), each.number("endPort", None))
        for each in row.rows("ports", ())
    )
    return NetworkRule(peers, ports)


def _peer(row: Row) -> Peer:
    pods, namespaces = row.row("podSelector", None), row.row("namespaceSelector", None)
    return Peer(
        pods=None if pods is None else selector(pods),
        namespaces=None if namespaces is None else selector(namespaces),
        cidr=row.text("ipBlock.cidr", ""),
        excepts=row.texts("ipBlock.except", ()),
    )
