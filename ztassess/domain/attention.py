"""Owns "needs me": which of a consultant's clients to look at first, and why, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

GOAL = 80
"""Percent proven from which on a client who stands still is not stalled."""
STALLED_AFTER = 14
EXCEPTION_WITHIN = 30
MEETING_WITHIN = 7
ACCESS_WITHIN = 30
"""Days."""
LOOKED_AHEAD = timedelta(days=ACCESS_WITHIN + 2)
"""What ends later is no need, in whatever time zone its day is counted: most clients are passed by with one look."""


class Need(StrEnum):
    """Why a client needs the consultant, most pressing first: the order of the list, the filters and the chips."""

    CONTRADICTED = "contradicted"
    STALLED = "stalled"
    BROKEN = "broken"
    EXPIRING = "expiring"
    MEETING = "meeting"
    ACCESS = "access"

    @property
    def rank(self) -> int:
        """0 for the most pressing; a sort key."""
        return _RANK[self]


_RANK = {need: rank for rank, need in enumerate(Need)}


class Standing(Protocol):
    """What is known about one client; every date may be missing, which is unknown and never a need.

    Attributes:
        key: tells two clients of one name apart.
        proven: whole percent of the 80/20; None where nothing was judged yet.
        progress_on: the day on which proof grew last.
        broken: how many connections cannot read; broken_names: which, as words.
    """

    key: str
    name: str
    proven: int | None
    contradicted: int
    progress_on: date | None
    broken: int
    broken_names: str
    exception_ends: date | None
    meeting_at: datetime | None
    access_ends: datetime | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``weight`` compares two of the same need: the greater one is more pressing."""

    need: Need
    words: str
    weight: int


def needs_of(client: Standing, now: datetime) -> tuple[Reason, ...]:
    """Why this client needs somebody at this moment, most pressing first; empty if nothing does.

    Parameters:
        now: with a time zone; days are counted in it.
    """
    today = now.date()
    found: list[Reason] = []
    if client.contradicted:
        found.append(Reason(Need.CONTRADICTED, f"{client.contradicted} contradicted", client.contradicted))
    still = _still(client, today)
    if still > STALLED_AFTER:
        found.append(Reason(Need.STALLED, f"Stalled for {still} days", still))
    if client.broken:
        one = f"{client.broken_names} connection broken"
        words = one if client.broken == 1 else f"{client.broken} connections broken"
        found.append(Reason(Need.BROKEN, words, client.broken))
    if (
        client.exception_ends is not None
        or client.meeting_at is not None
        or (client.access_ends is not None and client.access_ends - now < LOOKED_AHEAD)
    ):
        found += _dated(client, now, today)
    return tuple(found)


def _dated(client: Standing, now: datetime, today: date) -> list[Reason]:
    """What has its day within the next weeks."""
    return [
        Reason(need, f"{words} {_ahead(left)}", -left)
        for need, words, day, within in (
            (Need.EXPIRING, "Exception ends", client.exception_ends, EXCEPTION_WITHIN),
            (Need.MEETING, "Meeting", _day(client.meeting_at, now), MEETING_WITHIN),
            (Need.ACCESS, "Your access ends", _day(client.access_ends, now, just_before=True), ACCESS_WITHIN),
        )
        if day is not None and 0 <= (left := (day - today).days) <= within
    ]


def _still(client: Standing, today: date) -> int:
    """Days since proof grew; 0 for a client at the goal, and where it is not known."""
    if client.progress_on is None or client.proven is None or client.proven >= GOAL:
        return 0
    return (today - client.progress_on).days


def _day(moment: datetime | None, now: datetime, *, just_before: bool = False) -> date | None:
    """The day of a moment; what ends at midnight has its last day just before."""
    if moment is None:
        return None
    return (moment - timedelta(seconds=just_before)).astimezone(now.tzinfo).date()


def _ahead(days: int) -> str:
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


NOTHING = len(Need)
UNKNOWN_PROVEN = 101

Order = tuple[int, int, int, int, str, str]


def order_of(client: Standing, reasons: Sequence[Reason]) -> Order:
    """The sort key of "needs me": the most pressing need, how pressing, how many needs, then the least proven.

    No two clients have the same one, so that the list never depends on the order in which it was read.
    """
    first = reasons[0] if reasons else None
    return (
        first.need.rank if first else NOTHING,
        -first.weight if first else 0,
        -len(reasons),
        UNKNOWN_PROVEN if client.proven is None else client.proven,
        client.name.casefold(),
        client.key,
    )


def count_needs(found: Iterable[Sequence[Reason]]) -> dict[Need, int]:
    """How many clients have each need."""
    counts = dict.fromkeys(Need, 0)
    for reasons in found:
        for reason in reasons:
            counts[reason.need] += 1
    return counts
