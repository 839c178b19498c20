"""Owns what the pages of the roadmap show: numbers, words and links, ready for templates without logic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from ztassess.access_reviews.selectors_items import open_items
from ztassess.assessments.selectors import Reading
from ztassess.charts.figure import Figure
from ztassess.domain.assessment import Assessment
from ztassess.domain.planning import LaterWork
from ztassess.domain.replanning import Move, MoveKind
from ztassess.domain.sprints import MOVES, TaskState
from ztassess.domain.together import outcome_sentence, proven_with
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.organizations.models import Membership
from ztassess.roadmaps.board import Board, task_of
from ztassess.roadmaps.forms import SprintForm
from ztassess.roadmaps.models import RoadmapTask
from ztassess.roadmaps.proposing import Proposal
from ztassess.roadmaps.selectors import ShownTask, history_of
from ztassess.roadmaps.services.sprints import days_in_words

LATER_SHOWN = 12
DAY_SHOWN = 30
"""Tasks of one day that the board lists; the others are counted: somebody may remove hundreds of accounts at once."""
STATE_MARKS = {
    TaskState.OPEN: ("", "circle-dashed"),
    TaskState.IN_PROGRESS: ("doing", "contrast"),
    TaskState.WAITING: ("waiting", "history"),
    TaskState.DONE: ("ok", "check"),
    TaskState.REOPENED: ("bad", "trending-down"),
}
MOVE_WORDS = {
    MoveKind.LEFT_OUT: "Left out",
    MoveKind.ADDED: "Added",
    MoveKind.MOVED: "Moved",
    MoveKind.HANDED_OVER: "Handed over",
    MoveKind.KEPT: "Stays",
}
MOVE_BUTTONS = {
    TaskState.OPEN: "Put back",
    TaskState.IN_PROGRESS: "Begin",
}


def preview_context(
    request: OrgRequest, form: SprintForm, proposal: Proposal, reading: Reading, problem: str = ""
) -> dict[str, Any]:
    """A plan before a sprint is started; decisions about accounts wait for it, and come in with their own days."""
    accounts = [item for item in open_items() if not item.is_stuck]
    people = {str(member.user_id): member.user.get_full_name() for member in form.team}
    notes = reading.advice.payload.wording.notes if reading.advice else {}
    return {
        "advice": reading.advice,
        "form": form,
        "plan": proposal.plan,
        "outcome": outcome_sentence(reading.assessment, proposal.tasks.keys()),
        "uninvited": _uninvited(form, proposal, reading.facts.n_people),
        "proposal": proposal,
        "chosen": chosen_fields(proposal),
        "problem": problem,
        "days": [
            {
                "day": day,
                "work": [
                    {
                        "work": work,
                        "url": org_url(request, "control", control_id=work.control),
                        "advised": notes.get(work.control, "") if work.part in ("whole", "start") else "",
                        "owner": people.get(proposal.tasks[work.control].owner, ""),
                    }
                    for work in day.work
                ],
            }
            for day in proposal.plan.days
        ],
        "later": later_rows(request, proposal.plan.later[:LATER_SHOWN]),
        "missing_answers": reading.assessment.missing_answers,
        "later_count": len(proposal.plan.later),
        "accounts": accounts[:LATER_SHOWN],
        "accounts_count": len(accounts),
    }


def _uninvited(form: SprintForm, proposal: Proposal, people: int | None) -> dict[str, int] | None:
    """Members beside head-count where work does not fit and people of the company are not here to take some of it."""
    short = any(row.did_not_fit and not row.postponed for row in proposal.plan.later)
    return {"members": len(form.team), "people": people} if people and short and len(form.team) < people else None


def later_rows(request: OrgRequest, rows: Sequence[LaterWork]) -> list[dict[str, Any]]:
    """Work that is not in the sprint; points as the scoring counts them."""
    return [
        {
            "work": row,
            "url": org_url(request, "control", control_id=row.control),
            "points": row.points if row.did_not_fit else row.points_overall,
        }
        for row in rows
    ]


def chosen_fields(proposal: Proposal) -> list[tuple[str, str]]:
    """The choice as fields of a form, so that saving posts what was looked at."""
    choice = proposal.choice
    fields = [("start", choice.start.isoformat()), ("days", str(choice.days)), ("seen", proposal.mark)]
    fields += [("weekdays", str(day)) for day in choice.weekdays]
    if choice.first or choice.later:
        fields.append(("order", "on"))
    return [*fields, *((f"hours_{member.id}", f"{member.hours:g}") for member in choice.team)]


def board_context(request: OrgRequest, board: Board) -> dict[str, Any]:
    """The running sprint, day by day."""
    return {
        "board": board,
        "sprint": board.sprint,
        "range": days_range(board.sprint.start, board.sprint.last_day),
        "hours": sum(each.task.hours for each in board.shown),
        "weeks": _weeks(request, board),
        "figure": with_csv(request, board.burn_figure()),
        "ways": ways(board),
        "reopened": [task_row(request, each) for each in board.of_state(TaskState.REOPENED)],
        "apart": [task_row(request, each) for each in board.apart],
        "left": sorted({each.left for each in board.shown if each.left} | {str(p.user) for p in board.gone}),
        "unowned": len([each for each in board.counted if not each.owner_name and not each.is_done]),
        "late": len(board.late()),
        "tabs": tabs(request, board, "roadmap"),
    }


def tabs(request: OrgRequest, board: Board, current: str) -> list[dict[str, Any]]:
    """Sprint, timeline, later."""
    titles = (("roadmap", "Sprint", None), ("roadmap_timeline", "Timeline", None))
    rows = [*titles, ("roadmap_later", "Later", len(board.later()))]
    return [
        {"url": org_url(request, name), "title": title, "count": count, "current": name == current}
        for name, title, count in rows
    ]


def with_csv(request: OrgRequest, figure: Figure) -> Figure:
    """The figure with the address of its CSV."""
    return replace(figure, csv_url=org_url(request, "roadmap_figure", figure_id=figure.id))


def task_row(request: OrgRequest, each: ShownTask, hours: int | None = None) -> dict[str, Any]:
    """A task as a card of the board.

    Parameters:
        hours: of one day; all of the task's by default.
    """
    mark, icon = STATE_MARKS[each.state]
    return {
        "shown": each,
        "url": org_url(request, "roadmap_task", task_id=each.task.id),
        "title": each.title,
        "mark": mark,
        "icon": icon,
        "word": each.state.words if each.state is not TaskState.OPEN else "",
        "hours": each.task.hours if hours is None else hours,
        "due": each.due if each.task.decision else None,
        "points": each.judged.points if each.judged else 0.0,
    }


def _weeks(request: OrgRequest, board: Board) -> list[dict[str, Any]]:
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    late = {each.task.id for each in board.late()}
    for day in board.sprint.working_days:
        by_day[day] = []
    for each in board.shown:
        for part in each.task.placement.slices:
            row = task_row(request, each, part.hours)
            by_day[part.day].append(
                row | {"part": part.part if part.part != "whole" else "", "late": each.task.id in late}
            )
    weeks: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for day in sorted(by_day):
        rows = by_day[day]
        year, week, _ = day.isocalendar()
        weeks[year, week].append(
            {
                "day": day,
                "rows": rows[:DAY_SHOWN],
                "all": rows,
                "more": max(len(rows) - DAY_SHOWN, 0),
                "hours": sum(row["hours"] for row in rows),
                "today": day == board.today,
            }
        )
    return [_week(place, days) for place, days in enumerate(weeks.values(), start=1)]


def _week(place: int, days: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {row["shown"].task.id: row["shown"] for day in days for row in day["all"]}.values()
    return {
        "number": place,
        "days": days,
        "tasks": len(shown),
        "done": len([each for each in shown if each.is_done]),
        "reopened": len([each for each in shown if each.state is TaskState.REOPENED]),
        "current": any(day["today"] for day in days),
    }


def ways(board: Board) -> list[dict[str, str]]:
    """What would help, computed: reopened work first, the day it ends at these hours, what could wait."""
    found, judged = [], board.reading.assessment
    reopened = board.of_state(TaskState.REOPENED)
    if reopened:
        hours = sum(each.task.hours for each in reopened)
        points = 100 * (proven_with(judged, ids(reopened)) - judged.eighty_twenty.proven)
        what = "1 reopened task" if len(reopened) == 1 else f"{len(reopened)} reopened tasks"
        bring = f" and bring{'s' if len(reopened) == 1 else ''} {points:.1f} points" if points else ""
        takes = ("takes" if len(reopened) == 1 else "take") + (f" {hours} h" if hours else " minutes")
        found.append({"title": "Close what came open again.", "text": f"{what} {takes}{bring}."})
    end = board.ends_without_limit()
    if end is not None and end > board.sprint.last_day:
        text = f"At these hours the plan needs until {end:%b} {end.day}. More people or hours bring it forward."
        found.append({"title": "Give more time.", "text": text})
        todo = [each for each in board.counted if not each.is_done and each.judged]
        least = sorted(todo, key=lambda each: (each.judged.points if each.judged else 0) / each.task.hours)[:4]
        hours = sum(each.task.hours for each in least)
        cost = 100 * (proven_with(judged, ids(todo)) - proven_with(judged, ids(todo) - ids(least)))
        found.append(
            {
                "title": "Let the least valuable work wait.",
                "text": f"The last {len(least)} tasks by value free {hours} h and cost {cost:.1f} points.",
            }
        )
    waiting = board.of_state(TaskState.WAITING)
    if waiting:
        what = "1 task is" if len(waiting) == 1 else f"{len(waiting)} tasks are"
        found.append({"title": "Prove what is built.", "text": f"{what} waiting for a scan or a review."})
    return found


def ids(tasks: Iterable[ShownTask]) -> set[str]:
    """The controls of tasks; a decision about an account stands for none."""
    return {each.task.control_id for each in tasks if each.judged}


def days_range(first: date, last: date) -> str:
    """For example ``November 16 to 27`` or ``November 23 to December 4``."""
    end = f"{last.day}" if (first.year, first.month) == (last.year, last.month) else f"{last:%B} {last.day}"
    return f"{first:%B} {first.day} to {end}"


def task_context(
    request: OrgRequest, board: Board, task: RoadmapTask, problem: str = "", sent: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One task with what to do, how to undo it, and everything that happened to it.

    Parameters:
        sent: what was refused, so that nobody chooses it again.
    """
    each, advice = task_of(board, task), board.reading.advice
    due = each.due.isoformat() if each.due else ""
    owner = str(each.task.owner_id or "")
    if sent and "owner" in sent:
        due, owner = str(sent.get("due", due)), str(sent["owner"])
    return {
        "advice": advice,
        "advised": advice.payload.wording.notes.get(task.control_id, "") if advice else "",
        "row": task_row(request, each),
        "late": each in board.late(),
        "task": each.task,
        "shown": each,
        "subject": each.subject,
        "subject_url": org_url(request, each.subject.route, **each.subject.args),
        "needs": _needs(request, board, each),
        "moves": [{"value": to.value, "title": _move_title(each, to)} for to in MOVES[each.task.state_enum]],
        "owners": [_owner(member, owner) for member in board.team],
        "due_value": due,
        "due_moves": each.task.decision is None,
        "history": history_of(each.task),
        "pushed": list(each.task.pushed.exclude(key="")),
        "problem": problem,
    }


def _move_title(each: ShownTask, to: TaskState) -> str:
    if each.task.state_enum is TaskState.WAITING and to is TaskState.IN_PROGRESS:
        return "Not built yet"
    return MOVE_BUTTONS.get(to, each.subject.built)


def _owner(member: Membership, chosen: str) -> dict[str, Any]:
    return {"id": member.user_id, "name": member.user.get_full_name(), "current": str(member.user_id) == chosen}


def _needs(request: OrgRequest, board: Board, each: ShownTask) -> list[dict[str, Any]]:
    if each.judged is None:
        return []
    judged: Assessment = board.reading.assessment
    return [
        {
            "title": judged.control(other).control.title,
            "met": judged.control(other).met or not judged.control(other).applies,
            "url": org_url(request, "control", control_id=other),
        }
        for other in each.judged.control.prerequisites
    ]


def replan_context(
    request: OrgRequest, board: Board, form: SprintForm, proposal: Proposal | None, problem: str = ""
) -> dict[str, Any]:
    """What a new plan would change, before it is saved."""
    moves = proposal.moves if proposal else ()
    changing = [move for move in moves if move.kind is not MoveKind.KEPT]
    return {
        "board": board,
        "form": form,
        "proposal": proposal,
        "outcome": outcome_sentence(board.reading.assessment, proposal.tasks.keys()) if proposal else "",
        "chosen": chosen_fields(proposal) if proposal else [],
        "moves": [_move_row(board, move) for move in changing],
        "kept": len(moves) - len(changing),
        "changed": bool(changing) or bool(proposal and _differs(board, proposal)),
        "done": len(proposal.done) if proposal else 0,
        "not_fitting": _not_fitting(request, board, proposal, moves),
        "problem": problem,
        "version": board.sprint.version,
    }


def _differs(board: Board, proposal: Proposal) -> bool:
    """Whether days or people are others than the sprint's, even where no task moves."""
    choice, sprint = proposal.choice, board.sprint
    people = {str(person.user_id): person.hours for person in board.people}
    days = (choice.start, choice.days, list(choice.weekdays))
    return days != (sprint.start, sprint.days, sprint.weekdays) or people != {m.id: m.hours for m in choice.team}


def _not_fitting(
    request: OrgRequest, board: Board, proposal: Proposal | None, moves: Iterable[Move]
) -> list[dict[str, Any]]:
    """80/20 work that has no place in the hours, and is not in the sprint now either."""
    if proposal is None:
        return []
    listed = {move.control for move in moves if move.kind is MoveKind.LEFT_OUT}
    rows = [row for row in proposal.plan.later if row.did_not_fit and row.control not in listed]
    return later_rows(request, rows)


def _move_row(board: Board, move: Move) -> dict[str, Any]:
    names = {str(member.user_id): member.user.get_full_name() for member in board.team}
    known = {each.task.control_id: each for each in board.shown if each.task.decision is None}
    before, after = move.before, move.after
    was = known[move.control].left or known[move.control].owner_name if move.control in known else ""
    return {
        "title": board.reading.assessment.control(move.control).control.title,
        "kind": move.kind.value,
        "word": MOVE_WORDS[move.kind],
        "before": days_in_words(before),
        "after": days_in_words(after),
        "owner_before": was or "nobody",
        "owner_after": names.get(after.owner, "nobody") if after else "",
        "handed": bool(before and after and before.owner != after.owner),
        "reason": move.reason,
    }
