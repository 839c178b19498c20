"""The figures of a whole book: valid for Plotly, conclusions in words, tables with the numbers that are drawn."""

from __future__ import annotations

from datetime import date, timedelta

import plotly.graph_objects as go
import pytest

from tests.charts.test_figures import with_real_colors
from ztassess.charts.figure import csv_of
from ztassess.charts.portfolio import DRAWN, BookWeek, Duration, book_trend, distribution, time_to_goal
from ztassess.charts.sparkline import sparkline

MONDAY = date(2026, 9, 7)
WEEKS = [BookWeek(MONDAY + timedelta(weeks=n), 20.0 + n, 40.0 + 2 * n, 60.0, 10 + n) for n in range(3)]
SLOW, QUICK, ENDLESS = (
    Duration("Slow", 90, True, 85),
    Duration("Quick", 30, True, 60),
    Duration("<b>\u202ex", 200, False, 10),
)
FIGURES = [
    (distribution([]), "No client is judged yet"),
    (distribution([0, 9, 79, 80, 100]), "2 of 5 clients are at the 80/20"),
    (book_trend([]), "No week is recorded yet"),
    (book_trend(WEEKS[:1]), "The median client stands still at 40\N{NO-BREAK SPACE}%"),
    (book_trend(WEEKS), "The median client gained 4 points"),
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
    assert book_trend(WEEKS).rows[-1] == ("2026-09-21", 22.0, 44.0, 60.0, 12)
    rows = time_to_goal([SLOW, ENDLESS, QUICK]).rows
    assert [row[0] for row in rows] == ["Quick", "Slow", ENDLESS.name]
    assert rows[-1][2] == "running"


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
