"""A hostile or broken server: whatever it answers, nothing passes because of it, and no secret is repeated."""

from __future__ import annotations

import json

import pytest

from tests.connectors.kubernetes.cluster import status
from tests.connectors.kubernetes.objects import CANARY
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import AuthFailed, BadAnswer, ConnectorError
from ztassess.connectors.kubernetes import CONNECTOR
from ztassess.connectors.kubernetes.collect import collect
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

PEERS = "/apis/security.istio.io/v1/peerauthentications"
GROUP = "/apis/security.istio.io/v1"
STRICT = ("istio_sensitive_workloads_strict", "istio_mesh_strict")


def answer(value, **more) -> Answer:
    return Answer(value, **more)


def listed(items, **metadata) -> Answer:
    kind = {"kind": "PeerAuthenticationList", "apiVersion": "security.istio.io/v1"}
    return Answer({**kind, "metadata": metadata, "items": items})


ITEM = {"metadata": {"name": "d", "namespace": "istio-system", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {}}
DEEP: dict = {}
for _ in range(100):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (status(403, "Forbidden", f"no {CANARY}"), "missing_scope"),
        (status(404, "NotFound", "gone"), "unsupported"),
        (status(410, "Expired", "old"), "partial_data"),
        (status(429, "TooManyRequests", "slow"), "rate_limited"),
        (Answer({"kind": "Status"}, 429, {"retry-after": "1"}), "rate_limited"),
        (Answer({"kind": "Status"}, 429, {"retry-after": "soon"}), "rate_limited"),
        (Answer({"kind": "Status"}, 429, {"retry-after": "86400"}), "rate_limited"),
        (status(500, "InternalError", CANARY), "upstream_error"),
        (status(503, "ServiceUnavailable", CANARY), "rate_limited"),
        (Answer(status=302, headers={"location": "http://169.254.169.254/"}, raw=b""), "upstream_error"),
        (Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
        (Answer(raw=b'{"kind": "PeerAuthenticationList", "items": [', kind="application/json"), "upstream_error"),
        (Answer(raw=b"", kind="application/json"), "upstream_error"),
        (Answer(raw=b'{"kind": NaN}'), "upstream_error"),
        (Answer(raw=b'{"kind": "xList", "kind": "xList", "items": []}'), "upstream_error"),
        (Answer(raw=json.dumps(DEEP).encode()), "upstream_error"),
        (Answer(raw=b"\xff\xfe\x00"), "upstream_error"),
        (answer([]), "upstream_error"),
        (answer(None), "upstream_error"),
        (answer({"kind": "Status", "status": "Failure", "items": []}), "upstream_error"),
        (answer({"kind": "PeerAuthenticationList"}), "upstream_error"),
        (answer({"kind": "PeerAuthenticationList", "items": None}), "upstream_error"),
        (answer({"kind": "PeerAuthenticationList", "items": {}}), "upstream_error"),
        (listed([None]), "upstream_error"),
        (listed([{}]), "upstream_error"),
        (listed([{"metadata": {"name": "d"}, "spec": {}}]), "upstream_error"),  # no age: which is the oldest?
        (listed([{**ITEM, "spec": {"mtls": "STRICT"}}]), "upstream_error"),
        (listed([{**ITEM, "spec": {"mtls": {"mode": 3}}}]), "upstream_error"),
        (listed([{**ITEM, "spec": {"portLevelMtls": {"http": {"mode": "STRICT"}}}}]), "upstream_error"),
        (listed([{**ITEM, "spec": {"portLevelMtls": {"80": "STRICT"}}}]), "upstream_error"),
        (listed([{**ITEM, "spec": {"portLevelMtls": {"80": {"mode": []}}}}]), "upstream_error"),
        (listed([{**ITEM, "metadata": {**ITEM["metadata"], "labels": {"a": 1}}}]), "upstream_error"),
        (listed([{**ITEM, "metadata": {**ITEM["metadata"], "creationTimestamp": "yesterday"}}]), "upstream_error"),
        (listed([ITEM], remainingItemCount=7), "partial_data"),
        (listed([ITEM], **{"continue": "again"}), "partial_data"),  # the same token for ever
        (listed([ITEM], **{"continue": 5}), "partial_data"),
    ],
)
def test_one_broken_list_is_not_checked_and_says_why(cluster, reading, made, reason):
    cluster.fault(PEERS, made)
    taken = collect(reading())
    assert isinstance(taken.peer_authentications, Unavailable)
    assert taken.peer_authentications.reason == reason
    found = judge(CONNECTOR, taken)
    results = {each.check.removeprefix("kubernetes."): each.outcome for each in found.results}
    for check in STRICT:
        assert results[check] is Outcome.NOT_CHECKED
    assert results["no_cluster_admin_workloads"] is Outcome.PASS  # the others go on
    assert Outcome.ERROR not in results.values()
    assert CANARY not in repr(taken) + repr(found)


def test_endless_chain_of_pages_ends_with_the_budget(cluster, reading):
    asked = iter(range(10**9))
    cluster.fault(PEERS, change=lambda good: listed([ITEM], **{"continue": f"t{next(asked)}"}))
    context = reading()
    context.budget.max_pages = 20
    taken = collect(context)
    assert taken.peer_authentications.reason == "partial_data"


def test_huge_body_ends_with_the_budget(cluster, reading):
    cluster.fault(PEERS, Answer(raw=b'{"kind": "xList", "items": [' + b" " * (3 << 20) + b"]}"))
    context = reading()
    context.budget.max_wire_bytes = 2 << 20
    taken = collect(context)
    assert taken.peer_authentications.reason == "partial_data"
    results = {each.check.removeprefix("kubernetes."): each.outcome for each in judge(CONNECTOR, taken).results}
    assert {results[check] for check in STRICT} == {Outcome.NOT_CHECKED}


@pytest.mark.parametrize(
    "made",
    [
        status(404, "NotFound", "x"),
        status(500, "InternalError", CANARY),
        Answer(raw=b"<html>Sign in</html>", kind="text/html"),
        Answer({"kind": "APIGroupList"}),
        Answer({"kind": "Status", "groups": []}),
        Answer({"kind": "APIGroupList", "groups": [{"name": "security.istio.io"}]}),
    ],
)
def test_broken_discovery_makes_products_unknown_not_absent(cluster, reading, made):
    cluster.fault("/apis", made)
    taken = collect(reading())
    assert isinstance(taken.istio, Unavailable)
    assert isinstance(taken.linkerd, Unavailable)
    results = {each.check: each.outcome for each in judge(CONNECTOR, taken).results}
    assert results["kubernetes.istio_mesh_strict"] is Outcome.NOT_CHECKED
    assert results["kubernetes.linkerd_pods_meshed"] is Outcome.NOT_CHECKED


def test_resource_that_is_announced_and_then_missing_is_not_taken_for_empty(cluster, reading):
    cluster.fault(PEERS, Answer(status=404, raw=b"404 page not found\n", kind="text/plain"))
    assert collect(reading()).peer_authentications.reason == "unsupported"


def test_everything_answered_with_a_page_is_no_reading(cluster, reading):
    cluster.fault(".*", Answer(raw=b"<html>Sign in</html>", kind="text/html"))
    with pytest.raises(BadAnswer):
        collect(reading())


def test_everything_missing_is_no_reading(cluster, reading):
    cluster.fault(".*", Answer(status=404, raw=b"404 page not found\n", kind="text/plain"))
    with pytest.raises(ConnectorError):
        collect(reading())


def test_everything_unauthorized_is_one_sentence(cluster, reading):
    cluster.fault(".*", status(401, "Unauthorized", CANARY))
    with pytest.raises(AuthFailed) as problem:
        collect(reading())
    assert CANARY not in problem.value.sentence


def test_throttle_that_passes_is_waited_for(cluster, reading):
    cluster.fault(PEERS, Answer({"kind": "Status"}, 429, {"retry-after": "1"}), times=2)
    assert len(collect(reading()).peer_authentications) == 1


def test_empty_lists_with_200_do_not_pass_the_declared_workload(cluster, reading):
    """Empty although the customer declared something: not checked, never good."""
    cluster.objects.clear()
    results = {
        each.check.removeprefix("kubernetes."): each.outcome for each in judge(CONNECTOR, collect(reading())).results
    }
    assert Outcome.PASS not in results.values()
    assert results["istio_sensitive_workloads_strict"] is Outcome.NOT_CHECKED
