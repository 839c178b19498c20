"""Owns who may call a port of a workload in Linkerd's mesh, the way its policy controller decides.

A Server that selects the port refuses everything that no authorization admits; without one the default inbound policy
of the pod holds (Linkerd's reference, "Authorization Policy"). The annotation counts on the pod only: the injector
copies it from the namespace when the pod is made, so a later change of the namespace reaches new pods alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.judging import rows_read, unread
from ztassess.connectors.kubernetes.injection import namespace_meta
from ztassess.connectors.kubernetes.membership import pods_of, shared_labels
from ztassess.connectors.kubernetes.plain_ports import SKIPPED, skipped_ports
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_labels import Labels
from ztassess.connectors.kubernetes.snapshot_mesh import (
    LinkerdAuthorization,
    Server,
    ServerAuthorization,
)
from ztassess.connectors.kubernetes.snapshot_workloads import Workload
from ztassess.domain.findings import Unavailable

POLICY: Final = "config.linkerd.io/default-inbound-policy"
REQUIRED: Final = "config.linkerd.io/proxy-require-identity-inbound-ports"
MESHED_ONLY: Final = frozenset({"all-authenticated", "cluster-authenticated"})
DENY: Final = "deny"
OPEN: Final = frozenset({"all-unauthenticated", "cluster-unauthenticated", "audit"})


@dataclass(frozen=True, slots=True)
class Admission:
    """One way in.

    Attributes:
        by: the object that opens it, such as ``AuthorizationPolicy shop/orders``.
        meshed: callers must prove an identity of the mesh.
        anyone_meshed: every identity will do.
        grouped: identities are named by namespace or pattern only.
        paths: it is about these requests only, ``GET`` of whole paths; empty: about everything.
        why: what it asks for instead, for a sentence.
    """

    by: str
    meshed: bool
    anyone_meshed: bool = False
    grouped: bool = False
    paths: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """What holds for one port.

    Attributes:
        server: the Server that selects it; None if the default policy holds.
        default: the default policy and the place it stands in; empty if a Server decides.
        admissions: the ways in; empty: nobody may call.
        routes: the Server's HTTPRoutes by name.
    """

    server: Server | None
    default: str
    place: str
    admissions: tuple[Admission, ...]
    routes: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """The deciding object, for a sentence."""
        if self.server is not None:
            return f"Server {self.server.meta}"
        return f"default inbound policy {self.default} ({self.place})"

    @property
    def plain(self) -> tuple[Admission, ...]:
        """Ways in for callers outside the mesh, but for single paths as of health checks."""
        return tuple(each for each in self.admissions if not each.meshed and not each.paths)


def annotations_of(snapshot: KubernetesSnapshot, workload: Workload) -> tuple[Labels, ...]:
    """The annotations that hold: of each running pod, else those a new pod would get."""
    pods = pods_of(snapshot, workload)
    if pods:
        return tuple(pod.meta.annotations for pod in pods)
    where = namespace_meta(snapshot, workload.meta.namespace)
    inherited = {key: value for key, value in (where[1] if where else {}).items() if key.startswith("config.")}
    return ({**inherited, **workload.annotations},)


def default_policies(snapshot: KubernetesSnapshot, workload: Workload) -> list[tuple[str, str]] | Unavailable:
    """The default inbound policies of a workload's pods with the place they stand in, or why one is unknown."""
    found: list[tuple[str, str]] = []
    for held in annotations_of(snapshot, workload):
        if held.get(POLICY):
            found.append((held[POLICY], f"annotation {POLICY}"))
            continue
        why = unread(snapshot.linkerd_config)
        if why is not None:
            return why
        stated = next((each.inbound for each in rows_read(snapshot.linkerd_config)), "")
        found.append((stated or "all-unauthenticated", "ConfigMap linkerd/linkerd-config" if stated else "the chart's"))
    return list(dict.fromkeys(found))


def inbound(snapshot: KubernetesSnapshot, workload: Workload, port: int) -> list[Inbound] | Unavailable:
    """What holds for a port: one entry, or several where pods of a workload differ."""
    servers = _servers(snapshot, workload, port)
    if servers:
        return [Inbound(server, "", "", *_of_server(snapshot, server)) for server in servers]
    defaults = default_policies(snapshot, workload)
    if isinstance(defaults, Unavailable):
        return defaults
    required = all(
        any(first <= port <= last for first, last in _ranges(each.get(REQUIRED, "")))
        for each in annotations_of(snapshot, workload)
    )
    return [Inbound(None, policy, place, _of_policy(policy, place, required=required)) for policy, place in defaults]


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    return skipped_ports({SKIPPED: text})


def _servers(snapshot: KubernetesSnapshot, workload: Workload, port: int) -> list[Server]:
    """The Servers of a port; there should be one, and which of several counts is left to chance."""
    names = {name for number, name in workload.spec.ports.items() if number == port and name}
    labels = shared_labels(snapshot, workload)
    return [
        each
        for each in rows_read(snapshot.servers)
        if each.meta.namespace == workload.meta.namespace
        and each.pods is not None
        and each.pods.matches(labels)
        and each.port in {str(port), *names}
    ]


def _of_policy(policy: str, place: str, *, required: bool) -> tuple[Admission, ...]:
    """What a default policy admits; one that we do not know counts as open."""
    by = f"{policy} ({place})"
    if policy == DENY:
        return ()
    if policy in MESHED_ONLY or (required and policy != "audit"):
        return (Admission(by, meshed=True, anyone_meshed=True),)
    return (Admission(by, meshed=False, why="nothing"),)


def _of_server(snapshot: KubernetesSnapshot, server: Server) -> tuple[tuple[Admission, ...], tuple[str, ...]]:
    """All ways into a Server: its own policy, authorizations of both kinds, and those of its routes."""
    here = server.meta.namespace
    ways = (
        list(_of_policy(server.access, f"accessPolicy of Server {server.meta}", required=False))
        if server.access
        else []
    )
    for older in rows_read(snapshot.server_authorizations):
        if older.meta.namespace == here and _selects(older, server):
            ways.append(_of_older(older))
    routes = [
        each for each in rows_read(snapshot.http_routes)
        if each.meta.namespace == here and server.meta.name in each.servers
    ]  # fmt: skip
    by_route = {each.meta.name: _exact_paths(each.matches) for each in routes}
    for policy in rows_read(snapshot.linkerd_authorizations):
        if policy.meta.namespace != here:
            continue
        if policy.target_kind == "Namespace" or (policy.target_kind, policy.target_name) == (
            "Server",
            server.meta.name,
        ):
            ways += _of_authorization(snapshot, policy, ())
        elif policy.target_kind.endswith("Route") and policy.target_name in by_route:
            ways += _of_authorization(snapshot, policy, by_route[policy.target_name])
    return tuple(ways), tuple(sorted(by_route))


def _selects(older: ServerAuthorization, server: Server) -> bool:
    if older.server:
        return older.server == server.meta.name
    return older.servers is not None and older.servers.matches(server.meta.labels)


def _of_older(older: ServerAuthorization) -> Admission:
    by = f"ServerAuthorization {older.meta}"
    if older.unauthenticated or not (older.identities or older.accounts):
        return Admission(by, meshed=False, why="no identity")
    grouped = any(each.startswith("*.") for each in older.identities)
    return Admission(by, meshed=True, anyone_meshed="*" in older.identities, grouped=grouped)


def _of_authorization(
    snapshot: KubernetesSnapshot, policy: LinkerdAuthorization, paths: tuple[str, ...]
) -> Iterator[Admission]:
    """What an AuthorizationPolicy admits. One that names an authentication which does not exist is ignored."""
    by = f"AuthorizationPolicy {policy.meta}"
    identities: list[str] | None = None
    kinds = sorted({each.kind for each in policy.required})
    for each in policy.required:
        if each.kind == "MeshTLSAuthentication":
            found = next(
                (one for one in rows_read(snapshot.mesh_tls_authentications)
                 if (one.meta.namespace, one.meta.name) == (each.namespace, each.name)), None
            )  # fmt: skip
            if found is None:
                return
            identities = [*(identities or ()), *found.identities, *found.refs]
        elif each.kind == "ServiceAccount":
            identities = [*(identities or ()), f"{each.namespace}/{each.name}"]
        elif each.kind != "NetworkAuthentication":
            return
    if identities is None:
        why = " and ".join(kinds) or "no authentication"
        yield Admission(by, meshed=False, paths=paths, why=why)
    else:
        grouped = any(each.startswith(("*.", "Namespace ")) or each.endswith("/") for each in identities)
        yield Admission(by, meshed=True, anyone_meshed="*" in identities, grouped=grouped, paths=paths)


def _exact_paths(matches: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """The paths of a route that is about nothing but GET or HEAD of whole paths; else none."""
    listed = list(matches)
    if any(kind != "Exact" or method not in ("GET", "HEAD") for kind, _, method in listed):
        return ()
    return tuple(path for _, path, _ in listed)


def past_the_proxy(snapshot: KubernetesSnapshot, workload: Workload, port: int) -> str:
    """The annotation that lets a port bypass the proxy; empty if none does."""
    for held in annotations_of(snapshot, workload):
        if any(first <= port <= last for first, last in skipped_ports(held)):
            return held[SKIPPED]
    return ""
