"""Owns which calls between workloads a cluster's policies name: the nearest to a service map that its API tells.

Only rules from single callers to selected workloads are told. A rule for everybody, for a namespace or about all that
runs in one says who may call, not who does, and would draw lines between all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ztassess.connectors.judging import rows_read, unread
from ztassess.connectors.kubernetes.injection import namespace_meta
from ztassess.connectors.kubernetes.istio_authorization import access
from ztassess.connectors.kubernetes.membership import shared_labels
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_access import NetworkPolicy, Peer
from ztassess.connectors.kubernetes.snapshot_labels import Labels
from ztassess.connectors.kubernetes.snapshot_mesh import AuthorizationRule, IstioAuthorization, Server
from ztassess.connectors.kubernetes.snapshot_workloads import Workload
from ztassess.domain.findings import Part
from ztassess.domain.roster import WorkloadCall

_PARTS: Final = (
    *("istio_authorizations", "network_policies", "servers", "linkerd_authorizations", "server_authorizations"),
    "mesh_tls_authentications",
)
_PRINCIPAL: Final = re.compile(r"(?:^|/)ns/([^/*]+)/sa/([^/*]+)$")
_LINKERD: Final = re.compile(r"^([^.*]+)\.([^.*]+)\.serviceaccount\.identity\.")
Account = tuple[str, str]
"""A service account: namespace and name."""


@dataclass(frozen=True, slots=True)
class _Edge:
    caller: Workload | Account
    callee: Workload
    by: str


def calls(snapshot: KubernetesSnapshot, own: Iterable[Workload]) -> Part[WorkloadCall]:
    """The calls that Istio, Linkerd and network policies name; with what was read before a part of them broke off.

    Parameters:
        own: the company's workloads; calls of others are told by the name of their service account.
    """
    found = tuple(own)
    told: dict[tuple[str, str, str, str], WorkloadCall] = {}
    for edge in _edges(snapshot, found):
        call = _told(edge)
        if (call.caller_place, call.caller) != (call.callee_place, call.callee):
            told.setdefault((call.caller_place, call.caller, call.callee_place, call.callee), call)
    rows = tuple(told[key] for key in sorted(told))
    why = unread(*(getattr(snapshot, part) for part in _PARTS))
    return rows if why is None else replace(why, read=rows)


def _told(edge: _Edge) -> WorkloadCall:
    callee = edge.callee.meta
    if isinstance(edge.caller, Workload):
        caller, place = edge.caller.meta.name, edge.caller.meta.namespace
    else:
        place, caller = edge.caller
    unknown = not isinstance(edge.caller, Workload)
    return WorkloadCall(caller, place, callee.name, callee.namespace, by=edge.by, caller_is_account=unknown)


def _edges(snapshot: KubernetesSnapshot, own: tuple[Workload, ...]) -> Iterator[_Edge]:
    labels = {each.id: shared_labels(snapshot, each) for each in own}
    by_account: dict[Account, list[Workload]] = {}
    for each in own:
        by_account.setdefault((each.meta.namespace, each.spec.account), []).append(each)
    for callee in own:
        for accounts, by in (
            *_istio(snapshot, callee, labels[callee.id]),
            *_meshed(snapshot, callee, labels[callee.id]),
        ):
            yield from _from_accounts(accounts, callee, by, by_account)
        yield from _by_network(snapshot, callee, own, labels)


def _istio(snapshot: KubernetesSnapshot, callee: Workload, labels: Labels) -> Iterator[tuple[list[Account], str]]:
    policies = rows_read(snapshot.istio_authorizations)
    for policy in access(policies, snapshot.root_namespace, callee.meta.namespace, labels).allow:
        if policy.selector:
            yield list(_istio_accounts(policy)), f"Istio policy {policy.meta}"


def _meshed(snapshot: KubernetesSnapshot, callee: Workload, labels: Labels) -> Iterator[tuple[list[Account], str]]:
    for server in rows_read(snapshot.servers):
        if _serves(server, callee, labels):
            yield from _linkerd(snapshot, server)


def _by_network(
    snapshot: KubernetesSnapshot, callee: Workload, own: Iterable[Workload], labels: Mapping[str, Labels]
) -> Iterator[_Edge]:
    for policy in rows_read(snapshot.network_policies):
        if policy.meta.namespace == callee.meta.namespace and _picks(policy, labels[callee.id]):
            peers = _peers(policy)
            for caller in own:
                if any(_is_peer(snapshot, each, policy, caller, labels[caller.id]) for each in peers):
                    yield _Edge(caller, callee, f"NetworkPolicy {policy.meta}")


def _from_accounts(
    accounts: Iterable[Account], callee: Workload, by: str, by_account: dict[Account, list[Workload]]
) -> Iterator[_Edge]:
    for account in accounts:
        for caller in by_account.get(account, [account]):
            yield _Edge(caller, callee, by)


def _istio_accounts(policy: IstioAuthorization) -> Iterator[Account]:
    for rule in policy.rules:
        for name in _principals(rule):
            if found := _PRINCIPAL.search(name):
                yield found[1], found[2]
        for source in rule.sources:
            for name in source.get("serviceAccounts", ()):
                if "*" not in name:
                    space, slash, account = name.rpartition("/")
                    yield (space if slash else policy.meta.namespace), account


def _principals(rule: AuthorizationRule) -> Iterator[str]:
    for source in rule.sources:
        yield from source.get("principals", ())
    for condition in rule.conditions:
        if condition.key == "source.principal":
            yield from condition.values


def _serves(server: Server, workload: Workload, labels: Labels) -> bool:
    return (
        server.meta.namespace == workload.meta.namespace
        and server.pods is not None
        and not server.pods.everything
        and server.pods.matches(labels)
    )


def _linkerd(snapshot: KubernetesSnapshot, server: Server) -> Iterator[tuple[list[Account], str]]:
    """Who is named by the authorizations of a Server, with the object that names them."""
    here, name = server.meta.namespace, server.meta.name
    for older in rows_read(snapshot.server_authorizations):
        chosen = older.server == name or (older.servers is not None and older.servers.matches(server.meta.labels))
        if older.meta.namespace == here and chosen:
            accounts = [_account(each) for each in older.accounts]
            yield [*accounts, *_identities(older.identities)], f"ServerAuthorization {older.meta}"
    proofs = {(each.meta.namespace, each.meta.name): each for each in rows_read(snapshot.mesh_tls_authentications)}
    for policy in rows_read(snapshot.linkerd_authorizations):
        if policy.meta.namespace == here and (policy.target_kind, policy.target_name) == ("Server", name):
            found: list[Account] = []
            for each in policy.required:
                if each.kind == "ServiceAccount":
                    found.append((each.namespace, each.name))
                elif each.kind == "MeshTLSAuthentication" and (proof := proofs.get((each.namespace, each.name))):
                    found += _identities(proof.identities)
                    found += [
                        _account(ref.partition(" ")[2]) for ref in proof.refs if ref.startswith("ServiceAccount ")
                    ]
            yield found, f"Linkerd policy {policy.meta}"


def _account(text: str) -> Account:
    space, _, name = text.partition("/")
    return space, name


def _identities(names: Iterable[str]) -> list[Account]:
    return [(found[2], found[1]) for name in names if (found := _LINKERD.match(name))]


def _picks(policy: NetworkPolicy, labels: Labels) -> bool:
    return "Ingress" in policy.types and not policy.pods.everything and policy.pods.matches(labels)


def _peers(policy: NetworkPolicy) -> list[Peer]:
    return [
        peer for rule in policy.ingress for peer in rule.peers if peer.pods is not None and not peer.pods.everything
    ]


def _is_peer(snapshot: KubernetesSnapshot, peer: Peer, policy: NetworkPolicy, caller: Workload, labels: Labels) -> bool:
    if peer.pods is None or not peer.pods.matches(labels):
        return False
    if peer.namespaces is None:
        return caller.meta.namespace == policy.meta.namespace
    where = namespace_meta(snapshot, caller.meta.namespace)
    return where is not None and peer.namespaces.matches(where[0])
