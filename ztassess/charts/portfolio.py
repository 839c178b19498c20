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
class Compared:
    """The median of the clients that have a score in two weeks by one catalog and method, in percent.

    Attributes:
        first, last: the Mondays of the two weeks.
        clients: how many they are.
    """

    first: date
    last: date
    before: float
    now: float
    clients: int


@dataclass(frozen=True, slots=True)
class Duration:
    """One client's way to 80 %.

    Attributes:
        days: from the first recorded score to the day 80 % was reached, or to today where it was not.
        reached: False while it runs.
        proven: whole percent today.
        remade_by: what else than proof put it at 80 % or more; empty where nothing did.
    """

    name: str
    days: int
    reached: bool
    proven: int
    remade_by: str = ""


def distribution(proven: Sequence[int], remade: int = 0) -> Figure:
    """How many clients stand in each tenth of proven.

    Parameters:
        proven: whole percents, one a client.
        remade: how many stand at the goal without having been proven up to it.
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
    subtitle = "Clients by percent of the 80/20 that is proven"
    if remade:
        words += f" Of those at the 80/20, {remade} by other weights or another catalog alone."
        subtitle += f"; at the 80/20 by other weights or another catalog alone: {remade}"
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
    return Figure("distribution", title, subtitle, words, data, ("Proven %", "Clients"), rows, keys)


def _count_axis(most: int) -> dict[str, Any]:
    # Half a client does not exist: short axes count in ones.
    few = 8
    return {"dtick": 1} if most <= few else {"nticks": 6}


def book_trend(weeks: Sequence[BookWeek], compared: Compared | None) -> Figure:
    """Median and quartiles of all clients over the weeks; a client counts from its first score on.

    Parameters:
        weeks: oldest first; may be empty.
        compared: what the conclusion rests on, since other clients stand at the line's end than at its start.
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
    title, words = _trend_words(weeks, compared)
    subtitle = "80/20 proven, all clients by week"
    if compared is not None:
        subtitle += f"; the conclusion is the median of {_clients(compared.clients)} compared in both weeks"
    return Figure("book", title, subtitle, words, data, columns, rows, keys)


def _trend_words(weeks: Sequence[BookWeek], compared: Compared | None) -> tuple[str, str]:
    if not weeks:
        return "No week is recorded yet", "No score of any client is recorded yet."
    newest = weeks[-1]
    half = f"Half of the clients are between {newest.low:.0f} % and {newest.high:.0f} % now."
    if compared is None:
        title = f"The median client is at {newest.median:.0f}{NBSP}%"
        return title, f"{title}. Too few clients have an earlier week by the same catalog and method to compare. {half}"
    grown = round(compared.now) - round(compared.before)
    if grown == 0:
        title = f"The median client stands still at {compared.now:.0f}{NBSP}%"
    else:
        points = "point" if abs(grown) == 1 else "points"
        title = f"The median client {'gained' if grown > 0 else 'lost'} {abs(grown)} {points}"
    first, last = compared.first, compared.last
    words = (
        f"From the week of {first:%b} {first.day} to that of {last:%b} {last.day}, the median of "
        f"{_clients(compared.clients)} compared in both, each by one catalog and method, went from "
        f"{compared.before:.0f} % to {compared.now:.0f} % proven. {half}"
    )
    return title, words


def _clients(count: int) -> str:
    return "1 client" if count == 1 else f"{count} clients"


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
    rows = tuple((each.name, each.days, _way(each), each.proven) for each in ordered)
    keys = (key("proven", "Reached 80 %"), key("hatched", "Still on the way, days so far"))
    title, words = _goal_words(ordered)
    subtitle = "Days from the first recorded score to 80 % proven"
    if len(ordered) > DRAWN:
        subtitle += f"; {DRAWN} of {len(ordered)} are drawn, the table holds all"
    columns = ("Client", "Days", "80 %", "Proven % today")
    return Figure("time-to-goal", title, subtitle, words, data, columns, rows, keys)


def _way(each: Duration) -> str:
    return "reached" if each.reached else f"by {each.remade_by}" if each.remade_by else "running"


def _goal_words(ordered: Sequence[Duration]) -> tuple[str, str]:
    reached = sorted(each.days for each in ordered if each.reached)
    running = [each for each in ordered if not each.reached]
    if not ordered:
        return "No client is judged yet", "No score of any client is recorded yet."
    if not reached:
        remade = sum(1 for each in running if each.remade_by)
        title = "No client was proven up to 80 % yet" if remade else "No client has reached 80 % yet"
        words = f"{title}; {len(running)} are on their way, for {max(each.days for each in running)} days at most."
        return title, f"{words} By other weights or another catalog alone: {remade}." if remade else words
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
