"""Owns the list of object kinds that are read: where each is served, in which versions, and how it is parsed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ztassess.connectors.api import Row
from ztassess.connectors.kubernetes import parsing, parsing_access, parsing_mesh

CORE: Final = ""
ISTIO_SECURITY: Final = "security.istio.io"
ISTIO_NETWORKING: Final = "networking.istio.io"
LINKERD: Final = "policy.linkerd.io"
ARGO: Final = "argoproj.io"
OPTIONAL_GROUPS: Final = {
    "istio": (ISTIO_SECURITY, ISTIO_NETWORKING),
    "linkerd": (LINKERD,),
    "gitops": (ARGO,),
}
"""Groups that a cluster serves only where the product is installed, by the part that says whether it is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object.

    Attributes:
        part: the snapshot's part that it fills.
        group: API group; empty for the core.
        plural: the resource's name in paths.
        versions: those that we understand, the preferred one first.
        parse: an object to its typed value.
        namespaced: its objects live in namespaces.
    """

    part: str
    group: str
    plural: str
    kind: str
    versions: tuple[str, ...]
    parse: Callable[[Row], Any]
    namespaced: bool = True

    @property
    def resource(self) -> str:
        """As kubectl names it: ``peerauthentications.security.istio.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def optional(self) -> str:
        """The part that says whether the product is installed; empty for Kubernetes' own kinds."""
        return next((part for part, groups in OPTIONAL_GROUPS.items() if self.group in groups), "")

    def path(self, version: str) -> str:
        """Path of the list of all namespaces."""
        return f"/apis/{self.group}/{version}/{self.plural}" if self.group else f"/api/{version}/{self.plural}"


_RBAC: Final = "rbac.authorization.k8s.io"
_V1: Final = ("v1",)
_ISTIO: Final = ("v1", "v1beta1")
_TRAFFIC: Final = ("v1", "v1beta1", "v1alpha3")
_ROUTES: Final = ("v1beta3", "v1beta2", "v1beta1", "v1alpha1")


def _apps(part: str, kind: str) -> Kind:
    return Kind(part, "apps", part, kind, _V1, partial(parsing.workload, kind))


def _role(part: str, kind: str, *, namespaced: bool) -> Kind:
    plural = part.replace("_", "")
    return Kind(part, _RBAC, plural, kind, _V1, partial(parsing_access.role, kind), namespaced)


def _binding(part: str, kind: str, *, namespaced: bool) -> Kind:
    plural = part.replace("_", "")
    return Kind(part, _RBAC, plural, kind, _V1, partial(parsing_access.binding, kind), namespaced)


def _linkerd(part: str, plural: str, kind: str, versions: tuple[str, ...], parse: Callable[[Row], Any]) -> Kind:
    return Kind(part, LINKERD, plural, kind, versions, parse)


KINDS: Final = (
    Kind("namespaces", CORE, "namespaces", "Namespace", _V1, parsing.namespace, namespaced=False),
    _apps("deployments", "Deployment"),
    _apps("statefulsets", "StatefulSet"),
    _apps("daemonsets", "DaemonSet"),
    Kind("cronjobs", "batch", "cronjobs", "CronJob", _V1, parsing.cronjob),
    Kind("pods", CORE, "pods", "Pod", _V1, parsing.pod),
    Kind("services", CORE, "services", "Service", _V1, parsing.service),
    Kind("service_accounts", CORE, "serviceaccounts", "ServiceAccount", _V1, parsing.service_account),
    Kind("network_policies", "networking.k8s.io", "networkpolicies", "NetworkPolicy", _V1,
         parsing_access.network_policy),
    _role("roles", "Role", namespaced=True),
    _binding("role_bindings", "RoleBinding", namespaced=True),
    _role("cluster_roles", "ClusterRole", namespaced=False),
    _binding("cluster_role_bindings", "ClusterRoleBinding", namespaced=False),
    Kind("peer_authentications", ISTIO_SECURITY, "peerauthentications", "PeerAuthentication", _ISTIO,
         parsing_mesh.peer_authentication),
    Kind("istio_authorizations", ISTIO_SECURITY, "authorizationpolicies", "AuthorizationPolicy", _ISTIO,
         parsing_mesh.istio_authorization),
    Kind("request_authentications", ISTIO_SECURITY, "requestauthentications", "RequestAuthentication", _ISTIO,
         parsing_mesh.request_authentication),
    Kind("destination_rules", ISTIO_NETWORKING, "destinationrules", "DestinationRule", _TRAFFIC,
         parsing_mesh.destination_rule),
    Kind("service_entries", ISTIO_NETWORKING, "serviceentries", "ServiceEntry", _TRAFFIC, parsing_mesh.service_entry),
    Kind("sidecars", ISTIO_NETWORKING, "sidecars", "Sidecar", _TRAFFIC, parsing_mesh.sidecar),
    _linkerd("servers", "servers", "Server", ("v1beta3", "v1beta2", "v1beta1", "v1alpha1"), parsing_mesh.server),
    _linkerd("linkerd_authorizations", "authorizationpolicies", "AuthorizationPolicy", ("v1alpha1",),
             parsing_mesh.linkerd_authorization),
    _linkerd("server_authorizations", "serverauthorizations", "ServerAuthorization", ("v1beta1", "v1alpha1"),
             parsing_mesh.server_authorization),
    _linkerd("mesh_tls_authentications", "meshtlsauthentications", "MeshTLSAuthentication", ("v1alpha1",),
             parsing_mesh.mesh_tls_authentication),
    _linkerd("network_authentications", "networkauthentications", "NetworkAuthentication", ("v1alpha1",),
             parsing_mesh.network_authentication),
    _linkerd("http_routes", "httproutes", "HTTPRoute", _ROUTES, parsing_mesh.http_route),
    Kind("applications", ARGO, "applications", "Application", ("v1alpha1",), parsing.application),
)  # fmt: skip
BY_RESOURCE: Final = {kind.resource: kind for kind in KINDS}
