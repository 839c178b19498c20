"""Lists from gcloud: whole or not, of the right project, of the right kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.connectors.google_iap import rows
from tests.connectors.google_iap.conftest import DECLARED, form, no_secret, outcomes
from tests.connectors.google_iap.rows import DEV, LEVEL, PROD
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.google_iap import CONNECTOR
from ztassess.connectors.google_iap.upload import parse_upload
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

WHOLE = {"complete": True, "taken_at": "2026-11-20T08:00:00Z"}
RESOURCE = "//cloudresourcemanager.googleapis.com/projects"
EDITOR = rows.binding("roles/run.developer", f"serviceAccount:deploy@{PROD}.iam.gserviceaccount.com")
OS_LOGIN = {"commonInstanceMetadata": {"items": [{"key": "enable-oslogin", "value": "TRUE"}]}}


def grants(project, number):
    where = {"resource": f"{RESOURCE}/{project}", "project": f"projects/{number}"}
    return [where | {"policy": {"bindings": [EDITOR]}}]


def documents(**changed):
    """What gcloud prints for two projects."""
    found = {
        f"iam-policies-{PROD}": grants(PROD, "111"),
        f"iam-policies-{DEV}": grants(DEV, "222"),
        f"backend-services-{PROD}": [rows.backend("admin-be")],
        f"url-maps-{PROD}": [rows.url_map("web", {"admin.acme.example": ["admin-be"]}, "admin-be")],
        f"endpoint-groups-{PROD}": [],
        f"firewall-rules-{PROD}": [rows.firewall("ssh", ["0.0.0.0/0"], ["22"])],
        f"firewall-policies-{PROD}": [],
        f"security-policies-{PROD}": [rows.armor()],
        f"instances-{PROD}": [rows.instance("vm-1")],
        f"project-info-{PROD}": {"name": PROD, **OS_LOGIN},
        f"sql-instances-{PROD}": [rows.database()],
        f"buckets-{PROD}": [rows.bucket()],
        f"service-accounts-{PROD}": [rows.account("deploy")],
        f"keys-deploy@{PROD}.iam.gserviceaccount.com": [],
        "iap-policies-admin-be": rows.policy(rows.binding(rows.ACCESSOR, "allUsers")),
        "access-levels": [rows.access_level(LEVEL)],
        "export": WHOLE,
    }
    for project_part in ("backend-services", "url-maps", "endpoint-groups", "firewall-rules", "firewall-policies"):
        found[f"{project_part}-{DEV}"] = []
    for project_part in ("security-policies", "instances", "sql-instances", "buckets", "service-accounts"):
        found[f"{project_part}-{DEV}"] = []
    found[f"project-info-{DEV}"] = {"name": DEV}
    return {name: value for name, value in (found | changed).items() if value is not None}


def read(found, declared=DECLARED, **entered):
    files = [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in found.items()]
    context = context_for(CONNECTOR, form(**entered), {}, declared=declared, for_upload=True)
    return parse_upload(files, context)


def test_whole_export_is_judged_at_its_own_date():
    snapshot = read(documents())
    reading = judge(CONNECTOR, snapshot)
    found = outcomes(reading)
    assert snapshot.taken_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert {check for check, word in found.items() if word == "fail"} == {
        "accessors_not_public",
        "access_level_required",
        "firewall_closed",
        "admin_via_iap_and_os_login",
    }
    passed = {check for check, word in found.items() if word == "pass"}
    assert passed == {
        "grants_listed",
        "no_user_managed_keys",
        "environments_separated",
        "backends_have_cloud_armor",
        "stores_private",
    }
    no_secret(snapshot, reading)


def test_what_is_read_over_a_connection_only_stays_not_checked():
    found = outcomes(judge(CONNECTOR, read(documents())))
    live = ("admin_just_in_time", "run_services_not_public", "enabled_on_declared_backends")
    assert {found[check] for check in live} == {"not_checked"}


def test_export_that_does_not_say_it_is_complete_proves_nothing_but_can_fail():
    found = outcomes(judge(CONNECTOR, read(documents(export={}))))
    assert "pass" not in found.values()
    assert found["firewall_closed"] == "fail"


def test_file_that_is_missing_is_a_hole():
    snapshot = read(documents(**{f"buckets-{DEV}": None, f"sql-instances-{PROD}": None, f"sql-instances-{DEV}": None}))
    assert isinstance(snapshot.buckets, Unavailable)
    assert len(snapshot.buckets.read) == 1
    assert snapshot.sql_instances.reason == "input_missing"
    assert outcomes(judge(CONNECTOR, snapshot))["stores_private"] == "not_checked"


def test_keys_of_gcloud_count():
    email = f"deploy@{PROD}.iam.gserviceaccount.com"
    found = judge(CONNECTOR, read(documents(**{f"keys-{email}": [rows.key("deploy", days=200)]})))
    assert outcomes(found)["no_user_managed_keys"] == "fail"


def test_old_export_is_taken_with_its_date():
    snapshot = read(documents(export=WHOLE | {"taken_at": "2020-01-01T00:00:00Z"}))
    assert snapshot.taken_at.year == 2020


def test_without_a_form_the_projects_come_from_the_file_names():
    snapshot = read(documents(), projects="", organization_id="")
    assert {each.id for each in snapshot.inputs.projects} == {PROD, DEV}
    assert outcomes(judge(CONNECTOR, snapshot))["environments_separated"] == "not_checked"


def test_one_project_needs_no_name():
    found = {"firewall-rules": [rows.firewall("ssh", ["0.0.0.0/0"], ["22"])], "export": WHOLE}
    assert outcomes(judge(CONNECTOR, read(found, projects=PROD)))["firewall_closed"] == "fail"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"firewall-rules-other-project": []}, "not among the projects"),
        ({f"backend-services-{PROD}": [rows.backend("x", DEV)]}, "another project"),
        ({f"iam-policies-{PROD}": grants(DEV, "222")}, "another project"),
        ({f"service-accounts-{PROD}": [rows.account("x", DEV)]}, "another project"),
        ({f"sql-instances-{PROD}": [rows.database() | {"project": "theirs"}]}, "another project"),
        ({f"project-info-{PROD}": {"name": DEV}}, "another one"),
        ({f"firewall-rules-{PROD}": {"items": []}}, "list of Firewall"),
        ({f"buckets-{PROD}": [{"kind": "storage#bucket"}]}, "Bucket came without name"),
        ({f"keys-other@{PROD}.iam.gserviceaccount.com": [rows.key("deploy")]}, "another account"),
        ({"iap-policies-unknown-be": rows.policy()}, "no backend service"),
        ({"iap-policies-admin-be": []}, "Instead of Policy"),
        ({"surprise": []}, "not a file of an export"),
        ({"export": WHOLE | {"taken_at": "2099-01-01T00:00:00Z"}}, "still to come"),
    ],
)
def test_wrong_files_are_refused_with_a_sentence(changed, sentence):
    with pytest.raises(InputInvalid, match=sentence):
        read(documents(**changed))


def test_truncated_file_is_refused():
    context = context_for(CONNECTOR, form(), {}, for_upload=True)
    with pytest.raises(InputInvalid, match="cut off"):
        parse_upload([UploadedFile(f"buckets-{PROD}.json", b'[{"name": "x"')], context)
    with pytest.raises(InputInvalid, match="No file"):
        parse_upload([], context)


@pytest.mark.parametrize("value", [1, "x", None, [[]], {"a": []}])
@pytest.mark.parametrize("name", [name for name in documents() if name != "export"])
def test_no_odd_document_breaks_the_reading(name, value):
    file = UploadedFile(f"{name}.json", json.dumps(value).encode())
    context = context_for(CONNECTOR, form(), {}, for_upload=True)
    with pytest.raises(InputInvalid):
        parse_upload([file], context)
