"""Which device passes, fails or is unknown: the table of the rule, with its traps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.kandji.fake import device
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row
from ztassess.connectors.contract import Declared
from ztassess.connectors.kandji import CONNECTOR
from ztassess.connectors.kandji.client import device_of
from ztassess.connectors.kandji.snapshot import FileVault, KandjiSnapshot
from ztassess.domain.checks import evaluate
from ztassess.domain.findings import Outcome, Unavailable, Verdict

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE


def read(*devices: dict[str, Any], on: bool | None = True, declared: Declared | None = None) -> KandjiSnapshot:
    rows = tuple(device_of(Row("Device", each)) for each in devices)
    told = tuple(FileVault(each.id, on) for each in rows if each.platform == "Mac" and not each.removed)
    return KandjiSnapshot(NOW, "acme", declared or Declared(), rows, told)


def verdicts(snapshot: KandjiSnapshot) -> list[Verdict]:
    return [each.verdict for each in evaluate(CONNECTOR.checks, snapshot)]


TABLE: list[tuple[str, dict[str, Any], bool | None, Outcome]] = [
    ("in order", {}, True, PASS),
    ("FileVault off", {}, False, FAIL),
    ("FileVault not told", {}, None, SKIP),
    ("not enrolled", {"mdm_enabled": False}, True, FAIL),
    ("enrollment not told", {"mdm_enabled": None}, True, SKIP),
    ("missing", {"is_missing": True}, True, FAIL),
    ("missing not told", {"is_missing": None}, True, SKIP),
    ("checked in on the 30th day", {"last_check_in": "2026-10-24T09:00:00Z"}, True, PASS),
    ("silent for longer", {"last_check_in": "2026-10-24 08:00:00.000000+00:00"}, True, FAIL),
    ("never checked in", {"last_check_in": ""}, True, SKIP),
    ("contact not told", {"last_check_in": None}, True, SKIP),
    ("unknown beside wrong is wrong", {"last_check_in": None}, False, FAIL),
    ("removed is out of use", {"is_removed": True}, True, NONE),
    ("Windows does not tell of its disk", {"platform": "Windows"}, True, SKIP),
    ("phone alone proves nothing", {"platform": "iPhone"}, True, NONE),
    ("phone that is not enrolled", {"platform": "iPad", "mdm_enabled": False}, True, FAIL),
]


@pytest.mark.parametrize(("changes", "on", "word"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_one_device(changes: dict[str, Any], on: bool | None, word: Outcome) -> None:
    (verdict,) = verdicts(read(device(1, **changes), on=on))
    assert verdict.outcome is word


def test_what_is_left_out_is_named() -> None:
    phone, gone = device(2, platform="iPhone"), device(3, is_removed=True)
    (verdict,) = verdicts(read(device(1), phone, gone))
    assert (verdict.outcome, verdict.seen) == (PASS, 1)
    assert "1 device is left out, for their encryption is not told: mac2." in verdict.reason
    assert "1 device is left out as removed: mac3." in verdict.reason


def test_removed_device_is_nobodys() -> None:
    mine = Declared(people=("person1@acme.example", "person3@acme.example"))
    (verdict,) = verdicts(read(device(1), device(3, is_removed=True), declared=mine))
    assert (verdict.outcome, verdict.level) == (PASS, 1)
    assert "1 of 2 people has no device here: person3@acme.example." in verdict.near_miss


def test_parts_that_could_not_be_read() -> None:
    rows = read(device(1)).devices
    refused = Unavailable("missing_scope", "Device list", "It lacks Device list.")
    assert verdicts(KandjiSnapshot(NOW, "acme", Declared(), refused, ()))[0].missing_scope == "Device list"
    slow = Unavailable("rate_limited", detail="Kandji (Iru) asked us to slow down.")
    (verdict,) = verdicts(KandjiSnapshot(NOW, "acme", Declared(), rows, slow))
    assert verdict.outcome is SKIP
    assert verdict.near_miss == "FileVault could not be read: Kandji (Iru) asked us to slow down."


def test_details_that_broke_off_still_count_for_whom_they_tell() -> None:
    rows = read(device(1), device(2)).devices
    partly = Unavailable("partial_data", read=(FileVault("id-1", False),))
    found = {each.resource: each.outcome for each in verdicts(KandjiSnapshot(NOW, "acme", Declared(), rows, partly))}
    assert found == {"devices/id-1": FAIL, "devices/id-2": SKIP}
