"""Owns the figures of a sprint: hours proven against the plan, and who works on what from day to day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ztassess.charts.figure import Cell, Figure, key

DAY_MS = 24 * 60 * 60 * 1000
ROW_PX = 26
# On narrow screens a title stands above its bar, so a row is higher.
NARROW_ROW_PX = 42
# State -> color of its bar; the word stands in the table and beside the pointer.
BAR_COLORS = {
    "open": "var(--claimed)",
    "in_progress": "var(--claimed-line)",
    "waiting": "var(--info)",
    "done": "var(--ok)",
    "reopened": "var(--danger)",
}


@dataclass(frozen=True, slots=True)
class SprintDay:
    """One day of a sprint in hours; ``scope`` and ``proven`` are None on days to come."""

    day: date
    scope: int | None
    proven: int | None
    planned: int
    first_plan: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where the pace leads: hours by the last day, and the day on which all is proven (None: not to be said)."""

    last_day: date
    by_end: int
    lands: date | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One task on one run of days; ``state`` is a value of `ztassess.domain.sprints.TaskState`."""

    title: str
    first: date
    last: date
    hours: int
    owner: str
    state: str
    word: str


def burn_up(days: Sequence[SprintDay], today: date, outlook: Outlook | None) -> Figure:
    """Hours whose check has passed, against the plan and all there is to do.

    Parameters:
        days: oldest first; may be empty.
    """
    reached = [day for day in days if day.proven is not None]
    replanned = any(day.planned != day.first_plan for day in days)
    x = [day.day.isoformat() for day in days]
    lines = [
        _line(x, [day.planned for day in days], "planned", "var(--claimed-line)", {"dash": "5px,4px", "width": 1.75}),
        _line(
            [day.day.isoformat() for day in reached],
            [day.scope for day in reached],
            "in the sprint",
            "var(--ink-3)",
            {"width": 1.25, "shape": "hv"},
        ),
        _line(
            [day.day.isoformat() for day in reached],
            [day.proven for day in reached],
            "proven",
            "var(--proven)",
            {"width": 2.5},
        )
        | {"mode": "lines+markers", "marker": {"size": 6, "color": "var(--proven)"}},
    ]
    keys = [key("proven", "Proven hours"), key("plan", "Plan"), key("scope", "All tasks")]
    if replanned:
        first = [day.first_plan for day in days]
        lines.insert(0, _line(x, first, "first plan", "var(--line-control)", {"dash": "1px,3px", "width": 1.5}))
        keys.append(key("first-plan", "First plan"))
    if outlook is not None and reached:
        ends = [reached[-1].day.isoformat(), outlook.last_day.isoformat()]
        if ends[0] < ends[1]:
            fore = [reached[-1].proven, outlook.by_end]
            lines.append(_line(ends, fore, "at this pace", "var(--proven)", {"dash": "1px,5px", "width": 2}))
            keys.append(key("forecast", "At this pace"))
    data = {"data": lines, "layout": _burn_layout(days, today)}
    columns = ("Day", "Proven h", "In the sprint h", "Planned h", "First plan h")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (day.day.isoformat(), day.proven, day.scope, day.planned, day.first_plan) for day in days
    )
    title = _burn_title(reached, today)
    words = _burn_words(reached, outlook)
    return Figure("burnup", title, _burn_sub(reached, outlook), words, data, columns, rows, tuple(keys))


def _line(x: Sequence[str], y: Sequence[int | None], name: str, color: str, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "name": name,
        "line": {"color": color, "shape": "linear"} | line,
        "hovertemplate": f"%{{y}} h {name}<extra></extra>",
    }


def _burn_layout(days: Sequence[SprintDay], today: date) -> dict[str, Any]:
    highest = max((max(day.scope or 0, day.planned, day.first_plan) for day in days), default=0)
    shown = bool(days) and days[0].day <= today <= days[-1].day
    line = {"color": "var(--accent)", "width": 1, "dash": "dot"}
    mark = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": today.isoformat(), "x1": today.isoformat()}
    return {
        "height": 260,
        "xaxis": {"type": "date", "tickformat": "%b %-d", "nticks": 7},
        "yaxis": {"range": [0, max(highest, 4) * 1.06], "ticksuffix": " h"},
        "shapes": [mark | {"line": line}] if shown else [],
    }


def _burn_title(reached: Sequence[SprintDay], today: date) -> str:
    if not reached:
        return "The sprint has not begun"
    now = reached[-1]
    behind = now.planned - (now.proven or 0)
    if now.scope and now.proven == now.scope:
        return f"All {now.scope} hours are proven"
    # What is planned for today may still come.
    plan = f"the plan has {now.planned} by tonight" if now.day == today else f"the plan was {now.planned}"
    tail = plan if behind else "as planned"
    return f"{now.proven} of {now.scope} hours are proven, {tail}"


def _burn_sub(reached: Sequence[SprintDay], outlook: Outlook | None) -> str:
    what = "Hours of tasks whose check has passed"
    if outlook is None or not reached:
        return what
    if outlook.lands is None:
        return f"{what}; at this pace no end is in sight"
    return f"{what}; at this pace everything is by {_dated(outlook.lands, reached[-1].day)}"


def _dated(day: date, today: date) -> str:
    """A day in words, with the year where it is another one."""
    return _named(day) + ("" if day.year == today.year else f", {day.year}")


def _burn_words(reached: Sequence[SprintDay], outlook: Outlook | None) -> str:
    if not reached:
        return "The sprint has not begun; nothing is recorded yet."
    now = reached[-1]
    said = f"On {_named(now.day)}, {now.proven} of {now.scope} hours are proven, and the plan was {now.planned}."
    if outlook is None:
        return f"{said} A forecast shows after two working days."
    if outlook.lands is None:
        return f"{said} At this pace it is {outlook.by_end} h by {_named(outlook.last_day)}, and no end is in sight."
    end = _named(outlook.last_day)
    return f"{said} At this pace it is {outlook.by_end} h by {end}, and everything by {_dated(outlook.lands, now.day)}."


def timeline(bars: Sequence[Bar], today: date) -> Figure:
    """Each task on its days, in the order of the plan.

    Parameters:
        bars: in the order of their first days; may be empty.
    """
    titles = list(dict.fromkeys(bar.title for bar in bars))
    data = {
        "data": [_bar(bar) for bar in bars],
        "layout": {
            "height": 60 + ROW_PX * max(len(titles), 1),
            "barmode": "overlay",
            "bargap": 0.35,
            "hovermode": "closest",
            "margin": {"l": 40},
            "xaxis": {
                "type": "date",
                "tickformat": "%a %b %-d",
                "showgrid": True,
                "gridcolor": "var(--line)",
                "side": "top",
            },
            "yaxis": {
                "autorange": "reversed",
                "rangemode": "normal",
                "showgrid": False,
                "type": "category",
                "categoryarray": titles,
                "tickvals": titles,
                "ticktext": [_short(title) for title in titles],
            },
            "shapes": _today_line(bars, today),
            "meta": {"narrow": _narrow(titles)},
        },
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (bar.title, bar.first.isoformat(), bar.last.isoformat(), bar.hours, bar.owner or "nobody", bar.word)
        for bar in bars
    )
    late = {bar.title for bar in bars if bar.last < today and bar.state != "done"}
    late -= {bar.title for bar in bars if bar.last >= today}
    words = _timeline_words(bars, len(titles), len(late))
    states = {bar.state: bar.word for bar in bars}
    keys = tuple(key(f"task-{state.replace('_', '-')}", states[state]) for state in BAR_COLORS if state in states)
    columns = ("Task", "From", "To", "Hours", "Owner", "State")
    title = (
        f"{len(late)} of {len(titles)} tasks {'is' if len(late) == 1 else 'are'} late" if late else "No task is late"
    )
    return Figure("timeline", title, "Tasks on their days", words, data, columns, rows, keys)


def _narrow(titles: Sequence[str]) -> dict[str, Any]:
    """The layout where there is no room for titles beside the bars."""
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yshift": 13, "showarrow": False}
    place |= {"bgcolor": "var(--surface)", "borderpad": 0}
    return {
        "height": 60 + NARROW_ROW_PX * max(len(titles), 1),
        "bargap": 0.7,
        "margin": {"l": 8},
        "xaxis": {"tickformat": "%b %-d", "tickangle": 0},
        "yaxis": {"showticklabels": False},
        "annotations": [place | {"y": title, "text": _short(title, 40)} for title in titles],
    }


def _bar(bar: Bar) -> dict[str, Any]:
    days = (bar.last - bar.first).days + 1
    owner = bar.owner or "nobody"
    return {
        "type": "bar",
        "orientation": "h",
        "base": [bar.first.isoformat()],
        "x": [days * DAY_MS],
        "y": [bar.title],
        "name": bar.word,
        "marker": {"color": BAR_COLORS.get(bar.state, "var(--claimed)")},
        "hovertemplate": f"{bar.hours} h, {bar.word.lower()}, {_plain(owner)}<extra></extra>",
    }


def _plain(name: str) -> str:
    """A name without the marks that Plotly reads as markup or as a template."""
    return "".join(mark for mark in name if mark not in "<>&%{}")


def _short(title: str, limit: int = 34) -> str:
    return title if len(title) <= limit else title[: limit - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _today_line(bars: Sequence[Bar], today: date) -> list[dict[str, Any]]:
    if not bars or not min(bar.first for bar in bars) <= today <= max(bar.last for bar in bars) + timedelta(days=1):
        return []
    line = {"color": "var(--accent)", "width": 1.5}
    at = today.isoformat()
    return [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": at, "x1": at, "line": line}]


def _timeline_words(bars: Sequence[Bar], tasks: int, late: int) -> str:
    if not bars:
        return "The sprint holds no task."
    first, last = min(bar.first for bar in bars), max(bar.last for bar in bars)
    words = "1 is late" if late == 1 else f"{late} are late" if late else "none is late"
    return f"{tasks} task{'' if tasks == 1 else 's'} from {_named(first)} to {_named(last)}; {words}."


def _named(day: date) -> str:
    return f"{day:%B} {day.day}"
