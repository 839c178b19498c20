"""Owns what is looked at: filters that live in the address, with one sentence for each value nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from ztassess.scans.selectors import SEVERITIES

DEFAULT_RANGE = "90"
RANGES = {"30": "30 days", "90": "90 days", "365": "Year", "all": "All time"}
_SHOWN = {
    "": "all are shown",
    "30": "the last 30 days are shown",
    "90": "the last 90 days are shown",
    "365": "the last year is shown",
    "all": "all time is shown",
}
OTHER_STAGE = "other"
"""Findings of checks that no control of the catalog names any more."""
AGES = {"new": "Under 7 days", "week": "7 to 30 days", "month": "30 to 90 days", "quarter": "Over 90 days"}
AGE_DAYS = {"week": 7, "month": 30, "quarter": 90}
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Known:
    """Values that a filter may have here, with their words: stages, proof states, connections by id."""

    stages: Mapping[str, str]
    states: Mapping[str, str]
    connections: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; empty means everything.

    Attributes:
        range: a key of `RANGES`; first, last: days, which go before the range where one of them is given.
        age, state, check, text: of the lists only.
        problems: one sentence for each value that was not understood; what is shown instead is in it.
    """

    range: str = DEFAULT_RANGE
    first: date | None = None
    last: date | None = None
    stage: str = ""
    severity: str = ""
    connection: str = ""
    age: str = ""
    state: str = ""
    core: str = ""
    text: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def has_dates(self) -> bool:
        return bool(self.first or self.last)

    def since(self, today: date) -> date | None:
        """The first day looked at; None for all there is."""
        if self.has_dates:
            return self.first
        return None if self.range == "all" else today - timedelta(days=int(self.range))

    def period(self, today: date) -> tuple[datetime | None, datetime | None]:
        """From which moment on and before which moment, in UTC as scores are dated; None: without that end."""
        first = self.since(today)
        start = datetime.combine(first, time(), UTC) if first else None
        end = datetime.combine(self.last + timedelta(days=1), time(), UTC) if self.last else None
        return start, end

    def query(self, **changes: Any) -> str:
        """The filters as the end of an address, with some of them changed; what is as usual is left out."""
        changed = replace(self, **changes)
        pairs = [
            ("range", "" if changed.range == DEFAULT_RANGE else changed.range),
            ("from", changed.first.isoformat() if changed.first else ""),
            ("to", changed.last.isoformat() if changed.last else ""),
            *((name, getattr(changed, name)) for name in ("stage", "severity", "connection", "age", "state", "core")),
            ("q", changed.text),
        ]
        given = [(name, value) for name, value in pairs if value]
        return "?" + urlencode(given) if given else ""


def filters_from(asked: QueryDict, known: Known) -> Filters:
    """Filters from an address. A value nobody knows counts as not given, and is told."""
    problems: list[str] = []

    def one_of(name: str, what: str, values: Collection[str], otherwise: str = "") -> str:
        value = asked.get(name, "").strip()
        if not value or value in values:
            return value or otherwise
        problems.append(f"There is no {what} “{_short(value)}” here, so {_SHOWN[otherwise]}.")
        return otherwise

    found = Filters(
        range=one_of("range", "date range", RANGES, DEFAULT_RANGE),
        stage=one_of("stage", "stage", {*known.stages, OTHER_STAGE}),
        severity=one_of("severity", "severity", SEVERITIES),
        connection=one_of("connection", "connection", known.connections),
        age=one_of("age", "age", AGES),
        state=one_of("state", "proof state", known.states),
        core="1" if asked.get("core") == "1" else "",
        text=asked.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT],
    )
    first, last = _dates(asked, problems, found.range)
    return replace(found, first=first, last=last, problems=tuple(problems))


def _dates(asked: QueryDict, problems: list[str], usual: str) -> tuple[date | None, date | None]:
    instead = f"so {_SHOWN[usual]}."
    found: list[date | None] = []
    for name in ("from", "to"):
        value = asked.get(name, "").strip()
        try:
            found.append(date.fromisoformat(value) if value else None)
        except ValueError:
            problems.append(f"“{_short(value)}” is not a day such as 2026-11-23, {instead}")
            return None, None
    first, last = found
    if first and last and last < first:
        problems.append(f"The last day, {last}, comes before the first, {first}, {instead}")
        return None, None
    return (None, None) if last == date.max else (first, last)


def _short(value: str) -> str:
    shown = 30
    return value if len(value) <= shown else value[:shown] + "\N{HORIZONTAL ELLIPSIS}"
