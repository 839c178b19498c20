"""Owns the figures of a whole book of clients: how proof is spread, its trend, how long clients take to the 80/20."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ztassess.charts.figure import Figure, key

GOAL = 80
BIN = 10
BINS = 100 // BIN
DRAWN = 40
"""Bars that a drawing holds; the table holds every client."""
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class BookWeek:
    """One week of all clients that had a score: quartiles of proven, in percent."""

    monday: date
    low: float
    median: float
    high: float
    clients: int


@dataclass(frozen=True, slots=True)
class Duration:
    """One client's way to 80 %.

    Attributes:
        days: from the first recorded score to the day 80 % was reached, or to today where it was not.
        reached: False while it runs.
        proven: whole percent today.
    """

    name: str
    days: int
    reached: bool
    proven: int


def distribution(proven: Sequence[int]) -> Figure:
    """How many clients stand in each tenth of proven.

    Parameters:
        proven: whole percents, one a client.
    """
    counts = [0] * BINS
    for value in proven:
        counts[min(BINS - 1, value // BIN)] += 1
    names = [f"{BIN * place} to {BIN * place + (BIN if place == BINS - 1 else BIN - 1)}" for place in range(BINS)]
    reached = sum(1 for value in proven if value >= GOAL)
    total = len(proven)
    title = f"{reached} of {total} clients are at the 80/20" if total else "No client is judged yet"
    fullest = max(range(BINS), key=lambda place: counts[place]) if total else 0
    words = f"{title}. Most clients, {counts[fullest]}, are proven {names[fullest]} %." if total else f"{title}."
    colors = ["var(--proven)" if BIN * place >= GOAL else "var(--claimed-line)" for place in range(BINS)]
    data = {
        "data": [
            {
                "type": "bar",
                "x": [name.replace(" to ", "\N{EN DASH}") for name in names],
                "y": counts,
                "marker": {"color": colors},
                "hovertemplate": "%{y} clients<extra></extra>",
            }
        ],
        "layout": {
            "height": 260,
            "bargap": 0.12,
            "xaxis": {"type": "category", "tickangle": 0, "title": {"text": "Proven, percent"}},
            "yaxis": _count_axis(max(counts)),
            "meta": {"narrow": {"xaxis": {"tickangle": -60, "type": "category"}}},
        },
    }
    rows = tuple(zip(names, counts, strict=True))
    keys = (key("claimed", "Below 80 %"), key("proven", "At the 80/20"))
    subtitle = "Clients by percent of the 80/20 that is proven"
    return Figure("distribution", title, subtitle, words, data, ("Proven %", "Clients"), rows, keys)


def _count_axis(most: int) -> dict[str, Any]:
    # Half a client does not exist: short axes count in ones.
    few = 8
    return {"dtick": 1} if most <= few else {"nticks": 6}


def book_trend(weeks: Sequence[BookWeek]) -> Figure:
    """Median and quartiles of all clients over the weeks; a client counts from its first score on.

    Parameters:
        weeks: oldest first; may be empty.
    """
    days = [week.monday.isoformat() for week in weeks]
    band = {"type": "scatter", "mode": "lines", "x": days, "line": {"width": 0}, "hoverinfo": "skip"}
    data = {
        "data": [
            band | {"y": [round(week.low, 1) for week in weeks], "name": "Lower quartile"},
            band
            | {
                "y": [round(week.high, 1) for week in weeks],
                "name": "Upper quartile",
                "fill": "tonexty",
                "fillcolor": "var(--claimed) / 0.6",
            },
            {
                "type": "scatter",
                "mode": "lines+markers" if len(weeks) == 1 else "lines",
                "x": days,
                "y": [round(week.median, 1) for week in weeks],
                "name": "Median",
                "line": {"color": "var(--proven)", "width": 2.25},
                "hovertemplate": "median %{y:.0f} %<extra></extra>",
            },
        ],
        "layout": {
            "height": 260,
            "yaxis": {"range": [0, 100], "ticksuffix": NBSP + "%"},
            "xaxis": {"type": "date", "tickformat": "%b %-d"},
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": GOAL,
                    "y1": GOAL,
                    "line": {"color": "var(--ink)", "width": 1.5},
                }
            ],
        },
    }
    rows = tuple(
        (week.monday.isoformat(), round(week.low, 1), round(week.median, 1), round(week.high, 1), week.clients)
        for week in weeks
    )
    columns = ("Week of", "Lower quartile %", "Median %", "Upper quartile %", "Clients")
    keys = (key("proven", "Median"), key("claimed", "Middle half of clients"), key("goal", "Goal"))
    title, words = _trend_words(weeks)
    return Figure("book", title, "80/20 proven, all clients by week", words, data, columns, rows, keys)


def _trend_words(weeks: Sequence[BookWeek]) -> tuple[str, str]:
    if not weeks:
        return "No week is recorded yet", "No score of any client is recorded yet."
    first, last = weeks[0], weeks[-1]
    grown = round(last.median) - round(first.median)
    if grown == 0:
        title = f"The median client stands still at {last.median:.0f}{NBSP}%"
    else:
        points = "point" if abs(grown) == 1 else "points"
        title = f"The median client {'gained' if grown > 0 else 'lost'} {abs(grown)} {points}"
    words = (
        f"From the week of {first.monday:%b} {first.monday.day} to that of {last.monday:%b} {last.monday.day}, the "
        f"median of {last.clients} clients went from {first.median:.0f} % to {last.median:.0f} % proven. Half of the "
        f"clients are between {last.low:.0f} % and {last.high:.0f} % now."
    )
    return title, words


def time_to_goal(clients: Sequence[Duration]) -> Figure:
    """Days from the first score to 80 %, one bar a client; those still on their way are hatched and end today."""
    ordered = sorted(clients, key=lambda each: (not each.reached, each.days, each.name.casefold()))
    shown = ordered[:DRAWN]
    names = [f"{place}. {_short(each.name)}" for place, each in enumerate(shown, start=1)]
    data = {
        "data": [
            _bars(names, [each.days if each.reached else None for each in shown], "reached", hatched=False),
            _bars(names, [None if each.reached else each.days for each in shown], "so far", hatched=True),
        ],
        "layout": {
            "height": 60 + 24 * max(1, len(shown)),
            "barmode": "overlay",
            "bargap": 0.35,
            "hovermode": "y unified",
            "margin": {"l": 150},
            "xaxis": {"ticksuffix": " d", "rangemode": "tozero"},
            "yaxis": {"autorange": "reversed", "rangemode": "normal", "type": "category", "showgrid": False},
            "meta": {"narrow": {"margin": {"l": 110}}},
        },
    }
    rows = tuple((each.name, each.days, "reached" if each.reached else "running", each.proven) for each in ordered)
    keys = (key("proven", "Reached 80 %"), key("hatched", "Still on the way, days so far"))
    title, words = _goal_words(ordered)
    subtitle = "Days from the first recorded score to 80 % proven"
    if len(ordered) > DRAWN:
        subtitle += f"; {DRAWN} of {len(ordered)} are drawn, the table holds all"
    columns = ("Client", "Days", "80 %", "Proven % today")
    return Figure("time-to-goal", title, subtitle, words, data, columns, rows, keys)


def _goal_words(ordered: Sequence[Duration]) -> tuple[str, str]:
    reached = sorted(each.days for each in ordered if each.reached)
    running = [each for each in ordered if not each.reached]
    if not ordered:
        return "No client is judged yet", "No score of any client is recorded yet."
    if not reached:
        title = "No client has reached 80 % yet"
        return (
            title,
            f"{title}; {len(running)} are on their way, for {max(each.days for each in running)} days at most.",
        )
    middle = reached[len(reached) // 2] if len(reached) % 2 else sum(reached[len(reached) // 2 - 1 :][:2]) / 2
    days = "day" if middle == 1 else "days"
    title = f"Half of those who reached 80 % took up to {middle:g} {days}"
    return title, f"{len(reached)} of {len(ordered)} clients reached 80 %; the median took {middle:g} {days}."


def _short(name: str) -> str:
    """What fits beside a bar, without what would turn the drawing's text around or be read as markup."""
    plain = (
        "".join(sign for sign in name if sign.isprintable())
        .replace("<", "‹")
        .replace(">", "›")
        .replace("&", "\N{FULLWIDTH AMPERSAND}")
    )
    longest = 20
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _bars(names: list[str], days: list[int | None], words: str, *, hatched: bool) -> dict[str, Any]:
    marker: dict[str, Any] = {"color": "var(--proven)"}
    if hatched:
        marker = {
            "color": "var(--claimed)",
            "line": {"color": "var(--claimed-line)", "width": 1},
            "pattern": {"shape": "/", "fgcolor": "var(--claimed-line)", "size": 6, "solidity": 0.25},
        }
    return {
        "type": "bar",
        "orientation": "h",
        "x": days,
        "y": names,
        "name": words,
        "marker": marker,
        "hovertemplate": f"%{{x}} days {words}<extra></extra>",
    }
