"""Owns a sprint outside of this page: as CSV, as a calendar (RFC 5545), and as issues of a tracker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ztassess.charts.figure import Cell
from ztassess.domain.replanning import Slice
from ztassess.roadmaps.models import RoadmapTask
from ztassess.roadmaps.selectors import ShownTask
from ztassess.roadmaps.trackers.issues import Issue

COLUMNS = (
    *("Day", "Part", "Hours", "Task", "Control", "State", "Owner", "Who notices"),
    *("How to test", "How to roll back", "Reason", "Points", "Due"),
)
FOLD_OCTETS = 75
PRODUCT = "-//ztassess//roadmap//EN"


def sprint_rows(shown: Iterable[ShownTask]) -> list[tuple[Cell, ...]]:
    """One row for each day of each task, in the order of the days."""
    rows = [_row(each, part) for each in shown for part in each.task.placement.slices or (None,)]
    return sorted(rows, key=lambda row: (str(row[0]), str(row[4])))


def _row(each: ShownTask, part: Slice | None) -> tuple[Cell, ...]:
    cards = dict(each.subject.cards)
    return (
        part.day.isoformat() if part else "",
        part.part if part else "",
        part.hours if part else each.task.hours,
        each.title,
        each.task.control_id,
        each.state.words,
        each.owner_name or "nobody",
        cards.get("Who notices", ""),
        cards.get("How to test", ""),
        cards.get("How to roll back", ""),
        each.task.reason,
        round(each.judged.points, 2) if each.judged else None,
        each.due.isoformat() if each.due else "",
    )


def sprint_calendar(
    shown: Sequence[ShownTask], gone: Iterable[RoadmapTask], *, name: str, now: datetime, urls: Mapping[UUID, str]
) -> str:
    """The tasks as all-day events: dates without a time, so that no time zone can move them.

    Parameters:
        gone: tasks that a plan left out; a calendar that has them is told to cancel them.
        urls: the page that tells more about each task, by its id.

    Returns:
        An iCalendar object. The UID of a task stays the same whatever happens to it; SEQUENCE grows with each change.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines.append(f"X-WR-CALNAME:{escaped(name)}")
    for each in shown:
        place = each.task.placement
        if place.first and place.last:
            state = each.state.words
            words = [f"{state}, {_size(each)}, {each.owner_name or 'nobody'}", *_cards(each)]
            summary = f"{each.title} ({state.lower()})"
            lines += _event(each.task, place.slices, stamp, summary, "\n".join(words), urls.get(each.task.id, ""))
    for task in gone:
        lines += ["BEGIN:VEVENT", f"UID:{uid_of(task)}", f"DTSTAMP:{stamp}", f"SEQUENCE:{task.version}"]
        first = task.placement.first or task.sprint.start
        lines += [f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"SUMMARY:{escaped(task.name)}", "STATUS:CANCELLED"]
        lines += ["END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _event(task: RoadmapTask, slices: Sequence[Slice], stamp: str, summary: str, text: str, url: str) -> list[str]:
    end = slices[-1].day + timedelta(days=1)  # RFC 5545: the end of an all-day event is the day after its last
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid_of(task)}",
        f"DTSTAMP:{stamp}",
        f"SEQUENCE:{task.version}",
        f"DTSTART;VALUE=DATE:{slices[0].day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{end:%Y%m%d}",
        f"SUMMARY:{escaped(summary)}",
        f"DESCRIPTION:{escaped(text)}",
        "TRANSP:TRANSPARENT",
        "STATUS:CONFIRMED",
    ]
    return [*lines, *([f"URL:{url}"] if url else []), "END:VEVENT"]


def uid_of(task: RoadmapTask) -> str:
    """The same for one task for ever."""
    return f"{task.id}@ztassess"


def escaped(text: str) -> str:
    """Text as RFC 5545, 3.3.11, wants it; other control characters are not allowed at all."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(mark for mark in plain if mark == "\n" or mark >= " ")
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """A line cut after 75 octets (RFC 5545, 3.1), never inside a character."""
    pieces: list[str] = []
    piece, size, limit = "", 0, FOLD_OCTETS
    for mark in line:
        octets = len(mark.encode())
        if size + octets > limit:
            pieces.append(piece)
            piece, size, limit = "", 0, FOLD_OCTETS - 1
        piece += mark
        size += octets
    return "\r\n ".join([*pieces, piece])


def issue_of(each: ShownTask, url: str) -> Issue:
    """What a task is in somebody's tracker. Names of people are left out: there, an @ would call a stranger."""
    place = each.task.placement
    when = ""
    if place.first and place.last:
        when = f", {place.first.isoformat()} to {place.last.isoformat()}"
    goal = f"Target: {each.subject.goal}" if each.subject.goal else ""
    lines = [goal, f"{_size(each)}{when}.", *_cards(each), f"It closes in ztassess {each.subject.closes}."]
    return Issue(f"ztassess:{each.task.id}", each.title, tuple(line for line in lines if line), url)


def _size(each: ShownTask) -> str:
    """Its hours; what takes minutes says its day instead."""
    if each.task.hours or each.due is None:
        return f"{each.task.hours} h"
    return f"Due {each.due.isoformat()}"


def _cards(each: ShownTask) -> list[str]:
    return [f"{heading}: {text}" for heading, text in each.subject.cards]
