"""A year of weekly scores in a short text, and what counts as progress."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.domain.score_history import WEEKS, Progress, Weekly, monday, quartiles

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


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.integers(0, 100), min_size=2, max_size=30))
def test_quartiles_are_those_of_the_standard_library(values: list[int]) -> None:
    assert quartiles(values) == pytest.approx(tuple(statistics.quantiles(values, n=4, method="inclusive")))
    assert quartiles([]) is None
