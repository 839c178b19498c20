"""One object of every kind with every field that the connector reads, for the contract of fields."""

from __future__ import annotations

from typing import Any

from tests.connectors.kubernetes.objects import (
    account,
    binding,
    container,
    deployment,
    istio,
    linkerd,
    manifest,
    namespace,
    netpol,
    peer,
    pod,
    role,
    service,
)

SELECTOR: dict[str, Any] = {
    "matchLabels": {"app": "pay"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["back"]}],
}
CONTAINER = container(
    env=[
        {"name": "A", "value": "x"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "db", "key": "k"}}},
    ],
    envFrom=[{"secretRef": {"name": "db"}}],
    restartPolicy="Always",
)
VOLUMES = [
    {"name": "a", "secret": {"secretName": "db"}},
    {"name": "b", "projected": {"sources": [{"secret": {"name": "db"}}]}},
    {"name": "c", "csi": {"driver": "secrets-store.csi.k8s.io"}},
]
SPEC: dict[str, Any] = {
    "containers": [CONTAINER],
    "initContainers": [CONTAINER],
    "volumes": VOLUMES,
    "automountServiceAccountToken": True,
    "hostNetwork": False,
}
NETWORK_RULE = {
    "ports": [{"protocol": "TCP", "port": 80, "endPort": 90}],
    "from": [
        {"podSelector": SELECTOR, "namespaceSelector": SELECTOR},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
    ],
}
EGRESS_RULE = {"ports": NETWORK_RULE["ports"], "to": NETWORK_RULE["from"]}
NAMES = ["a"]
SOURCE = dict.fromkeys(("principals", "requestPrincipals", "namespaces", "ipBlocks", "serviceAccounts"), NAMES)
RULE = {
    "from": [{"source": SOURCE}],
    "to": [{"operation": {"methods": NAMES, "paths": NAMES}}],
    "when": [{"key": "source.ip", "values": NAMES, "notValues": NAMES}],
}
TARGET = {"group": "policy.linkerd.io", "kind": "Server", "name": "pay"}
TLS = {"tls": {"mode": "ISTIO_MUTUAL"}, "portLevelSettings": [{"port": {"number": 80}, "tls": {"mode": "SIMPLE"}}]}
REF = {"kind": "ServiceAccount", "name": "orders", "namespace": "shop"}


def everything() -> list[dict[str, Any]]:
    """All kinds."""
    marks = {"labels": {"app": "pay"}, "annotations": {"linkerd.io/inject": "enabled"}}
    ref = {"targetRef": {"kind": "Gateway", "name": "w"}, "targetRefs": [{"kind": "Gateway", "name": "w"}]}
    return [
        namespace("shop", **marks),
        *(deployment("pay", kind=kind, **SPEC) for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob")),
        pod("pay-1", "pay", spec={**SPEC, "containers": [CONTAINER]}, annotations=marks["annotations"]),
        service("pay"),
        manifest("ServiceAccount", "v1", "pay", "shop", automountServiceAccountToken=False),
        netpol("n", podSelector=SELECTOR, policyTypes=["Ingress"], ingress=[NETWORK_RULE], egress=[EGRESS_RULE]),
        *(role("r", [_rbac()], space=space) for space in ("", "shop")),
        role("a", [], aggregationRule={"clusterRoleSelectors": [SELECTOR]}),
        *(binding("b", "r", account("pay"), space=space) for space in ("", "shop")),
        peer("p", "shop", "STRICT", app="pay", ports={"80": "STRICT"}),
        manifest("AuthorizationPolicy", "security.istio.io/v1", "a", "shop",
                 spec={"selector": {"matchLabels": {"app": "pay"}}, "action": "ALLOW", "rules": [RULE], **ref}),
        istio("RequestAuthentication", "r", "shop",
              {"selector": {"matchLabels": {"app": "pay"}},
               "jwtRules": [{"issuer": "i", "jwksUri": "u", "jwks": "k", "audiences": NAMES}], **ref}),
        istio("DestinationRule", "d", "shop",
              {"host": "pay", "trafficPolicy": TLS, "subsets": [{"name": "v1", "trafficPolicy": TLS}]}),
        istio("ServiceEntry", "s", "shop", {"hosts": NAMES}),
        istio("Sidecar", "s", "shop", {"workloadSelector": {"labels": {"app": "pay"}},
                                       "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}}),
        linkerd("Server", "pay", "shop", {"podSelector": SELECTOR, "port": 80, "accessPolicy": "deny"}),
        linkerd("AuthorizationPolicy", "p", "shop", {"targetRef": TARGET, "requiredAuthenticationRefs": [REF]}),
        linkerd("ServerAuthorization", "sa", "shop",
                {"server": {"name": "pay", "selector": SELECTOR},
                 "client": {"unauthenticated": False,
                            "meshTLS": {"unauthenticatedTLS": False, "identities": NAMES, "serviceAccounts": [REF]}}}),
        linkerd("MeshTLSAuthentication", "m", "shop", {"identities": NAMES, "identityRefs": [REF]}),
        linkerd("NetworkAuthentication", "n", "shop", {"networks": [{"cidr": "10.0.0.0/8"}]}),
        linkerd("HTTPRoute", "h", "shop",
                {"parentRefs": [TARGET],
                 "rules": [{"matches": [{"path": {"type": "Exact", "value": "/"}, "method": "GET"}]}]}),
        manifest("Application", "argoproj.io/v1alpha1", "mesh", "argocd", status={"sync": {"status": "Synced"}}),
    ]  # fmt: skip


def _rbac() -> dict[str, Any]:
    return {
        "verbs": ["get"],
        "apiGroups": [""],
        "resources": ["pods"],
        "resourceNames": ["a"],
    }
