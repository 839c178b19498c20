"""Owns the list of object kinds that are read: where each is served, and in which versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
        namespaced: its objects live in namespaces.
    """

    part: str
    group: str
    plural: str
    kind: str
    versions: tuple[str, ...]
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
_SERVERS: Final = ("v1beta3", "v1beta2", "v1beta1", "v1alpha1")
_ROUTES: Final = ("v1beta3", "v1beta2", "v1beta1", "v1alpha1")
_ALPHA: Final = ("v1alpha1",)

KINDS: Final = (
    Kind("namespaces", CORE, "namespaces", "Namespace", _V1, namespaced=False),
    Kind("deployments", "apps", "deployments", "Deployment", _V1),
    Kind("statefulsets", "apps", "statefulsets", "StatefulSet", _V1),
    Kind("daemonsets", "apps", "daemonsets", "DaemonSet", _V1),
    Kind("cronjobs", "batch", "cronjobs", "CronJob", _V1),
    Kind("pods", CORE, "pods", "Pod", _V1),
    Kind("services", CORE, "services", "Service", _V1),
    Kind("service_accounts", CORE, "serviceaccounts", "ServiceAccount", _V1),
    Kind("network_policies", "networking.k8s.io", "networkpolicies", "NetworkPolicy", _V1),
    Kind("roles", _RBAC, "roles", "Role", _V1),
    Kind("role_bindings", _RBAC, "rolebindings", "RoleBinding", _V1),
    Kind("cluster_roles", _RBAC, "clusterroles", "ClusterRole", _V1, namespaced=False),
    Kind("cluster_role_bindings", _RBAC, "clusterrolebindings", "ClusterRoleBinding", _V1, namespaced=False),
    Kind("peer_authentications", ISTIO_SECURITY, "peerauthentications", "PeerAuthentication", _ISTIO),
    Kind("istio_authorizations", ISTIO_SECURITY, "authorizationpolicies", "AuthorizationPolicy", _ISTIO),
    Kind("request_authentications", ISTIO_SECURITY, "requestauthentications", "RequestAuthentication", _ISTIO),
    Kind("destination_rules", ISTIO_NETWORKING, "destinationrules", "DestinationRule", _TRAFFIC),
    Kind("service_entries", ISTIO_NETWORKING, "serviceentries", "ServiceEntry", _TRAFFIC),
    Kind("sidecars", ISTIO_NETWORKING, "sidecars", "Sidecar", _TRAFFIC),
    Kind("servers", LINKERD, "servers", "Server", _SERVERS),
    Kind("linkerd_authorizations", LINKERD, "authorizationpolicies", "AuthorizationPolicy", _ALPHA),
    Kind("server_authorizations", LINKERD, "serverauthorizations", "ServerAuthorization", ("v1beta1", "v1alpha1")),
    Kind("mesh_tls_authentications", LINKERD, "meshtlsauthentications", "MeshTLSAuthentication", _ALPHA),
    Kind("network_authentications", LINKERD, "networkauthentications", "NetworkAuthentication", _ALPHA),
    Kind("http_routes", LINKERD, "httproutes", "HTTPRoute", _ROUTES),
    Kind("applications", ARGO, "applications", "Application", _ALPHA),
)
BY_RESOURCE: Final = {kind.resource: kind for kind in KINDS}
