"""Owns a year of weekly scores in a short text, what counts as progress between two scores, and as reaching 80 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ztassess.domain.scoring import weighting_of

GOAL = 80
"""Whole percent of the 80/20."""
WEEKS = 52
WEEK = timedelta(weeks=1)
NOT_RECORDED = "ff"
EMPTY_BYTE = 255
DIGITS = 2
RISE = 0.005
"""Share of the 80/20, half a point. Less is evidence that aged a little and was read again."""


def monday(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Weekly:
    """Whole percents by week, oldest first, always 52 of them; None where nothing was recorded.

    Attributes:
        until: the Monday of the last one.
    """

    values: tuple[int | None, ...]
    until: date

    @classmethod
    def empty(cls, day: date) -> Weekly:
        """A year without any score that ends in the week of this day."""
        return cls((None,) * WEEKS, monday(day))

    @classmethod
    def from_text(cls, text: str, until: date) -> Weekly:
        """What `text` wrote; a text of another length is no year, so nothing of it is taken."""
        if len(text) != WEEKS * DIGITS:
            return cls((None,) * WEEKS, until)
        return cls(tuple(None if value == EMPTY_BYTE else value for value in bytes.fromhex(text)), until)

    @property
    def text(self) -> str:
        """Two characters a week."""
        return "".join(NOT_RECORDED if value is None else f"{value:02x}" for value in self.values)

    def up_to(self, day: date) -> Weekly:
        """The year that ends in the week of this day: weeks in which nobody recorded anything stay empty."""
        ahead = (monday(day) - self.until).days // 7
        if ahead <= 0:
            return self
        kept = self.values[ahead:] if ahead < WEEKS else ()
        return Weekly((*kept, *(None,) * (WEEKS - len(kept))), monday(day))

    def put(self, day: date, percent: int) -> Weekly:
        """With the score of a day as the last one of its week; an earlier year is left alone."""
        moved = self.up_to(day)
        place = WEEKS - 1 - (moved.until - monday(day)).days // 7
        if place < 0:
            return moved
        return Weekly((*moved.values[:place], percent, *moved.values[place + 1 :]), moved.until)

    def weeks(self) -> tuple[date, ...]:
        """The Monday of each value."""
        return tuple(self.until - WEEK * (WEEKS - 1 - place) for place in range(WEEKS))

    def before(self, weeks: int) -> int | None:
        """The value that stood so many weeks before the last one, or the newest one before that."""
        return next((value for value in reversed(self.values[: WEEKS - weeks]) if value is not None), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """When proof grew last.

    Attributes:
        on: the day; low: the lowest share proven since, from which growth is counted.
        version: of catalog and method. A re-weighting is never progress.
    """

    on: date
    low: float
    version: str

    def follow(self, day: date, proven: float, version: str) -> Progress:
        """What becomes of it with the next score."""
        if version != self.version:
            return Progress(self.on, proven, version)
        if proven >= self.low + RISE:
            return Progress(day, proven, version)
        return Progress(self.on, min(self.low, proven), version)


@dataclass(frozen=True, slots=True)
class Milestone:
    """When a company reached 80 %: by proof, or only because its score was counted in another way.

    Attributes:
        reached_on: the day on which the catalog and method of the score below 80 % gave 80 % or more; it stays.
        remade_on: since when it is at 80 % although that catalog and method were not seen to get there.
        below: catalog and method of the newest score below 80 %; empty while there was none.
    """

    reached_on: date | None = None
    remade_on: date | None = None
    below: str = ""

    def follow(self, day: date, percent: int, version: str) -> Milestone:
        """What becomes of it with the next score. A first score at 80 % was reached on its day."""
        if percent < GOAL:
            return Milestone(self.reached_on, None, version)
        if self.reached_on is not None:
            return Milestone(self.reached_on, None, self.below)
        if self.below in ("", version):
            return Milestone(day, None, self.below)
        return Milestone(None, self.remade_on or day, self.below)


def counted_otherwise(below: str, version: str) -> str:
    """What else than proof brought a score over 80 %, in words.

    Parameters:
        below, version: catalog and method of the score below 80 % and of today's.
    """
    return "another catalog or method" if weighting_of(below) == weighting_of(version) else "other weights"


def quartiles(values: Sequence[float]) -> tuple[float, float, float] | None:
    """Lower quartile, median and upper quartile, interpolated between neighbors; None without values."""
    if not values:
        return None
    ordered = sorted(values)

    def at(share: float) -> float:
        exact = share * (len(ordered) - 1)
        low = int(exact)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (exact - low)

    return at(0.25), at(0.5), at(0.75)
