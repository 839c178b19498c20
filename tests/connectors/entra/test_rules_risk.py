"""Sign-in risk by a table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.entra.cases import (
    STRONG,
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
    grant,
    policy,
)
from ztassess.domain.findings import Outcome

CASES: list[Case] = [
    ("sign_in_risk_used", {}, PASS, "high and medium"),
    ("sign_in_risk_used", {"licenses": [{"servicePlans": []}]}, NOT_CHECKED, "P2"),
    ("sign_in_risk_used", {"licenses": DENIED}, NOT_CHECKED, ""),
    ("sign_in_risk_used", {"policies": STRONG}, FAIL, "none challenges"),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)


RISK = "conditions__signInRiskLevels"


TRUSTED_ONLY = policy(
    "places",
    grantControls=grant("mfa"),
    conditions__locations={"includeLocations": ["All"], "excludeLocations": ["loc1"]},
)


@pytest.mark.parametrize(
    ("policies", "outcome", "level", "words"),
    [
        ([policy("r", **{RISK: ["medium", "high"]}, grantControls=grant("block"))], PASS, None, ""),
        (
            [
                policy("a", **{RISK: ["medium"]}, grantControls=grant("mfa")),
                policy("b", **{RISK: ["high"]}, grantControls=grant("block")),
            ],
            PASS,
            None,
            "",
        ),
        ([policy("r", **{RISK: ["high"]}, grantControls=grant("mfa"))], FAIL, None, "Only 'high' risk is handled."),
        ([policy("r", **{RISK: ["medium", "high"]}, grantControls=grant("mfa", "compliantDevice"))], FAIL, None, ""),
        (
            [
                policy(
                    "r",
                    **{RISK: ["medium", "high"]},
                    grantControls=grant("mfa"),
                    state="enabledForReportingButNotEnforced",
                )
            ],
            FAIL,
            None,
            "'r' is report-only.",
        ),
        (
            [
                policy(
                    "r", **{RISK: ["medium", "high"]}, grantControls=grant("mfa"), conditions__users__excludeUsers=[BEN]
                )
            ],
            FAIL,
            None,
            "",
        ),
        (
            [
                policy(
                    "r", **{RISK: ["medium", "high"]}, grantControls=grant("mfa"), conditions__userRiskLevels=["high"]
                )
            ],
            FAIL,
            None,
            "",
        ),
        ([TRUSTED_ONLY], FAIL, 1, "only skip trusted places"),
        (
            [
                policy(
                    "places",
                    grantControls=grant("mfa"),
                    conditions__locations={"includeLocations": ["All"], "excludeLocations": ["unknown place"]},
                )
            ],
            FAIL,
            None,
            "",
        ),
    ],
)
def test_risk_is_challenged(policies: list[dict[str, Any]], outcome: Outcome, level: int | None, words: str) -> None:
    given = snapshot(policies=policies)
    found = result("sign_in_risk_used", given)
    assert (found.outcome, found.level) == (outcome, level)
    assert words in said("sign_in_risk_used", given)
