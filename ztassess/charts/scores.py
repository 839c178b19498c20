"""Owns the figures of scores as they are today: gauge, stages against the target. Over time: `trend`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ztassess.charts.figure import Figure, key

GOAL = 80
NBSP = "\N{NO-BREAK SPACE}"


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


def stages(points: Sequence[StagePoint], links: Mapping[str, str] | None = None) -> Figure:
    """Each stage and track against its target of 80 %, before the gate.

    Parameters:
        points: in the order of the path.
        links: stage title -> the list of its controls.
    """
    urls = links or {}
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
                urls,
            ),
            _bars(titles, proven, "Proven", {"color": "var(--proven)"}, urls),
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
    places = tuple((urls.get(point.title, ""),) for point in points) if urls else ()
    subtitle = "Proven and claimed in percent, before the gate"
    return Figure("stages", title, subtitle, words, data, columns, rows, keys, links=places)


def _bars(
    y: list[str], x: Sequence[int | None], name: str, marker: dict[str, Any], urls: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(x),
        "y": y,
        "name": name,
        "marker": marker,
        "customdata": [urls.get(title, "") for title in y],
        "hovertemplate": f"%{{x}} % {name.lower()}<extra></extra>",
    }


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
