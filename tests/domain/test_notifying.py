"""When something is told again, how long a delivery waits, and which change is a regression."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ztassess.domain.ending import left_words, reminder_due
from ztassess.domain.proof_state import ProofState
from ztassess.domain.regressing import is_regression, regressions
from ztassess.domain.retrying import LONGEST_SECONDS, SHORTEST_SECONDS, asked_pause, pause_seconds

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "known", "due"),
    [
        (30, 60, ""),
        (15, 60, ""),
        (14, 60, "14"),
        (4, 60, "14"),
        (3, 60, "3"),
        (0, 60, "3"),
        (-1, 60, "over"),
        (-7, 60, "over"),
        (-8, 60, ""),  # history
        (10, 0, ""),  # set today, ten days ahead: whoever set it knows
        (3, 7, "3"),
        (2, 0, ""),
    ],
)
def test_reminder_stands_once_before_and_once_after_the_end(left, known, due):
    assert reminder_due(TODAY + timedelta(days=left), TODAY - timedelta(days=known), TODAY) == due


def test_days_left_in_words():
    said = [left_words(TODAY + timedelta(days=left), TODAY, "expire") for left in (-2, -1, 0, 1, 14)]
    assert said == [
        "expired 2 days ago",
        "expired yesterday",
        "expires today",
        "expires tomorrow",
        "expires in 14 days",
    ]
    assert left_words(TODAY - timedelta(days=1), TODAY) == "ended yesterday"


def test_pause_grows_with_full_jitter_and_is_bounded():
    assert [pause_seconds(attempt, 1.0) for attempt in (1, 2, 3, 9, 500)] == [
        30,
        60,
        120,
        LONGEST_SECONDS,
        LONGEST_SECONDS,
    ]
    assert pause_seconds(3, 0.5) == 60
    assert pause_seconds(1, 0.0) == SHORTEST_SECONDS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("Mon, 23 Nov 2026 09:05:00 GMT", 300),
        ("Mon, 23 Nov 2020 09:05:00 GMT", 1),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("١٢", None),
        ("1e9", None),
    ],
)
def test_retry_after_is_a_number_a_date_or_nothing(text, seconds):
    assert asked_pause(text, NOW) == seconds


@pytest.mark.parametrize(
    ("was", "now", "bad"),
    [
        ("verified", "contradicted", True),
        ("claimed", "contradicted", True),
        ("unanswered", "contradicted", True),
        ("contradicted", "contradicted", False),
        ("verified", "partly_verified", True),
        ("attested", "claimed", True),
        ("verified", "stale", False),  # nobody looked
        ("verified", "cannot_check", False),
        ("claimed", "unanswered", False),
        ("verified", "excepted", False),
        ("verified", "not_applicable", False),
        ("contradicted", "verified", False),
    ],
)
def test_regression_is_a_new_refutation_or_less_proof_by_somebody_who_looked(was, now, bad):
    assert is_regression(ProofState(was), ProofState(now)) is bad


def test_control_that_was_not_recorded_or_has_a_state_of_another_release_is_no_news():
    before = {"a": "verified", "b": "verified", "c": "glowing"}
    now = {"a": "contradicted", "c": "contradicted", "d": "contradicted", "b": "verified"}
    assert [control for control, _, _ in regressions(before, now)] == ["a"]
