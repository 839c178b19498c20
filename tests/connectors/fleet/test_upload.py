"""An export: the same verdicts as a live reading, and never a pass from one that is not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.fleet.conftest import PEOPLE, no_secret
from tests.connectors.fleet.fake import host
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.fleet import CONNECTOR
from ztassess.connectors.fleet.upload import parse_upload
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

ABOUT = {"system": "fleet.acme.example", "taken_at": "2026-11-22T08:00:00Z"}
PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED


def listed(number: int, **changes: Any) -> dict[str, Any]:
    made = host(number, **changes)
    made.pop("disk_encryption_enabled")
    return made


def files(**changed: Any) -> list[UploadedFile]:
    """The export of a server in order, as a person makes it; None leaves a file out."""
    found = {
        "hosts-1": {"hosts": [listed(1), listed(2)]},
        "hosts-2": {"hosts": [listed(3)]},
        "hosts-3": {"hosts": []},
        "host_summary": {"totals_hosts_count": 3},
        "host-1": {"host": host(1)},
        "host-2": {"host": host(2)},
        "host-3": {"host": host(3)},
        "export": ABOUT,
    } | {name.replace("host_", "host-").replace("host-summary", "host_summary"): value
         for name, value in changed.items()}  # fmt: skip
    return [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in found.items() if value]


def context(base_url: str = "", **more: Any) -> ReadContext:
    entered = {"base_url": base_url} if base_url else {}
    return context_for(CONNECTOR, entered, declared=PEOPLE, for_upload=True, **more)


def outcome(uploaded: list[UploadedFile], **more: Any) -> Outcome:
    (result,) = judge(CONNECTOR, parse_upload(uploaded, context(**more))).results
    return result.outcome


def test_whole_export_passes_like_a_live_reading() -> None:
    snapshot = parse_upload(files(), context())
    assert (snapshot.server, snapshot.taken_at) == ("fleet.acme.example", datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert outcome(files()) is PASS
    no_secret(snapshot)


def test_failure_in_an_export_is_one() -> None:
    assert outcome(files(host_2={"host": host(2, disk_encryption_enabled=False)})) is FAIL


def test_host_without_its_page_is_unknown() -> None:
    assert outcome(files(host_2=None)) is SKIP
    assert outcome(files(host_1=None, host_2=None, host_3=None)) is SKIP


def test_export_that_does_not_say_that_it_is_whole_passes_nothing() -> None:
    assert outcome(files(host_summary=None)) is SKIP
    assert outcome(files(host_summary=None, export={**ABOUT, "complete": True})) is PASS
    partial = parse_upload(files(host_summary=None), context())
    assert isinstance(partial.hosts, Unavailable)
    assert "export.json" in partial.hosts.detail


def test_old_export_is_taken_and_bears_its_date() -> None:
    old = {**ABOUT, "taken_at": "2025-01-01T00:00:00Z"}
    assert parse_upload(files(export=old), context()).taken_at.year == 2025


def test_export_of_another_server_is_refused() -> None:
    with pytest.raises(InputInvalid, match=r"of fleet.acme.example, but this connection is to fleet.other.example"):
        parse_upload(files(), context("https://fleet.other.example"))
    assert outcome(files(), base_url="https://fleet.acme.example") is PASS


@pytest.mark.parametrize(
    ("uploaded", "said"),
    [
        ([], "No file"),
        ([UploadedFile("holiday.json", b"{}")], "not a file of an export of Fleet"),
        ([UploadedFile("hosts.json", b'{"hosts": [{"id": 1, ')], "may be cut off"),
        ([UploadedFile("hosts.json", b"<html>Sign in</html>")], "not valid JSON"),
        ([UploadedFile("hosts.json", b'{"message": "Authentication required"}')], "nothing was judged"),
        ([UploadedFile("hosts.json", b'{"hosts": [7]}')], "nothing was judged"),
        ([UploadedFile("hosts.json", b"")], "empty"),
        (files(host_summary={"totals_hosts_count": 4}), r"3 of 4 objects. Export again"),
        (files(host_summary={"totals": 4}), "nothing was judged"),
        (files(host_1={"host": "none"}), "nothing was judged"),
        ([*files(), UploadedFile("hosts-4.json", json.dumps({"hosts": [listed(1)]}).encode())], "sent 1 twice"),
        (files(export={**ABOUT, "taken_at": "2031-01-01T00:00:00Z"}), "still to come"),
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(uploaded: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_upload(uploaded, context())


HEADER = "serial,owner_email,platform,os_version,encrypted,last_seen\n"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("C01,a@acme.example,darwin,15.1,yes,2026-11-20", SKIP),
        ("C01,a@acme.example,ubuntu,24.04,yes,2026-11-20", SKIP),
        ("C01,a@acme.example,darwin,15.1,no,2026-11-20", FAIL),
        ("C01,a@acme.example,darwin,15.1,yes,2026-01-20", FAIL),
        ("C01,,,,,", SKIP),
    ],
)
def test_list_of_devices_can_show_what_is_wrong_but_never_pass(line: str, word: Outcome) -> None:
    assert outcome([UploadedFile("devices.csv", (HEADER + line).encode())]) is word
