"""The pace of proof and where it lands: never a date from two days, from standstill or from far away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ztassess.domain.pace import Recorded, pace_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def scores(*days_and_proven: tuple[int, float]) -> list[Recorded]:
    """Scores so many days before now, oldest first."""
    return [Recorded(NOW - timedelta(days=days), proven, 90) for days, proven in days_and_proven]


def test_pace_is_points_a_week_of_the_last_three_weeks():
    found = pace_of(scores((90, 0), (21, 20), (10, 30), (0, 41)), goal=80)
    assert found is not None
    assert found.points_a_week == pytest.approx(7.0)
    assert found.lands == NOW + timedelta(weeks=39 / 7)


def test_score_that_stood_when_the_window_began_counts_as_its_start():
    found = pace_of(scores((60, 20), (0, 41)), goal=80)
    assert found is not None
    assert found.points_a_week == pytest.approx(7.0)


@pytest.mark.parametrize("points", [[], scores((0, 41)), scores((6, 10), (0, 41))])
def test_less_than_a_week_says_nothing(points):
    assert pace_of(points, goal=80) is None


@pytest.mark.parametrize(
    "points",
    [
        scores((14, 41), (0, 41)),
        scores((14, 50), (0, 41)),
        scores((21, 40), (0, 41)),
        scores((21, 0), (0, 2)),
        scores((21, 60), (0, 80)),
    ],
    ids=["standstill", "falling", "too slow", "over a year away", "reached"],
)
def test_no_date_is_promised(points):
    found = pace_of(points, goal=80)
    assert found is not None
    assert found.lands is None


def test_another_catalog_or_method_is_no_pace():
    points = [
        Recorded(NOW - timedelta(days=21), 20, 90, "1"),
        Recorded(NOW - timedelta(days=8), 20, 90, "1"),
        Recorded(NOW - timedelta(days=7), 50, 90, "2"),
        Recorded(NOW, 51, 90, "2"),
    ]
    pace = pace_of(points, goal=80)
    assert pace is not None
    assert round(pace.points_a_week, 1) == 1.0
    assert pace_of(points[:-1], goal=80) is None
