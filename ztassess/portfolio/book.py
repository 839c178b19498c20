"""Owns the numbers of the whole book of clients: what the charts of the portfolio draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ztassess.charts.figure import Figure
from ztassess.charts.portfolio import BookWeek, Duration, book_trend, distribution, time_to_goal
from ztassess.domain.score_history import Weekly, quartiles
from ztassess.portfolio.selectors import Client


def figures(clients: Sequence[Client], today: date) -> list[Figure]:
    """Every figure, over these clients; who was not judged yet is in none."""
    judged = [client for client in clients if client.proven is not None]
    return [
        distribution([client.proven or 0 for client in judged]),
        book_trend(weeks_of([weekly for client in judged if (weekly := client.weekly(today))])),
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
    for place, monday in enumerate(years[0].weeks()):
        values = [value for year in years if (value := year.values[place]) is not None]
        spread = quartiles(values)
        if spread is not None:
            found.append(BookWeek(monday, *spread, clients=len(values)))
    return found


def _duration(client: Client, today: date) -> Duration:
    start = client.started_on or today
    end = client.reached_on or today
    return Duration(client.name, max(0, (end - start).days), client.reached_on is not None, client.proven or 0)
