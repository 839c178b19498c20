"""Owns the pages of the assessment: overview, stages, walk mode, control, and saving an answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from ztassess.assessments import pages, tables
from ztassess.assessments.control_page import control_extras
from ztassess.assessments.errors import AnswerConflict, UnknownControl
from ztassess.assessments.forms import AnswerForm
from ztassess.assessments.models import LEVELS
from ztassess.assessments.overview import overview_context
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import answer_save
from ztassess.catalog import load_catalog
from ztassess.common.tables import table_file, table_wanted
from ztassess.organizations.access import OrgRequest, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.roles import Action, may

CONTROL, WALK = "assessments/control.html", "assessments/walk.html"


def overview(request: OrgRequest) -> HttpResponse:
    """Where the company stands: both numbers, contradictions first, the path, what to do next, what changed."""
    return render(request, "assessments/overview.html", overview_context(request))


def stages(request: OrgRequest) -> HttpResponse:
    """The five stages and three tracks with their numbers."""
    context = pages.stages_context(request)
    if kind := table_wanted(request):
        return table_file("stages", tables.STAGES, tables.stage_rows([*context["stages"], *context["tracks"]]), kind)
    return render(request, "assessments/stages.html", context)


def stage(request: OrgRequest, stage_id: str) -> HttpResponse:
    """One stage: its story, its controls, worst first, filtered by proof state."""
    _stage_or_404(stage_id)
    context = pages.stage_context(request, stage_id)
    if kind := table_wanted(request):
        return table_file(f"controls-{stage_id}", tables.CONTROLS, tables.control_rows(context["rows"]), kind)
    return render(request, "assessments/stage.html", context)


def walk(request: OrgRequest, stage_id: str) -> HttpResponse:
    """Walk mode: one control of the stage at a time; starts with the first that has no answer."""
    _stage_or_404(stage_id)
    reading = read_organization(request.organization)
    applicable = [each.id for each in reading.assessment.of_stage(stage_id) if each.applies]
    if not applicable:
        return redirect(org_url(request, "stage", stage_id=stage_id))
    unanswered = [control_id for control_id in applicable if control_id not in reading.answers]
    first = (unanswered or applicable)[0]
    return redirect(org_url(request, "control", control_id=first) + "?walk=1")


def control(request: OrgRequest, control_id: str) -> HttpResponse:
    """One control: question and levels, claim beside proof, findings, how to fix it, history."""
    control_or_404(control_id)
    return control_response(request, control_id, status=HTTPStatus.OK)


def answer(request: OrgRequest, control_id: str) -> HttpResponse:
    """Save an answer: by itself through htmx, or by the button without scripts. A conflict shows both versions."""
    control_or_404(control_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = AnswerForm(request.POST)
    if not form.is_valid():
        mine = {"level": _typed_level(request), "note": request.POST.get("note", "")}
        return _answered(request, control_id, HTTPStatus.UNPROCESSABLE_ENTITY, mine=mine, problem=_first_error(form))
    try:
        answer_save(
            organization=request.organization, control_id=control_id, actor=person_of(request), **form.cleaned_data
        )
    except AnswerConflict as conflict:
        mine = form.cleaned_data
        return _answered(
            request, control_id, HTTPStatus.CONFLICT, conflict=conflict.current, mine=mine, problem=str(conflict)
        )
    except UnknownControl as gone:
        return _answered(request, control_id, HTTPStatus.CONFLICT, mine=form.cleaned_data, problem=str(gone))
    return _answered(request, control_id, HTTPStatus.OK)


def _answered(request: OrgRequest, control_id: str, status: int, **extra: Any) -> HttpResponse:
    if getattr(request, "htmx", False):
        context = pages.control_context(request, control_id) | extra
        return render(request, "assessments/_answered.html", context, status=status)
    if status == HTTPStatus.OK:
        again = "?walk=1" if request.POST.get("walk") else ""
        return redirect(org_url(request, "control", control_id=control_id) + again)
    return control_response(request, control_id, status=status, **extra)


def control_response(
    request: OrgRequest, control_id: str, *, status: int = HTTPStatus.UNPROCESSABLE_ENTITY, **extra: Any
) -> HttpResponse:
    """The control's page, or its walk mode; with what could not be saved where a form was refused."""
    reading, template = read_organization(request.organization), _control_template(request)
    context = pages.control_context(request, control_id, reading)
    if template == CONTROL:
        context |= control_extras(request, reading, control_id)
    return render(request, template, context | extra, status=status)


def _control_template(request: OrgRequest) -> str:
    walking = request.GET.get("walk") or request.POST.get("walk")
    return WALK if walking and may(request.rights, Action.ANSWER) else CONTROL


def _typed_level(request: OrgRequest) -> int | None:
    """The level that was chosen, whatever is wrong with the rest of the form."""
    known = {str(level): level for level, _ in LEVELS}
    return known.get(request.POST.get("level", ""))


def _first_error(form: AnswerForm) -> str:
    name, errors = next(iter(form.errors.items()))
    return f"Not saved, {name}: {errors[0]} What you typed is still in the form."


def _stage_or_404(stage_id: str) -> None:
    try:
        load_catalog().stage(stage_id)
    except KeyError as problem:
        raise Http404 from problem


def control_or_404(control_id: str) -> None:
    """Raises Http404 for a control that the catalog does not know."""
    try:
        load_catalog().control(control_id)
    except KeyError as problem:
        raise Http404 from problem
