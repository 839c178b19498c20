"""A year of weekly scores in a short text, and what counts as progress."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.domain.score_history import (
    WEEKS,
    Milestone,
    Progress,
    Weekly,
    counted_otherwise,
    monday,
    quartiles,
)

DAY = date(2026, 11, 25)
scores = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 100)), max_size=60)


@settings(deadline=None)  # a busy machine is no fault
@given(scores)
def test_text_and_back_keeps_every_week_and_the_last_score_of_each_wins(found: list[tuple[int, int]]) -> None:
    weekly, expected = Weekly.empty(DAY), {}
    for ahead, percent in sorted(found, key=lambda pair: pair[0]):
        day = DAY + timedelta(days=ahead)
        weekly, expected[monday(day)] = weekly.put(day, percent), percent
    assert len(weekly.text) == 2 * WEEKS
    assert Weekly.from_text(weekly.text, weekly.until) == weekly
    shown = dict(zip(weekly.weeks(), weekly.values, strict=True))
    first = weekly.until - timedelta(weeks=WEEKS - 1)
    assert {week: value for week, value in shown.items() if value is not None} == {
        week: value for week, value in expected.items() if week >= first
    }


def test_a_week_nobody_recorded_stays_empty_and_an_older_score_is_left_alone() -> None:
    weekly = Weekly.empty(DAY).put(DAY, 40).put(DAY + timedelta(weeks=2), 50)
    assert weekly.values[-3:] == (40, None, 50)
    assert weekly.up_to(DAY + timedelta(weeks=4)).values[-5:] == (40, None, 50, None, None)
    assert weekly.up_to(DAY + timedelta(weeks=200)).values == (None,) * WEEKS
    assert weekly.put(DAY - timedelta(weeks=80), 9) == weekly
    assert weekly.before(1) == 40
    assert Weekly.from_text("no year", DAY).values == (None,) * WEEKS


@pytest.mark.parametrize(
    ("steps", "on"),
    [
        ([(1, 0.404, "1")], 0),  # less than half a point is evidence that was read again
        ([(1, 0.405, "1")], 1),
        ([(1, 0.30, "1"), (2, 0.35, "1")], 2),  # mending what broke is work
        ([(1, 0.398, "1"), (2, 0.401, "1"), (3, 0.398, "1")], 0),
        ([(1, 0.90, "2")], 0),  # another method
        ([(1, 0.90, "2"), (2, 0.91, "2")], 2),
    ],
)
def test_progress_is_proof_that_grew(steps: list[tuple[int, float, str]], on: int) -> None:
    progress = Progress(DAY, 0.40, "1")
    for ahead, proven, version in steps:
        progress = progress.follow(DAY + timedelta(days=ahead), proven, version)
    assert progress.on == DAY + timedelta(days=on)


OWN, WEIGHED, NEXT = "c1, method 1", "c1, method 1+wabc", "c2, method 1"


@pytest.mark.parametrize(
    ("steps", "reached", "remade"),
    [
        ([(1, 79, OWN), (2, 80, OWN), (3, 60, OWN), (4, 85, OWN)], 2, None),  # the first time stays
        ([(1, 80, OWN)], 1, None),
        ([(1, 60, OWN), (2, 82, WEIGHED), (3, 90, WEIGHED)], None, 2),
        ([(1, 60, OWN), (2, 82, WEIGHED), (3, 60, OWN)], None, None),
        ([(1, 60, OWN), (2, 82, WEIGHED), (3, 79, WEIGHED), (4, 80, WEIGHED)], 4, None),
        ([(1, 60, OWN), (2, 82, WEIGHED), (9, 85, OWN)], 9, None),  # the catalog's own weights say so too
        ([(1, 79, OWN), (2, 81, NEXT), (3, 81, NEXT)], None, 2),
        ([(1, 80, OWN), (2, 60, WEIGHED), (3, 81, WEIGHED)], 1, None),
    ],
)
def test_milestone_is_reached_by_proof_and_never_by_other_weights(
    steps: list[tuple[int, int, str]], reached: int | None, remade: int | None
) -> None:
    goal = Milestone()
    for ahead, percent, version in steps:
        goal = goal.follow(DAY + timedelta(days=ahead), percent, version)
    days = [None if ahead is None else DAY + timedelta(days=ahead) for ahead in (reached, remade)]
    assert [goal.reached_on, goal.remade_on] == days
    assert counted_otherwise(OWN, WEIGHED) == "other weights"
    assert counted_otherwise(OWN, NEXT) == "another catalog or method"


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.integers(0, 100), min_size=2, max_size=30))
def test_quartiles_are_those_of_the_standard_library(values: list[int]) -> None:
    assert quartiles(values) == pytest.approx(tuple(statistics.quantiles(values, n=4, method="inclusive")))
    assert quartiles([]) is None
