"""An export: the same verdicts as a live reading, and never a pass from one that is not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.kandji.conftest import PEOPLE, no_secret
from tests.connectors.kandji.fake import ADDRESS, TENANT, TOKEN, Tenant, device
from tests.fakes.moments import lately
from tests.fakes.vendor import authority, context_for
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.kandji import CONNECTOR
from ztassess.connectors.kandji.upload import parse_upload
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome

ABOUT = {"system": "acme", "complete": True, "taken_at": "2026-11-22T08:00:00Z"}
PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED


def details(number: int, on: object = True) -> dict[str, Any]:
    return {"general": {"device_id": f"id-{number}"}, "filevault": {"filevault_enabled": on}}


def files(**changed: Any) -> list[UploadedFile]:
    """The export of a tenant in order; None leaves a file out."""
    found = {
        "devices-1": [device(1), device(2)],
        "devices-2": [device(3)],
        "details-1": details(1),
        "details-2": details(2),
        "details-3": details(3),
        "export": ABOUT,
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    return [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in found.items() if value]


def context(subdomain: str = "") -> ReadContext:
    entered = {"subdomain": subdomain} if subdomain else {}
    return context_for(CONNECTOR, entered, declared=PEOPLE, for_upload=True)


def outcome(uploaded: list[UploadedFile], subdomain: str = "") -> Outcome:
    (result,) = judge(CONNECTOR, parse_upload(uploaded, context(subdomain))).results
    return result.outcome


def test_whole_export_passes_like_a_live_reading() -> None:
    snapshot = parse_upload(files(), context())
    assert (snapshot.tenant, snapshot.taken_at) == ("acme", datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert outcome(files()) is PASS
    assert outcome(files(), "acme") is PASS
    no_secret(snapshot)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"details_2": details(2, on=False)}, FAIL),
        ({"details_2": None}, SKIP),
        ({"details_1": None, "details_2": None, "details_3": None}, SKIP),
        ({"export": {**ABOUT, "complete": False}}, SKIP),
        ({"export": None}, SKIP),
        ({"export": None, "details_2": details(2, on=False)}, FAIL),
    ],
)
def test_export_that_lacks_something(changed: dict[str, Any], word: Outcome) -> None:
    assert outcome(files(**changed)) is word


def test_old_export_is_taken_and_bears_its_date() -> None:
    old = files(export={**ABOUT, "taken_at": "2025-01-01T00:00:00Z"})
    assert parse_upload(old, context()).taken_at.year == 2025


@pytest.mark.parametrize(
    ("uploaded", "said"),
    [
        ([], "No file"),
        ([UploadedFile("holiday.json", b"{}")], "not a file of an export of Kandji"),
        ([UploadedFile("devices.json", b'[{"device_id": "1", ')], "may be cut off"),
        ([UploadedFile("devices.json", b'{"detail": "Invalid token."}')], "nothing was judged"),
        ([UploadedFile("devices.json", b"[7]")], "nothing was judged"),
        (files(devices_2=[device(1)]), "sent id-1 twice"),
        (files(details_2=details(1)), "sent id-1 twice"),
        (files(details_2={"filevault": {}}), "nothing was judged"),
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(uploaded: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_upload(uploaded, context())


def test_export_of_another_tenant_is_refused() -> None:
    with pytest.raises(InputInvalid, match="of acme, but this connection is to other"):
        parse_upload(files(), context("other"))


HEADER = "serial,owner_email,platform,os_version,encrypted,last_seen\n"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("C01,a@acme.example,Mac,15.1,yes,2026-11-20", SKIP),
        ("C01,a@acme.example,Mac,15.1,no,2026-11-20", FAIL),
        ("C01,a@acme.example,Mac,15.1,yes,2026-01-20", FAIL),
        ("C01,a@acme.example,Windows,11,yes,2026-11-20", SKIP),
    ],
)
def test_list_of_devices_can_show_what_is_wrong_but_never_pass(line: str, word: Outcome) -> None:
    assert outcome([UploadedFile("devices.csv", (HEADER + line).encode())]) is word


def test_tenant_in_order_ends_with_0(
    tenant: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    tenant.devices = [each | {"last_check_in": lately()} for each in tenant.devices]
    settings.VENDOR_ENDPOINTS = {ADDRESS: tenant.base}
    monkeypatch.setenv("KANDJI_TOKEN", TOKEN)
    with pytest.raises(SystemExit) as ended:
        call_command(
            "check_system", "kandji", "--json", "--set", f"subdomain={TENANT}", "--secret", "api_token=env:KANDJI_TOKEN"
        )
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    assert [each["outcome"] for each in json.loads(said.out)["findings"]] == ["pass"]
    no_secret(said.out, said.err)
