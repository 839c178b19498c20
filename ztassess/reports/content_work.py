"""Owns the parts of a report about work: what changed, what to do first, the plan, exceptions."""

from __future__ import annotations

from django.utils import timezone

from ztassess.assessments.monday import ChangeGroup, MondayPage
from ztassess.assessments.monday_words import ChangeWords
from ztassess.assessments.selectors_exceptions import ShownException, exceptions_by_end
from ztassess.catalog import load_catalog
from ztassess.domain.assessment import Assessment
from ztassess.domain.planning import LaterWork
from ztassess.organizations.models import Organization
from ztassess.reports.naming import Named, Names
from ztassess.reports.values import ChangeLine, ExceptionLine, PlanPart, TaskLine
from ztassess.roadmaps.board import Board, read_board
from ztassess.roadmaps.errors import PlanImpossible
from ztassess.roadmaps.forms import SprintForm, usual
from ztassess.roadmaps.proposing import Proposal, propose
from ztassess.roadmaps.selectors import ShownTask, team_of

LATER_SHOWN = 12
COUNTING = ("active", "pending")


def changes_of(page: MondayPage, names: Names) -> tuple[ChangeLine, ...]:
    """What became of each control's proof since a day, regressions first."""
    return tuple(_change(group, each, names) for group in page.groups for each in group.changes)


def _change(group: ChangeGroup, each: ChangeWords, names: Names) -> ChangeLine:
    named = " ".join(one.reason for one in each.failing)
    more = f" And {each.failing_more} more." if each.failing_more else ""
    said_by = dict.fromkeys(names.one(said.name, Named.SYSTEM) for said in each.said_by)
    return ChangeLine(
        control=each.control_id,
        title=each.title,
        word=group.title,
        kind=each.kind.value,
        before=each.before,
        after=each.state,
        sentence=names.prose(named or each.sentence) + more,
        said_by=", ".join(said_by),
    )


def first_steps_of(page: MondayPage, names: Names) -> tuple[TaskLine, ...]:
    """The most valuable next tasks, as the overview names them."""
    return tuple(
        TaskLine(
            control=each.control_id,
            title=each.title,
            owner=names.one(each.owner, Named.PERSON),
            first=None,
            last=each.due,
            hours=each.hours,
            points=round(each.points, 1),
            state=each.state,
            who_notices="",
        )
        for each in page.next.tasks
    )


def plan_of(organization: Organization, judged: Assessment, names: Names) -> PlanPart:
    """The running sprint as the roadmap shows it; without one, the plan that it would begin with."""
    board = read_board(organization)
    if board is not None:
        return _sprint(board, names)
    team = team_of(organization)
    form = SprintForm(usual(team), team=team)
    if not form.is_valid():
        return _empty("Nobody is a member who could work on a sprint.")
    try:
        return _plan(judged, propose(judged, form.choice(), today=timezone.localdate()))
    except PlanImpossible as problem:
        return _empty(str(problem))


def _empty(sentence: str) -> PlanPart:
    return PlanPart("plan", "Plan", None, None, 0, 0, 0, sentence, (), (), 0)


def _sprint(board: Board, names: Names) -> PlanPart:
    counted, later = board.counted, board.later()
    done = len([each for each in counted if each.is_done])
    apart = len(board.shown) - len(counted)
    sentence = f"{done} of {len(counted)} tasks are proven."
    if apart:
        verb = "does not apply or is excepted and is" if apart == 1 else "do not apply or are excepted and are"
        sentence += f" {apart} {verb} counted apart."
    return PlanPart(
        kind="sprint",
        title=f"Sprint {board.sprint.number}",
        first=board.sprint.start,
        last=board.sprint.last_day,
        hours=sum(each.task.hours for each in board.shown),
        done=done,
        counted=len(counted),
        sentence=sentence,
        tasks=tuple(_task(each, names) for each in board.shown),
        later=tuple(map(_later, later[:LATER_SHOWN])),
        later_count=len(later),
    )


def _task(each: ShownTask, names: Names) -> TaskLine:
    placement, owner = each.task.placement, each.task.owner
    return TaskLine(
        control=each.task.control_id,
        # The title of a decision names an account; that of a control is the catalog's.
        title=names.prose(each.title) if each.task.decision_id else each.title,
        owner=names.person(owner) if owner and not each.left else "",
        first=placement.first,
        last=placement.last,
        hours=each.task.hours,
        points=round(each.judged.points, 1) if each.judged else 0.0,
        state="excepted" if each.is_excepted else each.state.value if each.applies else "not_applicable",
        who_notices=each.judged.control.who_notices if each.judged else "",
    )


def _plan(judged: Assessment, proposal: Proposal) -> PlanPart:
    plan = proposal.plan
    tasks = []
    for control, place in sorted(proposal.tasks.items(), key=lambda pair: pair[1].first or proposal.choice.start):
        each = judged.control(control)
        tasks.append(
            TaskLine(
                control=control,
                title=each.control.title,
                owner="",
                first=place.first,
                last=place.last,
                hours=place.hours,
                points=round(each.points, 1),
                state="open",
                who_notices=each.control.who_notices,
            )
        )
    return PlanPart(
        kind="plan",
        title="Plan, not started",
        first=plan.days[0].day if plan.days else None,
        last=plan.days[-1].day if plan.days else None,
        hours=plan.hours,
        done=0,
        counted=len(tasks),
        sentence=plan.sentence,
        tasks=tuple(tasks),
        later=tuple(map(_later, plan.later[:LATER_SHOWN])),
        later_count=len(plan.later),
    )


def _later(row: LaterWork) -> TaskLine:
    points = row.points if row.did_not_fit else row.points_overall
    return TaskLine(row.control, row.title, "", None, None, row.hours, round(points, 1), "later", "")


def exceptions_of(organization: Organization, names: Names) -> tuple[ExceptionLine, ...]:
    """Exceptions in force and those that wait for approval, the earliest end first."""
    return tuple(_exception(each, names) for each in exceptions_by_end(organization) if each.standing in COUNTING)


def _exception(each: ShownException, names: Names) -> ExceptionLine:
    row = each.row
    titles = {control.id: control.title for control in load_catalog().controls}
    return ExceptionLine(
        control=row.control_id,
        title=titles.get(row.control_id, row.control_id),
        object=names.one(row.object, Named.RESOURCE) if row.object else "",
        reason=names.prose(row.reason),
        compensating=names.prose(row.compensating),
        last_day=row.last_day,
        standing=each.standing,
        soon=each.soon,
        requested_by=names.person(row.requested_by),
        decided_by=names.person(row.decided_by) if row.decided_at else "",
    )
