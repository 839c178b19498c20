"""Owns the kinds of events that people and other systems are told about."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What happened. The values stand in webhook bodies and stay for ever."""

    REGRESSION = "regression"
    EXCEPTION_ENDING = "exception_ending"
    CONNECTION_BROKEN = "connection_broken"
    EVIDENCE_EXPIRING = "evidence_expiring"
    DELETION = "deletion"
    DIGEST = "weekly_digest"
    TEST = "test"

    @property
    def words(self) -> str:
        """The kind as people read it."""
        return _WORDS[self]

    @property
    def when(self) -> str:
        """When it is told, for the settings page."""
        return _WHEN[self]


ALERTS = (
    EventKind.REGRESSION,
    EventKind.EXCEPTION_ENDING,
    EventKind.CONNECTION_BROKEN,
    EventKind.EVIDENCE_EXPIRING,
)
"""What a person may switch on one by one, and an endpoint may take."""

_WORDS = {
    EventKind.REGRESSION: "Regression",
    EventKind.EXCEPTION_ENDING: "Exception ending",
    EventKind.CONNECTION_BROKEN: "Connection broken",
    EventKind.EVIDENCE_EXPIRING: "Evidence expiring",
    EventKind.DELETION: "Deletion of the organization",
    EventKind.DIGEST: "Weekly digest",
    EventKind.TEST: "Test",
}
_WHEN = {
    EventKind.REGRESSION: "findings refute a control that they did not refute before, or it is proven less than before",
    EventKind.EXCEPTION_ENDING: "14 and 3 days before an exception ends, and when it has ended",
    EventKind.CONNECTION_BROKEN: "two scans of a connection in a row failed",
    EventKind.EVIDENCE_EXPIRING: "14 and 3 days before accepted evidence expires, and when it has expired",
    EventKind.DELETION: (
        "somebody asks to delete the organization or withdraws it, and one day before it goes; by e-mail, to owners, "
        "admins and consultants alike, whatever they chose"
    ),
    EventKind.DIGEST: "once a week, on the day and hour you choose",
    EventKind.TEST: "somebody pressed the button",
}
