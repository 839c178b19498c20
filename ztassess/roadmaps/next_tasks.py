"""Owns offering the open tasks of the running sprint to the floor below, which shows the most valuable ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Exists, OuterRef
from django.utils import timezone

from ztassess.assessments.models_notes import ControlOwner
from ztassess.assessments.next_tasks import SHOWN, NextTask, NextTasks, task_of
from ztassess.assessments.selectors import Reading
from ztassess.domain.sprints import TaskState, shown_state
from ztassess.organizations.models import Membership, Organization
from ztassess.roadmaps.models import RoadmapTask, Sprint


def sprint_tasks(organization: Organization, reading: Reading, owners: Mapping[str, ControlOwner]) -> NextTasks | None:
    """The open tasks of the running sprint, most points first, then the earliest day: one query.

    Parameters:
        owners: of controls, by id; a day that somebody set there comes before the plan's.

    Returns:
        None where no sprint runs. A task whose control is proven, excepted or does not apply any more is not open, and
        one whose owner left belongs to nobody.
    """
    here = Membership.objects.active().filter(organization=organization, user=OuterRef("owner"))
    rows = RoadmapTask.objects.filter(organization=organization, sprint__ended_at=None, left_out_at=None)
    tasks = list(rows.select_related("owner", "sprint").annotate(owner_is_here=Exists(here)))
    if not tasks:
        return None
    dues = {control: row.due for control, row in owners.items() if row.due}
    found = [shown for task in tasks if (shown := _open_task(task, reading, dues)) is not None]
    found.sort(key=lambda each: (-each.points, each.due or date.max, each.control_id))
    return NextTasks(tuple(found[:SHOWN]), from_sprint=True, left=len(found), words=_day_of(tasks[0].sprint))


def _open_task(task: RoadmapTask, reading: Reading, dues: Mapping[str, date]) -> NextTask | None:
    try:
        each = reading.assessment.control(task.control_id)
    except KeyError:  # an account's task, which brings no points, or a control that the catalog of today has no more
        return None
    state = shown_state(task.state_enum, task.closed_by, each)
    if state is TaskState.DONE or not each.applies or each.state.value == "excepted":
        return None
    owner = task.owner.get_full_name() if task.owner and getattr(task, "owner_is_here", False) else ""
    due = dues.get(task.control_id) or task.last_day
    return task_of(reading, each, owner=owner, due=due, hours=task.hours, word=state.words)


def _day_of(sprint: Sprint) -> str:
    days, today = sprint.working_days, timezone.localdate()
    if today < days[0]:
        return f"sprint starts {days[0]:%b} {days[0].day}"
    if today > days[-1]:
        return f"sprint ended {days[-1]:%b} {days[-1].day}"
    return f"sprint day {len([day for day in days if day <= today])} of {len(days)}"
