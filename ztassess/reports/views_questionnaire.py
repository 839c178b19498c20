"""Owns the page of the questionnaire and its downloads."""

from __future__ import annotations

from collections import Counter

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from ztassess.domain.controls import Level
from ztassess.domain.proof_state import ProofState
from ztassess.domain.questionnaire import Answer, ControlState
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.reports.questionnaire_files import document, known_of, markdown, table
from ztassess.reports.questionnaire_reading import read_questionnaire

# class and icon of each answer: those of the outcomes that mean the same.
MARKS = {
    Answer.YES: ("pass", "circle-check"),
    Answer.PARTLY: ("not-checked", "contrast"),
    Answer.NO: ("fail", "octagon-alert"),
    Answer.NOT_KNOWN: ("not-checked", "circle-dashed"),
    Answer.NOT_APPLICABLE: ("not-applicable", "circle-minus"),
}


def questionnaire(request: OrgRequest) -> HttpResponse:
    """Answers to the questions that customers ask most, from what is proven now."""
    found = read_questionnaire(request.organization)
    counts = Counter(each.answer for each in found.answers)
    rows = [
        {
            "each": each,
            "mark": MARKS[each.answer][0] if each.question.controls else "not-applicable",
            "icon": MARKS[each.answer][1] if each.question.controls else "calendar-clock",
            "known": known_of(each),
            "controls": [
                {"control": one, "short": short_of(one), "url": org_url(request, "control", control_id=one.id)}
                for one in each.controls
            ],
        }
        for each in found.answers
    ]
    context = {
        "found": found,
        "rows": rows,
        "counts": [(answer, *MARKS[answer], counts[answer]) for answer in Answer if counts[answer]],
        "markdown": markdown(found, request.organization.name),
    }
    return render(request, "reports/questionnaire.html", context)


def short_of(one: ControlState) -> str:
    """The level that may be told, beside the one a yes needs: verified below it is no yes. Empty from there on."""
    if one.state is ProofState.NOT_APPLICABLE or one.level is None or one.level >= one.target:
        return ""
    return f"{Level(one.level).name.capitalize()}; a yes needs {Level(one.target).name.capitalize()}"


def questionnaire_markdown(request: OrgRequest) -> HttpResponse:
    """The answers as Markdown."""
    text = markdown(read_questionnaire(request.organization), request.organization.name)
    return _file(HttpResponse(text, content_type="text/markdown; charset=utf-8"), "md")


def questionnaire_csv(request: OrgRequest) -> HttpResponse:
    """The answers as a table."""
    text = table(read_questionnaire(request.organization))
    return _file(HttpResponse(text, content_type="text/csv; charset=utf-8"), "csv")


def questionnaire_json(request: OrgRequest) -> HttpResponse:
    """The answers for another program."""
    told = document(read_questionnaire(request.organization), request.organization.name)
    return _file(JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2}), "json")


def _file(response: HttpResponse, ending: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="security-questionnaire.{ending}"'
    return response
