"""Owns the frozen picture of one cluster that all rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.kubernetes.snapshot_access import Binding, NetworkPolicy, Role
from ztassess.connectors.kubernetes.snapshot_mesh import (
    DestinationRule,
    HttpRoute,
    IstioAuthorization,
    IstioConfig,
    LinkerdAuthorization,
    LinkerdConfig,
    MeshTlsAuthentication,
    NetworkAuthentication,
    PeerAuthentication,
    RequestAuthentication,
    Server,
    ServerAuthorization,
    ServiceEntry,
    Sidecar,
)
from ztassess.connectors.kubernetes.snapshot_workloads import (
    Application,
    Namespace,
    Pod,
    Service,
    ServiceAccount,
    Workload,
)
from ztassess.domain.findings import Part


@dataclass(frozen=True, slots=True, eq=False)
class KubernetesSnapshot:
    """One reading. ``taken_at`` is the clock of every rule. Two readings are never the same.

    Attributes:
        cluster: what the cluster is called in findings: the host of its API server.
        root_namespace: Istio's root namespace: the mesh's own setting where it was read, else the declared one.
        sensitive: declared workloads as ``namespace/kind/name``; None if none were declared.
        break_glass: declared emergency accounts.
        environment_read: environments of containers were part of what was read; False if an export left them out.
        istio: resource types of Istio that are installed; empty if Istio is not.
        linkerd: the same of Linkerd.
        gitops: the same of Argo CD.
        istio_config: one entry, or none if Istio is not installed.
        linkerd_config: one entry, or none if Linkerd is not installed.
    """

    taken_at: datetime
    cluster: str
    root_namespace: str
    sensitive: frozenset[str] | None
    break_glass: frozenset[str]
    environment_read: bool
    namespaces: Part[Namespace]
    deployments: Part[Workload]
    statefulsets: Part[Workload]
    daemonsets: Part[Workload]
    cronjobs: Part[Workload]
    pods: Part[Pod]
    services: Part[Service]
    service_accounts: Part[ServiceAccount]
    network_policies: Part[NetworkPolicy]
    roles: Part[Role]
    role_bindings: Part[Binding]
    cluster_roles: Part[Role]
    cluster_role_bindings: Part[Binding]
    istio: Part[str]
    peer_authentications: Part[PeerAuthentication]
    istio_authorizations: Part[IstioAuthorization]
    request_authentications: Part[RequestAuthentication]
    destination_rules: Part[DestinationRule]
    service_entries: Part[ServiceEntry]
    sidecars: Part[Sidecar]
    istio_config: Part[IstioConfig]
    linkerd: Part[str]
    servers: Part[Server]
    linkerd_authorizations: Part[LinkerdAuthorization]
    server_authorizations: Part[ServerAuthorization]
    mesh_tls_authentications: Part[MeshTlsAuthentication]
    network_authentications: Part[NetworkAuthentication]
    http_routes: Part[HttpRoute]
    linkerd_config: Part[LinkerdConfig]
    gitops: Part[str]
    applications: Part[Application]
