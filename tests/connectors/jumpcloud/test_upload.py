"""An export: the same verdicts as a live reading, and never a pass from one that is not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.jumpcloud.conftest import PEOPLE, no_secret
from tests.connectors.jumpcloud.fake import (
    CLIENT,
    CONSOLE,
    ORG,
    OTHER_ORG,
    SECRET,
    SIGN_IN,
    Region,
    system,
    user,
)
from tests.fakes.moments import lately
from tests.fakes.vendor import authority, context_for
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.jumpcloud import CONNECTOR
from ztassess.connectors.jumpcloud.upload import parse_upload
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome

PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED


def page(*rows: dict[str, Any], total: int = 3) -> dict[str, Any]:
    return {"totalCount": total, "results": rows}


def files(**changed: Any) -> list[UploadedFile]:
    """The export of an organization in order; None leaves a file out."""
    found = {
        "systemusers-1": page(user(1), user(2)),
        "systemusers-2": page(user(3)),
        "systems": page(system(1), system(2), system(3)),
        "export": {"taken_at": "2026-11-22T08:00:00Z"},
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    return [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in found.items() if value]


def context(org: str = "") -> ReadContext:
    return context_for(CONNECTOR, {"org_id": org} if org else {}, declared=PEOPLE, for_upload=True)


def outcomes(uploaded: list[UploadedFile], org: str = "") -> tuple[Outcome, Outcome]:
    people, devices = judge(CONNECTOR, parse_upload(uploaded, context(org))).results
    return people.outcome, devices.outcome


def test_whole_export_passes_like_a_live_reading() -> None:
    snapshot = parse_upload(files(), context())
    assert (snapshot.organization, snapshot.taken_at) == (ORG, datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert outcomes(files()) == (PASS, PASS)
    assert outcomes(files(), ORG) == (PASS, PASS)
    no_secret(snapshot)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"systems": None}, (PASS, SKIP)),
        ({"systemusers_1": None, "systemusers_2": None}, (SKIP, PASS)),
        ({"systemusers_2": page(user(3, enable_user_portal_multifactor=False))}, (FAIL, PASS)),
        ({"systems": page(system(1), system(2), system(3, fde={"active": False}))}, (PASS, FAIL)),
    ],
)
def test_part_of_an_export(changed: dict[str, Any], words: tuple[Outcome, Outcome]) -> None:
    assert outcomes(files(**changed)) == words


def test_old_export_is_taken_and_bears_its_date() -> None:
    old = files(export={"taken_at": "2025-01-01T00:00:00Z"})
    assert parse_upload(old, context()).taken_at.year == 2025


@pytest.mark.parametrize(
    ("uploaded", "said"),
    [
        ([], "No file"),
        ([UploadedFile("holiday.json", b"{}")], "not a file of an export of JumpCloud"),
        ([UploadedFile("systems.json", b'{"totalCount": 1, "resu')], "may be cut off"),
        ([UploadedFile("systems.json", b'{"message": "Unauthorized"}')], "nothing was judged"),
        ([UploadedFile("systems.json", b'{"totalCount": 1, "results": [7]}')], "nothing was judged"),
        ([UploadedFile("systems.json", b'{"results": []}')], "nothing was judged"),
        (files(systemusers_2=None), "2 of 3 objects"),
        (files(systemusers_2=page(user(2))), "sent u2 twice"),
        (files(systems=page(system(1, organization=OTHER_ORG), total=1)), "different organizations"),
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(uploaded: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_upload(uploaded, context())


def test_export_of_another_organization_is_refused() -> None:
    with pytest.raises(InputInvalid, match=f"of organization {ORG}, but this connection is to {OTHER_ORG}"):
        parse_upload(files(), context(OTHER_ORG))


HEADER = "serial,owner_email,platform,os_version,encrypted,last_seen\n"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("C01,a@acme.example,darwin,15.1,yes,2026-11-20", SKIP),
        ("C01,a@acme.example,darwin,15.1,no,2026-11-20", FAIL),
        ("C01,a@acme.example,darwin,15.1,yes,2026-01-20", FAIL),
    ],
)
def test_list_of_devices_can_show_what_is_wrong_but_never_pass(line: str, word: Outcome) -> None:
    assert outcomes([UploadedFile("devices.csv", (HEADER + line).encode())]) == (SKIP, word)


def test_organization_in_order_ends_with_0(
    region: Region, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    region.systems = [each | {"lastContact": lately()} for each in region.systems]
    settings.VENDOR_ENDPOINTS = {CONSOLE: region.base, SIGN_IN: region.base}
    monkeypatch.setenv("JC_SECRET", SECRET)
    secret = ["--secret", "client_secret=env:JC_SECRET"]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "jumpcloud", "--json", "--set", f"client_id={CLIENT}", *secret)
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    assert {each["outcome"] for each in json.loads(said.out)["findings"]} == {"pass"}
    no_secret(said.out, said.err)
