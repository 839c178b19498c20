"""Every figure is valid for Plotly, says its conclusion, and its table holds the numbers that are drawn."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import plotly.graph_objects as go
import pytest

from ztassess.charts import counts, radius, scores, trend, weeks
from ztassess.charts.figure import csv_of, safe_cell

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def trend_points(*pairs: tuple[float, float], versions: str = "") -> list[trend.TrendPoint]:
    return [
        trend.TrendPoint(DAY + timedelta(days=number), proven, claimed, versions[number] if versions else "1")
        for number, (proven, claimed) in enumerate(pairs)
    ]


def week(number: int, version: str = "1", **states: str) -> weeks.Week:
    return weeks.Week(date(2026, 11, 2) + timedelta(weeks=number), states, version)


REGRESSION = trend.Event(
    date(2026, 11, 2), trend.EventKind.REGRESSION, "regressed: <b>MFA</b>", "Regression in Okta: MFA"
)
WEEKS = [
    week(0, a="verified", b="unanswered", c="stale", d="not_applicable"),
    week(1, a="verified", b="claimed", c="contradicted", d="not_applicable"),
    week(2, a="stale", b="claimed", c="cannot_check", d="not_applicable"),
]
ROWS = [weeks.Row(each, f"Control {each}", f"/c/{each}/") for each in "abcd"]
MOMENTS = [
    radius.MomentPoint(title, low, low + 5, low + 9) for title, low in (("Before", 90), ("Now", 70), ("Then", 30))
]
FIGURES = [
    trend.trend(trend_points((10, 30), (41, 65)), [REGRESSION], {date(2026, 11, 1): 2, date(2026, 11, 5): 1}),
    weeks.freshness(WEEKS, ROWS),
    weeks.freshness([], ROWS),
    weeks.coverage_trend(WEEKS, "abc"),
    weeks.coverage_trend([], "abc"),
    counts.ages({"Under 7 days": {"high": 2}, "Over 90 days": {}}, {("Under 7 days", "high"): "/list/?severity=high"}),
    radius.moments(MOMENTS),
    radius.moments((), "List an entry point."),
    scores.gauge(41, 65, 56),
    scores.gauge(0, 0, 100),
    trend.trend([]),
    trend.trend(trend_points((10, 30))),
    trend.trend(trend_points((10, 30), (41, 65), (40, 65), versions="112")),
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
        (trend.trend(trend_points((12, 30), (41, 65))), "Proven grew 29 points in 1 day, claims are 24 ahead"),
        (
            trend.trend(trend_points((41, 41), (40, 40))),
            "Proven fell 1 point in 1 day, and nothing is claimed beyond it",
        ),
        (trend.trend([]), "Nothing is recorded in this range yet"),
        (scores.stages([scores.StagePoint("MFA", 81, 90)]), "MFA is at the target"),
        (
            trend.trend(trend_points((10, 30), (50, 60), (52, 60), versions="122")),
            "Proven grew 2 points since the method changed on Nov 2, claims are 8 ahead",
        ),
        (weeks.freshness(WEEKS, ROWS), "1 control has gone stale, 1 cannot be checked"),
        (weeks.freshness([], ROWS), "No evidence is recorded in this range yet"),
        (weeks.freshness(WEEKS[:2], ROWS), "No control has gone stale, 1 is contradicted"),
        (weeks.freshness([week(0, a="verified")], ROWS), "Evidence of 1 control is fresh, none has gone stale"),
        (weeks.coverage_trend(WEEKS, "abc"), "Controls on evidence went from 1 to 0 in 2 weeks"),
        (
            weeks.coverage_trend([*WEEKS[:1], week(1, "2", a="verified")], "abc"),
            "1 control rests on evidence this week",
        ),
        (counts.ages({"Young": {"high": 2}, "Old": {"low": 1}, "Older": {}}), "1 of 3 open findings is known for old"),
        (radius.moments(MOMENTS), "The plan cuts the blast radius from 75\u00a0% to 35\u00a0%"),
        (
            radius.moments([MOMENTS[0], MOMENTS[1], MOMENTS[1]]),
            "What is proven cut the blast radius from 95\u00a0% to 75\u00a0%; the plan cuts no more",
        ),
        (
            radius.moments([MOMENTS[1]] * 3),
            "The blast radius stands at 75\u00a0%, and the two-week plan does not cut it",
        ),
        (counts.findings({"MFA": {"high": 3}, "Proxy": {"high": 3}}, total=3), "MFA holds 3 of 3 open findings"),
        (counts.findings({"MFA": {"high": 3}, "Proxy": {"low": 1}}), "MFA holds 3 of 4 open findings"),
        (
            counts.coverage({"MFA": {"verified": 2, "contradicted": 1}}),
            "2 of 3 controls rest on evidence, 1 is contradicted",
        ),
    ],
)
def test_title_says_the_conclusion(figure, title):
    assert figure.title == title


def test_change_of_method_breaks_the_line_and_is_no_progress():
    figure = trend.trend(trend_points((10, 30), (11, 30), (90, 95), (90, 95), versions="1122"))
    lines = [line for line in figure.data["data"] if line.get("name") == "Proven"]
    assert [line["y"] for line in lines] == [[10, 11], [90, 90]]
    assert figure.title.startswith("Proven stands still since the method changed")
    assert "not compared" in figure.words


def test_events_stand_in_the_table_and_as_far_as_there_is_room_in_the_drawing():
    many = [
        trend.Event(date(2026, 11, 1), trend.EventKind.CONNECTED, f"System {n} scanned", f"First scan of {n}")
        for n in range(9)
    ]
    figure = trend.trend(trend_points((10, 30), (41, 65), (41, 65)), [*many, REGRESSION], {date(2026, 11, 2): 3})
    labels = [note["text"] for note in figure.data["layout"]["annotations"]]
    assert "regressed: bMFA/b" in labels
    assert len(labels) < 10
    assert figure.rows[1] == ("2026-11-02", 41, 65, "1", 3, "Regression in Okta: MFA")
    assert all(f"First scan of {n}" in str(figure.rows[2][-1]) for n in range(9))
    assert "One regression" in figure.words


def test_freshness_shows_the_worst_first_and_leaves_out_who_never_had_evidence():
    figure = weeks.freshness(WEEKS, ROWS)
    assert figure.rows == (
        ("Control c", "Stale", "Contradicted", "Cannot check"),
        ("Control a", "Fresh", "Fresh", "Stale"),
    )
    assert figure.links[0][0] == "/c/c/"
    assert figure.data["data"][0]["z"] == [[2, 4, 3], [1, 1, 2]]
    assert "2 controls had no evidence" in figure.subtitle


def test_parts_that_count_something_lead_to_it_and_empty_ones_nowhere():
    links = {("MFA", ""): "/all", ("MFA", "high"): "/high", ("MFA", "low"): "/low", ("Proxy", ""): "/proxy"}
    figure = counts.findings({"MFA": {"high": 2}, "Proxy": {}}, links)
    assert figure.linked_rows[0][:3] == [("MFA", "/all"), (0, ""), (2, "/high")]
    assert figure.leads
    assert not any(url for _, url in figure.linked_rows[1])
    assert next(bar for bar in figure.data["data"] if bar.get("name") == "High")["customdata"] == ["/high", ""]


def test_change_of_method_is_marked_in_the_trend():
    figure = trend.trend(trend_points((10, 30), (41, 65), versions="12"))
    assert [note["text"] for note in figure.data["layout"]["annotations"]] == ["method changed"]


def test_change_of_method_names_the_weights_that_made_it():
    versions = ("c1, method 1", "c1, method 1+wab", "c2, method 1+wcd", "c2, method 1", "c2, method 1+wxy")
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    points = [trend.TrendPoint(start + timedelta(days=day), 40, 50, version) for day, version in enumerate(versions)]
    applied = [
        trend.Weighting("playbook Banks, version 2", start + timedelta(hours=9), start + timedelta(hours=30)),
        trend.Weighting("playbook Banks, version 3", start + timedelta(hours=30), start + timedelta(hours=60)),
    ]
    said = [row[-1] for row in sorted(trend.trend(points, weightings=applied).rows)]
    assert said[1] == "Weights of playbook Banks, version 2; the line starts anew"
    assert said[2].startswith("Weights of playbook Banks, version 3. Catalog or method changed from c1")
    assert said[3].startswith("Weights of playbook Banks, version 3 were taken off, so the catalog's count again")
    assert said[4].startswith("Catalog or method changed"), "nobody is known to have applied them"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\uff1d1"])
def test_formula_cells_are_defused(cell):
    assert safe_cell(cell) == f"'{cell}"


def test_negative_numbers_stay_numbers():
    assert safe_cell(-3) == -3


def test_csv_reads_back_as_the_table():
    figure = scores.gauge(41, 65, 56)
    read = list(csv.reader(io.StringIO(csv_of(figure.columns, figure.rows))))
    assert read == [list(figure.columns), *([str(cell) for cell in row] for row in figure.rows)]
