"""Which user and which system passes, fails or is unknown: the tables of both rules, with their traps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.jumpcloud.fake import ORG, system, user
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row
from ztassess.connectors.contract import Declared
from ztassess.connectors.jumpcloud import CONNECTOR
from ztassess.connectors.jumpcloud.client import system_of, user_of
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot
from ztassess.domain.checks import evaluate
from ztassess.domain.findings import Outcome, Unavailable, Verdict

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
MFA, DEVICES = "jumpcloud.mfa_required", "jumpcloud.devices_healthy"


def read(
    users: list[dict[str, Any]] | None = None,
    systems: list[dict[str, Any]] | None = None,
    declared: Declared | None = None,
) -> JumpCloudSnapshot:
    return JumpCloudSnapshot(
        NOW,
        ORG,
        declared or Declared(),
        tuple(user_of(Row("systemuserreturn", each)) for each in users or []),
        tuple(system_of(Row("system", each)) for each in systems or []),
    )


def verdicts(snapshot: JumpCloudSnapshot, check: str) -> list[Verdict]:
    return [each.verdict for each in evaluate([CONNECTOR.checks[check]], snapshot)]


def mfa(configured: bool | None, exclusion: bool | None, status: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"mfa": {"configured": configured, "exclusion": exclusion}}
    return found | {"mfaEnrollment": None if status is None else {"overallStatus": status}}


def state(activated: bool | None, suspended: bool | None, word: str | None) -> dict[str, Any]:
    return {"activated": activated, "suspended": suspended, "state": word}


PEOPLE: list[tuple[str, dict[str, Any], Outcome]] = [
    ("in order", {}, PASS),
    ("not asked for", {"enable_user_portal_multifactor": False}, FAIL),
    ("asked for, never set up", mfa(False, False), FAIL),
    ("set up, though nobody asks", {"enable_user_portal_multifactor": False, **mfa(True, False)}, FAIL),
    ("in an exclusion period", mfa(True, True, "ENROLLED"), FAIL),
    ("exclusion without a factor", mfa(False, True), FAIL),
    ("key or push only", mfa(False, False, "ENROLLED"), PASS),
    ("enrollment begun", mfa(False, False, "IN_ENROLLMENT"), FAIL),
    ("enrollment ended", mfa(False, False, "ENROLLMENT_EXPIRED"), FAIL),
    ("demand not told", {"enable_user_portal_multifactor": None}, SKIP),
    ("factor not told", mfa(None, False), SKIP),
    ("exclusion not told", mfa(True, None), SKIP),
    ("nothing told of factors", {"mfa": None, "mfaEnrollment": None}, SKIP),
    ("code generator alone is not the demand", {"totp_enabled": True, **mfa(None, None)}, SKIP),
    ("unknown beside wrong is wrong", {"enable_user_portal_multifactor": False, "mfa": None}, FAIL),
    ("suspended", state(True, True, "SUSPENDED"), NONE),
    ("suspended by the flag alone", state(True, True, None), NONE),
    ("staged", state(False, False, "STAGED"), NONE),
    ("state not told, flags do", state(True, False, None), PASS),
    ("flags not told, state does", state(None, None, "ACTIVATED"), PASS),
    ("activity not told", state(None, None, None), SKIP),
    ("activity half told", state(True, None, None), SKIP),
    ("activity not told, factor wrong", {**state(None, None, None), **mfa(False, False)}, SKIP),
]


@pytest.mark.parametrize(("changes", "word"), [pytest.param(*row[1:], id=row[0]) for row in PEOPLE])
def test_one_user(changes: dict[str, Any], word: Outcome) -> None:
    (verdict,) = verdicts(read([user(1, **changes)]), MFA)
    assert verdict.outcome is word


def test_failing_users_are_named_with_denominators() -> None:
    until = {"configured": True, "exclusion": True, "exclusionUntil": "2026-12-01T00:00:00Z"}
    found = verdicts(read([user(1), user(2, mfa=until), user(3, enable_user_portal_multifactor=False)]), MFA)
    assert [each.resource for each in found] == ["users/u2", "users/u3"]
    assert {each.seen for each in found} == {3}
    assert "2 of 3 active users lack MFA" in found[0].reason
    assert found[0].near_miss == "1 user is in an exclusion period."
    assert found[0].evidence[0].observed == "true until 2026-12-01"


@pytest.mark.parametrize("name", ["u2", "PERSON2", "person2@acme.example"])
def test_break_glass_account_is_left_out_and_named(name: str) -> None:
    bare = user(2, enable_user_portal_multifactor=False)
    (verdict,) = verdicts(read([user(1), bare], declared=Declared(break_glass=(name,))), MFA)
    assert (verdict.outcome, verdict.seen) == (PASS, 1)
    assert "1 account is left out, declared as break-glass: person2@acme.example." in verdict.reason
    (verdict,) = verdicts(read([bare], declared=Declared(break_glass=(name,))), MFA)
    assert verdict.outcome is NONE


def test_more_than_fifty_users_share_one_verdict() -> None:
    found = verdicts(read([user(each, enable_user_portal_multifactor=False) for each in range(60)]), MFA)
    assert len(found) == 51
    assert found[-1].resource == f"{ORG}/others"
    assert "10 more" in found[-1].reason


def test_users_that_could_not_be_read_are_not_checked() -> None:
    snapshot = JumpCloudSnapshot(NOW, ORG, Declared(), Unavailable("missing_scope", "role Read Only"), ())
    (verdict,) = verdicts(snapshot, MFA)
    assert (verdict.outcome, verdict.missing_scope) == (SKIP, "role Read Only")


SYSTEMS: list[tuple[str, dict[str, Any], Outcome]] = [
    ("in order", {}, PASS),
    ("disk open", {"fde": {"active": False, "keyPresent": False}}, FAIL),
    ("a key is no encryption", {"fde": {"active": False, "keyPresent": True}}, FAIL),
    ("disk not told", {"fde": None}, SKIP),
    ("only the key told", {"fde": {"keyPresent": True}}, SKIP),
    ("in contact on the 30th day", {"lastContact": "2026-10-24T09:00:00Z"}, PASS),
    ("silent for longer, though it counts as active", {"lastContact": "2026-10-24T08:00:00Z", "active": True}, FAIL),
    ("contact not told", {"lastContact": None}, SKIP),
    ("server without a desktop", {"osFamily": "linux", "os": "Ubuntu"}, PASS),
    ("phone alone proves nothing", {"osFamily": "ios", "fde": None}, NONE),
    ("phone that is silent", {"osFamily": "ios", "fde": None, "lastContact": "2026-01-01T00:00:00Z"}, FAIL),
    ("unknown beside wrong is wrong", {"fde": None, "lastContact": "2026-01-01T00:00:00Z"}, FAIL),
]


@pytest.mark.parametrize(("changes", "word"), [pytest.param(*row[1:], id=row[0]) for row in SYSTEMS])
def test_one_system(changes: dict[str, Any], word: Outcome) -> None:
    (verdict,) = verdicts(read([user(1)], [system(1, **changes)]), DEVICES)
    assert verdict.outcome is word


def test_silent_systems_are_counted() -> None:
    found = verdicts(read([], [system(1, lastContact="2026-01-01T00:00:00Z"), system(2)]), DEVICES)
    assert [each.near_miss for each in found] == ["1 system is silent."]


def test_no_system_is_not_applicable_but_not_where_people_work() -> None:
    assert verdicts(read(), DEVICES)[0].outcome is NONE
    assert verdicts(read(declared=Declared(people=("a@acme.example",))), DEVICES)[0].outcome is SKIP
