"""Ways around the rules, and how long sign-ins and tokens last, by a table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.entra.cases import (
    Case,
    judged,
)
from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_CHECKED,
    PASS,
    result,
    said,
    snapshot,
)
from tests.connectors.entra.tenant import (
    BEN,
    SESSION,
    policy,
)
from ztassess.connectors.entra.snapshot_directory import PRIVILEGED_ROLES
from ztassess.domain.findings import Outcome

CASES: list[Case] = [
    ("sms_and_voice_off", {}, PASS, "both off"),
    ("sms_and_voice_off", {"methods_policy": DENIED}, NOT_CHECKED, ""),
    ("session_limits", {}, PASS, "8 h"),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)


def methods(sms: str, voice: str, migration: str | None = "migrationComplete", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "authenticationMethodConfigurations": [
            {"id": "Sms", "state": sms, "includeTargets": [{"id": "sales"}], **more},
            {"id": "Voice", "state": voice},
        ]
    }
    return found if migration is None else {**found, "policyMigrationState": migration}


@pytest.mark.parametrize(
    ("raw", "outcome", "words"),
    [
        (methods("disabled", "disabled"), PASS, ""),
        (methods("enabled", "disabled"), FAIL, "Voice is off, SMS is on for group sales."),
        (methods("disabled", "enabled"), FAIL, "SMS is off, Voice is on for everyone."),
        (methods("enabled", "enabled", "preMigration"), FAIL, "SMS is accepted"),
        (methods("disabled", "disabled", "migrationInProgress"), NOT_CHECKED, "migrationInProgress"),
        (methods("disabled", "disabled", "preMigration"), NOT_CHECKED, "older policies"),
        (methods("disabled", "disabled", None), NOT_CHECKED, "not told"),
        (
            {"policyMigrationState": "migrationComplete", "authenticationMethodConfigurations": []},
            NOT_CHECKED,
            "Sms, Voice",
        ),
        (methods("", "disabled"), NOT_CHECKED, "Sms"),
    ],
)
def test_phones_are_off(raw: dict[str, Any], outcome: Outcome, words: str) -> None:
    given = snapshot(methods_policy=raw)
    assert result("sms_and_voice_off", given).outcome is outcome
    assert words in said("sms_and_voice_off", given)


def session(value: int = 8, unit: str = "hours", **frequency: Any) -> dict[str, Any]:
    return {**SESSION, "signInFrequency": {**SESSION["signInFrequency"], "value": value, "type": unit, **frequency}}


NEVER = {"persistentBrowser": {"isEnabled": True, "mode": "never"}, "signInFrequency": None}


ROLES = list(PRIVILEGED_ROLES)


ADMINS = {"conditions__users__includeUsers": [], "conditions__users__includeRoles": ROLES}


@pytest.mark.parametrize(
    ("policies", "outcome", "level", "words"),
    [
        ([policy("s", sessionControls=session(12))], PASS, None, "12 h"),
        ([policy("s", sessionControls=session(frequencyInterval="everyTime", value=None))], PASS, None, ""),
        ([policy("s", sessionControls=session(1, "days"))], PASS, 1, "administrators need 12 h"),
        ([policy("s", sessionControls=session(24)), policy("a", sessionControls=session(4), **ADMINS)], PASS, None, ""),
        (
            [
                policy("s", sessionControls=session(24)),
                policy("a", sessionControls=session(4), **{**ADMINS, "conditions__users__includeRoles": ROLES[1:]}),
            ],
            PASS,
            1,
            "administrators need 12 h",
        ),
        (
            [
                policy("a", sessionControls={"signInFrequency": session()["signInFrequency"]}),
                policy("b", sessionControls=NEVER),
            ],
            PASS,
            None,
            "",
        ),
        ([policy("s", sessionControls=session(7, "days"))], FAIL, 1, "Frequency is 7 days."),
        ([policy("s", sessionControls=session(90, "days"))], FAIL, None, "Frequency is 90 days."),
        (
            [policy("s", sessionControls={"signInFrequency": session()["signInFrequency"]})],
            FAIL,
            1,
            "browsers may stay",
        ),
        ([policy("s", sessionControls=session(isEnabled=False))], FAIL, None, ""),
        ([policy("s", sessionControls=session(authenticationType="secondaryAuthentication"))], FAIL, None, ""),
        ([policy("s", sessionControls=session(unit="fortnights"))], FAIL, None, ""),
        ([policy("s", sessionControls=session(0))], FAIL, None, ""),
        ([policy("s", sessionControls=session(), state="enabledForReportingButNotEnforced")], FAIL, None, ""),
        ([policy("s", sessionControls=session(), conditions__users__excludeUsers=[BEN])], FAIL, None, ""),
        (
            [policy("s", sessionControls=session(), conditions__applications__includeApplications=["Office365"])],
            FAIL,
            None,
            "",
        ),
        ([], FAIL, None, "none ends everyone's sign-ins"),
    ],
)
def test_sign_ins_end(policies: list[dict[str, Any]], outcome: Outcome, level: int | None, words: str) -> None:
    given = snapshot(policies=policies)
    found = result("session_limits", given)
    assert (found.outcome, found.level) == (outcome, level)
    assert words in said("session_limits", given)


def lifetime(span: str, *, default: bool = True, name: str = "t") -> dict[str, Any]:
    definition = f'{{"TokenLifetimePolicy":{{"Version":1,"AccessTokenLifetime":"{span}"}}}}'
    return {"id": name, "displayName": name, "isOrganizationDefault": default, "definition": [definition]}


@pytest.mark.parametrize(
    ("raw", "outcome", "words"),
    [
        ([lifetime("00:15:00")], PASS, "15 min"),
        ([lifetime("0:10:00")], PASS, "10 min"),
        ([lifetime("00:15:01")], FAIL, ""),
        ([lifetime("1.00:00:00")], FAIL, "1440 min"),
        ([lifetime("00:10:00", default=False)], FAIL, "'t' is short, but not the default of the tenant."),
        (
            [lifetime("00:10:00"), lifetime("08:00:00", default=False, name="long")],
            NOT_CHECKED,
            "'long' may give single apps more",
        ),
        ([lifetime("soon")], FAIL, "sets not set"),
        ([{**lifetime("x"), "definition": ["{not json"]}], FAIL, ""),
        ([{**lifetime("x"), "definition": []}], FAIL, ""),
        ([], FAIL, "Continuous access evaluation"),
        (DENIED, NOT_CHECKED, ""),
    ],
)
def test_access_tokens_end(raw: Any, outcome: Outcome, words: str) -> None:
    given = snapshot(token_lifetimes=raw)
    assert result("access_token_lifetime", given).outcome is outcome
    assert words in said("access_token_lifetime", given)
