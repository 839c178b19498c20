"""Everything of an organization that a person could read, without the keys of its rows."""

from __future__ import annotations

from typing import Any

from ztassess.assessments.models import Answer, AnswerChange, ScoreSnapshot
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Membership, Organization
from ztassess.scans.models import Finding, Scan, Schedule, StandingResult

WHICH = ("connection__name", "number")


def summary(organization: Organization) -> dict[str, list[Any]]:
    """Rows by kind, each kind in an order that does not depend on keys."""

    def rows(model: Any, *fields: str) -> list[Any]:
        return sorted(model.objects.values_list(*fields), key=repr)

    with organization_scope(organization):
        return {
            "members": rows(Membership, "user__email", "role", "created_at"),
            "answers": rows(Answer, "control_id", "level", "note", "version", "answered_by__email", "answered_at"),
            "changes": rows(AnswerChange, "control_id", "version", "at", "level_before", "level_after"),
            "scores": rows(ScoreSnapshot, "at", "cause", "proven", "claimed", "ceiling", "stages", "states"),
            "scans": rows(
                Scan, *WHICH, "kind", "trigger", "state", "created_at", "started_at", "finished_at", "counts", "diff"
            ),
            "findings": rows(
                Finding, "connection__name", "scan__number", "check_id", "resource", "outcome", "reason", "evidence"
            ),
            "standing": rows(StandingResult, "connection__name", "check_id", "outcome", "level", "taken_at"),
            "schedules": rows(Schedule, "connection__name", "every_hours", "offset_minutes", "is_on", "failures"),
            "log": rows(AuditEvent, "seq", "at", "actor__email", "via", "action", "detail__summary"),
        }
