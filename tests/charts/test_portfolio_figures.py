"""The figures of a whole book: valid for Plotly, conclusions in words, tables with the numbers that are drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import plotly.graph_objects as go
import pytest

from tests.charts.test_figures import with_real_colors
from ztassess.charts.figure import csv_of
from ztassess.charts.portfolio import DRAWN, BookWeek, Compared, Duration, book_trend, distribution, time_to_goal
from ztassess.charts.sparkline import sparkline

MONDAY = date(2026, 9, 7)
WEEKS = [BookWeek(MONDAY + timedelta(weeks=n), 20.0 + n, 40.0 + 2 * n, 60.0, 10 + n) for n in range(3)]
ALIKE = Compared(WEEKS[0].monday, WEEKS[2].monday, 41.0, 44.0, 9)
SLOW, QUICK, ENDLESS = (
    Duration("Slow", 90, True, 85),
    Duration("Quick", 30, True, 60),
    Duration("<b>\u202ex", 200, False, 10),
)
FIGURES = [
    (distribution([]), "No client is judged yet"),
    (distribution([0, 9, 79, 80, 100]), "2 of 5 clients are at the 80/20"),
    (distribution([80], remade=1), "1 of 1 clients are at the 80/20"),
    (book_trend([], None), "No week is recorded yet"),
    (book_trend(WEEKS, None), "The median client is at 44\N{NO-BREAK SPACE}%"),
    (book_trend(WEEKS, replace(ALIKE, now=41.0)), "The median client stands still at 41\N{NO-BREAK SPACE}%"),
    (book_trend(WEEKS, ALIKE), "The median client gained 3 points"),
    (time_to_goal([]), "No client is judged yet"),
    (time_to_goal([ENDLESS]), "No client has reached 80 % yet"),
    (time_to_goal([SLOW, QUICK, ENDLESS]), "Half of those who reached 80 % took up to 60 days"),
]


@pytest.mark.parametrize(("figure", "title"), FIGURES, ids=lambda each: getattr(each, "id", ""))
def test_figure_is_valid_and_says_its_conclusion(figure, title):
    go.Figure(with_real_colors(dict(figure.data)))
    assert figure.title == title
    assert figure.words.endswith(".")
    assert all(len(row) == len(figure.columns) for row in figure.rows)


def test_table_holds_what_is_drawn():
    assert [count for _, count in distribution([0, 9, 79, 80, 100]).rows] == [2, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert book_trend(WEEKS, ALIKE).rows[-1] == ("2026-09-21", 22.0, 44.0, 60.0, 12)
    rows = time_to_goal([SLOW, ENDLESS, QUICK]).rows
    assert [row[0] for row in rows] == ["Quick", "Slow", ENDLESS.name]
    assert rows[-1][2] == "running"
    assert time_to_goal([Duration("Weighed", 9, False, 90, "other weights")]).rows[0][2] == "by other weights"


def test_conclusions_say_of_whom_they_speak():
    assert "the median of 9 clients compared in both" in book_trend(WEEKS, ALIKE).words
    assert "the median of 9 clients" in book_trend(WEEKS, ALIKE).subtitle
    assert time_to_goal([Duration("Weighed", 9, False, 90, "other weights")]).title.startswith("No client was proven")
    assert "Too few clients have an earlier week" in book_trend(WEEKS, None).words
    assert "2 by other weights or another catalog alone." in distribution([80, 85, 90], remade=2).words


def test_running_ones_are_hatched_and_names_cannot_draw_anything():
    done, running = time_to_goal([SLOW, ENDLESS]).data["data"]
    assert done["x"] == [90, None]
    assert running["x"] == [None, 200]
    assert running["marker"]["pattern"]["shape"] == "/"
    assert "<" not in running["y"][1]
    assert "\u202e" not in running["y"][1]
    many = time_to_goal([Duration(f"=C{n}", n, False, 1) for n in range(DRAWN + 5)])
    assert len(many.data["data"][0]["y"]) == DRAWN
    assert len(many.rows) == DRAWN + 5
    assert f"{DRAWN} of {DRAWN + 5} are drawn" in many.subtitle
    assert "\n'=C1," in csv_of(many.columns, many.rows)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((None, None), "no score is recorded yet"),
        ((None, 40), "40 percent proven, recorded for one week"),
        ((None, 40, None, 60), "proven from 40 to 60 percent in 2 weeks"),
    ],
)
def test_sparkline_says_what_it_draws(values, words):
    assert sparkline(values).words == words


def test_sparkline_keeps_inside_its_drawing():
    line = sparkline([0, 100, None, 50])
    places = [tuple(map(float, pair.split(","))) for pair in line.points.split()]
    assert len(places) == 3
    assert all(0 <= x <= 96 and 0 <= y <= 24 for x, y in places)
    assert places[0][1] > places[2][1] > places[1][1]
