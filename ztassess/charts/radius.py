"""Owns the figures of the blast radius: at three moments, what each stage would cut, what each entry exposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ztassess.charts.figure import Figure, key

NBSP = "\N{NO-BREAK SPACE}"
BARS = 15
LABEL = 24
RADIUS_SHOWN = "Share of sensitive data within reach; the band runs from no further hop to every hop succeeding"
MOMENT_COLUMNS = ("Moment", "Lambda 0, %", "Lambda 0.5, %", "Lambda 1, %")


@dataclass(frozen=True, slots=True)
class CutPoint:
    """The blast radius with some measures in place, all in percent.

    Attributes:
        short: for the axis; title: for the table.
        low, share, high: at lambda 0, 0.5 and 1; worst: of the worst entry point at 0.5.
        reached: these measures are what is in place today.
        aside: a comparison, not a step of the path.
    """

    short: str
    title: str
    low: float
    share: float
    high: float
    worst: float
    reached: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """What one entry point exposes, in percent; ``path`` is its worst path in words."""

    title: str
    kind: str
    share: float
    closed: bool
    path: str


@dataclass(frozen=True, slots=True)
class MomentPoint:
    """The blast radius at one moment, in percent: the mean, and the band from no further hop to every hop."""

    title: str
    low: float
    share: float
    high: float


def moments(points: Sequence[MomentPoint], hint: str = "") -> Figure:
    """The blast radius before anything was done, now, and after the plan.

    Parameters:
        points: before, now, planned; empty where nothing can be computed, then ``hint`` says what is missing.
    """
    if not points:
        empty: dict[str, Any] = {"data": [], "layout": {}}
        title = "The blast radius cannot be computed yet"
        return Figure("moments", title, RADIUS_SHOWN, hint, empty, MOMENT_COLUMNS, (), hint=hint)
    before, now, planned = points
    titles = [point.title for point in points]
    bands = {
        "type": "bar",
        "orientation": "h",
        "base": [round(point.low, 1) for point in points],
        "x": [round(point.high - point.low, 1) for point in points],
        "y": titles,
        "width": [0.3] * len(points),
        "marker": {"color": "var(--claimed)", "line": {"color": "var(--claimed-line)", "width": 1}},
        "customdata": [f"{_percent(point.low)} to {_percent(point.high)}" for point in points],
        "hovertemplate": "%{y}: band %{customdata}<extra></extra>",
    }
    dots = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [round(point.share, 1) for point in points],
        "y": titles,
        "text": [_percent(point.share) for point in points],
        "textposition": "top center",
        "cliponaxis": False,
        "textfont": {"color": "var(--ink)", "size": 13},
        "marker": {"color": "var(--proven)", "size": 13},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    layout = {
        "height": 60 + 52 * len(points),
        "hovermode": "closest",
        "margin": {"l": 110, "t": 16, "r": 24},
        "xaxis": {
            "range": [-2, 104],
            "showgrid": True,
            "gridcolor": "var(--line)",
            "tickvals": [0, 25, 50, 75, 100],
            "ticktext": [f"{value}{NBSP}%" for value in (0, 25, 50, 75, 100)],
        },
        "yaxis": {"autorange": "reversed", "rangemode": "normal", "showgrid": False},
        "meta": {"narrow": {"xaxis": {"tickvals": [0, 50, 100], "ticktext": [f"{at}{NBSP}%" for at in (0, 50, 100)]}}},
    }
    words = "; ".join(f"{p.title} {p.share:.1f} % (from {p.low:.1f} to {p.high:.1f} %)" for p in points) + "."
    rows = tuple((p.title, round(p.low, 1), round(p.share, 1), round(p.high, 1)) for p in points)
    keys = (key("proven", "Within reach"), key("claimed", "From no further hop to every hop"))
    data = {"data": [bands, dots], "layout": layout}
    title = _moments_title(before.share, now.share, planned.share)
    return Figure("moments", title, RADIUS_SHOWN, words, data, MOMENT_COLUMNS, rows, keys)


def _moments_title(before: float, now: float, planned: float) -> str:
    if round(planned, 1) < round(now, 1):
        return f"The plan cuts the blast radius from {_percent(now)} to {_percent(planned)}"
    if round(now, 1) < round(before, 1):
        return f"What is proven cut the blast radius from {_percent(before)} to {_percent(now)}; the plan cuts no more"
    return f"The blast radius stands at {_percent(now)}, and the two-week plan does not cut it"


def cuts(points: Sequence[CutPoint]) -> Figure:
    """What each stage would cut, one after the other, and beside it the mesh without least privilege."""
    path = [point for point in points if not point.aside]
    aside = [point for point in points if point.aside]
    first, last = path[0], path[-1]
    title = f"The path cuts the blast radius from {_percent(first.share)} to {_percent(last.share)}"
    if aside and aside[0].share > last.share:
        title += f"; a mesh over shared rights stops at {_percent(aside[0].share)}"
    data = {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [round(point.share, 1) for point in points],
                "y": [point.short for point in points],
                "marker": {"color": ["var(--claimed)" if point.aside else "var(--proven)" for point in points]},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [round(point.high - point.share, 1) for point in points],
                    "arrayminus": [round(point.share - point.low, 1) for point in points],
                    "color": "var(--ink)",
                    "thickness": 1.25,
                    "width": 4,
                },
                "hovertemplate": "%{x} % within reach<extra></extra>",
            }
        ],
        "layout": {
            "height": 60 + 34 * len(points),
            "bargap": 0.45,
            "hovermode": "y unified",
            "margin": {"l": 110},
            "xaxis": {"range": [0, 104], "ticksuffix": NBSP + "%", "showgrid": False, "tickvals": [0, 25, 50, 75, 100]},
            "yaxis": {"autorange": "reversed", "rangemode": "normal", "showgrid": False},
        },
    }
    words = "; ".join(f"{point.title} {point.share:.1f} %" for point in points) + "."
    rows = tuple(
        (
            f"{point.title} (in place today)" if point.reached else point.title,
            round(point.low, 1),
            round(point.share, 1),
            round(point.high, 1),
            round(point.worst, 1),
        )
        for point in points
    )
    columns = ("With this done too", "Lambda 0, %", "Lambda 0.5, %", "Lambda 1, %", "Worst entry point, %")
    keys = (key("proven", "Within reach"), key("claimed", "Comparison"), key("goal", "From no hop to every hop"))
    subtitle = "Share of sensitive data within reach, mean over all entry points, in percent"
    return Figure("cuts", title, subtitle, words, data, columns, rows, keys)


def entries(points: Sequence[EntryPoint]) -> Figure:
    """What each entry point exposes, worst first; the drawing shows the first ones, the table all."""
    shown = points[:BARS]
    worst = points[0]
    alike = sum(round(point.share, 1) == round(worst.share, 1) for point in points)
    if not worst.share:
        title = "No way in reaches sensitive data"
    elif alike == 1:
        title = f"One way in exposes most, {_percent(worst.share)}: {worst.title}"
    else:
        title = f"{alike} of {len(points)} ways in expose {_percent(worst.share)}, the most"
    labels = _distinct([_cut(point.title) for point in shown])
    data: dict[str, Any] = {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [round(point.share, 1) for point in shown],
                "y": labels,
                "marker": {"color": "var(--proven)"},
                "hovertemplate": "%{x} %<extra></extra>",
            }
        ],
        "layout": {
            "height": 60 + 28 * len(shown),
            "bargap": 0.45,
            "hovermode": "y unified",
            "margin": {"l": 110},
            "xaxis": {"range": [0, 104], "ticksuffix": NBSP + "%", "showgrid": False, "tickvals": [0, 25, 50, 75, 100]},
            "yaxis": {"autorange": "reversed", "rangemode": "normal", "showgrid": False},
        },
    }
    words = "; ".join(f"{point.title} {point.share:.1f} %" for point in shown)
    if len(points) > len(shown):
        words += f"; and {len(points) - len(shown)} more, each at most {points[len(shown)].share:.1f} %"
    rows = tuple(
        (point.title, point.kind, round(point.share, 1), "closed" if point.closed else point.path or "nothing in reach")
        for point in points
    )
    columns = ("Entry point", "Kind", "Within reach, %", "Worst path")
    subtitle = "Share of sensitive data within reach at lambda 0.5, in percent"
    if len(points) > len(shown):
        subtitle += f"; drawn are the worst {len(shown)} of {len(points)}"
    return Figure("entries", title, subtitle, words + ".", data, columns, rows)


def _percent(value: float) -> str:
    return f"{value:.1f}{NBSP}%".replace(f".0{NBSP}", NBSP)


def _cut(text: str) -> str:
    return text if len(text) <= LABEL else text[: LABEL - 1] + "\u2026"


def _distinct(labels: list[str]) -> list[str]:
    """Two bars with one label would be drawn over each other; a number keeps them apart."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return found
