"""The connection test: what may be read, and the proof that nothing may be written."""

from __future__ import annotations

import pytest

from tests.connectors.google_iap import rows
from tests.connectors.google_iap.conftest import no_secret
from tests.connectors.google_iap.fake import error, switched_off
from tests.connectors.google_iap.rows import DEV, ORGANIZATION, PROD, READER
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import AuthFailed, OverPrivileged
from ztassess.connectors.google_iap import permissions
from ztassess.connectors.google_iap.collect import refuse_writing
from ztassess.connectors.google_iap.preflight import UNVERIFIED, preflight
from ztassess.connectors.google_iap.sessions import open_cloud
from ztassess.connectors.google_iap.snapshot import CloudSnapshot


def test_good_role_may_read_every_part(cloud, run):
    found = preflight(run())
    assert found.identity == READER
    assert found.refused == ""
    assert {row.part for row in found.rows if row.allowed} == set(permissions.PARTS)
    assert set(permissions.PARTS) == set(CloudSnapshot.__dataclass_fields__) - {"taken_at", "scope", "inputs"}
    assert found.warnings == (f"The parts below were tried on {PROD}; a scan tells them for {DEV} too.",)
    no_secret(found)


@pytest.mark.parametrize("permission", [*permissions.WRITING, *permissions.MORE_WRITING])
def test_each_writing_right_is_refused_by_name(cloud, run, permission):
    cloud.writing = {permission}
    context = run()
    with open_cloud(context) as opened, pytest.raises(OverPrivileged) as refused:
        refuse_writing(opened, context)
    expected = f"The reader account can change {permission} on projects/{PROD}; bind the custom role only."
    assert refused.value.sentence == expected


def test_writing_right_refuses_the_connection(cloud, run):
    cloud.writing = set(permissions.ORGANIZATION_WRITING)
    found = preflight(run())
    assert f"organizations/{ORGANIZATION}" in found.refused
    assert found.rows == ()


ODD = [error(403, "PERMISSION_DENIED"), error(400, "INVALID_ARGUMENT"), Answer({"error": {}}), Answer([])]


@pytest.mark.parametrize("answer", [*ODD, Answer({"a": 1}), Answer(raw=b"<html>")])
def test_rights_that_cannot_be_read_back_are_unknown(cloud, run, answer):
    cloud.fault(f"/v3/projects/{PROD}:testIamPermissions", answer)
    context = run()
    with open_cloud(context) as opened:
        assert refuse_writing(opened, context) == (f"projects/{PROD}",)


def test_unknown_rights_are_said_to_be_unknown(cloud, run):
    cloud.fault(f"/v3/projects/{PROD}:testIamPermissions", ODD[0])
    found = preflight(run())
    assert found.refused == ""
    assert found.warnings[0] == f"{UNVERIFIED} Google did not say what we may do on projects/{PROD}."


def test_every_missing_permission_is_named_beside_its_part(cloud, run):
    cloud.held = {permissions.PROJECT}
    found = {row.part: row for row in preflight(run()).rows}
    assert [part for part, row in found.items() if row.allowed] == ["projects"]
    # Before there is a service the project's own IAP policy is asked for, and levels only after their policies.
    other = {
        "iap_policies": permissions.IAP_PROJECT,
        "access_levels": permissions.ACCESS_POLICIES,
        "keys": permissions.ACCOUNTS,
        "run_policies": permissions.RUN_SERVICES,
    }
    for part, permission in permissions.PARTS.items():
        if part != "projects":
            wanted = other.get(part, permission)
            assert found[part].missing_scope == wanted
            assert found[part].detail.startswith(f"Permission {wanted} is missing on ")


@pytest.mark.parametrize("permission", [permissions.KEYS, permissions.RUN_POLICY])
def test_second_permission_of_a_part_is_tried_too(cloud, run, permission):
    cloud.held.discard(permission)
    refused = [row for row in preflight(run()).rows if not row.allowed]
    assert {row.missing_scope for row in refused} == {permission}


def test_interface_that_is_off_is_named(cloud, run):
    cloud.fault(f"/v1/projects/{PROD}/locations/global/entitlements", switched_off("pam.googleapis.com", PROD))
    (row,) = [row for row in preflight(run()).rows if row.part == "entitlements"]
    assert not row.allowed
    assert "Enable the API pam.googleapis.com" in row.detail


def test_unknown_project_is_named(cloud, run):
    found = preflight(run(projects="acme-typo=production"))
    (row,) = [row for row in found.rows if row.part == "projects"]
    assert row.detail == "Project acme-typo is unknown to this account."


def test_small_questions_only(cloud, run):
    cloud.page_size = 1
    cloud.buckets[PROD] = [rows.bucket(f"b{number}") for number in range(9)]
    preflight(run())
    assert len(cloud.asked("/storage/v1/b")) == 1
    assert len(cloud.requests) < 60


def test_refused_credential_is_one_sentence(cloud, run):
    with pytest.raises(AuthFailed):
        preflight(run(auth="impersonation", secrets={"access_token": "ya29.old"}))
