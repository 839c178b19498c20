"""Owns what joins the rows of a sprint: the running one, its tasks, who is still here, what happened when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from ztassess.access_reviews.selectors_items import item_of
from ztassess.assessments.models_notes import ControlOwner
from ztassess.domain.access_tasks import shown_state_of_item
from ztassess.domain.assessment import Assessment, ControlAssessment
from ztassess.domain.burnup import BurnEvent, BurnKind
from ztassess.domain.sprints import TaskState, shown_state
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.selectors import members
from ztassess.roadmaps.models import EventKind, RoadmapTask, Sprint, SprintPerson, TaskEvent
from ztassess.roadmaps.subjects import Subject, account_subject, control_subject


def running_sprint(organization: Organization) -> Sprint | None:
    """The sprint that has not ended; there is one at most."""
    found: Sprint | None = Sprint.objects.filter(organization=organization, ended_at=None).first()
    return found


def newest_ended(organization: Organization) -> Sprint | None:
    """The sprint that ended last."""
    ended = Sprint.objects.filter(organization=organization).exclude(ended_at=None)
    found: Sprint | None = ended.order_by("-number").first()
    return found


def tasks_of(sprint: Sprint) -> list[RoadmapTask]:
    """The tasks of a sprint with their owners, by first day; the ones a new plan left out are not among them."""
    return tasks_in(sprint.id)


def tasks_in(sprint_id: UUID) -> list[RoadmapTask]:
    """The same by the id of a sprint, which may be that of none."""
    rows = with_decisions(RoadmapTask.objects.filter(sprint_id=sprint_id, left_out_at=None)).select_related("owner")
    return sorted(rows, key=lambda task: (task.placement.first or date.max, task.control_id == "", task.name))


def with_decisions(rows: QuerySet[RoadmapTask]) -> QuerySet[RoadmapTask]:
    """The same tasks with the decisions that some of them are, read in the same query."""
    read = rows.select_related("decision__connection", "decision__decided_by", "decision__owner")
    return read.defer("decision__basis", "decision__connection__config", "decision__connection__preflight")


def people_of(sprint: Sprint) -> list[SprintPerson]:
    """Who works on a sprint, by name."""
    rows = SprintPerson.objects.filter(sprint=sprint).select_related("user")
    return sorted(rows, key=lambda person: (person.user.get_full_name().lower(), person.user_id))


def team_of(organization: Organization) -> list[Membership]:
    """Members who may have tasks: everybody who is in the organization now."""
    return members(organization)


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task as a page shows it.

    Attributes:
        judged: the control, judged; None for an account, and where the catalog does not know the control any more.
        state: never done while the evidence does not carry it.
        left: the name of an owner who is not a member any more; empty otherwise.
        due: the day that somebody or the plan set for it.
    """

    task: RoadmapTask
    subject: Subject
    judged: ControlAssessment | None
    state: TaskState
    left: str
    due: date | None

    @property
    def title(self) -> str:
        return self.subject.title

    @property
    def owner_name(self) -> str:
        return "" if self.left or self.task.owner is None else self.task.owner.get_full_name()

    @property
    def applies(self) -> bool:
        return self.task.decision is not None or (self.judged is not None and self.judged.applies)

    @property
    def is_excepted(self) -> bool:
        return self.judged is not None and self.judged.state.value == "excepted"

    @property
    def is_done(self) -> bool:
        return self.state is TaskState.DONE

    @property
    def is_stale(self) -> bool:
        """Done by evidence that is older than its window."""
        return self.is_done and self.judged is not None and self.judged.state.value in ("stale", "cannot_check")


def shown_tasks(
    tasks: Iterable[RoadmapTask], assessment: Assessment, present: set[Any], dues: Mapping[str, date], today: date
) -> list[ShownTask]:
    """Tasks as they stand today.

    Parameters:
        present: ids of the users who are members now.
        dues: days that somebody set, by control; the others are due when the plan finishes them.
    """
    judged = {each.id: each for each in assessment.controls}
    found = []
    for task in tasks:
        left = task.owner.get_full_name() if task.owner and task.owner_id not in present else ""
        if task.decision is not None:
            item = item_of(task.decision, today)
            state = shown_state_of_item(task.state_enum, item.state)
            found.append(ShownTask(task, account_subject(item), None, state, left, item.due_on or task.last_day))
            continue
        each = judged.get(task.control_id)
        state = shown_state(task.state_enum, task.closed_by, each) if each else task.state_enum
        due = dues.get(task.control_id) or task.last_day
        found.append(ShownTask(task, control_subject(task.control_id, each), each, state, left, due))
    return found


def control_owners() -> dict[str, ControlOwner]:
    """Owner and day of every control of the active organization that has one of them."""
    return {row.control_id: row for row in ControlOwner.objects.all()}


def owners_kept() -> dict[str, str]:
    """Ids of the owners of controls, for a plan that leaves tasks where they are."""
    return {control: str(row.owner_id) for control, row in control_owners().items() if row.owner_id}


def events_of(sprint: Sprint) -> list[TaskEvent]:
    """Everything that happened to the tasks of a sprint, oldest first."""
    return events_in(sprint.id)


def events_in(sprint_id: UUID) -> list[TaskEvent]:
    """The same by the id of a sprint, which may be that of none."""
    return list(TaskEvent.objects.filter(task__sprint_id=sprint_id).order_by("at"))


def history_of(task: RoadmapTask) -> list[TaskEvent]:
    """What happened to one task, newest first."""
    return list(TaskEvent.objects.filter(task=task).select_related("by").order_by("-at"))


def local_day(moment: datetime) -> date:
    """The day of a moment where the installation is."""
    return timezone.localtime(moment).date()


def burn_events(
    sprint: Sprint, events: Sequence[TaskEvent], shown: Sequence[ShownTask], today: date
) -> list[BurnEvent]:
    """What the events mean in hours. A task that is shown open although it was recorded done counts as reopened today.

    A sprint that was recorded after its first day had its tasks from that day on.

    Parameters:
        events: of all tasks of the sprint, oldest first.
    """
    begun = local_day(sprint.started_at)
    scope: dict[Any, int] = {}
    closed: dict[Any, int] = {}
    found: list[BurnEvent] = []

    def count(held: dict[Any, int], task: Any, hours: int, day: date, kinds: tuple[BurnKind, BurnKind]) -> None:
        change = hours - held.get(task, 0)
        held[task] = hours
        if change:
            found.append(BurnEvent(day, kinds[0] if change > 0 else kinds[1], abs(change)))

    size, proof = (BurnKind.ADDED, BurnKind.LEFT_OUT), (BurnKind.DONE, BurnKind.REOPENED)
    for event in events:
        day, task = local_day(event.at), event.task_id
        if event.kind == EventKind.ADDED and day == begun:
            day = min(day, sprint.start)
        out = event.kind == EventKind.LEFT_OUT
        count(scope, task, 0 if out else event.hours, day, size)
        if event.kind == EventKind.CLOSED:
            count(closed, task, event.hours, day, proof)
        elif event.kind in (EventKind.REOPENED, EventKind.LEFT_OUT):
            count(closed, task, 0, day, proof)
    for each in shown:
        if not each.is_done and closed.get(each.task.id):
            count(closed, each.task.id, 0, today, proof)
    return found
