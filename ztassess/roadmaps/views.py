"""Owns the pages of the roadmap: preview, board, timeline, later, one task, planning again."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.advice import advice_of
from ztassess.assessments.selectors import read_organization
from ztassess.common.tables import table_file, table_wanted
from ztassess.domain.playbooks import Advice
from ztassess.domain.sprints import TaskState
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.roadmaps import pages
from ztassess.roadmaps.board import Board, read_board
from ztassess.roadmaps.errors import PlanImpossible, RoadmapError
from ztassess.roadmaps.forms import SprintForm, TaskForm, chosen, usual
from ztassess.roadmaps.models import RoadmapTask
from ztassess.roadmaps.proposing import Proposal, propose
from ztassess.roadmaps.selectors import owners_kept, team_of
from ztassess.roadmaps.services.moving import Kept, task_assign, task_move
from ztassess.roadmaps.services.sprints import sprint_end, sprint_replan, sprint_start


def roadmap(request: OrgRequest) -> HttpResponse:
    """The running sprint by day; before there is one, the plan it would begin with."""
    board = read_board(request.organization)
    if board is None:
        return _preview(request)
    return render(request, "roadmaps/board.html", pages.board_context(request, board))


def _preview(request: OrgRequest, problem: str = "", *, posted: bool = False) -> HttpResponse:
    """The plan for what was chosen. A wrong choice keeps the usual one and says why."""
    team = team_of(request.organization)
    reading = read_organization(request.organization)
    advice, given = reading.advice, (request.POST if posted else request.GET) or None
    form = SprintForm(given, initial=usual(team, advice), team=team, advice=advice)
    today, owners = timezone.localdate(), owners_kept()
    choice = SprintForm(usual(team, advice), team=team, advice=advice)
    if form.is_bound and form.is_valid():
        choice = form
    choice.is_valid()
    try:
        proposal = propose(reading.assessment, choice.choice(), today=today, owners=owners)
    except PlanImpossible as impossible:
        problem = problem or str(impossible)
        standing = SprintForm(usual(team), team=team)
        standing.is_valid()
        proposal = propose(reading.assessment, standing.choice(), today=today, owners=owners)
    context = pages.preview_context(request, form, proposal, reading, problem)
    status = HTTPStatus.CONFLICT if posted else HTTPStatus.OK
    return render(request, "roadmaps/preview.html", context, status=status)


def start(request: OrgRequest) -> HttpResponse:
    """Start the sprint that was looked at."""
    if request.method != "POST":
        return redirect(org_url(request, "roadmap"))
    form = SprintForm(request.POST, team=team_of(request.organization), advice=advice_of(request.organization))
    if not form.is_valid():
        return _preview(request, "This is not a plan that could be started; nothing was saved.", posted=True)
    try:
        sprint = sprint_start(
            organization=request.organization,
            choice=form.choice(),
            seen=request.POST.get("seen", ""),
            actor=person_of(request),
        )
    except RoadmapError as problem:
        if read_board(request.organization) is not None:
            messages.error(request, str(problem))
            return redirect(org_url(request, "roadmap"))
        return _preview(request, str(problem), posted=True)
    messages.success(request, f"Sprint {sprint.number} runs. Its tasks close when their checks pass.")
    return redirect(org_url(request, "roadmap"))


def replan(request: OrgRequest) -> HttpResponse:
    """What a new plan would change; posted, it is saved if it is still the one that was looked at."""
    board = read_board(request.organization)
    if board is None:
        return redirect(org_url(request, "roadmap"))
    if request.method == "POST":
        return _replan_save(request, board)
    advice = board.reading.advice
    own = chosen(board.sprint, board.people, in_order=_follows(board, advice))
    form = SprintForm(request.GET if "start" in request.GET else own, team=board.team, advice=advice)
    proposal, problem = _proposal(board, form)
    return render(request, "roadmaps/replan.html", pages.replan_context(request, board, form, proposal, problem))


def _follows(board: Board, advice: Advice | None) -> bool:
    """True if the sprint holds nothing that the playbook leaves for later: a new plan takes none of it in by itself."""
    later = advice.payload.preset.later if advice else ()
    return bool(later) and not {each.task.control_id for each in board.shown}.intersection(later)


def _proposal(board: Board, form: SprintForm) -> tuple[Proposal | None, str]:
    if not form.is_valid():
        return None, ""
    tasks = [each.task for each in board.shown]
    try:
        found = propose(board.reading.assessment, form.choice(), today=board.today, tasks=tasks, owners=owners_kept())
    except PlanImpossible as problem:
        return None, str(problem)
    return found, ""


def _replan_save(request: OrgRequest, board: Board) -> HttpResponse:
    form = SprintForm(request.POST, team=board.team, advice=board.reading.advice)
    version = request.POST.get("version", "")
    if not form.is_valid() or not version.isdecimal():
        context = pages.replan_context(request, board, form, None)
        return render(request, "roadmaps/replan.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        sprint_replan(
            sprint=board.sprint,
            choice=form.choice(),
            seen=request.POST.get("seen", ""),
            version=int(version),
            actor=person_of(request),
        )
    except RoadmapError as problem:
        proposal, why = _proposal(board, form)
        context = pages.replan_context(request, board, form, proposal, why or str(problem))
        return render(request, "roadmaps/replan.html", context, status=HTTPStatus.CONFLICT)
    messages.success(request, "The new plan is saved. Closed tasks stayed where they were.")
    return redirect(org_url(request, "roadmap"))


def end(request: OrgRequest) -> HttpResponse:
    """End the sprint: a page that says what stays open, and the button."""
    board = read_board(request.organization)
    if board is None:
        return redirect(org_url(request, "roadmap"))
    if request.method == "POST":
        try:
            sprint_end(sprint=board.sprint, actor=person_of(request))
        except RoadmapError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, f"Sprint {board.sprint.number} has ended. Below is the plan for the next one.")
        return redirect(org_url(request, "roadmap"))
    left = [each for each in board.counted if not each.is_done]
    return render(request, "roadmaps/end.html", {"board": board, "left": left, "sprint": board.sprint})


def timeline(request: OrgRequest) -> HttpResponse:
    """Every task on its days."""
    board = read_board(request.organization)
    if board is None:
        return redirect(org_url(request, "roadmap"))
    figure = pages.with_csv(request, board.timeline_figure())
    context = {"board": board, "figure": figure, "tabs": pages.tabs(request, board, "roadmap_timeline")}
    return render(request, "roadmaps/timeline.html", context)


def later(request: OrgRequest) -> HttpResponse:
    """What is not in the sprint, by value per hour."""
    board = read_board(request.organization)
    if board is None:
        return redirect(org_url(request, "roadmap"))
    rows = pages.later_rows(request, board.later())
    if kind := table_wanted(request):
        listed = [(row["work"].control, row["work"].title, row["work"].hours, round(row["points"], 2)) for row in rows]
        return table_file("later", ("Control", "Title", "Hours", "Points"), listed, kind)
    context = {"board": board, "rows": rows, "tabs": pages.tabs(request, board, "roadmap_later")}
    return render(request, "roadmaps/later.html", context)


def task(request: OrgRequest, task_id: UUID) -> HttpResponse:
    """One task: what to do, who notices, how to test and roll back, what happened. Posted: move or assign it."""
    row = get_for_member(RoadmapTask, request, id=task_id, left_out_at=None)
    board = read_board(request.organization)
    if board is None or row.sprint_id != board.sprint.id:
        raise Http404
    if request.method != "POST":
        return render(request, "roadmaps/task.html", pages.task_context(request, board, row))
    form = TaskForm(request.POST)
    problem = _task_change(request, row, form)
    if problem:
        board = read_board(request.organization) or board
        context = pages.task_context(request, board, row, problem, form.data)
        return render(request, "roadmaps/task.html", context, status=HTTPStatus.CONFLICT)
    return redirect(org_url(request, "roadmap_task", task_id=task_id))


def _task_change(request: OrgRequest, row: RoadmapTask, form: TaskForm) -> str:
    """Move or assign; the reason why it was refused, empty if it was done."""
    if not form.is_valid():
        if wrong := form.errors.get("due"):
            return f"{wrong[0]} Nothing was saved."
        return "This is not a change of a task; nothing was saved. Use the buttons below."
    version, to, owner_id = (form.cleaned_data[name] for name in ("version", "to", "owner"))
    due = form.cleaned_data["due"] if "due" in form.data else Kept.DUE
    try:
        if to:
            task_move(task=row, to=TaskState(to), version=version, actor=person_of(request))
        else:
            owner = User.objects.filter(pk=int(owner_id)).first() if owner_id.isdecimal() else None
            if owner_id and owner is None:
                return "There is no such person; nothing was saved."
            task_assign(task=row, owner=owner, version=version, actor=person_of(request), due=due)
    except RoadmapError as problem:
        return str(problem)
    return ""
