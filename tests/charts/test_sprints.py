"""Figures of a sprint: the title concludes, the table holds what is drawn, and a name cannot become markup."""

from __future__ import annotations

import json
from datetime import date

from ztassess.charts.sprints import Bar, Outlook, SprintDay, burn_up, timeline

DAYS = (
    SprintDay(date(2026, 11, 23), 20, 0, 6, 6),
    SprintDay(date(2026, 11, 24), 20, 6, 10, 10),
    SprintDay(date(2026, 11, 25), None, None, 20, 20),
)
TODAY = date(2026, 11, 24)


def test_burn_up_concludes_and_forecasts():
    figure = burn_up(DAYS, TODAY, Outlook(date(2026, 11, 25), 9, date(2026, 12, 1)))
    assert figure.title == "6 of 20 hours are proven, the plan has 10 by tonight"
    assert figure.subtitle.endswith("at this pace everything is by December 1")
    assert burn_up(DAYS, DAYS[2].day, None).title == "6 of 20 hours are proven, the plan was 10"
    assert "At this pace it is 9 h by November 25, and everything by December 1." in figure.words
    assert figure.rows[2] == ("2026-11-25", None, None, 20, 20)
    names = [line["name"] for line in figure.data["data"]]
    assert names == ["planned", "in the sprint", "proven", "at this pace"]


def test_first_plan_is_drawn_only_where_it_differs():
    other = (*DAYS[:2], SprintDay(date(2026, 11, 25), None, None, 14, 20))
    assert burn_up(other, TODAY, None).data["data"][0]["name"] == "first plan"
    assert "A forecast shows after two working days." in burn_up(other, TODAY, None).words


def test_all_proven_and_nothing_begun_have_their_own_titles():
    assert burn_up((SprintDay(TODAY, 20, 20, 20, 20),), TODAY, None).title == "All 20 hours are proven"
    assert burn_up((), TODAY, None).title == "The sprint has not begun"
    assert burn_up((SprintDay(TODAY, None, None, 20, 20),), TODAY, None).title == "The sprint has not begun"


def test_standstill_says_that_no_end_is_in_sight():
    assert "no end is in sight" in burn_up(DAYS, TODAY, Outlook(date(2026, 11, 25), 6, None)).words


def bar(title: str, last: date, state: str = "open", owner: str = "Ada") -> Bar:
    return Bar(title, date(2026, 11, 23), last, 4, owner, state, state.capitalize())


def test_timeline_counts_late_tasks_once_and_never_a_done_one():
    late, early = date(2026, 11, 23), date(2026, 11, 26)
    bars = (bar("A", late), bar("A", early), bar("B", late), bar("C", late, "done"))
    figure = timeline(bars, TODAY)
    assert figure.title == "1 of 3 tasks is late"
    assert figure.words == "3 tasks from November 23 to November 26; 1 is late."
    assert len(figure.rows) == 4
    assert timeline((), TODAY).words == "The sprint holds no task."


def test_names_cannot_become_markup_or_templates():
    drawn = json.dumps(timeline((bar("A", TODAY, owner="<b>%{x}</b>"),), TODAY).data)
    assert "<b>" not in drawn
    assert "%{x}" not in drawn
