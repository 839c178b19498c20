"""Owns the sprint: its people, its tasks with everything that happened to them, and where they were pushed to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ztassess.access_reviews.models import AccessDecision
from ztassess.catalog import load_catalog
from ztassess.common.models import OrgOwned
from ztassess.domain.moments import working_days
from ztassess.domain.replanning import Placement, Slice
from ztassess.domain.sprints import TaskState

STATE_CHOICES = [(state.value, state.words) for state in TaskState]


class Sprint(OrgOwned):
    """Two weeks of work. Days are dates, not moments: a sprint starts on its first day wherever somebody sits.

    ``weekdays`` lists the days that are worked on (0 is Monday), ``days`` counts working days. ``first_plan`` is what
    the sprint was started with, day -> hours finished on it: a new plan must not hide how far behind the first one is.
    """

    number = models.PositiveIntegerField()
    start = models.DateField()
    days = models.PositiveSmallIntegerField()
    weekdays = models.JSONField(default=list)
    first_plan = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="sprint_number"),
            models.UniqueConstraint(fields=["organization"], condition=Q(ended_at=None), name="sprint_one_running"),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"sprint {self.number}"

    @property
    def working_days(self) -> list[date]:
        """Its days, first to last."""
        return list(working_days(self.start, self.days, self.weekdays))

    @property
    def last_day(self) -> date:
        return self.working_days[-1]


class SprintPerson(OrgOwned):
    """Somebody who works on a sprint, with hours a day."""

    sprint = models.ForeignKey(Sprint, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    hours = models.FloatField()

    class Meta(OrgOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "sprint", "user"], name="sprint_person_one")]

    def __str__(self) -> str:
        return f"{self.user}, {self.hours:g} h"


class RoadmapTask(OrgOwned):
    """One thing to bring about within a sprint: a control at its target, or a decision about an account carried out.

    ``state`` is what was recorded last; a page shows `ztassess.domain.sprints.shown_state` of it. ``slices`` lists
    the days it is worked on as ``{"day", "hours", "part"}``. ``hours`` counts in the burn-up; a decision has none, it
    takes minutes. ``owner`` follows the control's owner, or the decision's.
    """

    sprint = models.ForeignKey(Sprint, on_delete=models.CASCADE, related_name="tasks")
    control_id = models.CharField(max_length=80, blank=True)
    decision = models.ForeignKey(AccessDecision, null=True, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    hours = models.PositiveSmallIntegerField()
    slices = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=STATE_CHOICES, default=TaskState.OPEN.value)
    closed_by = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=600, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    left_out_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "sprint", "control_id"],
                condition=Q(decision__isnull=True),
                name="roadmap_task_one",
            ),
            models.UniqueConstraint(
                fields=["organization", "sprint", "decision"],
                condition=Q(decision__isnull=False),
                name="roadmap_task_one_decision",
            ),
            models.CheckConstraint(
                condition=Q(control_id="", decision__isnull=False) | (~Q(control_id="") & Q(decision__isnull=True)),
                name="roadmap_task_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"

    @property
    def name(self) -> str:
        """What it is about, for the log."""
        if self.decision is None:
            titles = {control.id: control.title for control in load_catalog().controls}
            return f"“{titles[self.control_id]}”" if self.control_id in titles else str(self.control_id)
        return f"{self.decision.decision} {self.decision.account_name}"

    @property
    def ref(self) -> str:
        """The object of its lines in the log."""
        if self.decision is None:
            return f"control:{self.control_id}"
        return f"account:{self.decision.connection_id}.{self.decision.account_key}"

    @property
    def state_enum(self) -> TaskState:
        return TaskState(self.state)

    @property
    def placement(self) -> Placement:
        """Its days and its owner, as the domain sees them."""
        slices = tuple(Slice(date.fromisoformat(each["day"]), each["hours"], each["part"]) for each in self.slices)
        return Placement(slices, str(self.owner_id or ""))

    @property
    def last_day(self) -> date | None:
        return self.placement.last


def slices_json(slices: Iterable[Slice]) -> list[dict[str, Any]]:
    """Days of a task as they are stored."""
    return [{"day": each.day.isoformat(), "hours": each.hours, "part": each.part} for each in slices]


class EventKind(models.TextChoices):
    """What can happen to a task."""

    ADDED = "added"
    MOVED = "moved"
    ASSIGNED = "assigned"
    STATE = "state"
    CLOSED = "closed"
    REOPENED = "reopened"
    LEFT_OUT = "left_out"


class TaskEvent(OrgOwned):
    """One change of one task. Append-only, written with the task and with a line of the log.

    ``before`` and ``after`` are a state, days or a name, as words; ``hours`` are the task's at that moment.
    """

    task = models.ForeignKey(RoadmapTask, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    before = models.CharField(max_length=120, blank=True)
    after = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=600, blank=True)
    hours = models.PositiveSmallIntegerField()

    class Meta(OrgOwned.Meta):
        ordering = ["at"]
        indexes = [models.Index(fields=["organization", "task", "at"], name="task_events")]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """What happened, for a list."""
        words = {
            EventKind.ADDED: f"Planned for {self.after}",
            EventKind.MOVED: f"Moved from {self.before or 'no day'} to {self.after}",
            EventKind.ASSIGNED: f"Given to {self.after}, it was with {self.before}",
            EventKind.STATE: f"{self.after}, it was {self.before.lower()}",
            EventKind.CLOSED: "Proven",
            EventKind.REOPENED: "Reopened",
            EventKind.LEFT_OUT: "Left out of the plan",
        }
        return words[EventKind(self.kind)]


class PushedTask(OrgOwned):
    """A task in somebody's tracker. Without ``key`` the push began and nobody knows how it ended."""

    task = models.ForeignKey(RoadmapTask, on_delete=models.CASCADE, related_name="pushed")
    tracker = models.CharField(max_length=10)
    place = models.CharField(max_length=200)
    key = models.CharField(max_length=80, blank=True)
    url = models.URLField(max_length=400, blank=True)
    claimed_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(OrgOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "task", "tracker", "place"], name="pushed_task_one")
        ]

    def __str__(self) -> str:
        return f"{self.tracker} {self.place} {self.key}"
