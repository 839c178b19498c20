"""Which Mac passes, fails or is unknown: the table of the rule, with its traps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.jamf.fake import BOOT, computer
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row
from ztassess.connectors.contract import Declared
from ztassess.connectors.jamf import CONNECTOR
from ztassess.connectors.jamf.client import computer_of
from ztassess.connectors.jamf.snapshot import JamfSnapshot
from ztassess.domain.checks import evaluate
from ztassess.domain.findings import Outcome, Unavailable, Verdict

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE


def read(*computers: dict[str, Any], declared: Declared | None = None) -> JamfSnapshot:
    rows = tuple(computer_of(Row("ComputerInventory", each)) for each in computers)
    return JamfSnapshot(NOW, "acme.jamfcloud.com", declared or Declared(), rows)


def verdicts(snapshot: JamfSnapshot) -> list[Verdict]:
    return [each.verdict for each in evaluate(CONNECTOR.checks, snapshot)]


def disk(state: str | None, percent: int | None = None) -> dict[str, Any]:
    return {BOOT: {"partitionFileVault2State": state, "partitionFileVault2Percent": percent}}


TABLE: list[tuple[str, dict[str, Any], Outcome]] = [
    ("in order", {}, PASS),
    ("not managed", {"general__remoteManagement": {"managed": False}}, FAIL),
    ("management not told", {"general__remoteManagement": {"managed": None}}, SKIP),
    ("no section of management", {"general__remoteManagement": None}, SKIP),
    ("encrypting", disk("ENCRYPTING", 41), FAIL),
    ("encryption paused", disk("ENCRYPTING_PAUSED", 41), FAIL),
    ("optimizing", disk("OPTIMIZING"), FAIL),
    ("waits for a restart", disk("RESTART_NEEDED"), FAIL),
    ("not encrypted", disk("UNENCRYPTED"), FAIL),
    ("decrypted", disk("DECRYPTED"), FAIL),
    ("decrypting", disk("DECRYPTING", 90), FAIL),
    ("decryption paused", disk("DECRYPTING_PAUSED", 90), FAIL),
    ("cannot be encrypted", disk("INELIGIBLE"), FAIL),
    ("unknown", disk("UNKNOWN"), SKIP),
    ("state not told", disk(None), SKIP),
    ("no boot partition", {BOOT: None}, SKIP),
    ("no section of the disk", {"diskEncryption": None}, SKIP),
    ("a state of next year", disk("SEALED"), SKIP),
    ("in contact on the 30th day", {"general__lastContactTime": "2026-10-24T09:00:00Z"}, PASS),
    ("silent for longer", {"general__lastContactTime": "2026-10-24T08:00:00Z"}, FAIL),
    ("contact not told", {"general__lastContactTime": None}, SKIP),
    ("unknown beside wrong is wrong", {"general__lastContactTime": None, **disk("DECRYPTED")}, FAIL),
]


@pytest.mark.parametrize(("changes", "word"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_one_computer(changes: dict[str, Any], word: Outcome) -> None:
    (verdict,) = verdicts(read(computer(1, **changes)))
    assert verdict.outcome is word
    assert verdict.evidence


@pytest.mark.parametrize(("percent", "words"), [(41, "Encrypting now (41 %)."), (None, "(percent not told).")])
def test_disk_on_its_way_is_a_near_miss(percent: int | None, words: str) -> None:
    (verdict,) = verdicts(read(computer(1, **disk("ENCRYPTING", percent))))
    assert verdict.near_miss.endswith(words)
    assert verdict.evidence[0].observed.startswith("ENCRYPTING")


def test_flag_of_the_whole_disk_does_not_replace_the_boot_partition() -> None:
    other = computer(1, **disk(None))
    other["diskEncryption"]["fileVault2Enabled"] = True
    assert verdicts(read(other))[0].outcome is SKIP


def test_no_computer_is_not_applicable_but_not_where_people_work() -> None:
    assert verdicts(read())[0].outcome is NONE
    (verdict,) = verdicts(read(declared=Declared(people=("a@acme.example",))))
    assert (verdict.outcome, verdict.reason_code) == (SKIP, "empty")


def test_part_that_could_not_be_read_is_not_checked() -> None:
    refused = Unavailable("missing_scope", "Read Computers", "API role lacks Read Computers.")
    (verdict,) = verdicts(JamfSnapshot(NOW, "acme", Declared(), refused))
    assert (verdict.outcome, verdict.missing_scope) == (SKIP, "Read Computers")


def test_user_name_that_is_no_address_owns_nothing() -> None:
    mine = Declared(people=("person1@acme.example",))
    (verdict,) = verdicts(read(computer(1, userAndLocation={"email": "person1"}), declared=mine))
    assert (verdict.outcome, verdict.level) == (PASS, 1)
    assert "1 computer has no owner" in verdict.near_miss
