"""Istio's clients: mutual TLS is not switched off, unknown hosts are refused. Tables of what was seen."""

from __future__ import annotations

import pytest

from tests.connectors.kubernetes.objects import (
    ROOT,
    deployment,
    findings_of,
    istio,
    namespace,
    pod,
    result_of,
    said,
    service,
    snapshot,
)
from ztassess.connectors.kubernetes.snapshot_mesh import IstioConfig
from ztassess.domain.findings import Outcome, Unavailable

CLIENTS, EGRESS = "istio_clients_use_mtls", "istio_egress_registry_only"
SHOP = (
    namespace("shop", labels={"istio-injection": "enabled"}),
    deployment("pay"),
    pod("pay-1", "pay"),
    service("pay"),
)


def rule(host: str, policy: dict | None = None, *, space: str = "shop", subsets: list | None = None):
    spec: dict = {"host": host}
    if policy is not None:
        spec["trafficPolicy"] = policy
    if subsets is not None:
        spec["subsets"] = subsets
    return istio("DestinationRule", "r", space, spec)


def tls(mode: str | None) -> dict:
    return {"tls": {"mode": mode} if mode else {}}


FULL = "pay.shop.svc.cluster.local"


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (rule(FULL), Outcome.PASS),
        (rule(FULL, tls("ISTIO_MUTUAL")), Outcome.PASS),
        (rule(FULL, tls("MUTUAL")), Outcome.PASS),
        (rule(FULL, {"loadBalancer": {}}), Outcome.PASS),
        (rule(FULL, tls("DISABLE")), Outcome.FAIL),
        (rule(FULL, tls("SIMPLE")), Outcome.FAIL),
        (rule(FULL, tls(None)), Outcome.FAIL),  # a tls block without a mode is DISABLE
        (rule("pay", tls("DISABLE")), Outcome.FAIL),
        (rule("pay", tls("DISABLE"), space="other"), Outcome.PASS),  # completed with its own namespace
        (rule("pay.shop.svc.corp.example", tls("DISABLE")), Outcome.FAIL),
        (rule("*.shop.svc.cluster.local", tls("DISABLE")), Outcome.FAIL),
        (rule("*.local", tls("DISABLE")), Outcome.FAIL),
        (rule("*", tls("DISABLE")), Outcome.FAIL),
        (rule("*.example.com", tls("SIMPLE")), Outcome.PASS),
        (rule("api.example.com", tls("SIMPLE")), Outcome.PASS),
        (rule(FULL, {"portLevelSettings": [{"port": {"number": 80}, **tls("DISABLE")}]}), Outcome.FAIL),
        (rule(FULL, subsets=[{"name": "v1", "trafficPolicy": tls("SIMPLE")}]), Outcome.FAIL),
        (rule(FULL, subsets=[{"name": "v1", "trafficPolicy": tls("ISTIO_MUTUAL")}, {"name": "v2"}]), Outcome.PASS),
        (rule(FULL, tls("PLAINISH")), Outcome.NOT_CHECKED),
    ],
)
def test_clients(made, outcome):
    assert result_of(CLIENTS, snapshot(*SHOP, made)).outcome is outcome


def test_subset_is_named():
    seen = snapshot(*SHOP, rule(FULL, subsets=[{"name": "v1", "trafficPolicy": tls("SIMPLE")}]))
    (finding,) = findings_of(CLIENTS, seen)
    assert finding.verdict.near_miss == f"Subset v1 of {FULL} uses SIMPLE."
    assert "DestinationRule shop/r" in finding.verdict.reason


def test_service_without_proxies_is_no_service_of_the_mesh():
    out = (namespace("shop"), deployment("pay"), pod("pay-1", "pay", proxy=""), service("pay"))
    seen = snapshot(*out, rule(FULL, tls("DISABLE")))
    assert result_of(CLIENTS, seen).outcome is Outcome.PASS
    assert f"Outside the mesh, so not judged: {FULL} (shop/r)." in said(CLIENTS, seen)


@pytest.mark.parametrize(
    ("made", "more", "outcome"),
    [
        (None, {}, Outcome.PASS),
        (None, {"destination_rules": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (None, {"services": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (rule(FULL, tls("DISABLE")), {"services": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (rule(FULL, tls("DISABLE")), {"pods": Unavailable("missing_scope")}, Outcome.FAIL),
        (None, {"mesh": ""}, Outcome.NOT_APPLICABLE),
    ],
)
def test_clients_without_everything(made, more, outcome):
    objects = [*SHOP, *([made] if made else [])]
    assert result_of(CLIENTS, snapshot(*objects, **more)).outcome is outcome


def sidecar(mode: str, *, space: str = "shop", app: str = "", name: str = "s"):
    spec: dict = {"egress": [{"hosts": ["./*"]}]}
    if mode:
        spec["outboundTrafficPolicy"] = {"mode": mode}
    if app:
        spec["workloadSelector"] = {"labels": {"app": app}}
    return istio("Sidecar", name, space, spec)


def entry(*hosts: str):
    return istio("ServiceEntry", "e", "shop", {"hosts": list(hosts)})


@pytest.mark.parametrize(
    ("outbound", "objects", "outcome"),
    [
        ("REGISTRY_ONLY", [], Outcome.PASS),
        ("REGISTRY_ONLY", [entry("api.example.com", "*.example.com")], Outcome.PASS),
        ("REGISTRY_ONLY", [entry("*")], Outcome.FAIL),
        ("REGISTRY_ONLY", [entry("*.com")], Outcome.FAIL),
        ("REGISTRY_ONLY", [sidecar("ALLOW_ANY")], Outcome.FAIL),
        ("REGISTRY_ONLY", [sidecar("")], Outcome.PASS),
        ("ALLOW_ANY", [], Outcome.FAIL),
        ("ALLOW_ANY", [sidecar("REGISTRY_ONLY")], Outcome.PASS),
        ("ALLOW_ANY", [sidecar("REGISTRY_ONLY", space=ROOT)], Outcome.PASS),
        ("ALLOW_ANY", [sidecar("REGISTRY_ONLY", app="web")], Outcome.FAIL),
        ("ALLOW_ANY", [sidecar("REGISTRY_ONLY"), sidecar("ALLOW_ANY", app="pay", name="own")], Outcome.FAIL),
        ("ALLOW_ANY", [sidecar("")], Outcome.FAIL),  # limited hosts, but unknown ones pass through
    ],
)
def test_egress(outbound, objects, outcome):
    assert result_of(EGRESS, snapshot(*SHOP, *objects, outbound=outbound)).outcome is outcome


def test_star_entry_is_a_near_miss():
    text = said(EGRESS, snapshot(*SHOP, entry("*"), outbound="REGISTRY_ONLY"))
    assert "REGISTRY_ONLY, with ServiceEntry '*' hosts." in text


UNREAD = Unavailable("missing_scope", "configmaps/istio")


@pytest.mark.parametrize(
    ("objects", "more", "outcome"),
    [
        ([], {"istio_config": UNREAD}, Outcome.NOT_CHECKED),
        ([], {"istio_config": UNREAD, "sensitive": None}, Outcome.NOT_CHECKED),
        ([sidecar("REGISTRY_ONLY")], {"istio_config": UNREAD}, Outcome.PASS),
        ([sidecar("ALLOW_ANY")], {"istio_config": UNREAD}, Outcome.FAIL),
        ([], {"sidecars": Unavailable("missing_scope"), "outbound": "REGISTRY_ONLY"}, Outcome.NOT_CHECKED),
        ([], {"service_entries": Unavailable("missing_scope"), "outbound": "REGISTRY_ONLY"}, Outcome.NOT_CHECKED),
        ([], {"istio_config": (IstioConfig("", "ALLOW_ANY"),), "sensitive": None}, Outcome.FAIL),
        ([], {"mesh": ""}, Outcome.NOT_APPLICABLE),
    ],
)
def test_egress_without_everything(objects, more, outcome):
    assert result_of(EGRESS, snapshot(*SHOP, *objects, **more)).outcome is outcome


@pytest.mark.parametrize("more", [{"deployments": UNREAD}, {"sensitive": ["shop/deployment/typo"]}, {"pods": UNREAD}])
@pytest.mark.parametrize("outbound", ["REGISTRY_ONLY", "ALLOW_ANY"])
def test_egress_of_declared_workloads_that_nobody_saw_is_neither_shut_nor_open(more, outbound):
    found = result_of(EGRESS, snapshot(*SHOP, sidecar("REGISTRY_ONLY"), outbound=outbound, **more))
    assert found.outcome is Outcome.NOT_CHECKED


def test_workload_without_a_sidecar_is_not_held_back():
    seen = snapshot(deployment("pay"), pod("pay-1", "pay", proxy=""), outbound="REGISTRY_ONLY")
    assert result_of(EGRESS, seen).outcome is Outcome.NOT_CHECKED
    assert "lacks the sidecar" in said(EGRESS, seen)


def test_ambient_does_not_vouch_for_egress():
    inside = pod("pay-1", "pay", proxy="", annotations={"ambient.istio.io/redirection": "enabled"})
    seen = snapshot(deployment("pay"), inside, outbound="REGISTRY_ONLY")
    assert result_of(EGRESS, seen).outcome is Outcome.NOT_CHECKED
