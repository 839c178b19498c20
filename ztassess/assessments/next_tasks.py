"""Owns the most valuable next tasks: from the sprint where one runs, else from what brings the most points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from ztassess.assessments.models import ControlOwner
from ztassess.assessments.selectors import Reading
from ztassess.assessments.standing import proof_of
from ztassess.domain.assessment import ControlAssessment
from ztassess.domain.planning import hours_left
from ztassess.organizations.models import Organization

SHOWN = 3


@dataclass(frozen=True, slots=True)
class NextTask:
    """One control to bring to its target.

    Attributes:
        evidence: what was seen, in one sentence; the question where nobody looked or said anything.
        owner: a name; empty where nobody has it.
        hours: left to do.
        points: 80/20 points it would bring with proof, everything else staying as it is.
        due: its last day in the sprint, or the day its owner was given; None where there is none.
        word: where the task stands in a sprint ("Reopened"); empty outside one.
    """

    control_id: str
    title: str
    state: str
    evidence: str
    owner: str
    hours: int
    points: float
    due: date | None = None
    word: str = ""


@dataclass(frozen=True, slots=True)
class NextTasks:
    """At most three tasks, most points first.

    Attributes:
        from_sprint: they are tasks of the running sprint; otherwise controls by what they would bring.
        left: how many open ones there are, the shown ones included.
        words: where the sprint is ("sprint day 6 of 10"); empty outside one.
    """

    tasks: tuple[NextTask, ...]
    from_sprint: bool = False
    left: int = 0
    words: str = ""

    @property
    def hours(self) -> int:
        """Of the shown ones together."""
        return sum(task.hours for task in self.tasks)


# Floors above that plan work offer their tasks here; the first that has any speaks. None: it has nothing to say.
# Each is handed the owners of controls, by id, so that nobody asks for them twice.
NextTaskSource = Callable[[Organization, Reading, Mapping[str, ControlOwner]], NextTasks | None]
NEXT_TASK_SOURCES: list[NextTaskSource] = []


def next_tasks(organization: Organization, reading: Reading) -> NextTasks:
    """The most valuable next tasks: one query, and those of the sources."""
    rows = ControlOwner.objects.filter(organization=organization).select_related("owner")
    owners = {row.control_id: row for row in rows}
    for source in NEXT_TASK_SOURCES:
        found = source(organization, reading, owners)
        if found is not None and found.tasks:
            return found
    return _by_value(reading, owners)


def _by_value(reading: Reading, owners: Mapping[str, ControlOwner]) -> NextTasks:
    valuable = reading.assessment.most_valuable()
    tasks = []
    for each in valuable[:SHOWN]:
        owner = owners.get(each.id)
        name = owner.owner.get_full_name() if owner and owner.owner else ""
        tasks.append(task_of(reading, each, owner=name, due=owner.due if owner else None))
    return NextTasks(tuple(tasks), left=len(valuable))


def task_of(
    reading: Reading, each: ControlAssessment, *, owner: str, due: date | None, hours: int = 0, word: str = ""
) -> NextTask:
    """One control as a next task; ``hours`` as planned, or what is left of the catalog's."""
    evidence = proof_of(reading, each).sentence or (each.control.question if each.missing else each.why)
    return NextTask(
        each.id,
        each.control.title,
        each.state.value,
        evidence,
        owner,
        hours or hours_left(each),
        each.points,
        due,
        word,
    )
