"""An export: the same verdicts as a live reading, and never a pass from one that is not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.connectors.jamf.conftest import PEOPLE, MakeContext, no_secret
from tests.connectors.jamf.fake import CLIENT, SECRET, Server, computer
from tests.fakes.moments import lately
from tests.fakes.vendor import authority, context_for
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.jamf import CONNECTOR
from ztassess.connectors.jamf.upload import parse_upload
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome

ABOUT = {"system": "acme.jamfcloud.com", "taken_at": "2026-11-22T08:00:00Z"}
PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED


def pages(*rows: dict[str, Any], total: int = 3, about: dict[str, Any] = ABOUT) -> list[UploadedFile]:
    """The export of a server, two pages."""
    rows = rows or (computer(1), computer(2), computer(3))
    found: dict[str, Any] = {
        "computers-1": {"totalCount": total, "results": rows[:2]},
        "computers-2": {"totalCount": total, "results": rows[2:]},
        "export": about,
    }
    return [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in found.items()]


def context(base_url: str = "") -> ReadContext:
    entered = {"base_url": base_url} if base_url else {}
    return context_for(CONNECTOR, entered, declared=PEOPLE, for_upload=True)


def outcome(uploaded: list[UploadedFile], base_url: str = "") -> Outcome:
    (result,) = judge(CONNECTOR, parse_upload(uploaded, context(base_url))).results
    return result.outcome


def test_whole_export_passes_like_a_live_reading() -> None:
    snapshot = parse_upload(pages(), context())
    assert (snapshot.server, snapshot.taken_at) == ("acme.jamfcloud.com", datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert outcome(pages()) is PASS
    assert outcome(pages(), "https://acme.jamfcloud.com") is PASS
    no_secret(snapshot)


def test_failure_in_an_export_is_one() -> None:
    assert outcome(pages(computer(1, general__remoteManagement={"managed": False}), computer(2), computer(3))) is FAIL


def test_sections_that_were_left_out_are_unknown() -> None:
    bare = [{"id": str(each), "general": computer(each)["general"]} for each in (1, 2, 3)]
    assert outcome(pages(*bare)) is SKIP


def test_old_export_is_taken_and_bears_its_date() -> None:
    old = pages(about={**ABOUT, "taken_at": "2025-01-01T00:00:00Z"})
    assert parse_upload(old, context()).taken_at.year == 2025


@pytest.mark.parametrize(
    ("uploaded", "said"),
    [
        ([], "No file"),
        ([UploadedFile("holiday.json", b"{}")], "not a file of an export of Jamf Pro"),
        ([UploadedFile("computers.json", b'{"totalCount": 1, "resu')], "may be cut off"),
        ([UploadedFile("computers.json", b'{"httpStatus": 401, "errors": []}')], "nothing was judged"),
        ([UploadedFile("computers.json", b'{"totalCount": 1, "results": [7]}')], "nothing was judged"),
        ([UploadedFile("computers.json", b'{"results": []}')], "nothing was judged"),
        (pages(total=4), "3 of 4 objects"),
        (pages(computer(1), computer(2), computer(2)), "sent 2 twice"),
        ([*pages(), UploadedFile("devices.csv", b"serial")], "not both together"),
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(uploaded: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_upload(uploaded, context())


def test_export_of_another_server_is_refused() -> None:
    with pytest.raises(InputInvalid, match=r"of acme.jamfcloud.com, but this connection is to other.jamfcloud.com"):
        parse_upload(pages(), context("https://other.jamfcloud.com"))


HEADER = "serial,owner_email,platform,os_version,encrypted,last_seen\n"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("C01,a@acme.example,Mac,15.1,yes,2026-11-20", SKIP),
        ("C01,a@acme.example,Mac,15.1,no,2026-11-20", FAIL),
        ("C01,a@acme.example,Mac,15.1,,2026-11-20", SKIP),
        ("C01,a@acme.example,Mac,15.1,yes,2026-01-20", FAIL),
    ],
)
def test_list_of_devices_can_show_what_is_wrong_but_never_pass(line: str, word: Outcome) -> None:
    assert outcome([UploadedFile("devices.csv", (HEADER + line).encode())]) is word


def test_server_in_order_ends_with_0(
    server: Server,
    context: MakeContext,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    server.computers = [computer(each, general__lastContactTime=lately()) for each in (1, 2, 3)]
    monkeypatch.setenv("JAMF_SECRET", SECRET)
    arguments = ["--set", f"base_url={server.base}", "--set", f"client_id={CLIENT}"]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "jamf", "--json", *arguments, "--secret", "client_secret=env:JAMF_SECRET")
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    assert [each["outcome"] for each in json.loads(said.out)["findings"]] == ["pass"]
    no_secret(said.out, said.err)
