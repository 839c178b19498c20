"""Exported replies of Graph: whole, cut, of another kind, of another tenant, old."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.entra.conftest import DECLARED, FORM
from tests.connectors.entra.factory import FAIL, NOT_CHECKED, PASS
from tests.connectors.entra.tenant import compliant
from tests.connectors.entra.test_reading import missing, outcomes
from tests.fakes.vendor import CANARY, NOW, context_for
from ztassess.connectors.contract import Declared, UploadedFile
from ztassess.connectors.entra import CONNECTOR
from ztassess.connectors.entra.export_formats import PATHS
from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.connectors.entra.upload import parse_upload
from ztassess.connectors.errors import InputInvalid

Documents = dict[str, Any]


def documents() -> Documents:
    """The compliant tenant as files by name."""
    raw = compliant()
    made: Documents = {}
    for name, path in PATHS.items():
        found = raw["/" + re.split(r"\\?\?", path)[0].rstrip("\\")]
        made[name] = {"value": found} if isinstance(found, list) else found
    made["guests"] = {"value": [row for row in raw["/users"] if row["userType"] == "Guest"]}
    return made


def upload(
    given: Documents, *, declared: Declared = DECLARED, entered: dict[str, str] = FORM, **more: Any
) -> EntraSnapshot:
    files = [
        UploadedFile(f"{name}.json", value if isinstance(value, bytes) else json.dumps(value).encode())
        for name, value in given.items()
    ]
    return parse_upload(files, context_for(CONNECTOR, entered, for_upload=True, declared=declared, **more))


def test_a_whole_export_judges_everything() -> None:
    snapshot = upload(documents())
    assert missing(snapshot) == {}
    assert {name: word for name, word in outcomes(snapshot).items() if word is not PASS} == {}
    assert CANARY not in repr(snapshot)


def test_what_is_not_in_the_files_is_not_checked() -> None:
    given = documents()
    snapshot = upload({"users": given["users"], "export": {"taken_at": "2026-11-20T08:00:00Z"}})
    assert missing(snapshot)["policies"] == ("input_missing", "")
    assert len(missing(snapshot)) == len(PATHS) - 1
    words = outcomes(snapshot)
    assert words["leavers_disabled"] is PASS
    assert words["mfa_required_all_users"] is NOT_CHECKED


def test_pages_in_several_files_are_one_list() -> None:
    given = documents()
    rows = given.pop("users")["value"]
    given |= {
        "users-1": {"value": rows[:3], "@odata.nextLink": "https://graph.microsoft.com/x"},
        "users-2": {"value": rows[3:]},
    }
    assert missing(upload(given)) == {}


@pytest.mark.parametrize("how", ["next link", "count"])
def test_an_export_that_is_not_whole_is_partial_and_can_only_fail(how: str) -> None:
    given = documents()
    given["users"] |= (
        {"@odata.nextLink": "https://graph.microsoft.com/x"} if how == "next link" else {"@odata.count": 60}
    )
    snapshot = upload(given)
    assert missing(snapshot) == {"users": ("partial_data", "")}
    assert outcomes(snapshot)["leavers_disabled"] is NOT_CHECKED
    left = Declared(leavers=("ben@x.io",))
    assert outcomes(upload(given, declared=left))["leavers_disabled"] is FAIL


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"policies": b'{"value":[{"id":"x"'}, "may be cut off"),
        ({"policies": b""}, "is empty"),
        ({"policies": b"<html>"}, "not valid JSON"),
        ({"policies": []}, "not what Graph answers"),
        ({"policies": {"value": {}}}, "not what Graph answers"),
        ({"policies": {"value": [{"id": "u", "userPrincipalName": "a@x.io"}]}}, "no conditions"),
        ({"users": {"value": [{"id": "d", "appId": "x"}]}}, "no userPrincipalName"),
        ({"devices": {"value": [{"id": "u", "userPrincipalName": "a@x.io"}]}}, "no complianceState"),
        ({"security-defaults": {"id": "x"}}, "no isEnabled"),
        ({"security-defaults": [], }, "not what Graph answers"),
        ({"policies-1": {"value": []}, "policies-2": {"value": []}}, "uploaded twice"),
        ({"photos": {"value": []}}, "not a file of an export"),
        ({"policies": {"value": [{"id": "x", "state": 1, "conditions": {}}]}}, "not what Graph answers"),
        ({"organization": {"value": [{"id": "99999999-0000-4000-8000-000000000009"}]}}, "another tenant"),
        ({"users": {"value": []}, "export": {"taken_at": "2031-01-01T00:00:00Z"}}, "still to come"),
        ({}, "No file"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_right_is_refused_with_a_sentence(given: Documents, words: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        upload(given)
    assert words in caught.value.sentence


def test_a_saved_refusal_is_a_part_that_could_not_be_read() -> None:
    given = documents()
    given["policies"] = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
    given["registrations"] = {
        "error": {"code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "message": "no"}
    }
    given["security-defaults"] = {"error": {"code": "Strange", "message": "no"}}
    given["licenses"]["value"][0]["servicePlans"] = []
    assert missing(upload(given)) == {
        "policies": ("missing_scope", ""),
        "registrations": ("missing_license", ""),
        "security_defaults": ("upstream_error", ""),
    }


def test_an_old_export_keeps_its_date() -> None:
    given = documents() | {"export": {"taken_at": "2026-02-01T00:00:00Z"}}
    snapshot = upload(given)
    assert snapshot.taken_at < NOW - timedelta(days=200)
    assert upload(documents(), exported_at=NOW - timedelta(days=9)).taken_at == NOW - timedelta(days=9)


def test_utf16_of_powershell_is_read() -> None:
    given = documents()
    given["users"] = json.dumps(given["users"]).encode("utf-16")
    assert missing(upload(given)) == {}


def test_members_and_federated_credentials_come_by_id() -> None:
    given = documents()
    given["members-g1"] = {"value": [{"@odata.type": "#microsoft.graph.user", "id": "user-anna"},
                                     {"@odata.type": "#microsoft.graph.device", "id": "d"}]}  # fmt: skip
    given["federated-app-2"] = {"value": [{"id": "f", "issuer": "https://i.example", "subject": "repo:x"}]}
    snapshot = upload(given)
    assert [(each.id, each.members) for each in snapshot.groups] == [("g1", ("user-anna",))]  # type: ignore[union-attr]
    assert [(each.application, each.credentials) for each in snapshot.federations] == [  # type: ignore[union-attr]
        ("app-2", ("https://i.example repo:x",))
    ]


def test_a_tenant_that_was_not_entered_is_taken_from_the_export() -> None:
    assert upload(documents(), entered={}).tenant == FORM["tenant_id"]


def test_the_commands_name_every_file() -> None:
    commands = CONNECTOR.uploads[0].commands
    for name, path in PATHS.items():
        assert f'graph.microsoft.com/v1.0/{path}" > {name}.json' in commands
