"""Every figure is valid for Plotly, says its conclusion, and its table holds the numbers that are drawn."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest

from ztassess.charts import counts, scores
from ztassess.charts.figure import csv_of, safe_cell

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def trend_points(*pairs: tuple[float, float], versions: str = "") -> list[scores.TrendPoint]:
    return [
        scores.TrendPoint(DAY + timedelta(days=number), proven, claimed, versions[number] if versions else "1")
        for number, (proven, claimed) in enumerate(pairs)
    ]


FIGURES = [
    scores.gauge(41, 65, 56),
    scores.gauge(0, 0, 100),
    scores.trend([]),
    scores.trend(trend_points((10, 30))),
    scores.trend(trend_points((10, 30), (41, 65), (40, 65), versions="112")),
    scores.stages([scores.StagePoint("Identity", 53, 71), scores.StagePoint("Mesh", None, None)]),
    counts.coverage({"Identity": {"verified": 3, "contradicted": 1, "claimed": 2}}),
    counts.coverage({}),
    counts.findings({"Identity": {"critical": 1, "low": 2}, "MFA": {}}),
    counts.findings({}),
]


def with_real_colors(value):
    """Plotly's validation knows no CSS variables; the page replaces them before drawing."""
    if isinstance(value, dict):
        return {key: with_real_colors(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_real_colors(inner) for inner in value]
    return "rgba(1,2,3,0.5)" if isinstance(value, str) and value.startswith("var(--") else value


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure.id}: {figure.title}"[:60])
def test_plotly_accepts_the_figure(figure):
    go.Figure(with_real_colors(dict(figure.data)))


def test_plotly_refuses_a_wrong_figure():
    with pytest.raises(ValueError, match="Invalid property"):
        go.Figure({"data": [{"type": "bar", "no_such_thing": 1}], "layout": {}})


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure.id}: {figure.title}"[:60])
def test_figure_is_plain_json_with_title_words_and_table(figure):
    json.dumps(figure.data, allow_nan=False)
    assert figure.title
    assert figure.words
    assert all(len(row) == len(figure.columns) for row in figure.rows)


@pytest.mark.parametrize(
    ("figure", "title"),
    [
        (scores.gauge(41, 65, 56), "41\u00a0% is proven, 24 points are only claimed"),
        (scores.gauge(85, 90, 95), "85\u00a0% is proven, the goal is reached"),
        (scores.gauge(30, 30, 60), "30\u00a0% is proven, 50 points to the goal"),
        (scores.trend(trend_points((12, 30), (41, 65))), "Proven grew 29 points, claims are 24 ahead"),
        (scores.trend(trend_points((41, 41), (40, 40))), "Proven fell 1 point, and nothing is claimed beyond it"),
        (scores.trend([]), "Nothing is recorded in this range yet"),
        (scores.stages([scores.StagePoint("MFA", 81, 90)]), "MFA is at the target"),
        (counts.findings({"MFA": {"high": 3}, "Proxy": {"low": 1}}), "MFA holds 3 of 4 open findings"),
        (
            counts.coverage({"MFA": {"verified": 2, "contradicted": 1}}),
            "2 of 3 controls rest on evidence, 1 is contradicted",
        ),
    ],
)
def test_title_says_the_conclusion(figure, title):
    assert figure.title == title


def test_change_of_method_is_marked_in_the_trend():
    figure = scores.trend(trend_points((10, 30), (41, 65), versions="12"))
    assert [note["text"] for note in figure.data["layout"]["annotations"]] == ["method changed"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\uff1d1"])
def test_formula_cells_are_defused(cell):
    assert safe_cell(cell) == f"'{cell}"


def test_negative_numbers_stay_numbers():
    assert safe_cell(-3) == -3


def test_csv_reads_back_as_the_table():
    figure = FIGURES[0]
    read = list(csv.reader(io.StringIO(csv_of(figure.columns, figure.rows))))
    assert read == [list(figure.columns), *([str(cell) for cell in row] for row in figure.rows)]
