"""Roles, grants, standing rights, crossings and keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.connectors.google_iap.factory import (
    CI,
    DEPLOY,
    NO,
    account,
    broken_off,
    enforced,
    judged,
    key,
    only,
    outcome,
    policy,
    snapshot,
)
from tests.connectors.google_iap.rows import DEV, PROD
from tests.fakes.vendor import NOW
from ztassess.connectors.google_iap.constraints import NO_KEYS
from ztassess.connectors.google_iap.snapshot import PRODUCTION, DeclaredProject
from ztassess.connectors.google_iap.snapshot_access import Binding, Entitlement, ProjectGrants
from ztassess.domain.findings import Severity

BASIC, GRANTS, JIT = "no_basic_roles_on_service_accounts", "grants_listed", "admin_just_in_time"
KEYS, CROSSING = "no_user_managed_keys", "environments_separated"
AGENT = "serviceAccount:111@cloudservices.gserviceaccount.com"
POOL = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*"
UNTIL = 'request.time < timestamp("2026-11-23T10:00:00Z")'


def given(role, *members, condition="", **more):
    return {"policies": (policy(Binding(role, members, condition), **more),)}


def above(role, *members):
    return {"ancestors": (policy(Binding(role, members), resource="folders/12"),)}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="narrow roles"),
        pytest.param(given("roles/editor", DEPLOY), "fail", id="editor"),
        pytest.param(given("roles/owner", DEPLOY, condition=UNTIL), "fail", id="owner for a while"),
        pytest.param(above("roles/owner", DEPLOY), "fail", id="inherited"),
        pytest.param(given("roles/editor", POOL), "fail", id="a whole pool"),
        pytest.param(given("roles/editor", "user:anna@acme.example"), "not_applicable", id="a person only"),
        pytest.param(given("roles/editor", f"deleted:{DEPLOY}?uid=1"), "not_applicable", id="an account that is gone"),
        pytest.param(given("roles/editor", AGENT), "pass", id="Google's own agent"),
        pytest.param({"policies": NO}, "not_checked", id="policies refused"),
        pytest.param({"ancestors": NO}, "not_checked", id="what is above was refused"),
        pytest.param({"ancestors": NO} | given("roles/editor", DEPLOY), "fail", id="refused above, seen below"),
        pytest.param(
            {"policies": broken_off(policy(Binding("roles/owner", (DEPLOY,))))}, "fail", id="seen before it broke"
        ),
    ],
)
def test_basic_roles(changed, expected):
    assert outcome(BASIC, **changed) == expected


def test_inherited_role_is_told_as_such_and_googles_agent_is_named():
    found = only(BASIC, **above("roles/owner", DEPLOY))
    assert found.near_miss == "Removed in the project, inherited from folder 12."
    both = given("roles/owner", DEPLOY) | above("roles/owner", DEPLOY)
    assert {verdict.near_miss for verdict in judged(BASIC, **both)[1]} == {""}
    assert "111@cloudservices.gserviceaccount.com" in only(BASIC, **given("roles/editor", AGENT)).reason


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="both projects"),
        pytest.param({"grants": NO}, "not_checked", id="refused"),
        pytest.param({"grants": broken_off(*snapshot().grants[:1])}, "not_checked", id="one of two"),
        pytest.param({"grants": snapshot().grants[:1]}, "not_checked", id="one missing"),
        pytest.param(
            {"grants": (ProjectGrants(PROD, ()), ProjectGrants(DEV, ()))}, "not_checked", id="empty inventory"
        ),
    ],
)
def test_grants(changed, expected):
    assert outcome(GRANTS, **changed) == expected


def test_grants_near_miss_counts_projects():
    assert only(GRANTS, grants=broken_off(*snapshot().grants[:1])).near_miss == "1 of 2 projects are readable."
    assert "2 of 2 projects" in only(GRANTS).reason


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="requested, with approval"),
        pytest.param(given("roles/owner", "user:anna@acme.example"), "fail", id="an owner"),
        pytest.param(given("roles/compute.admin", "group:ops@acme.example"), "fail", id="a group of administrators"),
        pytest.param(given("roles/iam.securityAdmin", "user:anna@acme.example"), "fail", id="who may give roles"),
        pytest.param(above("roles/editor", "domain:acme.example"), "fail", id="inherited"),
        pytest.param(given("roles/owner", "user:anna@acme.example", condition=UNTIL), "pass", id="for a while"),
        pytest.param(
            given("roles/owner", "user:anna@acme.example", condition=f"{UNTIL} || true"), "fail", id="or for good"
        ),
        pytest.param(
            given("roles/owner", "user:anna@acme.example", condition='resource.name == "x"'),
            "fail",
            id="a condition without end",
        ),
        pytest.param(
            given("roles/owner", "user:a@b.c", resource=f"projects/{DEV}", project=DEV), "pass", id="not production"
        ),
        pytest.param(given("roles/owner", DEPLOY), "pass", id="a workload is no person"),
        pytest.param({"entitlements": ()}, "fail", id="nothing to request"),
        pytest.param({"entitlements": (Entitlement(PROD, "e", (), 0, True),)}, "fail", id="nobody has to agree"),
        pytest.param({"entitlements": (Entitlement(DEV, "e", (), 1, True),)}, "fail", id="of another project"),
        pytest.param({"entitlements": (Entitlement(PROD, "e", (), 1, False),)}, "fail", id="not available"),
        pytest.param({"entitlements": NO}, "not_checked", id="interface off"),
        pytest.param({"entitlements": NO} | given("roles/owner", "user:a@b.c"), "fail", id="interface off, an owner"),
        pytest.param({"ancestors": NO}, "not_checked", id="what is above was refused"),
        pytest.param({"inputs": {"projects": (DeclaredProject(PROD, ""),)}}, "not_checked", id="no label"),
        pytest.param(
            {"inputs": {"break_glass": ("anna@acme.example",)}} | given("roles/owner", "user:anna@acme.example"),
            "pass",
            id="break-glass",
        ),
    ],
)
def test_just_in_time(changed, expected):
    assert outcome(JIT, **changed) == expected


def test_standing_rights_beside_entitlements_are_a_near_miss():
    found = only(JIT, **given("roles/owner", "user:anna@acme.example"))
    assert found.near_miss == "Entitlements exist, 1 person keep standing rights."
    assert found.level == 0
    assert only(JIT, entitlements=(Entitlement(PROD, "e", (), 0, True),)).level == 2
    kept = only(JIT, inputs={"break_glass": ("anna@acme.example",)}, **given("roles/owner", "user:anna@acme.example"))
    assert "anna@acme.example" in kept.reason


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="none"),
        pytest.param({"keys": (key(),)}, "fail", id="a young one"),
        pytest.param({"keys": (key(91),)}, "fail", id="an old one"),
        pytest.param({"keys": (key(disabled=True),)}, "pass", id="a disabled one"),
        pytest.param({"keys": (key(valid_until=NOW - timedelta(days=1)),)}, "pass", id="one that has ended"),
        pytest.param({"keys": NO}, "not_checked", id="refused"),
        pytest.param({"service_accounts": NO}, "not_checked", id="accounts refused"),
        pytest.param({"keys": broken_off(key())}, "fail", id="one before it broke off"),
        pytest.param({"service_accounts": ()}, "not_applicable", id="no account"),
    ],
)
def test_keys(changed, expected):
    assert outcome(KEYS, **changed) == expected


def test_key_levels_and_severities():
    assert only(KEYS).level == 2
    assert only(KEYS, org_policies=NO).level == 2
    assert only(KEYS, org_policies=enforced(NO_KEYS[0])).level == 3
    assert only(KEYS, org_policies=enforced(NO_KEYS[1])).level == 3
    assert only(KEYS, org_policies=enforced(NO_KEYS[0], projects=(PROD,))).level == 2
    young, old, ageless = (only(KEYS, keys=(key(days),)) for days in (10, 91, None))
    assert (young.level, young.severity) == (1, Severity.HIGH)
    assert young.near_miss == "1 key, all younger than 90 days: level 1 if kept in a vault."
    assert (old.level, old.severity, old.near_miss) == (0, Severity.CRITICAL, "")
    assert (ageless.level, ageless.severity) == (0, Severity.CRITICAL)
    assert "ends never" in old.evidence[0].observed
    assert "1 disabled key" in only(KEYS, keys=(key(disabled=True),)).reason


GRANT_IN_PROD = {
    "grants": (ProjectGrants(PROD, (policy(Binding("roles/storage.objectViewer", (CI,)), resource="//b"),)),)
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="none crosses"),
        pytest.param(given("roles/run.developer", CI), "fail", id="on the project"),
        pytest.param(GRANT_IN_PROD, "fail", id="on a bucket"),
        pytest.param(
            given("roles/viewer", CI, resource=f"projects/{DEV}", project=DEV), "not_applicable", id="at home"
        ),
        pytest.param(
            given("roles/x", "serviceAccount:222-compute@developer.gserviceaccount.com"), "fail", id="default account"
        ),
        pytest.param(
            given("roles/x", f"serviceAccount:gone@{DEV}.iam.gserviceaccount.com"), "fail", id="by its address alone"
        ),
        pytest.param({"service_accounts": NO}, "not_checked", id="accounts refused"),
        pytest.param({"grants": NO}, "not_checked", id="grants refused"),
        pytest.param({"grants": NO} | given("roles/x", CI), "fail", id="refused, one seen"),
        pytest.param(
            {"inputs": {"projects": (DeclaredProject(PROD, PRODUCTION), DeclaredProject(DEV, ""))}},
            "not_checked",
            id="no label",
        ),
        pytest.param(
            {"inputs": {"projects": (DeclaredProject(PROD, PRODUCTION),)}}, "not_checked", id="one environment"
        ),
    ],
)
def test_crossings(changed, expected):
    if "grants" not in changed and "policies" in changed:
        changed = {"grants": (ProjectGrants(PROD, ()), ProjectGrants(DEV, ())), **changed}
    assert outcome(CROSSING, **changed) == expected


def test_crossing_viewer_is_a_near_miss_and_googles_agents_are_named():
    assert only(CROSSING, **GRANT_IN_PROD).near_miss == "Only a viewer role crosses."
    assert only(CROSSING, **given("roles/editor", CI)).near_miss == ""
    agent = "serviceAccount:service-222@compute-system.iam.gserviceaccount.com"
    known = (account("service-222", "compute-system"),)
    foreign = tuple(type(each)(DEV, each.email, "1", each.disabled) for each in known)
    found = only(CROSSING, service_accounts=foreign, **given("roles/compute.networkUser", agent))
    assert "service-222@compute-system" in found.reason
