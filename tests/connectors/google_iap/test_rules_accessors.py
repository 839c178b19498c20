"""Who passes IAP: wherever the binding was made, as strong as the weakest one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.google_iap.factory import (
    DEVICE,
    DOOR,
    NO,
    backend,
    broken_off,
    judged,
    only,
    outcome,
    policy,
    service,
)
from tests.connectors.google_iap.rows import ACCESSOR, LEVEL, OFFICE, needs
from ztassess.connectors.google_iap.snapshot_access import AccessLevel, Binding, LevelCondition

PUBLIC, DOMAIN, GATE = "accessors_not_public", "accessors_not_whole_domain", "access_level_required"
GROUP = "group:support@acme.example"
everybody = Binding(ACCESSOR, ("allUsers",))
google = Binding(ACCESSOR, (GROUP, "allAuthenticatedUsers"))
company = Binding(ACCESSOR, ("domain:acme.example",))
gated = Binding(ACCESSOR, (GROUP,), needs())
bare = Binding(ACCESSOR, (GROUP,))
office = AccessLevel(OFFICE, any_of=False, conditions=(LevelCondition((), (), True, False),))
NO_DOOR = {"backends": (backend(iap=False),)}


def iap(*bindings, resource=DOOR):
    """Bindings on one IAP resource, the door's own being there too."""
    own = policy(gated, resource=DOOR)
    return {"iap_policies": (policy(*bindings, resource=resource), *(() if resource == DOOR else (own,)))}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="a group"),
        pytest.param(iap(everybody), "fail", id="everybody on the service"),
        pytest.param(iap(google), "fail", id="everybody with an account"),
        pytest.param(iap(everybody, resource="projects/111/iap_web/compute"), "fail", id="everybody on the type"),
        pytest.param(iap(everybody, resource="projects/111/iap_web"), "fail", id="everybody on all of IAP"),
        pytest.param({"policies": (policy(everybody),)}, "fail", id="everybody on the project"),
        pytest.param({"ancestors": (policy(google, resource="folders/12"),)}, "fail", id="everybody on a folder"),
        pytest.param(iap(Binding("projects/p/roles/x", ("allUsers",))), "fail", id="everybody by a custom role"),
        pytest.param({"policies": (policy(Binding("roles/viewer", ("allUsers",))),)}, "pass", id="another role"),
        pytest.param({"iap_policies": NO}, "not_checked", id="policies refused"),
        pytest.param({"iap_policies": ()}, "not_checked", id="the door's own policy is not there"),
        pytest.param({"ancestors": NO}, "not_checked", id="what is above was refused"),
        pytest.param({"iap_policies": broken_off(policy(everybody, resource=DOOR))}, "fail", id="seen before it broke"),
        pytest.param(NO_DOOR, "not_applicable", id="no IAP"),
        pytest.param(NO_DOOR | {"run_services": NO}, "not_checked", id="no IAP seen, Cloud Run refused"),
        pytest.param({"projects": NO}, "not_checked", id="project numbers unknown"),
    ],
)
def test_public_accessors(changed, expected):
    assert outcome(PUBLIC, **changed) == expected


def test_public_near_miss_says_who_everybody_is():
    assert only(PUBLIC, **iap(google)).near_miss == "allAuthenticatedUsers means any Google account in the world."
    found = only(PUBLIC, policies=(policy(everybody),))
    assert "inherited from project acme-prod" in found.reason
    assert found.level == 0


def test_iap_on_cloud_run_is_a_door_too():
    door = "projects/111/iap_web/cloud_run-europe-west1/services/billing"
    changed = {"run_services": (service(iap=True),)}
    policies = iap(gated)["iap_policies"]
    assert outcome(PUBLIC, **changed, iap_policies=(*policies, policy(everybody, resource=door))) == "fail"
    assert outcome(PUBLIC, **changed, iap_policies=policies) == "not_checked"
    assert outcome(PUBLIC, **changed, iap_policies=(*policies, policy(gated, resource=door))) == "pass"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="a group"),
        pytest.param(iap(company), "fail", id="the company"),
        pytest.param(iap(gated, replace(company, condition=needs())), "fail", id="the company, with a condition"),
        pytest.param({"policies": (policy(company),)}, "fail", id="the company on the project"),
        pytest.param({"policies": (policy(replace(company, role="roles/browser")),)}, "pass", id="another role"),
        pytest.param(iap(), "not_applicable", id="nobody is admitted"),
        pytest.param(NO_DOOR, "not_applicable", id="no IAP"),
        pytest.param({"policies": NO}, "not_checked", id="project policies refused"),
        pytest.param({"iap_policies": ()}, "not_checked", id="own policy not there"),
    ],
)
def test_whole_domain(changed, expected):
    assert outcome(DOMAIN, **changed) == expected


def test_domain_near_miss():
    assert only(DOMAIN, **iap(company)).near_miss == "admin-be admits domain:acme.example."


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "pass", id="every binding asks for a device"),
        pytest.param(iap(gated, bare), "fail", id="a second one does not"),
        pytest.param(iap(bare, resource="projects/111/iap_web"), "fail", id="one above does not"),
        pytest.param({"policies": (policy(bare),)}, "fail", id="one on the project does not"),
        pytest.param(
            iap(replace(gated, condition=needs(OFFICE))) | {"access_levels": (DEVICE, office)},
            "fail",
            id="network only",
        ),
        pytest.param(iap(replace(gated, condition=needs(OFFICE))), "fail", id="level that does not exist"),
        pytest.param(iap(replace(gated, condition=f"{needs()} || true")), "fail", id="or anything"),
        pytest.param(iap(replace(gated, condition='request.path.startsWith("/x")')), "fail", id="another condition"),
        pytest.param(iap(replace(gated, condition=f'{needs()} && request.host == "x"')), "pass", id="and more"),
        pytest.param({"access_levels": NO}, "not_checked", id="levels refused"),
        pytest.param({"access_levels": NO} | iap(bare), "fail", id="levels refused, no condition"),
        pytest.param(
            {"access_levels": (AccessLevel(LEVEL, False, (), "device.is_corp_owned_device"),)},
            "not_checked",
            id="custom level",
        ),
        pytest.param(
            iap(replace(gated, condition="request.auth.access_levels.exists(x, x == 'a')")),
            "not_checked",
            id="odd form",
        ),
        pytest.param({"inputs": {"sensitive_tools": None}}, "not_checked", id="no sensitive tools declared"),
        pytest.param({"inputs": {"sensitive_tools": ("payroll",)}}, "not_applicable", id="none is behind IAP"),
        pytest.param({"inputs": {"sensitive_tools": ("admin-be",)}} | iap(bare), "fail", id="named by backend"),
        pytest.param({"routes": NO}, "not_checked", id="URL maps refused"),
        pytest.param({"ancestors": NO}, "not_checked", id="what is above was refused"),
        pytest.param({"iap_policies": ()}, "not_checked", id="own policy not there"),
    ],
)
def test_device_gate(changed, expected):
    assert outcome(GATE, **changed) == expected


def test_gate_says_what_opens_the_door():
    assert only(GATE, **iap(gated, bare)).near_miss == "A second binding without condition opens the same door."
    assert only(GATE, **iap(bare)).near_miss == ""
    only_network = iap(replace(gated, condition=needs(OFFICE))) | {"access_levels": (DEVICE, office)}
    assert "context, not device" in only(GATE, **only_network).reason
    assert "does not exist" in only(GATE, **iap(replace(gated, condition=needs(OFFICE)))).reason
    assert judged(GATE, access_levels=NO)[1][0].missing_scope == "some.permission"
