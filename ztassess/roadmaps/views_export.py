"""Owns what leaves the roadmap: CSV, calendar, figures as CSV, and the push to a tracker."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ztassess.charts.figure import csv_of
from ztassess.common.tables import table_file, table_wanted
from ztassess.organizations.access import OrgRequest, person_of
from ztassess.organizations.links import org_url
from ztassess.roadmaps.board import Board, read_board
from ztassess.roadmaps.exporting import COLUMNS, issue_of, sprint_calendar, sprint_rows
from ztassess.roadmaps.forms import GitHubForm, GitHubPlace, JiraForm, JiraPlace
from ztassess.roadmaps.models import RoadmapTask, Sprint
from ztassess.roadmaps.selectors import ShownTask, with_decisions
from ztassess.roadmaps.services.pushing import Pending, Target, pending, push
from ztassess.roadmaps.trackers import github, jira
from ztassess.roadmaps.trackers.asking import Line
from ztassess.roadmaps.trackers.issues import Tracker
from ztassess.scans.reading import guard, operator_settings

PLACES: dict[str, type[GitHubPlace | JiraPlace]] = {"github": GitHubPlace, "jira": JiraPlace}
FORMS: dict[str, type[GitHubForm | JiraForm]] = {"github": GitHubForm, "jira": JiraForm}
TITLES = {"github": "GitHub", "jira": "Jira"}
OUTDATED = (
    "The tasks changed since you looked, so this would not create what you saw. Nothing was sent; look at the list "
    "below and push again."
)


def _board_or_404(request: OrgRequest) -> Board:
    board = read_board(request.organization)
    if board is None:
        raise Http404
    return board


def _download(text: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def csv_file(request: OrgRequest) -> HttpResponse:
    """The sprint as a table: one row for each day of each task."""
    board = _board_or_404(request)
    return table_file(f"sprint-{board.sprint.number}", COLUMNS, sprint_rows(board.shown), table_wanted(request))


def calendar_file(request: OrgRequest) -> HttpResponse:
    """The sprint as a calendar."""
    board = _board_or_404(request)
    left_out = RoadmapTask.objects.filter(sprint=board.sprint).exclude(left_out_at=None)
    gone = with_decisions(left_out).select_related("sprint")
    urls = {each.task.id: _url(request, each) for each in board.shown}
    name = f"{request.organization.name}, sprint {board.sprint.number}"
    text = sprint_calendar(board.shown, gone, name=name, now=timezone.now(), urls=urls)
    return _download(text, "text/calendar", f"sprint-{board.sprint.number}.ics")


def figure_file(request: OrgRequest, figure_id: str) -> HttpResponse:
    """Exactly the numbers that a figure shows."""
    for figure in _board_or_404(request).figures():
        if figure.id == figure_id:
            return _download(csv_of(figure.columns, figure.rows), "text/csv", f"{figure_id}.csv")
    raise Http404


def push_page(request: OrgRequest, tracker: str) -> HttpResponse:
    """Where to; then the list of exactly what would be created there; posted with a token, each is created once."""
    if tracker not in FORMS:
        raise Http404
    board = read_board(request.organization)
    if board is None:
        return redirect(org_url(request, "roadmap"))
    if request.method == "POST":
        return _push_posted(request, board, tracker)
    place = PLACES[tracker](request.GET or None)
    return render(request, "roadmaps/push.html", _push_context(request, board, tracker, place))


def _push_posted(request: OrgRequest, board: Board, tracker: str) -> HttpResponse:
    place, form = PLACES[tracker](request.POST), FORMS[tracker](request.POST)
    extra: dict[str, Any] = {"form": form}
    if form.is_valid():
        target = _target(form, tracker)
        waiting = _waiting(request, board, target)
        if _mark(waiting) != request.POST.get("seen", ""):
            extra["problem"] = OUTDATED
        else:
            opener = _github(form, board.sprint) if tracker == "github" else _jira(form)
            result = push(
                sprint=board.sprint, target=target, waiting=waiting, open_tracker=opener, actor=person_of(request)
            )
            extra |= {"result": result, "problem": result.problem}
    bad = not form.is_valid() or extra["problem"]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK
    context = _push_context(request, board, tracker, place) | extra
    return render(request, "roadmaps/push.html", context, status=status)


def _push_context(request: OrgRequest, board: Board, tracker: str, place: GitHubPlace | JiraPlace) -> dict[str, Any]:
    """Without a place the list of all tasks that are not proven; with one, without those that are there already."""
    known = place.is_bound and place.is_valid()
    target = _target(place, tracker) if known else None
    rows = _waiting(request, board, target) if known else []
    others = [
        {"url": org_url(request, "roadmap_push", tracker=name), "title": title, "current": name == tracker}
        for name, title in TITLES.items()
    ]
    return {
        "title": TITLES[tracker],
        "board": board,
        "place": place,
        "target": target,
        "kept": [(name, place.cleaned_data[name]) for name in place.fields] if known else [],
        "rows": rows,
        "seen": _mark(rows),
        "form": FORMS[tracker](),
        "others": others,
    }


def _mark(rows: Sequence[Pending]) -> str:
    """The same for the same list: what was looked at is what gets created, or nothing is."""
    told = "\0".join("\0".join((each.issue.mark, each.issue.title, *each.issue.lines)) for each in rows)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _waiting(request: OrgRequest, board: Board, target: Target | None) -> list[Pending]:
    """What a push would create: the tasks that are not proven, without those that are there already."""
    tasks = [each for each in board.counted if not each.is_done]
    rows = [(each.task, issue_of(each, _url(request, each))) for each in tasks]
    return [Pending(*row) for row in rows] if target is None else pending(rows, target)


def _url(request: OrgRequest, each: ShownTask) -> str:
    return settings.BASE_URL + org_url(request, each.subject.route, **each.subject.args)


def _target(form: GitHubPlace | JiraPlace, tracker: str) -> Target:
    data = form.cleaned_data
    place = data["place"].lower() if tracker == "github" else f"{data['site']}/{data['project']}"
    return Target(tracker, place)


def _base(address: str) -> str:
    """The address to ask instead, where the operator says so."""
    return operator_settings().get(f"endpoint {address}", address)


def _github(form: GitHubForm | JiraForm, sprint: Sprint) -> Callable[[], AbstractContextManager[Tracker]]:
    data = form.cleaned_data

    @contextmanager
    def opened() -> Iterator[Tracker]:
        with Line(
            guard(), "GitHub", _base(github.BASE), posts=github.POSTS, headers=github.headers(data["token"])
        ) as line:
            # A clock may be behind ours; an issue of ours is never older than its sprint.
            yield github.GitHub(line, data["place"], sprint.started_at - timedelta(days=1))

    return opened


def _jira(form: GitHubForm | JiraForm) -> Callable[[], AbstractContextManager[Tracker]]:
    data = form.cleaned_data

    @contextmanager
    def opened() -> Iterator[Tracker]:
        with Line(
            guard(), "Jira", _base(data["site"]), posts=jira.POSTS, headers=jira.headers(data["email"], data["token"])
        ) as line:
            yield jira.Jira(line, data["site"], data["project"], data["kind"])

    return opened
