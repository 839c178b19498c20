"""Which host passes, fails or is unknown: the table of the rule, with its traps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.connectors.fleet.fake import host
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row
from ztassess.connectors.contract import Declared
from ztassess.connectors.fleet import CONNECTOR
from ztassess.connectors.fleet.client import host_of
from ztassess.connectors.fleet.snapshot import Encryption, FleetSnapshot
from ztassess.domain.checks import evaluate
from ztassess.domain.findings import Outcome, Unavailable, Verdict

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE


def read(*hosts: dict[str, Any], declared: Declared | None = None, **parts: Any) -> FleetSnapshot:
    rows = tuple(host_of(Row("Host", each)) for each in hosts)
    parts = {"hosts": rows, "encryption": ()} | parts
    return FleetSnapshot(NOW, "fleet.acme.example", declared or Declared(), **parts)


def verdicts(snapshot: FleetSnapshot) -> list[Verdict]:
    return [each.verdict for each in evaluate(CONNECTOR.checks, snapshot)]


def mdm(status: str | None) -> dict[str, Any]:
    return {"mdm": {"enrollment_status": status, "name": "Fleet"}}


def policies(*responses: str, count: int | None = 0) -> dict[str, Any]:
    return {
        "policies": [{"id": each, "name": f"Policy {each}", "response": word} for each, word in enumerate(responses)],
        "issues": {"failing_policies_count": count},
    }


TABLE: list[tuple[str, dict[str, Any], Outcome]] = [
    ("in order", {}, PASS),
    ("enrolled by hand", mdm("On (manual)"), PASS),
    ("enrolled as older versions say", mdm("Enrolled (automatic)"), PASS),
    ("personal", mdm("On (personal)"), PASS),
    ("pending is not enrolled", mdm("Pending"), FAIL),
    ("off", mdm("Off"), FAIL),
    ("unenrolled as older versions say", mdm("Unenrolled"), FAIL),
    ("a word of next year", mdm("Migrating"), FAIL),
    ("enrollment not told", mdm(None), SKIP),
    ("enrollment empty", mdm(""), SKIP),
    ("Linux needs no enrollment", {"platform": "ubuntu", **mdm(None)}, PASS),
    ("Linux needs encryption", {"platform": "ubuntu", "disk_encryption_enabled": False, **mdm(None)}, FAIL),
    ("Linux that does not tell", {"platform": "ubuntu", "disk_encryption_enabled": None, **mdm(None)}, SKIP),
    ("Chromebook without a word", {"platform": "chrome", **mdm(None)}, SKIP),
    ("disk open", {"disk_encryption_enabled": False}, FAIL),
    ("disk not told", {"disk_encryption_enabled": None}, SKIP),
    ("seen on the 30th day", {"seen_time": "2026-10-24T09:00:00Z"}, PASS),
    ("silent for longer", {"seen_time": "2026-10-24T08:59:59Z"}, FAIL),
    ("never seen", {"seen_time": "0001-01-01T00:00:00Z"}, SKIP),
    ("seen in a year to come", {"seen_time": "2031-01-01T00:00:00Z"}, SKIP),
    ("contact not told", {"seen_time": None}, SKIP),
    ("fails a policy", policies("fail", count=1), FAIL),
    ("the count lags behind the policies", policies("fail", count=0), FAIL),
    ("the policies lag behind the count", policies("pass", count=2), FAIL),
    ("policy that has not run", policies("pass", "", count=0), SKIP),
    ("count not told", policies("pass", count=None), SKIP),
    ("policies not told, none fails", {"policies": None}, PASS),
    ("unknown beside wrong is wrong", {"disk_encryption_enabled": False, "seen_time": None}, FAIL),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "word"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_one_host(changes: dict[str, Any], word: Outcome) -> None:
    (verdict,) = verdicts(read(host(1, **changes)))
    assert verdict.outcome is word
    assert verdict.evidence
    if word is FAIL:
        assert all(line.observed != line.expected for line in verdict.evidence)


def test_near_miss_of_pending_is_named() -> None:
    (verdict,) = verdicts(read(host(1, **mdm("Pending"))))
    assert verdict.near_miss == "'Pending' is not enrolled."
    assert "it is not enrolled (Pending)" in verdict.reason


def test_page_of_the_host_tells_what_the_list_does_not() -> None:
    quiet = host(1, disk_encryption_enabled=None)
    assert verdicts(read(quiet, encryption=(Encryption("1", True),)))[0].outcome is PASS
    assert verdicts(read(quiet, encryption=(Encryption("1", False),)))[0].outcome is FAIL
    assert verdicts(read(quiet, encryption=(Encryption("1", None),)))[0].outcome is SKIP
    assert verdicts(read(quiet, encryption=(Encryption("2", True),)))[0].outcome is SKIP
    refused = Unavailable("missing_scope", detail="It lacks role Observer.")
    (verdict,) = verdicts(read(quiet, encryption=refused))
    assert verdict.outcome is SKIP
    assert "whether its disk is encrypted (It lacks role Observer)" in verdict.reason


def test_phone_is_judged_by_what_it_tells_and_counts_as_nothing_else() -> None:
    phone = host(2, platform="ios", disk_encryption_enabled=None, seen_time="2026-01-01T00:00:00Z")
    (verdict,) = verdicts(read(host(1), phone))
    assert (verdict.outcome, verdict.seen) == (PASS, 1)
    assert "1 device is left out, for their encryption is not told: m2." in verdict.reason
    assert verdicts(read(phone))[0].outcome is NONE
    silent = host(2, platform="ios", detail_updated_at="2026-01-01T00:00:00Z", seen_time="2026-01-01T00:00:00Z")
    assert {each.outcome for each in verdicts(read(host(1), silent))} == {FAIL}
    off = {**phone, **mdm("Off")}
    assert {each.outcome for each in verdicts(read(host(1), off))} == {FAIL}


def test_no_host_is_not_applicable_but_not_where_people_work() -> None:
    assert verdicts(read())[0].outcome is NONE
    (verdict,) = verdicts(read(declared=Declared(people=("a@acme.example",))))
    assert (verdict.outcome, verdict.reason_code) == (SKIP, "empty")


def test_list_that_is_not_whole_can_fail_but_not_pass() -> None:
    rows = read(host(1)).hosts
    broken = Unavailable("partial_data", detail="It broke off.", read=rows)
    assert {each.outcome for each in verdicts(read(hosts=broken))} == {SKIP}
    bad = read(host(1, disk_encryption_enabled=False)).hosts
    found = verdicts(read(hosts=Unavailable("partial_data", read=bad)))
    assert {each.outcome for each in found} == {FAIL, SKIP}


def test_server_without_policies_says_so_beside_its_pass() -> None:
    (verdict,) = verdicts(read(host(1, **policies()), host(2, **policies())))
    assert verdict.outcome is PASS
    assert verdict.reason.endswith("No policy is defined on any host, so that none fails says nothing.")


def test_clock_of_the_rule_is_the_snapshot() -> None:
    old = read(host(1, seen_time="2020-01-02T00:00:00Z"))
    assert verdicts(old)[0].outcome is FAIL
    then = FleetSnapshot(datetime.fromisoformat("2020-01-03T00:00:00+00:00"), "f", Declared(), old.hosts, ())
    assert verdicts(then)[0].outcome is PASS
