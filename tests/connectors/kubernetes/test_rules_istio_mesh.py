"""The reach of Istio: the whole mesh is strict, proxies really run. Tables of what was seen."""

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
    snapshot,
)
from ztassess.domain.findings import Outcome, Unavailable

STRICT_CHECK, INJECTED_CHECK = "istio_mesh_strict", "istio_proxies_injected"
SHOP = namespace("shop", labels={"istio-injection": "enabled"})
ROOT_STRICT = peer("default", ROOT, "STRICT")
LATER = "2026-05-01T00:00:00Z"


def fleet(total: int, bare: int = 0) -> list:
    """Deployments with one pod each, some without the proxy."""
    made = []
    for index in range(total):
        made += [deployment(f"w{index}"), pod(f"w{index}-1", f"w{index}", proxy="" if index < bare else "istio-proxy")]
    return [SHOP, *made]


@pytest.mark.parametrize(
    ("objects", "outcome", "level"),
    [
        ([*fleet(3), ROOT_STRICT], Outcome.PASS, 3),
        ([*fleet(10, bare=1), ROOT_STRICT], Outcome.PASS, 2),
        ([*fleet(10, bare=2), ROOT_STRICT], Outcome.FAIL, 1),
        (fleet(3), Outcome.FAIL, 1),
        ([*fleet(3), peer("default", ROOT, "PERMISSIVE")], Outcome.FAIL, 1),
        # Each namespace by itself is strict, the mesh is not: a new namespace would be open.
        ([*fleet(3), peer("default", "shop", "STRICT")], Outcome.FAIL, 2),
        ([*fleet(3), ROOT_STRICT, peer("x", "shop", "PERMISSIVE")], Outcome.FAIL, 1),
        ([*fleet(10), ROOT_STRICT, peer("x", "shop", "PERMISSIVE", app="w0")], Outcome.FAIL, 2),
        ([*fleet(10), ROOT_STRICT, peer("x", "shop", None, app="w0", ports={"80": "DISABLE"})], Outcome.FAIL, 2),
        ([*fleet(3), ROOT_STRICT, peer("x", "shop", "UNSET")], Outcome.PASS, 3),
        ([*fleet(3), ROOT_STRICT, peer("odd", "shop", "LAX")], Outcome.NOT_CHECKED, None),
        # Out of force: younger than another of its scope, or a selector in the root namespace.
        ([*fleet(3), ROOT_STRICT, peer("late", ROOT, "DISABLE", created=LATER)], Outcome.PASS, 3),
        ([*fleet(3), ROOT_STRICT, peer("sel", ROOT, "DISABLE", app="w0")], Outcome.PASS, 3),
        ([*fleet(3), ROOT_STRICT, peer("default", "shop", "STRICT", ports={"80": "DISABLE"})], Outcome.PASS, 3),
        ([SHOP, ROOT_STRICT], Outcome.NOT_APPLICABLE, None),
    ],
)  # fmt: skip
def test_mesh_is_strict(objects, outcome, level):
    found = result_of(STRICT_CHECK, snapshot(*objects))
    assert (found.outcome, found.level) == (outcome, level)


def test_weaker_policies_are_named_with_their_field():
    seen = snapshot(*fleet(10), ROOT_STRICT, peer("legacy", "shop", None, app="w0", ports={"80": "PERMISSIVE"}))
    (finding,) = findings_of(STRICT_CHECK, seen)
    assert finding.verdict.resource == "shop/legacy spec.portLevelMtls.80.mode"
    assert "PeerAuthentication shop/legacy" in finding.verdict.reason
    assert finding.verdict.near_miss == "1 policy switches single ports back to PERMISSIVE."


def test_cronjobs_and_gateways_are_part_of_the_whole():
    gateway = deployment("ingress", ROOT, containers=[{"name": "istio-proxy"}])
    inside = pod("ingress-1", "ingress", ROOT)
    istiod = deployment("istiod", ROOT)
    job = deployment("nightly", kind="CronJob")
    seen = snapshot(*fleet(2), ROOT_STRICT, gateway, inside, istiod, job)
    assert "4 of 4 workloads" in said(STRICT_CHECK, seen)
    assert result_of(STRICT_CHECK, seen).level == 3
    job_out = deployment("nightly", kind="CronJob", labels={"app": "nightly", "sidecar.istio.io/inject": "false"})
    assert result_of(STRICT_CHECK, snapshot(*fleet(9), ROOT_STRICT, job_out)).level == 2


def test_loose_pods_are_workloads_too():
    loose = pod("debug", "debug", proxy="", owner=None)
    assert "shop/pod/debug" in said(INJECTED_CHECK, snapshot(*fleet(2), loose))


def test_finished_pods_of_jobs_do_not_count():
    done = pod("nightly-29000000-x", "nightly", proxy="", phase="Succeeded", owner=("Job", "nightly-29000000"))
    seen = snapshot(*fleet(2), deployment("nightly", kind="CronJob"), done)
    assert result_of(INJECTED_CHECK, seen).outcome is Outcome.PASS


def test_running_pods_of_jobs_belong_to_their_cronjob():
    now = pod("nightly-29000000-x", "nightly", proxy="", owner=("Job", "nightly-29000000"))
    seen = snapshot(SHOP, deployment("nightly", kind="CronJob"), now)
    (finding,) = findings_of(INJECTED_CHECK, seen)
    assert finding.verdict.resource == "shop/cronjob/nightly"


def test_control_planes_are_left_out_by_name():
    system = deployment("coredns", "kube-system")
    seen = snapshot(*fleet(2), ROOT_STRICT, system, namespace("kube-system"), namespace(ROOT))
    assert f"Not counted: namespaces {ROOT}, kube-system." in said(STRICT_CHECK, seen)


NO_PODS = Unavailable("missing_scope", "pods", "The role does not allow listing pods.")


@pytest.mark.parametrize("check", [STRICT_CHECK, INJECTED_CHECK])
@pytest.mark.parametrize(
    "more",
    [
        {"pods": NO_PODS},
        {"namespaces": Unavailable("missing_scope", "namespaces")},
        {"deployments": Unavailable("partial_data")},
        {"cronjobs": Unavailable("missing_scope", "cronjobs")},
        {"istio": Unavailable("unreachable")},
    ],
)
def test_what_was_not_seen_never_passes(check, more):
    assert result_of(check, snapshot(*fleet(3), ROOT_STRICT, **more)).outcome is Outcome.NOT_CHECKED


def test_unread_policies_are_not_checked():
    seen = snapshot(*fleet(3), peer_authentications=Unavailable("missing_scope"))
    assert result_of(STRICT_CHECK, seen).outcome is Outcome.NOT_CHECKED


@pytest.mark.parametrize("check", [STRICT_CHECK, INJECTED_CHECK])
def test_without_istio_it_does_not_apply(check):
    assert result_of(check, snapshot(*fleet(3), mesh="")).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("space", "labels", "spec", "outcome"),
    [
        ({"istio-injection": "enabled"}, {}, {}, Outcome.PASS),
        ({"istio.io/rev": "canary"}, {}, {}, Outcome.PASS),
        ({}, {"sidecar.istio.io/inject": "true"}, {}, Outcome.PASS),
        ({}, {"istio.io/rev": "canary"}, {}, Outcome.PASS),
        ({}, {}, {}, Outcome.FAIL),
        ({"istio-injection": "enabled"}, {"sidecar.istio.io/inject": "false"}, {}, Outcome.FAIL),
        ({"istio-injection": "disabled"}, {"sidecar.istio.io/inject": "true"}, {}, Outcome.FAIL),
        ({"istio-injection": "enabled"}, {}, {"hostNetwork": True}, Outcome.FAIL),
    ],
)
def test_without_pods_running_new_ones_are_foretold_by_the_webhooks_rules(space, labels, spec, outcome):
    objects = (namespace("shop", labels=space), deployment("a", labels={"app": "a", **labels}, **spec))
    assert result_of(INJECTED_CHECK, snapshot(*objects)).outcome is outcome


def test_label_on_the_namespace_does_not_vouch_for_unseen_pods():
    """Must not pass: the label is there, the pods were never restarted, and nobody could look at them."""
    seen = snapshot(SHOP, deployment("a"), pods=NO_PODS)
    assert "whether its pods were started since cannot be seen" in said(INJECTED_CHECK, seen)
    assert result_of(INJECTED_CHECK, seen).outcome is Outcome.NOT_CHECKED


def test_switched_off_injection_fails_even_if_pods_are_unseen():
    out = deployment("a", labels={"app": "a", "sidecar.istio.io/inject": "false"})
    assert result_of(INJECTED_CHECK, snapshot(SHOP, out, pods=NO_PODS)).outcome is Outcome.FAIL


def test_pods_from_before_injection_are_counted():
    seen = snapshot(SHOP, deployment("a"), pod("a-1", "a", proxy=""), pod("a-2", "a", proxy=""), pod("a-3", "a"))
    (finding,) = findings_of(INJECTED_CHECK, seen)
    assert finding.verdict.near_miss == "2 pods started before injection was on."
    assert "2 of 3 pods lack it" in finding.verdict.reason


def test_a_container_of_the_same_name_in_a_template_is_manual_injection():
    seen = snapshot(deployment("a", containers=[container(), {"name": "istio-proxy"}]), pods=NO_PODS)
    assert result_of(INJECTED_CHECK, seen).outcome is Outcome.NOT_CHECKED  # loose pods may exist beside it
    assert "a is outside" not in said(INJECTED_CHECK, seen)
