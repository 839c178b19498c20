"""Owns the one reading of a running sprint that its pages, figures and exports are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from ztassess.assessments.selectors import Reading, read_organization
from ztassess.charts import sprints as figures
from ztassess.charts.figure import Figure
from ztassess.common.models import NO_ROW
from ztassess.domain.burnup import BurnPoint, Forecast, burn_up, forecast
from ztassess.domain.moments import working_days
from ztassess.domain.planning import LaterWork, is_todo, later_work, plan_sprint
from ztassess.domain.scheduling import Budget
from ztassess.domain.sprints import TaskState, is_sprint_done
from ztassess.organizations.models import Membership, Organization
from ztassess.roadmaps.models import RoadmapTask, Sprint, SprintPerson, TaskEvent
from ztassess.roadmaps.selectors import (
    ShownTask,
    burn_events,
    control_owners,
    events_in,
    events_of,
    people_of,
    running_sprint,
    shown_tasks,
    tasks_in,
    tasks_of,
    team_of,
)

LONG_PLAN = 120
"""Working days that the question "when would everything be done" looks ahead."""


@dataclass(frozen=True)
class Board:
    """A running sprint, judged now.

    Attributes:
        team: everybody who is a member now; people: who works on the sprint, members or not.
        today: the calendar day where the installation is.
    """

    sprint: Sprint
    reading: Reading
    shown: tuple[ShownTask, ...]
    people: tuple[SprintPerson, ...]
    team: tuple[Membership, ...]
    events: tuple[TaskEvent, ...]
    today: date

    @property
    def counted(self) -> list[ShownTask]:
        """Tasks whose control applies and has no exception; the others are told apart and never count as done."""
        return [each for each in self.shown if each.applies and not each.is_excepted]

    @property
    def apart(self) -> list[ShownTask]:
        return [each for each in self.shown if not each.applies or each.is_excepted]

    @property
    def is_done(self) -> bool:
        """True if every task that counts is proven."""
        return is_sprint_done(each.state for each in self.counted)

    @property
    def gone(self) -> list[SprintPerson]:
        """People of the sprint who are not members any more."""
        present = {each.user_id for each in self.team}
        return [person for person in self.people if person.user_id not in present]

    def of_state(self, state: TaskState) -> list[ShownTask]:
        return [each for each in self.shown if each.state is state]

    def late(self) -> list[ShownTask]:
        """Tasks that were due by yesterday and are not proven."""
        return [each for each in self.counted if not each.is_done and each.due and each.due < self.today]

    @cached_property
    def points(self) -> tuple[BurnPoint, ...]:
        """The burn-up."""
        finishing: dict[date, int] = {}
        for each in self.shown:
            if last := each.task.last_day:
                finishing[last] = finishing.get(last, 0) + each.task.hours
        first = {date.fromisoformat(day): hours for day, hours in self.sprint.first_plan.items()}
        return burn_up(
            self.sprint.working_days,
            today=self.today,
            events=burn_events(self.sprint, self.events, self.shown, self.today),
            finishing=finishing,
            first_finishing=first,
        )

    @cached_property
    def outlook(self) -> Forecast | None:
        """Where the pace leads; None while there is none to speak of."""
        days = self.sprint.working_days
        return forecast(self.points, days=days, today=self.today, weekdays=self.sprint.weekdays)

    def later(self) -> tuple[LaterWork, ...]:
        """What is left to do outside of the sprint, by value per hour."""
        return later_work(self.reading.assessment, {each.task.control_id for each in self.shown})

    def ends_without_limit(self) -> date | None:
        """The day on which the tasks of the sprint end, if it had as many days as they need; None if nothing is left.

        Computed by the planner itself, with the team that is still here and its hours.
        """
        present = {each.user_id for each in self.team}
        hours = [person.hours for person in self.people if person.user_id in present]
        open_tasks = {each.task.control_id for each in self.counted if each.judged and not each.is_done}
        if not hours or not open_tasks:
            return None
        others = {each.id for each in self.reading.assessment.controls if is_todo(each)} - open_tasks
        waiting = [each.task.control_id for each in self.of_state(TaskState.WAITING)]
        start = next(iter(working_days(max(self.today, self.sprint.start), 1, self.sprint.weekdays)))
        plan = plan_sprint(
            self.reading.assessment,
            start=start,
            budget=Budget.of_team(hours, LONG_PLAN),
            weekdays=self.sprint.weekdays,
            built=waiting,
            without=others,
            spread=False,
        )
        return plan.days[-1].day if plan.days else None

    def burn_figure(self) -> Figure:
        days = [
            figures.SprintDay(point.day, point.scope, point.proven, point.planned, point.first_plan)
            for point in self.points
        ]
        ahead = self.outlook
        look = figures.Outlook(self.sprint.last_day, ahead.by_end, ahead.lands) if ahead else None
        return figures.burn_up(days, self.today, look)

    def timeline_figure(self) -> Figure:
        return figures.timeline([bar for each in self.shown for bar in _bars(each)], self.today)

    def figures(self) -> list[Figure]:
        """All figures of the sprint."""
        return [self.burn_figure(), self.timeline_figure()]


def read_board(organization: Organization, reading: Reading | None = None) -> Board | None:
    """Read the running sprint; None if there is none. The number of queries does not grow with tasks or people.

    Parameters:
        reading: the judgment, where the page has already made it.
    """
    sprint = running_sprint(organization)
    if sprint is None:
        return None
    reading = reading or read_organization(organization)
    team = team_of(organization)
    dues = {control: row.due for control, row in control_owners().items() if row.due}
    today = timezone.localdate()
    shown = shown_tasks(tasks_of(sprint), reading.assessment, {each.user_id for each in team}, dues, today)
    return Board(
        sprint,
        reading,
        tuple(shown),
        tuple(people_of(sprint)),
        tuple(team),
        tuple(events_of(sprint)),
        today,
    )


def read_burn_up(organization: Organization, reading: Reading) -> Figure | None:
    """The burn-up of the running sprint alone; None if there is none. Three queries, whether one runs or not.

    Who has a task, and by when, is no part of it: neither is asked for.
    """
    sprint, today = running_sprint(organization), timezone.localdate()
    sprint_id = sprint.id if sprint else NO_ROW
    tasks, events = tasks_in(sprint_id), events_in(sprint_id)
    if sprint is None:
        return None
    shown = shown_tasks(tasks, reading.assessment, set(), {}, today)
    return Board(sprint, reading, tuple(shown), (), (), tuple(events), today).burn_figure()


def _bars(each: ShownTask) -> list[figures.Bar]:
    """One bar for each run of days; a weekend in between does not break a run."""
    runs: list[list[tuple[date, int]]] = []
    for part in each.task.placement.slices:
        weekend = 3
        if runs and (part.day - runs[-1][-1][0]).days <= weekend and _follows(runs[-1][-1][0], part.day):
            runs[-1].append((part.day, part.hours))
        else:
            runs.append([(part.day, part.hours)])
    return [
        figures.Bar(
            each.title,
            run[0][0],
            run[-1][0],
            sum(hours for _, hours in run),
            each.owner_name,
            each.state.value,
            each.state.words,
        )
        for run in runs
    ]


def _follows(before: date, after: date) -> bool:
    """True if no day from Monday to Friday lies between them."""
    return next(iter(day for day in working_days(before, 2) if day > before)) >= after


def task_of(board: Board, task: RoadmapTask) -> ShownTask:
    """One task of the board."""
    return next(each for each in board.shown if each.task.id == task.id)
