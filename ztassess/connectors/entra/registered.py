"""Owns the report of registered methods next to the people it should be about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from ztassess.connectors.entra.snapshot import EntraSnapshot, people
from ztassess.connectors.entra.snapshot_directory import Registration, User
from ztassess.connectors.judging import count, names, rows_read, unread
from ztassess.domain.findings import Part, Unavailable

REPORT: Final = "GET /reports/authenticationMethods/userRegistrationDetails"
STALE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Report:
    """Enabled members next to their rows.

    Attributes:
        rows: of the people that the report knows.
        missing: people it does not know.
        emergency: break-glass accounts left out.
        note: how old it is, if old.
    """

    rows: tuple[Registration, ...]
    missing: tuple[User, ...]
    emergency: tuple[User, ...]
    note: str = ""

    @property
    def total(self) -> int:
        """All people, those missing in the report included."""
        return len(self.rows) + len(self.missing)

    @property
    def admins(self) -> tuple[Registration, ...]:
        """Administrators, by the report's own word."""
        return tuple(row for row in self.rows if row.admin)


def report_of(snapshot: EntraSnapshot) -> Report:
    """The report as far as both lists were read."""
    judged, emergency = people(snapshot)
    by_id = {row.id: row for row in rows_read(snapshot.registrations)}
    rows = tuple(by_id[user.id] for user in judged if user.id in by_id)
    missing = tuple(user for user in judged if user.id not in by_id)
    oldest = min((row.updated for row in rows if row.updated is not None), default=None)
    note = ""
    if oldest is not None and snapshot.taken_at - oldest > STALE:
        note = f" The report is older than 7 days: {oldest:%Y-%m-%d}."
    return Report(rows, missing, tuple(emergency), note)


def gaps(snapshot: EntraSnapshot, report: Report) -> Part[Any]:
    """Why the report says less than the list of people: unread, or shorter than it; an empty tuple if it is whole."""
    missing = unread(snapshot.users, snapshot.registrations)
    if missing is not None:
        return missing
    if report.missing:
        who = names([user.upn for user in report.missing])
        detail = f"The report lacks {count(len(report.missing), 'person', 'people')} of {report.total}: {who}."
        return Unavailable("partial_data", detail=detail)
    silent = [row.upn for row in report.rows if row.capable is None]
    if silent:
        return Unavailable("partial_data", detail=f"The report does not say whether these can answer: {names(silent)}.")
    return ()


def share(part: int, whole: int) -> float:
    """A share from 0 to 1; 0 of nobody."""
    return part / whole if whole else 0.0
