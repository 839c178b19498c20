"""Owns the numbers of the whole book of clients: what the charts of the portfolio draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median

from ztassess.charts.figure import Figure
from ztassess.charts.portfolio import BookWeek, Compared, Duration, book_trend, distribution, time_to_goal
from ztassess.domain.score_history import WEEKS, Weekly, monday, quartiles
from ztassess.portfolio.selectors import Client


def figures(clients: Sequence[Client], today: date) -> list[Figure]:
    """Every figure, over these clients; who was not judged yet is in none."""
    judged = [client for client in clients if client.proven is not None]
    remade = sum(1 for client in judged if client.remade_on is not None)
    years = [(weekly, client.compared_from) for client in judged if (weekly := client.weekly(today))]
    return [
        distribution([client.proven or 0 for client in judged], remade),
        book_trend(weeks_of([weekly for weekly, _ in years]), compared_over(years)),
        time_to_goal([_duration(client, today) for client in judged]),
    ]


def weeks_of(years: Sequence[Weekly]) -> list[BookWeek]:
    """Quartiles by week, from the first week in which anybody had a score.

    Parameters:
        years: all of them end in the same week.
    """
    found = []
    if not years:
        return []
    for place, week in enumerate(years[0].weeks()):
        values = [value for year in years if (value := year.values[place]) is not None]
        spread = quartiles(values)
        if spread is not None:
            found.append(BookWeek(week, *spread, clients=len(values)))
    return found


def compared_over(years: Sequence[tuple[Weekly, date | None]]) -> Compared | None:
    """The longest time over which at least half of the clients can be compared; None where there is none.

    A client is compared where it has a score in both weeks, and one catalog and method made them.

    Parameters:
        years: with the first day of the catalog and method of the newest score; all end in the same week.
    """
    if not years:
        return None
    until, weeks = years[0][0].until, years[0][0].weeks()
    # With the first place of each client that its newest score can be compared with.
    alike = [(year.values, WEEKS - 1 - (until - monday(since)).days // 7) for year, since in years if since is not None]
    enough = (len(years) + 1) // 2
    counts = [sum(1 for year, _ in years if year.values[place] is not None) for place in range(WEEKS)]
    last = next((place for place in reversed(range(WEEKS)) if counts[place] >= enough), 0)
    for first in range(last):
        pairs = [
            (before, now)
            for values, begin in alike
            if begin <= first and (before := values[first]) is not None and (now := values[last]) is not None
        ]
        if len(pairs) >= enough:
            earlier, later = zip(*pairs, strict=True)
            return Compared(weeks[first], weeks[last], median(earlier), median(later), len(pairs))
    return None


def _duration(client: Client, today: date) -> Duration:
    start = client.started_on or today
    end = client.reached_on or today
    days, reached = max(0, (end - start).days), client.reached_on is not None
    return Duration(client.name, days, reached, client.proven or 0, client.remade_by)
