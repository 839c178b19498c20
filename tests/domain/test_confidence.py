"""Confidence over time and the attainment of one control, by the vectors of the method."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ztassess.domain.confidence import (
    Claim,
    Verified,
    attainment,
    claim_confidence,
    decay,
    is_fresh,
    proof_confidence,
)
from ztassess.domain.moments import age_days, working_days

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
TARGET = 2


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("claimed", "verified", "expected"),
    [
        pytest.param(2, None, 0.60, id="claimed 2, no connector"),
        pytest.param(2, Verified(2, 2, ago(3)), 1.00, id="verified 2, age 3 of 7"),
        pytest.param(2, Verified(2, 2, ago(10.5)), 0.80, id="verified 2, age 10.5 of 7"),
        pytest.param(3, Verified(1, 3, ago(0)), 0.50, id="claimed 3, verified 1 of 3: refuted"),
        pytest.param(3, Verified(1, 3, ago(21)), 0.30, id="the same, 21 days later: no bounce-back"),
        pytest.param(2, Verified(1, 1, ago(0)), 0.80, id="claimed 2, verified 1, rest unseen"),
        pytest.param(0, None, 0.00, id="answered no"),
        pytest.param(3, None, 0.60, id="claimed above the target counts as the target"),
        pytest.param(None, Verified(3, 3, ago(0)), 1.00, id="proof without a claim"),
        pytest.param(2, Verified(0, 2, ago(0)), 0.00, id="claimed 2, nothing found"),
    ],
)
def test_attainment_follows_the_vectors(claimed: int | None, verified: Verified | None, expected: float) -> None:
    claim = None if claimed is None else Claim(claimed, TODAY)
    kc = claim_confidence(claim, None, freshness_days=7, checkable=True, today=TODAY)
    kv = proof_confidence(verified, 7, TODAY) if verified else 0.0
    assert attainment(claimed, kc, verified, kv, TARGET).floor == pytest.approx(expected)


def test_unknown_is_not_no() -> None:
    unknown = attainment(None, 0.0, None, 0.0, TARGET)
    no = attainment(0, 0.6, None, 0.0, TARGET)
    assert (unknown.floor, unknown.ceiling, unknown.unknown) == (0, 1, True)
    assert (no.floor, no.ceiling, no.unknown) == (0, 0, False)


def test_what_no_signal_can_see_stays_unknown_until_someone_answers() -> None:
    seen_in_part = attainment(None, 0.0, Verified(1, 1, TODAY), 1.0, TARGET)
    assert (seen_in_part.floor, seen_in_part.ceiling) == (0.5, 1.0)
    refuted = attainment(None, 0.0, Verified(1, 2, TODAY), 1.0, TARGET)
    assert (refuted.floor, refuted.ceiling) == (0.5, 0.5)


def test_claimed_is_the_claim_at_face_value_and_never_below_proof() -> None:
    assert attainment(2, 0.6, Verified(1, 2, TODAY), 1.0, TARGET).claimed == 1.0
    assert attainment(1, 0.3, None, 0.0, TARGET).claimed == 0.5
    assert attainment(None, 0.0, Verified(2, 2, ago(100)), 0.6, TARGET).claimed == 1.0
    assert attainment(None, 0.0, None, 0.0, TARGET).claimed == 0.0


@pytest.mark.parametrize(
    ("age", "window", "expected"),
    [(0, 7, 1.0), (7, 7, 1.0), (8.75, 7, 0.9), (10.5, 7, 0.8), (14, 7, 0.6), (1000, 7, 0.6), (45, 30, 0.8)],
)
def test_proof_decays_evenly_between_one_and_two_windows(age: float, window: float, expected: float) -> None:
    assert decay(age, window) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("age", "reviewed", "checkable", "expected"),
    [
        (0, None, True, 0.6),
        (180, None, True, 0.6),
        (181, None, True, 0.3),
        (365, None, True, 0.3),
        (366, None, True, 0.0),
        (400, 10, True, 0.8),
        (10, 29.9, True, 0.8),
        (10, 29.9, False, 1.0),
        (10, 30, False, 0.6),
        (200, 30, True, 0.3),
    ],
)
def test_a_claim_counts_by_age_and_review(age: int, reviewed: float | None, checkable: bool, expected: float) -> None:
    reviewed_at = None if reviewed is None else ago(reviewed)
    kc = claim_confidence(Claim(2, ago(age)), reviewed_at, freshness_days=30, checkable=checkable, today=TODAY)
    assert kc == expected


def test_a_review_without_a_claim_attests_nothing() -> None:
    assert claim_confidence(None, TODAY, freshness_days=30, checkable=False, today=TODAY) == 0.0


def test_an_upload_stays_fresh_half_as_long() -> None:
    scanned = Verified(2, 2, ago(5))
    uploaded = Verified(2, 2, ago(5), uploaded_at=ago(5))
    assert is_fresh(scanned, 7, TODAY)
    assert not is_fresh(uploaded, 7, TODAY)
    assert proof_confidence(uploaded, 7, TODAY) == pytest.approx(1 - 0.4 * 1.5 / 3.5)


def test_a_fresh_upload_beside_a_stale_scan_does_not_refresh_it() -> None:
    both = Verified(2, 2, ago(14), uploaded_at=ago(1))
    assert proof_confidence(both, 7, TODAY) == pytest.approx(0.6)


def test_ages_count_fractions_and_never_go_below_zero() -> None:
    assert age_days(date(2026, 11, 20), date(2026, 11, 23)) == 3
    assert age_days(datetime(2026, 11, 12, 12, tzinfo=UTC), date(2026, 11, 23)) == 10.5
    assert age_days(TODAY, date(2026, 11, 23)) == 0


def test_working_days_leave_out_weekends() -> None:
    friday = date(2026, 11, 20)
    assert list(working_days(friday, 3)) == [friday, date(2026, 11, 23), date(2026, 11, 24)]
    assert next(working_days(date(2026, 11, 22), 1)) == date(2026, 11, 23)
