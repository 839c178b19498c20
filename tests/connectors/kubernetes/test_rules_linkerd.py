"""Linkerd: sensitive ports, default deny, pods in the mesh. Tables of what was seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.connectors.kubernetes.objects import (
    NOW,
    container,
    deployment,
    findings_of,
    linkerd,
    namespace,
    pod,
    result_of,
    said,
    service,
    snapshot,
)
from ztassess.connectors.kubernetes.snapshot_mesh import LinkerdConfig
from ztassess.domain.findings import Outcome, Unavailable

INBOUND, DENY, MESHED = "linkerd_authenticated_inbound", "linkerd_default_deny", "linkerd_pods_meshed"
POLICY = "config.linkerd.io/default-inbound-policy"
PROXY = "linkerd-proxy"


def pay(policy: str = "", **notes: str) -> list:
    """The workload with one meshed pod that carries these annotations."""
    held = {**({POLICY: policy} if policy else {}), **notes}
    return [deployment("pay"), pod("pay-1", "pay", proxy=PROXY, annotations=held), service("pay")]


def server(port=8080, **more):
    spec = {"podSelector": {"matchLabels": {"app": "pay"}}, "port": port, **more}
    return linkerd("Server", "pay", "shop", spec, labels={"app": "pay"})


def policy(*required, kind="Server", name="pay"):
    refs = [{"kind": each.partition("/")[0], "name": each.partition("/")[2]} for each in required]
    group = {"Namespace": "core"}.get(kind, "policy.linkerd.io")
    return linkerd(
        "AuthorizationPolicy",
        "p",
        "shop",
        {"targetRef": {"group": group, "kind": kind, "name": name}, "requiredAuthenticationRefs": refs},
    )


def tls(*identities, name="orders", **more):
    return linkerd("MeshTLSAuthentication", name, "shop", {"identities": list(identities), **more})


def older(client):
    return linkerd("ServerAuthorization", "sa", "shop", {"server": {"name": "pay"}, "client": client})


ORDERS = tls("orders.shop.serviceaccount.identity.linkerd.cluster.local")
NETWORK = linkerd("NetworkAuthentication", "kubelet", "shop", {"networks": [{"cidr": "10.0.0.0/8"}]})


def route(path="/healthz", kind="Exact", method="GET"):
    rule = {"matches": [{"path": {"type": kind, "value": path}, **({"method": method} if method else {})}]}
    spec = {"parentRefs": [{"group": "policy.linkerd.io", "kind": "Server", "name": "pay"}], "rules": [rule]}
    return linkerd("HTTPRoute", "probe", "shop", spec)


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        (pay("all-authenticated"), Outcome.PASS),
        (pay("cluster-authenticated"), Outcome.PASS),
        (pay("deny"), Outcome.PASS),
        (pay("all-unauthenticated"), Outcome.FAIL),
        (pay("cluster-unauthenticated"), Outcome.FAIL),
        (pay("audit"), Outcome.FAIL),
        (pay(), Outcome.FAIL),  # the install value of the fixture
        (pay("mostly-closed"), Outcome.NOT_CHECKED),
        # A Server decides over the default, in both directions.
        ([*pay("all-unauthenticated"), server()], Outcome.PASS),
        ([*pay("deny"), server(), policy()], Outcome.FAIL),  # no proof is required: everybody
        ([*pay(), server(), policy("MeshTLSAuthentication/orders"), ORDERS], Outcome.PASS),
        ([*pay(), server(), policy("MeshTLSAuthentication/any"), tls("*", name="any")], Outcome.PASS),
        ([*pay(), server(), policy("ServiceAccount/orders")], Outcome.PASS),
        ([*pay(), server(), policy("NetworkAuthentication/kubelet"), NETWORK], Outcome.FAIL),
        ([*pay(), server(), policy("MeshTLSAuthentication/orders", "NetworkAuthentication/kubelet"), ORDERS, NETWORK],
         Outcome.PASS),
        # An authentication that does not exist: the policy is ignored, the Server denies.
        ([*pay(), server(), policy("MeshTLSAuthentication/ghost")], Outcome.PASS),
        ([*pay(), server(), policy("NetworkAuthentication/kubelet", kind="Namespace", name="shop"), NETWORK],
         Outcome.FAIL),
        ([*pay(), server(accessPolicy="all-unauthenticated")], Outcome.FAIL),
        ([*pay(), server(accessPolicy="deny")], Outcome.PASS),
        ([*pay(), server(accessPolicy="all-authenticated")], Outcome.PASS),
        ([*pay(), server(port=9999)], Outcome.FAIL),  # another port
        ([*pay(), older({"unauthenticated": True}), server()], Outcome.FAIL),
        ([*pay(), older({"networks": [{"cidr": "0.0.0.0/0"}]}), server()], Outcome.FAIL),
        ([*pay(), older({"meshTLS": {"unauthenticatedTLS": True}}), server()], Outcome.FAIL),
        ([*pay(), older({"meshTLS": {"serviceAccounts": [{"name": "orders"}]}}), server()], Outcome.PASS),
        # Routes: a probe on a whole path is named, an open prefix fails.
        ([*pay(), server(), route(), policy("NetworkAuthentication/kubelet", kind="HTTPRoute", name="probe"), NETWORK],
         Outcome.PASS),
        ([*pay(), server(), route("/", "PathPrefix"), policy("NetworkAuthentication/kubelet", kind="HTTPRoute",
         name="probe"), NETWORK], Outcome.FAIL),
        ([*pay(), server(), route(method=""), policy("NetworkAuthentication/kubelet", kind="HTTPRoute", name="probe"),
         NETWORK], Outcome.FAIL),
        # Ports that the proxy does not see.
        (pay("deny", **{"config.linkerd.io/skip-inbound-ports": "8080"}), Outcome.FAIL),
        (pay("deny", **{"config.linkerd.io/skip-inbound-ports": "8000-8100,9"}), Outcome.FAIL),
        (pay("deny", **{"config.linkerd.io/skip-inbound-ports": "25"}), Outcome.PASS),
        # Opaque ports are still mutual TLS; a port may demand an identity by itself.
        (pay("all-authenticated", **{"config.linkerd.io/opaque-ports": "8080"}), Outcome.PASS),
        (pay("all-unauthenticated", **{"config.linkerd.io/proxy-require-identity-inbound-ports": "8080"}),
         Outcome.PASS),
    ],
)  # fmt: skip
def test_inbound(objects, outcome):
    seen = snapshot(*objects, mesh="linkerd")
    assert result_of(INBOUND, seen).outcome is outcome, said(INBOUND, seen)


def test_injection_alone_is_a_near_miss():
    (finding,) = findings_of(INBOUND, snapshot(*pay(), mesh="linkerd"))
    assert finding.verdict.near_miss == "Traffic is encrypted between meshed pods, but plain callers are accepted."
    assert "all-unauthenticated (ConfigMap linkerd/linkerd-config)" in finding.verdict.reason
    assert finding.verdict.level == 1


def test_deciding_server_and_policy_are_named():
    seen = snapshot(*pay(), server(), policy("NetworkAuthentication/kubelet"), NETWORK, mesh="linkerd")
    text = said(INBOUND, seen)
    assert "AuthorizationPolicy shop/p, which asks for NetworkAuthentication, on Server shop/pay" in text


def test_any_meshed_caller_is_noted():
    seen = snapshot(*pay("all-authenticated"), mesh="linkerd")
    assert "Any meshed caller is admitted by all-authenticated" in said(INBOUND, seen)


def test_namespace_annotation_reaches_only_new_pods():
    """The injector copies it when a pod is made: an old pod goes on with the installation's default."""
    space = namespace("shop", annotations={POLICY: "deny", "linkerd.io/inject": "enabled"})
    old = snapshot(space, *pay(), mesh="linkerd")
    assert result_of(INBOUND, old).outcome is Outcome.FAIL
    no_pod = snapshot(space, deployment("pay"), service("pay"), mesh="linkerd")
    assert result_of(INBOUND, no_pod).outcome is Outcome.PASS


def test_template_annotation_beats_the_namespace():
    space = namespace("shop", annotations={POLICY: "deny", "linkerd.io/inject": "enabled"})
    open_one = deployment("pay", annotations={POLICY: "all-unauthenticated"})
    assert result_of(INBOUND, snapshot(space, open_one, mesh="linkerd")).outcome is Outcome.FAIL


def test_named_port_is_found_by_its_name():
    named = {"name": "app", "ports": [{"containerPort": 8080, "name": "http"}]}
    objects = [
        deployment("pay", containers=[named]),
        pod("pay-1", "pay", proxy=PROXY, annotations={POLICY: "all-unauthenticated"}, containers=[named]),
        server(port="http"),
    ]
    assert result_of(INBOUND, snapshot(*objects, mesh="linkerd")).outcome is Outcome.PASS


NO_CONFIG = Unavailable("missing_scope", "configmaps/linkerd-config", "The role does not allow it.")


@pytest.mark.parametrize(
    ("objects", "more", "outcome"),
    [
        (pay(), {"linkerd_config": NO_CONFIG}, Outcome.NOT_CHECKED),
        (pay("deny"), {"linkerd_config": NO_CONFIG}, Outcome.PASS),
        (pay("deny"), {"servers": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (pay("deny"), {"linkerd_authorizations": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (pay("deny"), {"server_authorizations": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (pay("deny"), {"http_routes": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (pay("deny"), {"pods": Unavailable("missing_scope")}, Outcome.FAIL),  # nothing asks for the proxy
        (pay("deny"), {"services": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (pay("deny"), {"sensitive": None}, Outcome.NOT_CHECKED),
        (pay("deny"), {"linkerd": Unavailable("unreachable")}, Outcome.NOT_CHECKED),
        (pay("deny"), {"mesh": "istio"}, Outcome.NOT_APPLICABLE),
    ],
)
def test_inbound_without_everything(objects, more, outcome):
    assert result_of(INBOUND, snapshot(*objects, **{"mesh": "linkerd", **more})).outcome is outcome


def test_policies_without_a_proxy_have_no_effect():
    bare = [deployment("pay"), pod("pay-1", "pay", proxy="", annotations={POLICY: "deny"})]
    for check in (INBOUND, DENY):
        assert result_of(check, snapshot(*bare, mesh="linkerd")).outcome is Outcome.FAIL


ANY = tls("*", name="any")


@pytest.mark.parametrize(
    ("objects", "outcome", "level"),
    [
        (pay("deny"), Outcome.PASS, 3),
        ([*pay("deny"), server(), policy("MeshTLSAuthentication/orders"), ORDERS], Outcome.PASS, 2),
        ([*pay("deny"), server(), route("/x"), policy("MeshTLSAuthentication/orders", kind="HTTPRoute", name="probe"),
          ORDERS], Outcome.PASS, 3),
        ([*pay("deny"), server(), policy("MeshTLSAuthentication/ns"), tls("*.shop.serviceaccount.x", name="ns")],
         Outcome.PASS, 1),
        ([*pay("deny"), server(), policy("MeshTLSAuthentication/any"), ANY], Outcome.FAIL, 0),
        ([*pay("deny"), server(), policy()], Outcome.FAIL, 0),
        (pay("all-authenticated"), Outcome.FAIL, 0),
        (pay(), Outcome.FAIL, 0),
        ([*pay("all-authenticated"), server()], Outcome.FAIL, 0),  # that port is closed, the next one is not
    ],
)  # fmt: skip
def test_default_deny(objects, outcome, level):
    seen = snapshot(*objects, mesh="linkerd")
    found = result_of(DENY, seen)
    assert (found.outcome, found.level) == (outcome, level), said(DENY, seen)


def test_one_policy_for_every_meshed_identity_is_a_near_miss():
    seen = snapshot(*pay("deny"), server(), policy("MeshTLSAuthentication/any"), ANY, mesh="linkerd")
    (finding,) = findings_of(DENY, seen)
    assert finding.verdict.near_miss == "deny, but one AuthorizationPolicy admits every meshed identity."


def test_other_workloads_lower_the_level_by_name():
    web = [deployment("web"), pod("web-1", "web", proxy=PROXY)]
    seen = snapshot(*pay("deny"), *web, mesh="linkerd")
    assert result_of(DENY, seen).level == 2
    assert "Not so elsewhere: shop/deployment/web." in said(DENY, seen)


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"linkerd_config": NO_CONFIG}, Outcome.NOT_CHECKED),
        ({"servers": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        ({"sensitive": None}, Outcome.NOT_CHECKED),
        ({"mesh": ""}, Outcome.NOT_APPLICABLE),
    ],
)
def test_default_deny_without_everything(more, outcome):
    assert result_of(DENY, snapshot(*pay(), **{"mesh": "linkerd", **more})).outcome is outcome


def fleet(total: int, bare: int = 0) -> list:
    made = [namespace("shop", annotations={"linkerd.io/inject": "enabled"})]
    for index in range(total):
        made += [deployment(f"w{index}"), pod(f"w{index}-1", f"w{index}", proxy="" if index < bare else PROXY)]
    return made


FRESH = (LinkerdConfig("deny", NOW + timedelta(days=31)),)
STALE = (LinkerdConfig("deny", NOW + timedelta(days=30)),)


@pytest.mark.parametrize(
    ("objects", "config", "outcome", "level"),
    [
        (fleet(3), FRESH, Outcome.PASS, 3),
        (fleet(3), (LinkerdConfig("deny", None),), Outcome.PASS, 2),
        (fleet(3), NO_CONFIG, Outcome.PASS, 2),
        (fleet(3), STALE, Outcome.FAIL, 1),
        (fleet(3), (LinkerdConfig("deny", NOW - timedelta(days=1)),), Outcome.FAIL, 1),
        (fleet(10, bare=1), FRESH, Outcome.PASS, 2),
        (fleet(10, bare=2), FRESH, Outcome.FAIL, 1),
        ([], FRESH, Outcome.NOT_APPLICABLE, None),
    ],
)
def test_pods_are_meshed(objects, config, outcome, level):
    found = result_of(MESHED, snapshot(*objects, mesh="linkerd", linkerd_config=config))
    assert (found.outcome, found.level) == (outcome, level)


def test_pods_that_need_a_restart_are_counted():
    text = said(MESHED, snapshot(*fleet(3, bare=2), mesh="linkerd", linkerd_config=FRESH))
    assert "2 pods need a restart." in text


@pytest.mark.parametrize("part", ["pods", "namespaces", "deployments", "linkerd"])
def test_unseen_parts_never_pass(part):
    seen = snapshot(*fleet(3), mesh="linkerd", linkerd_config=FRESH, **{part: Unavailable("missing_scope")})
    assert result_of(MESHED, seen).outcome is Outcome.NOT_CHECKED


def test_disabled_workload_and_host_network_are_outside():
    off = deployment("off", annotations={"linkerd.io/inject": "disabled"})
    host = deployment("host", hostNetwork=True)
    text = said(MESHED, snapshot(*fleet(0), off, host, mesh="linkerd", linkerd_config=FRESH))
    assert "linkerd.io/inject is disabled" in text
    assert "it uses the node's network" in text


def test_containers_without_ports_are_judged_by_the_default():
    quiet = [deployment("pay", containers=[container(ports=())]), pod("pay-1", "pay", proxy=PROXY)]
    assert result_of(INBOUND, snapshot(*quiet, mesh="linkerd")).outcome is Outcome.FAIL
