"""Owns the figures of scores: gauge, trend, stages against the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from ztassess.charts.figure import Figure, key

GOAL = 80
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The 80/20 at one moment, in percent (0 to 100), with the versions that computed it."""

    at: datetime
    proven: float
    claimed: float
    version: str


@dataclass(frozen=True, slots=True)
class StagePoint:
    """One stage, in percent before the gate; None where it does not apply."""

    title: str
    proven: int | None
    claimed: int | None


def gauge(proven: int, claimed: int, ceiling: int) -> Figure:
    """The 80/20 with both numbers, what it could be, and the goal.

    Parameters:
        proven, claimed, ceiling: whole percent.
    """
    if proven >= GOAL:
        title = f"{proven}{NBSP}% is proven, the goal is reached"
    elif claimed > proven:
        title = f"{proven}{NBSP}% is proven, {claimed - proven} points are only claimed"
    else:
        title = f"{proven}{NBSP}% is proven, {GOAL - proven} points to the goal"
    words = f"80/20: {proven} % proven, {claimed} % claimed, could be up to {ceiling} %, goal {GOAL} %."
    data = {
        "data": [
            {
                "type": "indicator",
                "mode": "gauge+number",
                "value": proven,
                "number": {"suffix": NBSP + "%", "font": {"size": 40, "color": "var(--ink)"}},
                "gauge": {
                    "shape": "angular",
                    "axis": {"range": [0, 100], "tickvals": [0, GOAL, 100], "tickcolor": "var(--line-control)"},
                    "bar": {"color": "var(--proven)", "thickness": 0.62},
                    "bgcolor": "var(--track)",
                    "borderwidth": 0,
                    "steps": [{"range": [0, claimed], "color": "var(--claimed)"}],
                    "threshold": {"line": {"color": "var(--ink)", "width": 2}, "thickness": 0.9, "value": GOAL},
                },
            }
        ],
        "layout": {"height": 220, "margin": {"l": 40, "r": 44, "t": 28, "b": 8}},
    }
    rows = (("Proven", proven), ("Claimed", claimed), ("Could be", ceiling), ("Goal", GOAL))
    keys = (key("proven", f"Proven {proven} %"), key("claimed", f"Claimed {claimed} %"), key("goal", f"Goal {GOAL} %"))
    return Figure("gauge", title, "80/20 today, in percent", words, data, ("80/20", "Percent"), rows, keys)


def trend(points: Sequence[TrendPoint]) -> Figure:
    """Proven and claimed over time, with the goal; a change of catalog or method is marked, never shown as progress.

    Parameters:
        points: oldest first; may be empty.
    """
    days = [point.at.date().isoformat() for point in points]
    proven = [round(point.proven, 1) for point in points]
    claimed = [round(point.claimed, 1) for point in points]
    data = {
        "data": [
            _line(days, claimed, "Claimed", "var(--claimed-line)", {"dash": "5px,4px", "width": 1.75}),
            _line(days, proven, "Proven", "var(--proven)", {"width": 2.25})
            | {"fill": "tonexty", "fillcolor": "var(--claimed) / 0.38"},
            _end_dot(days, proven),
        ],
        "layout": {
            "height": 280,
            "yaxis": {"range": [0, 100], "ticksuffix": NBSP + "%"},
            "xaxis": {"type": "date", "tickformat": "%b %-d"},
            "shapes": [_goal_line(), *_version_lines(points)],
            "annotations": _version_words(points),
        },
    }
    rows = tuple(
        (day, value, said, point.version) for day, value, said, point in zip(days, proven, claimed, points, strict=True)
    )
    return Figure(
        "trend",
        _trend_title(points),
        "80/20 in percent",
        _trend_words(points),
        data,
        ("Day", "Proven %", "Claimed %", "Catalog and method"),
        rows,
        (key("proven", "Proven"), key("claimed", "Claimed"), key("goal", "Goal")),
    )


def _line(x: list[str], y: list[float], name: str, color: str, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": {"color": color, "shape": "hv"} | line,
        "hovertemplate": f"%{{y:.0f}} % {name.lower()}<extra></extra>",
    }


def _end_dot(x: list[str], y: list[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x[-1:],
        "y": y[-1:],
        "marker": {"color": "var(--proven)", "size": 8},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _goal_line() -> dict[str, Any]:
    line = {"color": "var(--ink)", "width": 1.5}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": GOAL, "y1": GOAL, "line": line}


def _version_changes(points: Sequence[TrendPoint]) -> list[TrendPoint]:
    return [point for before, point in pairwise(points) if point.version != before.version]


def _version_lines(points: Sequence[TrendPoint]) -> list[dict[str, Any]]:
    line = {"color": "var(--ink-3)", "width": 1, "dash": "dot"}
    return [
        {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": day, "x1": day, "line": line, "name": "optional"}
        for day in (point.at.date().isoformat() for point in _version_changes(points))
    ]


def _version_words(points: Sequence[TrendPoint]) -> list[dict[str, Any]]:
    return [
        {
            "x": point.at.date().isoformat(),
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "text": "method changed",
            "showarrow": False,
            "name": "optional",
        }
        for point in _version_changes(points)
    ]


def _trend_title(points: Sequence[TrendPoint]) -> str:
    if not points:
        return "Nothing is recorded in this range yet"
    first, last = points[0], points[-1]
    grown = round(last.proven) - round(first.proven)
    ahead = round(last.claimed) - round(last.proven)
    if grown == 0:
        moved = "Proven stands still"
    else:
        moved = f"Proven {'grew' if grown > 0 else 'fell'} {abs(grown)} point{'' if abs(grown) == 1 else 's'}"
    if ahead > 0:
        return f"{moved}, claims are {ahead} ahead"
    return f"{moved}, and nothing is claimed beyond it"


def _trend_words(points: Sequence[TrendPoint]) -> str:
    if not points:
        return "No score was recorded in this range."
    first, last = points[0], points[-1]
    return (
        f"From {first.at:%b %-d} to {last.at:%b %-d}, proven went from {first.proven:.0f} % to {last.proven:.0f} %, "
        f"claimed from {first.claimed:.0f} % to {last.claimed:.0f} %."
    )


def stages(points: Sequence[StagePoint]) -> Figure:
    """Each stage and track against its target of 80 %, before the gate.

    Parameters:
        points: in the order of the path.
    """
    shown = [point for point in points if point.proven is not None and point.claimed is not None]
    titles = [point.title for point in shown]
    claimed = [point.claimed for point in shown]
    proven = [point.proven for point in shown]
    data = {
        "data": [
            _bars(
                titles,
                claimed,
                "Claimed",
                {"color": "var(--claimed)", "line": {"color": "var(--claimed-line)", "width": 1}},
            ),
            _bars(titles, proven, "Proven", {"color": "var(--proven)"}),
        ],
        "layout": {
            "height": 60 + 36 * len(shown),
            "barmode": "overlay",
            "bargap": 0.5,
            "hovermode": "y unified",
            "margin": {"l": 110},
            "xaxis": {"range": [0, 100], "ticksuffix": NBSP + "%", "showgrid": False},
            "yaxis": {"autorange": "reversed", "rangemode": "normal", "showgrid": False},
            "shapes": [
                {
                    "type": "line",
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "x0": GOAL,
                    "x1": GOAL,
                    "line": {"color": "var(--ink)", "width": 1.5},
                }
            ],
        },
    }
    reached = [point.title for point in shown if (point.proven or 0) >= GOAL]
    title = (
        f"{_listed(reached)} {'is' if len(reached) == 1 else 'are'} at the target"
        if reached
        else "No stage is at its target yet"
    )
    words = "; ".join(f"{point.title} {point.proven} % proven, {point.claimed} % claimed" for point in shown) + "."
    rows = tuple((point.title, point.proven, point.claimed, GOAL) for point in points)
    keys = (key("proven", "Proven"), key("claimed", "Claimed"), key("goal", "Target"))
    columns = ("Stage", "Proven %", "Claimed %", "Target %")
    return Figure("stages", title, "Proven and claimed in percent, before the gate", words, data, columns, rows, keys)


def _bars(y: list[str], x: Sequence[int | None], name: str, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(x),
        "y": y,
        "name": name,
        "marker": marker,
        "hovertemplate": f"%{{x}} % {name.lower()}<extra></extra>",
    }


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
