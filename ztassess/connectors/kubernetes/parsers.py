"""Owns which parser turns an object of which kind into its typed value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from ztassess.connectors.api import Row
from ztassess.connectors.kubernetes import parsing, parsing_access, parsing_mesh
from ztassess.connectors.kubernetes.kinds import Kind

_BY_PART: Final[Mapping[str, Callable[[Row], Any]]] = {
    "namespaces": parsing.namespace,
    "deployments": partial(parsing.workload, "Deployment"),
    "statefulsets": partial(parsing.workload, "StatefulSet"),
    "daemonsets": partial(parsing.workload, "DaemonSet"),
    "cronjobs": parsing.cronjob,
    "pods": parsing.pod,
    "services": parsing.service,
    "service_accounts": parsing.service_account,
    "network_policies": parsing_access.network_policy,
    "roles": partial(parsing_access.role, "Role"),
    "role_bindings": partial(parsing_access.binding, "RoleBinding"),
    "cluster_roles": partial(parsing_access.role, "ClusterRole"),
    "cluster_role_bindings": partial(parsing_access.binding, "ClusterRoleBinding"),
    "peer_authentications": parsing_mesh.peer_authentication,
    "istio_authorizations": parsing_mesh.istio_authorization,
    "request_authentications": parsing_mesh.request_authentication,
    "destination_rules": parsing_mesh.destination_rule,
    "service_entries": parsing_mesh.service_entry,
    "sidecars": parsing_mesh.sidecar,
    "servers": parsing_mesh.server,
    "linkerd_authorizations": parsing_mesh.linkerd_authorization,
    "server_authorizations": parsing_mesh.server_authorization,
    "mesh_tls_authentications": parsing_mesh.mesh_tls_authentication,
    "network_authentications": parsing_mesh.network_authentication,
    "http_routes": parsing_mesh.http_route,
    "applications": parsing.application,
}


def parse_object(kind: Kind, value: dict[str, Any]) -> Any:
    """One object as the API server or kubectl gives it.

    Raises:
        BadAnswer: a field is missing or of another type.
    """
    return _BY_PART[kind.part](Row(kind.kind, value))
