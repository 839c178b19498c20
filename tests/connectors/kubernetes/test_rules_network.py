"""NetworkPolicies: namespaces deny by default, sensitive workloads call named destinations. Tables of what was seen."""

from __future__ import annotations

import pytest

from tests.connectors.kubernetes.objects import deployment, findings_of, namespace, netpol, result_of, said, snapshot
from ztassess.domain.findings import Outcome, Unavailable

DENY, EGRESS = "network_default_deny", "egress_restricted"
INGRESS = ["Ingress"]


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        ([netpol("deny", policyTypes=INGRESS)], Outcome.PASS),
        ([netpol("deny", policyTypes=["Ingress", "Egress"])], Outcome.PASS),
        ([netpol("deny")], Outcome.PASS),  # without policyTypes it is about ingress
        ([], Outcome.FAIL),
        ([netpol("one", podSelector={"matchLabels": {"app": "pay"}}, policyTypes=INGRESS)], Outcome.FAIL),
        ([netpol("some", podSelector={"matchExpressions": [{"key": "a", "operator": "Exists"}]})], Outcome.FAIL),
        ([netpol("deny", policyTypes=["Egress"])], Outcome.FAIL),
        # Must not pass: ingress: [{}] allows everything.
        ([netpol("open", policyTypes=INGRESS, ingress=[{}])], Outcome.FAIL),
        ([netpol("deny", policyTypes=INGRESS), netpol("open", ingress=[{}])], Outcome.FAIL),
        ([netpol("open", ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}])], Outcome.FAIL),
        ([netpol("open", ingress=[{"from": [{"namespaceSelector": {}}]}])], Outcome.FAIL),
        ([netpol("open", ingress=[{"ports": [{"port": 443}]}])], Outcome.FAIL),
        # Closed for all, open for named peers.
        ([netpol("near", ingress=[{"from": [{"podSelector": {}}]}])], Outcome.PASS),
        ([netpol("deny"), netpol("web", podSelector={"matchLabels": {"app": "web"}}, ingress=[{}])], Outcome.PASS),
        ([netpol("deny", space="other"), namespace("other")], Outcome.FAIL),
    ],
)
def test_namespaces_deny(objects, outcome):
    assert result_of(DENY, snapshot(*objects)).outcome is outcome


def test_each_open_namespace_is_named_and_system_ones_are_left_out():
    spaces = [namespace(name) for name in ("web", "kube-system", "istio-system")]
    found = findings_of(DENY, snapshot(*spaces, netpol("deny")))
    assert [each.verdict.resource for each in found] == ["web"]
    assert found[0].verdict.seen == 2
    passed = said(DENY, snapshot(*spaces, netpol("deny"), netpol("deny", "web")))
    assert "Not counted: istio-system, kube-system." in passed


@pytest.mark.parametrize(
    ("objects", "near"),
    [
        ([netpol("out", policyTypes=["Egress"])], "A deny policy exists for Egress only."),
        ([netpol("one", podSelector={"matchLabels": {"a": "b"}})], "1 policy there select single pods only"),
        ([], ""),
    ],
)
def test_near_misses(objects, near):
    (finding,) = findings_of(DENY, snapshot(*objects))
    assert finding.verdict.near_miss.startswith(near)
    assert bool(finding.verdict.near_miss) is bool(near)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("calico-node", "Calico was found"),
        ("cilium", "Policies of Cilium's own kinds are not read"),
        ("fluentd", "none that enforces policies was recognized"),
    ],
)
def test_network_plugin_is_noted(name, words):
    plugin = deployment(name, "kube-system", kind="DaemonSet")
    assert words in said(DENY, snapshot(plugin, netpol("deny")))


@pytest.mark.parametrize(
    ("objects", "more", "outcome"),
    [
        ([netpol("deny")], {"network_policies": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        ([netpol("deny")], {"namespaces": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        ([netpol("deny")], {"namespaces": ()}, Outcome.NOT_APPLICABLE),
    ],
)
def test_without_everything(objects, more, outcome):
    assert result_of(DENY, snapshot(*objects, **more)).outcome is outcome


def test_open_policy_in_a_broken_list_is_still_a_fail():
    rows = snapshot(netpol("open", ingress=[{}])).network_policies
    seen = snapshot(network_policies=Unavailable("partial_data", read=rows))
    assert result_of(DENY, seen).outcome is Outcome.FAIL


PAY = deployment("pay")
DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
OUT = ["Egress"]


def egress(*rules, name="out", **more):
    return netpol(name, policyTypes=OUT, egress=list(rules), **more)


def to(cidr, *excepts, ports=()):
    block = {"cidr": cidr, **({"except": list(excepts)} if excepts else {})}
    return {"to": [{"ipBlock": block}], **({"ports": [{"port": port} for port in ports]} if ports else {})}


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        ([egress()], Outcome.PASS),
        ([egress(DNS)], Outcome.PASS),
        ([egress(to("203.0.113.7/32"), DNS)], Outcome.PASS),
        ([egress({"to": [{"namespaceSelector": {}}]})], Outcome.PASS),
        ([], Outcome.FAIL),
        ([netpol("in")], Outcome.FAIL),
        ([egress({})], Outcome.FAIL),
        ([egress(to("0.0.0.0/0"))], Outcome.FAIL),
        ([egress(to("0.0.0.0/1"))], Outcome.FAIL),
        ([egress(to("0.0.0.0/1"), to("128.0.0.0/1"))], Outcome.FAIL),
        ([egress(to("::/0"))], Outcome.FAIL),
        ([egress(to("0.0.0.0/0", "169.254.169.254/32"))], Outcome.FAIL),
        ([egress(to("0.0.0.0/0", ports=[443]))], Outcome.FAIL),
        ([egress({"ports": [{"port": 443}]})], Outcome.FAIL),
        ([egress(to("169.254.0.0/16"))], Outcome.FAIL),
        ([egress(to("169.254.0.0/16", "169.254.169.254/32"))], Outcome.PASS),
        ([egress(to("10.0.0.0/8"))], Outcome.PASS),
        ([egress(to("not-a-block"))], Outcome.FAIL),
        # Policies add up: the second one opens what the first one closed.
        ([egress(), egress({}, name="two", podSelector={"matchLabels": {"app": "pay"}})], Outcome.FAIL),
        ([egress(), egress({}, name="two", podSelector={"matchLabels": {"app": "web"}})], Outcome.PASS),
        ([egress(space="other")], Outcome.FAIL),
    ],
)
def test_egress(objects, outcome):
    assert result_of(EGRESS, snapshot(PAY, *objects)).outcome is outcome, said(EGRESS, snapshot(PAY, *objects))


def test_limited_ports_to_anywhere_are_a_near_miss():
    (finding,) = findings_of(EGRESS, snapshot(PAY, egress(to("0.0.0.0/0", ports=[443]))))
    assert finding.verdict.near_miss == "Egress is limited to 443, to any address."


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"network_policies": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        ({"sensitive": None}, Outcome.NOT_CHECKED),
        ({"sensitive": ("shop/deployment/ghost",)}, Outcome.NOT_CHECKED),
        ({"deployments": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
    ],
)
def test_egress_without_everything(more, outcome):
    assert result_of(EGRESS, snapshot(PAY, egress(), **more)).outcome is outcome
