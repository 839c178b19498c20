"""Owns whether a source was read when it should have been, and what a person does about it where it was not.

A source that was not read keeps its last results: they are carried forward, marked, and grow old by the freshness
window of each control, never at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GRACE = timedelta(hours=2)
"""A due scan waits for a worker and takes its time; only then is it missed."""


class Gap(StrEnum):
    """Why the newest results are not as new as they should be."""

    FAILED = "failed"
    CANCELED = "canceled"
    PAUSED = "paused"
    SKIPPED = "skipped"
    OVERDUE = "overdue"


TO_DO = {
    Gap.FAILED: "Mend what the reason names, then scan it again.",
    Gap.CANCELED: "Scan it again, or wait for its schedule.",
    Gap.PAUSED: "Mend the cause, then switch its schedule on again.",
    Gap.SKIPPED: "Open the connection: it says what it waits for. Then scan it.",
    Gap.OVERDUE: "Scan it now. If that does not start, see whether the worker runs.",
}


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What is known about the reading of one connection.

    Attributes:
        read: when its last scan with results ended; None if there was none.
        failed, canceled: the newest scan after that one ended so; ``failed`` holds its sentence.
        running: a scan has not ended yet.
        every: the period of its schedule; None where it has none that is on.
        paused: why its schedule was switched off by itself; empty if it was not.
        skipped: what the schedule noted when it started nothing after the last reading; empty if it noted nothing.
    """

    read: datetime | None
    failed: str = ""
    canceled: bool = False
    running: bool = False
    every: timedelta | None = None
    paused: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A source that was not read as it should have been: why, in a sentence, and what to do."""

    gap: Gap
    reason: str
    to_do: str


def missed(source: SourceRead, now: datetime) -> Missed | None:
    """Why the last results stand carried forward; None where they are as new as they should be.

    A schedule that a person switched off, and a connection that takes uploads alone, miss nothing: what they brought
    grows old by itself. One that was never read has nothing to carry; that its first scan failed is told all the same.
    """
    late = source.every is not None and now - (source.read or now) > source.every + GRACE and not source.running
    if source.failed and source.paused:
        return _missed(Gap.PAUSED, f"{source.paused} The last one said: {source.failed}")
    if source.failed:
        return _missed(Gap.FAILED, source.failed)
    if source.read is None:
        return None
    if source.paused:
        return _missed(Gap.PAUSED, source.paused)
    if source.canceled:
        return _missed(Gap.CANCELED, "Its last scan was canceled before it ended.")
    if late and source.skipped:
        return _missed(Gap.SKIPPED, f"Its schedule started no scan: {source.skipped}.")
    if late and source.every is not None:
        hours = int(source.every / timedelta(hours=1))
        return _missed(Gap.OVERDUE, f"It is read every {hours} hours by its schedule, and no scan ended since.")
    return None


def _missed(gap: Gap, reason: str) -> Missed:
    return Missed(gap, reason, TO_DO[gap])
