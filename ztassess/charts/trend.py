"""Owns the figure of the 80/20 over time, with what happened beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Any

from ztassess.charts.figure import Cell, Figure, key
from ztassess.charts.scores import GOAL, NBSP
from ztassess.domain.scoring import unweighted, weighting_of

# A label of the drawing, in shares of its width: what one letter takes, and the rows that labels may stand in.
LETTER = 0.0105
LABEL_ROWS = 3
LABEL_LETTERS = 30
LONG_RANGE = 200
RUG = 2


class EventKind(StrEnum):
    """What happened on a day, what explains most of a line first."""

    METHOD = "method"
    REGRESSION = "regression"
    FACTS = "facts"
    CONNECTED = "connected"


EVENT_LINES: dict[EventKind, dict[str, Any]] = {
    EventKind.METHOD: {"color": "var(--ink-3)", "width": 1, "dash": "dot"},
    EventKind.REGRESSION: {"color": "var(--danger)", "width": 1},
    EventKind.FACTS: {"color": "var(--info)", "width": 1, "dash": "dot"},
    EventKind.CONNECTED: {"color": "var(--line-control)", "width": 1},
}
EVENT_KEYS = {
    EventKind.METHOD: "Method changed",
    EventKind.REGRESSION: "Regression",
    EventKind.FACTS: "Facts answered",
    EventKind.CONNECTED: "First scan",
}


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The score at one moment, in percent (0 to 100), with the versions that computed it."""

    at: datetime
    proven: float
    claimed: float
    version: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that explains the line: ``text`` is short, for the drawing; ``words`` says it whole, for the table."""

    day: date
    kind: EventKind
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class Weighting:
    """Weights that somebody applied for a time: ``name`` completes "Weights of", ``end`` is None while they hold."""

    name: str
    start: datetime
    end: datetime | None


def trend(
    points: Sequence[TrendPoint],
    events: Sequence[Event] = (),
    scans: Mapping[date, int] | None = None,
    subject: str = "80/20",
    weightings: Sequence[Weighting] = (),
) -> Figure:
    """Proven and claimed over time, with the goal. A change of catalog or method breaks the line and is no progress.

    Parameters:
        points: oldest first, one a day; may be empty.
        events: what happened in the range, beside changes of the method, which are seen from the points.
        scans: scans that ended on a day.
        subject: whose score it is.
        weightings: what names a change of the method that came of other weights.
    """
    runs = [list(run) for _, run in groupby(points, key=lambda point: point.version)]
    events = sorted(
        [*events, *_method_changes(runs, weightings)], key=lambda event: (event.day, list(EventKind).index(event.kind))
    )
    lines = [trace for run in runs for trace in _run_lines(run)]
    if points:
        lines.append(_end_dot(points[-1]))
    if scans:
        lines.append(_rug(scans))
    data = {"data": lines, "layout": _layout(points, events)}
    keys = [key("proven", "Proven"), key("claimed", "Claimed"), key("goal", "Goal")]
    present = {event.kind for event in events}
    keys += [key(f"event {kind.value}", EVENT_KEYS[kind]) for kind in EventKind if kind in present]
    if scans:
        keys.append(key("event scan", "Scans"))
    return Figure(
        "trend",
        _title(runs),
        f"{subject} in percent, last record of each day",
        _words(runs, events),
        data,
        ("Day", "Proven %", "Claimed %", "Catalog and method", "Scans", "What happened"),
        tuple(_rows(points, events, scans or {})),
        tuple(keys),
        hint=(
            ""
            if points
            else "Proven and claimed stand here day by day. A score is recorded with every answer and every scan, and "
            "once a day; choose a longer range if there are older ones."
        ),
    )


def _method_changes(runs: Sequence[Sequence[TrendPoint]], weightings: Sequence[Weighting]) -> Iterator[Event]:
    for before, run in pairwise(runs):
        text, words = _change_words(before[-1], run[0], weightings)
        yield Event(run[0].at.date(), EventKind.METHOD, text, f"{words}; the line starts anew")


def _change_words(old: TrendPoint, new: TrendPoint, weightings: Sequence[Weighting]) -> tuple[str, str]:
    """Why the method changed, short and whole: by the name of the weights where they are known."""
    whole = f"Catalog or method changed from {old.version} to {new.version}"
    off = not weighting_of(new.version)
    held = _held(weightings, (old if off else new).at)
    if held is None or weighting_of(old.version) == weighting_of(new.version):
        return "method changed", whole
    more = "" if unweighted(old.version) == unweighted(new.version) else f". {whole}"
    if off:
        return "weights taken off", f"Weights of {held.name} were taken off, so the catalog's count again{more}"
    return f"weights of {held.name}", f"Weights of {held.name}{more}"


def _held(weightings: Sequence[Weighting], at: datetime) -> Weighting | None:
    """The weights that held at a moment."""
    return next((each for each in weightings if each.start <= at and (each.end is None or at < each.end)), None)


def _run_lines(run: Sequence[TrendPoint]) -> Iterator[dict[str, Any]]:
    days = [point.at.date().isoformat() for point in run]
    claimed = _line(days, [point.claimed for point in run], "Claimed", "var(--claimed-line)")
    yield claimed | {"line": claimed["line"] | {"dash": "5px,4px", "width": 1.75}}
    proven = _line(days, [point.proven for point in run], "Proven", "var(--proven)")
    yield proven | {"fill": "tonexty", "fillcolor": "var(--claimed) / 0.38"}


def _line(x: list[str], y: list[float], name: str, color: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(x) > 1 else "markers",
        "x": x,
        "y": [round(value, 1) for value in y],
        "name": name,
        "marker": {"color": color, "size": 6},
        "line": {"color": color, "shape": "hv", "width": 2.25},
        "hovertemplate": f"%{{y:.0f}} % {name.lower()}<extra></extra>",
    }


def _end_dot(point: TrendPoint) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [point.at.date().isoformat()],
        "y": [round(point.proven, 1)],
        "marker": {"color": "var(--proven)", "size": 8},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _rug(scans: Mapping[date, int]) -> dict[str, Any]:
    days = sorted(scans)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [day.isoformat() for day in days],
        "y": [RUG] * len(days),
        "name": "Scans",
        "text": [f"{scans[day]} scan{'' if scans[day] == 1 else 's'}" for day in days],
        "marker": {"symbol": "line-ns", "size": 6, "line": {"color": "var(--ink-3)", "width": 1}},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _layout(points: Sequence[TrendPoint], events: Sequence[Event]) -> dict[str, Any]:
    days = [point.at.date() for point in points] + [event.day for event in events]
    span = (max(days) - min(days)).days if days else 0
    goal = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": GOAL, "y1": GOAL}
    return {
        "height": 300,
        "margin": {"t": 8 + 14 * LABEL_ROWS if events else 8},
        "yaxis": {"range": [0, 100], "ticksuffix": NBSP + "%"},
        "xaxis": {"type": "date", "tickformat": "%b %Y" if span > LONG_RANGE else "%b %-d", "nticks": 8},
        "shapes": [
            goal | {"line": {"color": "var(--ink)", "width": 1.5}},
            *(
                {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": day, "x1": day, "line": EVENT_LINES[kind]}
                for day, kind in sorted({(event.day.isoformat(), event.kind) for event in events})
            ),
        ],
        "annotations": list(_labels(events, min(days), span)) if days else [],
        "meta": {"narrow": {"margin": {"t": 8}}},
    }


def _labels(events: Sequence[Event], first: date, span: int) -> Iterator[dict[str, Any]]:
    """Words above the drawing, as many as have room, the most telling first; the table has them all."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(LABEL_ROWS)]
    for event in sorted(events, key=lambda each: list(EventKind).index(each.kind)):
        text = _cut(event.text)
        at = (event.day - first).days / max(span, 1)
        width = LETTER * (len(text) + 1)
        left = at if at + width <= 1 else at - width
        row = next(
            (row for row in range(LABEL_ROWS) if all(left >= b or left + width <= a for a, b in taken[row])), None
        )
        if row is None:
            continue
        taken[row].append((left, left + width))
        yield {
            "x": event.day.isoformat(),
            "y": 1,
            "yref": "paper",
            "xanchor": "left" if left == at else "right",
            "yanchor": "bottom",
            "yshift": 14 * row,
            "text": text,
            "font": {"size": 11},
            "showarrow": False,
            "name": "optional",
        }


def _cut(text: str) -> str:
    """A text for Plotly, which reads marks as markup; long ones end in dots."""
    plain = "".join(mark for mark in text if mark not in "<>&%{}")
    return plain if len(plain) <= LABEL_LETTERS else plain[: LABEL_LETTERS - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _rows(
    points: Sequence[TrendPoint], events: Sequence[Event], scans: Mapping[date, int]
) -> Iterator[tuple[Cell, ...]]:
    """Newest first, as people look for what was last; days on which only something happened stand between."""
    by_day = {point.at.date(): point for point in points}
    happened: dict[date, list[str]] = defaultdict(list)
    for event in events:
        happened[event.day].append(event.words)
    for day in sorted({*by_day, *happened, *scans}, reverse=True):
        point = by_day.get(day)
        numbers = (round(point.proven, 1), round(point.claimed, 1), point.version) if point else (None, None, None)
        yield (day.isoformat(), *numbers, scans.get(day, 0), "; ".join(happened.get(day, ())) or "nothing")


def _title(runs: Sequence[Sequence[TrendPoint]]) -> str:
    if not runs:
        return "Nothing is recorded in this range yet"
    first, last = runs[-1][0], runs[-1][-1]
    grown = round(last.proven) - round(first.proven)
    ahead = round(last.claimed) - round(last.proven)
    since = "" if len(runs) == 1 else f" since the method changed on {first.at:%b} {first.at.day}"
    if grown == 0:
        moved = f"Proven stands still{since}"
    else:
        points = f"{abs(grown)} point{'' if abs(grown) == 1 else 's'}"
        moved = f"Proven {'grew' if grown > 0 else 'fell'} {points}{since or _in_time(last.at - first.at)}"
    if ahead > 0:
        return f"{moved}, claims are {ahead} ahead"
    return f"{moved}, and nothing is claimed beyond it"


def _in_time(span: timedelta) -> str:
    days = span.days
    if days < 2 * 7:
        return "" if days < 1 else f" in {days} day{'' if days == 1 else 's'}"
    return f" in {round(days / 7)} weeks"


def _words(runs: Sequence[Sequence[TrendPoint]], events: Sequence[Event]) -> str:
    if not runs:
        return "No score was recorded in this range."
    first, last = runs[-1][0], runs[-1][-1]
    words = (
        f"From {first.at:%b %-d} to {last.at:%b %-d}, proven went from {first.proven:.0f} % to {last.proven:.0f} %, "
        f"claimed from {first.claimed:.0f} % to {last.claimed:.0f} %."
    )
    if len(runs) > 1:
        words += " What was recorded before was computed with another catalog or method and is not compared."
    bad = [event for event in events if event.kind is EventKind.REGRESSION]
    if bad:
        times = "One regression" if len(bad) == 1 else f"{len(bad)} regressions"
        words += f" {times} in this time, the last on {bad[-1].day:%b %-d}: {bad[-1].words}."
    return words
