"""Owns "which clients fail this": the choice, the list and its files, and what is asked of many clients at once."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ztassess.common.tables import table_file, table_wanted
from ztassess.portfolio.forms import TASKS, AskForm, usual_due
from ztassess.portfolio.looking import LookRequest, over_clients
from ztassess.portfolio.pages import frame, locked_note
from ztassess.portfolio.pivots import (
    FILE_COLUMNS,
    choices_context,
    file_rows,
    lines_of,
    pivot_context,
    subject_of,
)
from ztassess.portfolio.selectors_pivot import failing_counts, states_of
from ztassess.portfolio.services.asking import Asked, evidence_request, tasks_create
from ztassess.portfolio.table import page_of
from ztassess.portfolio.views import person


@over_clients
@require_safe
def pivots(request: LookRequest) -> HttpResponse:
    """Every check and control that some client fails, most clients first, and a way to any other."""
    counts = failing_counts(request.eyes, request.locked)
    context = choices_context(counts, request.GET.get("q", ""), request.place)
    context["locked"] = locked_note(request.locked, "portfolio_pivots")
    return render(request, "portfolio/pivots.html", context | frame("portfolio_pivots", request.place))


@over_clients
@require_http_methods(["GET", "HEAD", "POST"])
def pivot(request: LookRequest, kind: str, subject: str) -> HttpResponse:
    """What became of one control or check in each client; posted, the ticked ones are asked for something."""
    about = subject_of(kind, subject, request.place)
    if about is None:
        raise Http404
    if request.method != "POST" and (wanted := table_wanted(request)):
        rows = _answer(request, kind, subject)["fitting"]
        return table_file(f"clients-{subject}", FILE_COLUMNS, file_rows(about, rows), wanted)
    if request.method != "POST":
        form = AskForm(initial={"due": usual_due(timezone.localdate()), "key": secrets.token_urlsafe(18)})
        return render(request, "portfolio/pivot.html", _context(request, kind, subject, form))
    form = AskForm(request.POST)
    if not form.is_valid():
        context = _context(request, kind, subject, form)
        return render(request, "portfolio/pivot.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = form.cleaned_data
    asked = Asked(kind, subject, said["key"], said["due"], said["text"])
    ask = tasks_create if said["what"] == TASKS else evidence_request
    outcomes = ask(user=person(request), keys=said["ticked"], asked=asked, locked=request.locked)
    context = {
        "what": said["what"],
        "done": [outcome for outcome in outcomes if outcome.done],
        "refused": [outcome for outcome in outcomes if not outcome.done],
        "about": about,
        "kind": kind,
        "subject": subject,
    }
    return render(request, "portfolio/asked.html", context | frame("portfolio_pivot", request.place))


def _answer(request: LookRequest, kind: str, subject: str) -> dict[str, Any]:
    found = states_of(request.eyes, kind, subject, request.locked)
    return pivot_context(kind, subject, found, request.GET.get("state", ""), request.place)


def _context(request: LookRequest, kind: str, subject: str, form: AskForm) -> dict[str, Any]:
    context = _answer(request, kind, subject)
    page = page_of(context["fitting"], request.GET.get("page", ""))
    shown = {"page": page, "lines": lines_of(context["about"], page.rows, request.place), "form": form}
    shown |= {"ticked": set(request.POST.getlist("ticked")), "locked": locked_note(request.locked, "portfolio_pivots")}
    return context | shown | frame("portfolio_pivot", request.place)
