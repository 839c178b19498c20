"""Owns pushing tasks to a tracker: a list first, then each task once. The token lives as long as the call.

No transaction is open while a tracker is asked. A row claims the task before the request and gets the issue's key
after it; where nobody knows how a request ended, the claim stays, and the next push looks for the mark in the tracker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.services import audit_record
from ztassess.roadmaps.models import PushedTask, RoadmapTask, Sprint
from ztassess.roadmaps.trackers.issues import Created, Issue, Tracker, TrackerError

CLAIM_HOLDS = timedelta(minutes=2)
"""How long a claim without an answer keeps others away: longer than one request and Jira's index."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where tasks go: a tracker (``github`` or ``jira``) and a place in it (repository, or site and project)."""

    tracker: str
    place: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A task that is not in the tracker yet, and the issue it would be."""

    task: RoadmapTask
    issue: Issue


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did.

    Attributes:
        created: issues made now; found: there already, made by a push that never heard the answer.
        held: tasks that somebody else is pushing right now.
        problem: why it stopped early; empty if it went through.
    """

    created: int
    found: int
    held: int
    left: int
    problem: str = ""


def pending(rows: Sequence[tuple[RoadmapTask, Issue]], target: Target) -> list[Pending]:
    """The tasks of a sprint that a push would create, in order: exactly these, and no others."""
    there = set(
        PushedTask.objects.filter(tracker=target.tracker, place=target.place, task__in=[task for task, _ in rows])
        .exclude(key="")
        .values_list("task_id", flat=True)
    )
    return [Pending(task, issue) for task, issue in rows if task.id not in there]


def push(
    *,
    sprint: Sprint,
    target: Target,
    waiting: Sequence[Pending],
    open_tracker: Callable[[], AbstractContextManager[Tracker]],
    actor: User,
) -> Pushed:
    """Put each waiting task into the tracker once; stops at the first refusal and says how far it came.

    Parameters:
        open_tracker: opens the line; the token is in it and nowhere else.
    """
    created = found = held = 0
    try:
        with open_tracker() as tracker:
            there = tracker.existing() if waiting else {}
            for each in waiting:
                claim = _claim(each.task, target, actor)
                if claim is None:
                    held += 1
                    continue
                known = there.get(each.issue.mark)
                _store(claim, known or _create(tracker, each.issue, claim), sprint, actor)
                found, created = found + (known is not None), created + (known is None)
    except TrackerError as problem:
        return Pushed(created, found, held, len(waiting) - created - found - held, str(problem))
    return Pushed(created, found, held, 0)


def _create(tracker: Tracker, issue: Issue, claim: PushedTask) -> Created:
    try:
        return tracker.create(issue)
    except TrackerError as problem:
        if not problem.unknown:
            claim.delete()
        raise


def _claim(task: RoadmapTask, target: Target, actor: User) -> PushedTask | None:
    """A row that says this task is being pushed; None if somebody else's says so, or it is there."""
    now = timezone.now()
    mine = {"task": task, "tracker": target.tracker, "place": target.place}
    try:
        with transaction.atomic():
            made: PushedTask = PushedTask.objects.create(
                organization=task.organization, claimed_at=now, by=actor, **mine
            )
            return made
    except IntegrityError:
        old = Q(key="", claimed_at__lt=now - CLAIM_HOLDS)
        if not PushedTask.objects.filter(old, **mine).update(claimed_at=now, by=actor):
            return None
    found: PushedTask = PushedTask.objects.get(**mine)
    return found


def _store(claim: PushedTask, created: Created, sprint: Sprint, actor: User) -> None:
    with transaction.atomic():
        claim.key, claim.url = created.key, created.url[:400]
        claim.save(update_fields=["key", "url"])
        audit_record(
            organization=sprint.organization,
            actor=actor,
            action="roadmap_task.push",
            object=claim.task.ref,
            summary=f"{actor} pushed {claim.task.name} to {claim.tracker} {claim.place} as {created.key}",
            after={"tracker": claim.tracker, "place": claim.place, "key": created.key, "url": claim.url},
        )
