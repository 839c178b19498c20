"""Declared apps behind IAP: on every path, at every address."""

from __future__ import annotations

import pytest

from tests.connectors.google_iap.factory import (
    HOST,
    NO,
    backend,
    broken_off,
    enforced,
    judged,
    only,
    outcome,
    route,
    service,
)
from tests.connectors.google_iap.rows import PROD
from ztassess.connectors.google_iap.constraints import IAP_DEMANDED
from ztassess.connectors.google_iap.snapshot import AppAddress
from ztassess.connectors.google_iap.snapshot_resources import EndpointGroup, Route

ENABLED, ASSERTION = "enabled_on_declared_backends", "assertion_checked_at_origin"
OPEN = {"ingress": "INGRESS_TRAFFIC_ALL"}
NEG = f"projects/{PROD}/regions/europe-west1/networkEndpointGroups/neg"
GROUP = EndpointGroup(PROD, NEG, "europe-west1", True, "billing")
BUCKET = f"projects/{PROD}/global/backendBuckets/files"
FOREIGN = "projects/other/global/backendServices/x"
bare = backend("open-be", iap=False)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="IAP on the only backend"),
        pytest.param({"routes": (route("*.acme.example"),)}, "pass", id="matched by a pattern"),
        pytest.param({"routes": (route("*.acme.example", "open-be"), route())}, "pass", id="exact rule goes first"),
        pytest.param({"backends": (backend(iap=False),)}, "fail", id="IAP off"),
        pytest.param(
            {"backends": (backend(), bare), "routes": (route(HOST, "admin-be", "open-be"),)},
            "fail",
            id="another path of the same host has none",
        ),
        pytest.param(
            {"backends": (backend(), bare), "routes": (route(), route(HOST, "open-be", url_map="old"))},
            "fail",
            id="an older URL map still serves it",
        ),
        pytest.param({"routes": (Route(PROD, "web", HOST, (BUCKET,)),)}, "fail", id="a bucket serves a path"),
        pytest.param(
            {"backends": (backend(groups=(NEG,)),), "endpoint_groups": (GROUP,), "run_services": (service(**OPEN),)},
            "fail",
            id="run.app answers too",
        ),
        pytest.param(
            {"backends": (backend(groups=(NEG,)),), "endpoint_groups": (GROUP,)}, "pass", id="run.app takes no internet"
        ),
        pytest.param(
            {
                "backends": (backend(groups=(NEG,)),),
                "endpoint_groups": (GROUP,),
                "run_services": (service(default_address=False, **OPEN),),
            },
            "pass",
            id="run.app address switched off",
        ),
        pytest.param(
            {"backends": (backend(groups=(NEG,)),), "endpoint_groups": (EndpointGroup(PROD, NEG, "r", True, ""),)},
            "not_checked",
            id="service chosen by mask",
        ),
        pytest.param({"backends": (backend(groups=(NEG,)),)}, "not_checked", id="group that was not read"),
        pytest.param({"routes": ()}, "not_checked", id="nothing names it"),
        pytest.param({"routes": (route("*", "admin-be"),)}, "not_checked", id="only the default of a URL map"),
        pytest.param({"routes": (Route(PROD, "web", HOST, (FOREIGN,)),)}, "not_checked", id="backend elsewhere"),
        pytest.param(
            {"backends": (backend(scheme="INTERNAL_MANAGED", iap=False),)}, "not_checked", id="inside the network only"
        ),
        pytest.param({"backends": NO}, "not_checked", id="backends refused"),
        pytest.param({"routes": broken_off(route())}, "not_checked", id="URL maps not whole"),
        pytest.param({"run_services": NO}, "not_checked", id="Cloud Run refused"),
        pytest.param({"backends": broken_off(backend(iap=False))}, "fail", id="seen open before it broke off"),
        pytest.param({"inputs": {"internal_hosts": None}}, "not_checked", id="no host declared"),
        pytest.param({"inputs": {"internal_hosts": ()}}, "not_applicable", id="empty list of hosts"),
        pytest.param({"routes": (), "inputs": {"apps": (AppAddress(HOST, "admin-be"),)}}, "pass", id="backend entered"),
        pytest.param(
            {
                "routes": (),
                "run_services": (service("admin", iap=True, **OPEN),),
                "inputs": {"apps": (AppAddress(HOST, "admin"),)},
            },
            "pass",
            id="IAP on Cloud Run itself",
        ),
        pytest.param(
            {
                "routes": (),
                "run_services": (service("admin", hosts=(HOST,), **OPEN),),
            },
            "fail",
            id="Cloud Run without IAP",
        ),
    ],
)
def test_declared_apps(changed, expected):
    assert outcome(ENABLED, **changed) == expected


def test_near_misses_name_what_is_there():
    many = {"backends": (backend(), bare), "routes": (route(HOST, "admin-be", "open-be"),)}
    assert only(ENABLED, **many).near_miss == "admin-be has IAP, open-be of the same app has not."
    direct = {"backends": (backend(groups=(NEG,)),), "endpoint_groups": (GROUP,), "run_services": (service(**OPEN),)}
    found = only(ENABLED, **direct)
    assert found.near_miss == f"{HOST}: IAP on the load balancer, but the run.app address answers too."
    assert found.evidence[0].observed == "INGRESS_TRAFFIC_ALL"
    assert "default backend" in only(ENABLED, routes=(route("*", "admin-be"),)).near_miss


def test_level_3_needs_a_policy_that_lets_no_backend_be_without():
    assert only(ENABLED).level == 2
    assert only(ENABLED, org_policies=enforced(IAP_DEMANDED)).level == 3
    assert only(ENABLED, org_policies=enforced(IAP_DEMANDED, projects=(PROD,))).level == 2
    assert only(ENABLED, org_policies=NO).level == 2
    # The constraint is about backends; it says nothing of a Cloud Run service that is reached at its own address.
    run = {"routes": (), "run_services": (service("admin", iap=True, hosts=(HOST,)),)}
    assert only(ENABLED, org_policies=enforced(IAP_DEMANDED), **run).level == 2


def test_most_apps_behind_iap_leave_level_2_only_with_every_sensitive_one():
    hosts = (*(f"a{number}.acme.example" for number in range(4)), "open.acme.example")
    routes = (*(route(host) for host in hosts[:4]), route(hosts[4], "open-be"))
    world = {"backends": (backend(), bare), "routes": routes}
    assert only(ENABLED, **world, inputs={"internal_hosts": hosts, "sensitive_tools": ()}).level == 2
    assert only(ENABLED, **world, inputs={"internal_hosts": hosts, "sensitive_tools": hosts[4:]}).level == 0
    assert only(ENABLED, **world, inputs={"internal_hosts": hosts, "sensitive_tools": None}).level == 0
    found = only(ENABLED, **world, inputs={"internal_hosts": hosts, "sensitive_tools": ()})
    assert found.seen == 5
    assert "1 of 5 declared apps" in found.reason


def test_assertion_shows_from_outside_only():
    word, (found,) = judged(ASSERTION)
    assert (word, found.reason_code) == ("not_checked", "unsupported")
    assert found.near_miss == "IAP is on; whether the app checks X-Goog-IAP-JWT-Assertion is unknown."
    assert "admin-be" in found.reason
    assert outcome(ASSERTION, backends=()) == "not_applicable"
    assert outcome(ASSERTION, backends=NO) == "not_checked"
