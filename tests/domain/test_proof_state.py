"""The ten proof states: which situation gives which, and their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.findings import Outcome
from ztassess.domain.proof_state import LatestOutcome, ProofState, proof_state

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
WINDOW = 30


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


FRESH, OLD = ago(1), ago(45)
CLAIM = Claim(2, ago(12))
EXPIRED = Claim(2, ago(366))
BLOCKED = (LatestOutcome("github.two_factor", "c1", Outcome.NOT_CHECKED, "missing_scope", "read:org"),)
BROKEN = (LatestOutcome("github.two_factor", "c1", Outcome.ERROR, "rule_error"),)
BLOCKED_SUPPORT = (LatestOutcome("oidc.x", "c1", Outcome.NOT_CHECKED, "missing_scope", supporting=True),)


def state(**changes: Any) -> ProofState:
    situation: dict[str, Any] = {
        "applies": True,
        "excepted": False,
        "claim": CLAIM,
        "verified": None,
        "reviewed_at": None,
        "latest": (),
        "freshness_days": WINDOW,
        "today": TODAY,
    }
    return proof_state(**(situation | changes))


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        ({"verified": Verified(2, 2, FRESH)}, "verified"),
        ({"verified": Verified(3, 3, FRESH)}, "verified"),
        ({"verified": Verified(2, 3, FRESH)}, "verified"),
        ({"verified": Verified(2, 2, FRESH), "latest": BLOCKED}, "verified"),
        ({"verified": Verified(2, 2, FRESH), "claim": None}, "verified"),
        ({"verified": Verified(0, 2, FRESH), "claim": Claim(0, FRESH)}, "verified"),
        ({"verified": Verified(1, 1, FRESH)}, "partly_verified"),
        ({"verified": Verified(1, 2, FRESH), "claim": None}, "partly_verified"),
        ({"verified": Verified(1, 2, FRESH)}, "contradicted"),
        ({"verified": Verified(1, 2, OLD)}, "contradicted"),
        ({"verified": Verified(0, 2, FRESH), "latest": BLOCKED}, "contradicted"),
        ({"verified": Verified(1, 2, FRESH), "reviewed_at": FRESH}, "contradicted"),
        ({"reviewed_at": FRESH}, "attested"),
        ({"reviewed_at": FRESH, "claim": EXPIRED}, "attested"),
        ({"reviewed_at": OLD}, "stale"),
        ({"verified": Verified(2, 2, OLD)}, "stale"),
        ({"verified": Verified(1, 1, OLD)}, "stale"),
        ({"verified": Verified(2, 2, ago(20), uploaded_at=ago(20))}, "stale"),
        ({}, "claimed"),
        ({"claim": Claim(0, FRESH)}, "claimed"),
        ({"latest": BLOCKED_SUPPORT}, "claimed"),
        ({"latest": BLOCKED}, "cannot_check"),
        ({"latest": BROKEN}, "cannot_check"),
        ({"latest": BLOCKED, "claim": None}, "cannot_check"),
        ({"latest": BLOCKED, "verified": Verified(1, 1, FRESH)}, "cannot_check"),
        ({"latest": BLOCKED, "verified": Verified(2, 2, OLD)}, "cannot_check"),
        ({"claim": None}, "unanswered"),
        ({"claim": EXPIRED}, "unanswered"),
        ({"claim": None, "verified": Verified(0, 2, FRESH)}, "unanswered"),
        ({"claim": None, "reviewed_at": FRESH}, "unanswered"),
        ({"excepted": True, "verified": Verified(0, 2, FRESH)}, "excepted"),
        ({"applies": False, "excepted": True, "verified": Verified(0, 2, FRESH)}, "not_applicable"),
    ],
)
def test_state_of_a_situation(situation: dict[str, Any], expected: str) -> None:
    assert state(**situation) == expected


def test_states_stand_worst_first() -> None:
    words = [each.value for each in sorted(ProofState, key=lambda each: each.rank)]
    assert words == [
        "contradicted",
        "cannot_check",
        "stale",
        "unanswered",
        "claimed",
        "partly_verified",
        "attested",
        "verified",
        "excepted",
        "not_applicable",
    ]
