"""Sensitive workloads accept mutual TLS only: by tables of what was seen, with the deciding object named."""

from __future__ import annotations

import pytest

from tests.connectors.kubernetes.objects import (
    ROOT,
    container,
    deployment,
    findings_of,
    namespace,
    peer,
    pod,
    result_of,
    said,
    service,
    snapshot,
)
from ztassess.domain.findings import Outcome, Unavailable

CHECK = "istio_sensitive_workloads_strict"
INJECTED = namespace("shop", labels={"istio-injection": "enabled"})
PAY = (INJECTED, deployment("pay"), pod("pay-1", "pay"), pod("pay-2", "pay"), service("pay"))
STRICT_MESH = peer("default", ROOT, "STRICT")


@pytest.mark.parametrize(
    ("objects", "outcome", "level"),
    [
        ([STRICT_MESH], Outcome.PASS, None),
        ([peer("default", "shop", "STRICT")], Outcome.PASS, None),
        ([peer("pay", "shop", "STRICT", app="pay")], Outcome.PASS, None),
        ([], Outcome.FAIL, 1),
        ([peer("default", "shop", "PERMISSIVE"), STRICT_MESH], Outcome.FAIL, 1),
        ([peer("default", "shop", "DISABLE"), STRICT_MESH], Outcome.FAIL, 0),
        ([STRICT_MESH, peer("pay", "shop", None, app="pay", ports={"8080": "PERMISSIVE"})], Outcome.FAIL, 1),
        ([STRICT_MESH, peer("pay", "shop", None, app="pay", ports={"9999": "DISABLE"})], Outcome.FAIL, 1),
        ([STRICT_MESH, peer("web", "shop", "DISABLE", app="web")], Outcome.PASS, None),
        # Only the ports it declares are strict: what listens besides is open.
        ([peer("pay", "shop", "PERMISSIVE", app="pay", ports={"8080": "STRICT"})], Outcome.NOT_CHECKED, None),
        # A mode that nobody documents.
        ([peer("default", "shop", "MUTUAL_ONLY")], Outcome.NOT_CHECKED, None),
    ],
)
def test_outcome_follows_the_policies(objects, outcome, level):
    found = result_of(CHECK, snapshot(*PAY, *objects))
    assert (found.outcome, found.level) == (outcome, level)


def test_pass_names_the_deciding_object():
    text = said(CHECK, snapshot(*PAY, STRICT_MESH))
    assert f"shop/deployment/pay by PeerAuthentication {ROOT}/default" in text
    assert "1 of 1 sensitive workload" in text


def test_fail_names_the_deciding_object_and_the_field():
    seen = snapshot(*PAY, STRICT_MESH, peer("legacy", "shop", None, app="pay", ports={"8080": "PERMISSIVE"}))
    (finding,) = findings_of(CHECK, seen)
    assert "PeerAuthentication shop/legacy" in finding.verdict.reason
    (line,) = finding.verdict.evidence
    assert (line.object, line.field, line.observed) == ("shop/legacy", "spec.portLevelMtls.8080.mode", "PERMISSIVE")
    assert finding.verdict.near_miss == "STRICT, except port 8080 which is PERMISSIVE."


def test_default_is_named_where_no_policy_is():
    assert "PERMISSIVE by Istio's default" in said(CHECK, snapshot(*PAY))


def test_strict_without_a_proxy_has_no_effect():
    """Must not pass: the namespace is labeled, the policy is strict, and the pod has no proxy."""
    seen = snapshot(INJECTED, deployment("pay"), pod("pay-1", "pay", proxy=""), STRICT_MESH)
    found = findings_of(CHECK, seen)
    assert [each.verdict.outcome for each in found] == [Outcome.FAIL]
    assert "has no effect" in found[0].verdict.reason
    assert found[0].verdict.near_miss == "STRICT is set on a workload without a proxy."


def test_one_old_pod_among_new_ones_fails():
    seen = snapshot(*PAY[:2], pod("new", "pay"), pod("old", "pay", proxy=""), STRICT_MESH)
    assert "1 of 2 pods lack it: they were started before it was switched on" in said(CHECK, seen)
    assert result_of(CHECK, seen).outcome is Outcome.FAIL


def test_policy_outside_the_root_namespace_is_not_mesh_wide():
    """Must not pass: STRICT in a namespace that somebody takes for the root."""
    assert result_of(CHECK, snapshot(*PAY, peer("default", "istio-config", "STRICT"))).outcome is Outcome.FAIL


def test_mesh_that_says_another_root_namespace_is_believed():
    seen = snapshot(*PAY, peer("default", "mesh-root", "STRICT"), root_namespace="mesh-root")
    assert result_of(CHECK, seen).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"pods": Unavailable("missing_scope", "pods")}, Outcome.NOT_CHECKED),
        ({"peer_authentications": Unavailable("missing_scope", "peerauthentications")}, Outcome.NOT_CHECKED),
        ({"peer_authentications": Unavailable("partial_data", read=())}, Outcome.NOT_CHECKED),
        ({"services": Unavailable("missing_scope", "services")}, Outcome.NOT_CHECKED),
        ({"istio": Unavailable("unreachable")}, Outcome.NOT_CHECKED),
        ({"deployments": Unavailable("missing_scope", "deployments")}, Outcome.NOT_CHECKED),
        ({"sensitive": None}, Outcome.NOT_CHECKED),
        ({"sensitive": ("shop/deployment/pya",)}, Outcome.NOT_CHECKED),
        ({"mesh": ""}, Outcome.NOT_APPLICABLE),
    ],
)
def test_what_was_not_seen_never_passes(more, outcome):
    assert result_of(CHECK, snapshot(*PAY, STRICT_MESH, **more)).outcome is outcome


def test_declared_workload_that_does_not_exist_is_named():
    text = said(CHECK, snapshot(*PAY, STRICT_MESH, sensitive=("shop/deployment/pay", "shop/deployment/pya")))
    assert "The declared workload shop/deployment/pya was not found" in text


def test_without_pods_a_template_with_the_proxy_is_enough():
    built = deployment("pay", containers=[container(), {"name": "istio-proxy"}])
    seen = snapshot(INJECTED, built, STRICT_MESH, pods=Unavailable("missing_scope", "pods"))
    assert result_of(CHECK, seen).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "notes",
    [
        {"traffic.sidecar.istio.io/excludeInboundPorts": "8080"},
        {"traffic.sidecar.istio.io/includeInboundPorts": "9090"},
        {"traffic.sidecar.istio.io/includeInboundPorts": ""},
        {"sidecar.istio.io/interceptionMode": "NONE"},
    ],
)
def test_port_past_the_proxy_fails_although_all_is_strict(notes):
    seen = snapshot(INJECTED, deployment("pay"), pod("pay-1", "pay", annotations=notes), STRICT_MESH)
    assert result_of(CHECK, seen).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "notes",
    [
        {"traffic.sidecar.istio.io/excludeInboundPorts": "15020,15021"},
        {"traffic.sidecar.istio.io/includeInboundPorts": "*"},
        {"traffic.sidecar.istio.io/includeInboundPorts": "8080"},
    ],
)
def test_annotations_that_open_nothing_are_left_alone(notes):
    seen = snapshot(INJECTED, deployment("pay"), pod("pay-1", "pay", annotations=notes), STRICT_MESH)
    assert result_of(CHECK, seen).outcome is Outcome.PASS


AMBIENT = namespace("shop", labels={"istio.io/dataplane-mode": "ambient"})
CAPTURED = {"ambient.istio.io/redirection": "enabled"}


@pytest.mark.parametrize(
    ("notes", "outcome"),
    [
        (CAPTURED, Outcome.PASS),
        ({}, Outcome.FAIL),  # labeled, but the node agent did not take it in
        ({**CAPTURED, "ambient.istio.io/bypass-inbound-capture": "true"}, Outcome.FAIL),
    ],
)
def test_ambient_counts_when_the_pod_was_really_redirected(notes, outcome):
    seen = snapshot(AMBIENT, deployment("pay"), pod("pay-1", "pay", proxy="", annotations=notes), STRICT_MESH)
    assert result_of(CHECK, seen).outcome is outcome


def test_workload_of_the_other_mesh_is_left_to_its_own_check():
    seen = snapshot(deployment("pay"), pod("pay-1", "pay", proxy="linkerd-proxy"), STRICT_MESH, mesh="both")
    assert result_of(CHECK, seen).outcome is Outcome.NOT_APPLICABLE


def test_native_sidecar_is_a_proxy_and_a_plain_init_container_is_not():
    native = snapshot(INJECTED, deployment("pay"), pod("p", "pay", proxy="", native="istio-proxy"), STRICT_MESH)
    assert result_of(CHECK, native).outcome is Outcome.PASS
    init = pod("p", "pay", proxy="")
    init["spec"]["initContainers"] = [{"name": "istio-proxy"}]
    assert result_of(CHECK, snapshot(INJECTED, deployment("pay"), init, STRICT_MESH)).outcome is Outcome.FAIL


def test_labels_of_running_pods_decide_not_only_those_of_the_template():
    """An injector or a person labels pods: a policy that selects by that label holds for them."""
    label = {"service.istio.io/canonical-name": "pay"}
    weak = peer("canonical", "shop", "PERMISSIVE")
    weak["spec"]["selector"] = {"matchLabels": label}
    one = snapshot(*PAY[:2], pod("a", "pay", labels=label), STRICT_MESH, weak)
    assert "PeerAuthentication shop/canonical" in said(CHECK, one)
    some = snapshot(*PAY[:2], pod("a", "pay"), pod("b", "pay", labels=label), STRICT_MESH, weak)
    assert result_of(CHECK, some).outcome is Outcome.FAIL


def test_policy_that_makes_only_some_pods_strict_is_not_enough():
    label = {"track": "stable"}
    strong = peer("stable", "shop", "STRICT")
    strong["spec"]["selector"] = {"matchLabels": label}
    some = snapshot(*PAY[:2], pod("a", "pay"), pod("b", "pay", labels=label), strong)
    assert result_of(CHECK, some).outcome is Outcome.FAIL
    every = snapshot(*PAY[:2], pod("a", "pay", labels=label), pod("b", "pay", labels=label), strong)
    assert result_of(CHECK, every).outcome is Outcome.PASS
