"""Owns the order in which rows are locked, and the one way a task's event is written."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.services import audit_lock
from ztassess.organizations.models import Organization
from ztassess.roadmaps.models import RoadmapTask, TaskEvent

REASON_LIMIT = 600
WORDS_LIMIT = 120


def log_first(organization: Organization) -> None:
    """Lock the log's head before any task.

    A scan writes its line first and closes tasks after; whoever locked a task first would wait for a scan that waits
    for them. It also makes judgments of one organization follow each other: each reads what the one before stored.
    """
    audit_lock(organization)


def event_of(task: RoadmapTask, kind: str, *, actor: User | None = None, **words: Any) -> TaskEvent:
    """An unsaved event of a task as it is now."""
    return TaskEvent(
        organization=task.organization,
        task=task,
        kind=kind,
        at=timezone.now(),
        by=actor,
        before=str(words.get("before", ""))[:WORDS_LIMIT],
        after=str(words.get("after", ""))[:WORDS_LIMIT],
        reason=str(words.get("reason", ""))[:REASON_LIMIT],
        hours=task.hours,
    )
