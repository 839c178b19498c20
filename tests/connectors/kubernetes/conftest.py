"""Owns the fake cluster of these tests and a company that lives in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.kubernetes.cluster import TOKEN, Cluster, ca_pem, config_map
from tests.connectors.kubernetes.objects import (
    CANARY,
    ROOT,
    account,
    allow_from,
    authz,
    binding,
    container,
    deployment,
    linkerd,
    manifest,
    namespace,
    netpol,
    peer,
    pod,
    role,
    service,
)
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.kubernetes import CONNECTOR

ORDERS = "cluster.local/ns/shop/sa/orders"


def company() -> list[dict[str, Any]]:
    """A shop in Istio's mesh that does most things right, with secrets lying about where they may not be taken from."""
    secret = {"kubectl.kubernetes.io/last-applied-configuration": CANARY}
    variables = [{"name": "GREETING", "value": CANARY}, {"name": "DB_PASSWORD", "value": CANARY}]
    pay = deployment("pay", containers=[container(env=variables)], automountServiceAccountToken=False)
    pay["metadata"]["annotations"] = secret
    mesh = f"outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\nrootNamespace: {ROOT}\nx: {CANARY}\n"
    return [
        namespace("shop", labels={"istio-injection": "enabled"}),
        namespace("kube-system"),
        namespace(ROOT),
        pay,
        deployment("orders", automountServiceAccountToken=False),
        deployment("istiod", ROOT),
        deployment("coredns", "kube-system"),
        deployment("calico-node", "kube-system", kind="DaemonSet"),
        pod("pay-1", "pay", annotations=secret),
        pod("orders-1", "orders"),
        service("pay"),
        manifest("ServiceAccount", "v1", "pay", "shop", secrets=[{"name": CANARY}]),
        peer("default", ROOT, "STRICT", labels={"kustomize.toolkit.fluxcd.io/name": "mesh"}),
        authz("allow-nothing", ROOT, labels={"kustomize.toolkit.fluxcd.io/name": "mesh"}),
        authz("orders", "shop", app="pay", rules=[allow_from(ORDERS)]),
        netpol("deny", policyTypes=["Ingress", "Egress"]),
        role("cluster-admin", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]),
        role("reader", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}], space="shop"),
        binding("reader", "reader", account("orders"), space="shop", kind="Role"),
        config_map("istio", ROOT, mesh=mesh, other=CANARY),
    ]


def meshed_by_linkerd() -> list[dict[str, Any]]:
    """The same shop in Linkerd's mesh."""
    settings = "proxy:\n  defaultInboundPolicy: deny\nidentity:\n  issuer:\n    scheme: kubernetes.io/tls\n"
    required = [{"kind": "MeshTLSAuthentication", "name": "orders", "group": "policy.linkerd.io"}]
    target = {"group": "policy.linkerd.io", "kind": "Server", "name": "pay"}
    return [
        namespace("shop", annotations={"linkerd.io/inject": "enabled"}),
        deployment("pay"),
        pod("pay-1", "pay", proxy="linkerd-proxy"),
        service("pay"),
        linkerd("Server", "pay", "shop", {"podSelector": {"matchLabels": {"app": "pay"}}, "port": 8080}),
        linkerd("AuthorizationPolicy", "p", "shop", {"targetRef": target, "requiredAuthenticationRefs": required}),
        linkerd("MeshTLSAuthentication", "orders", "shop", {"identities": ["orders.shop.serviceaccount.x"]}),
        config_map("linkerd-config", "linkerd", values=settings),
    ]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """The company's cluster, running, with Istio but without Linkerd and Argo CD."""
    with Cluster(*company(), products=("istio",)) as running:
        assert isinstance(running, Cluster)
        yield running


@pytest.fixture
def reading(cluster: Cluster) -> Callable[..., ReadContext]:
    """A run against the cluster; fields of the form and parts of the context may be set otherwise."""

    def make(token: str = TOKEN, **more: Any) -> ReadContext:
        entered = {
            "api_url": cluster.base,
            "ca_certificate": more.pop("ca_certificate", ca_pem()),
            "sensitive_workloads": more.pop("sensitive_workloads", "shop/deployment/pay"),
        }
        return context_for(CONNECTOR, entered, {"token": token}, **more)

    return make
