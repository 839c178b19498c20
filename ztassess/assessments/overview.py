"""Owns what the overview says: what regressed and what was not read, both numbers with their reasons, first steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from ztassess.assessments.monday import MondayPage, monday_page
from ztassess.assessments.overview_changes import group_rows, regression_rows, unread_rows
from ztassess.assessments.overview_path import FIRST_STAGE, path_stage
from ztassess.assessments.pages import stage_row
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.since import PERIODS, Since, since_of
from ztassess.assessments.trend import named, trend_context
from ztassess.domain.assessment import Assessment, ControlAssessment
from ztassess.domain.proof_state import ProofState
from ztassess.domain.together import proven_with
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url

SHOWN_CONTRADICTIONS = 4


def overview_context(request: OrgRequest) -> dict[str, Any]:
    """The overview: see the template for what each name is."""
    reading = read_organization(request.organization)
    judged, today = reading.assessment, timezone.localdate()
    since = since_of(request.GET.get("since", ""), today)
    page = monday_page(request.organization, since.day, reading=reading)
    contradicted = judged.in_state(ProofState.CONTRADICTED)
    statement, *sentences = headline(judged, contradicted, judged.most_valuable())
    return {
        "advice": reading.advice,
        "judged": judged,
        "page": page,
        "statement": statement,
        "sentences": sentences,
        "percents": judged.eighty_twenty.percents,
        "steps": [] if page.last_read or reading.standing else _first_steps(request, judged),
        "regressions": regression_rows(request, page),
        "unread": unread_rows(request, page),
        "contradicted": [
            {"row": each, "url": org_url(request, "control", control_id=each.control_id)}
            for each in page.contradictions[:SHOWN_CONTRADICTIONS]
        ],
        "contradicted_more": max(0, len(page.contradictions) - SHOWN_CONTRADICTIONS),
        "applicable_count": len([each for each in judged.controls if each.applies]),
        "path": [path_stage(request, judged, each) for each in judged.stages if not each.stage.is_track],
        "tracks": [stage_row(request, judged, each) for each in judged.stages if each.stage.is_track],
        "next": _next_rows(request, page, today),
        "first_missing": _first_missing(request, judged),
        "trend": trend_context(list(page.points)),
        **_since_words(since, page, today),
        "groups": group_rows(request, page),
    }


def _since_words(since: Since, page: MondayPage, today: date) -> dict[str, Any]:
    """The chosen day, as it is named and as its form shows it."""
    day = timezone.localtime(page.compared_with).date() if page.is_first and page.compared_with else since.day
    return {
        "since": since,
        "since_words": named(day, today),
        "moved_words": _moved_words(page, named(day, today)),
        "today": today,
        "periods": [{"days": days, "words": words, "current": since.days == days} for days, words in PERIODS],
        "since_note": _too_early(since, page, named(day, today)),
    }


def _moved_words(page: MondayPage, then: str) -> str:
    """How the proven number moved, or why the two are not to be compared; empty where nothing was recorded."""
    if page.method_changed:
        return f"Weights or catalog changed since {then}, so the numbers of then and now are not compared."
    if page.proven_before is None:
        return ""
    if page.proven_before == page.proven:
        return f"As much is proven as on {then}."
    points = abs(page.proven - page.proven_before)
    count = "1 point" if points == 1 else f"{points} points"
    return f"{count} {'more' if page.proven > page.proven_before else 'less'} proven than on {then}."


def _too_early(since: Since, page: MondayPage, first: str) -> str:
    if not page.is_first or page.compared_with is None or since.problem:
        return ""
    asked = named(since.day, timezone.localdate())
    return f"Nothing was recorded before {asked}, so this compares with the first record, of {first}."


def _next_rows(request: OrgRequest, page: MondayPage, today: date) -> list[dict[str, Any]]:
    return [
        {
            "task": task,
            "url": org_url(request, "control", control_id=task.control_id),
            "late": task.due is not None and task.due < today,
        }
        for task in page.next.tasks
    ]


def _first_missing(request: OrgRequest, judged: Assessment) -> str:
    for each in judged.controls:
        if each.missing and each.control.in_80_20:
            return org_url(request, "walk", stage_id=each.control.stage)
    return org_url(request, "stages")


def headline(
    judged: Assessment, contradicted: Sequence[ControlAssessment], valuable: Sequence[ControlAssessment]
) -> list[str]:
    """The statement, then what explains it. The missing answers are left to the page, which says them with a link."""
    shown = judged.eighty_twenty.percents
    if not shown.claimed and not shown.proven:
        start = "Answer what you know, then connect a system: what it finds stands beside what you said."
        return ["Nothing is claimed and nothing is proven yet.", start]
    said = list(judged.why[:-1] if judged.missing_answers else judged.why)
    together = proven_with(judged, {each.id for each in contradicted})
    held = 100 * (together - judged.eighty_twenty.proven)
    if _number(held) != "0":
        what = "1 contradiction holds" if len(contradicted) == 1 else f"{len(contradicted)} contradictions hold"
        said = [f"{what} back {_number(held)} points." if "contradicted by" in each else each for each in said]
    if valuable and valuable[0].points:
        said.append(f"{valuable[0].control.title} alone brings {_number(valuable[0].points)} points.")
    return said or ["Everything of the 80/20 that is claimed is proven."]


def _number(points: float) -> str:
    return f"{points:.1f}".removesuffix(".0")


def _first_steps(request: OrgRequest, judged: Assessment) -> list[dict[str, Any]]:
    """What to do before the first scan; each step knows whether it is done."""
    stage = judged.stage(FIRST_STAGE).stage
    controls = [each for each in judged.of_stage(FIRST_STAGE) if each.applies]
    answered = len([each for each in controls if not each.missing])
    return [
        {
            "title": f"Answer {stage.title.lower()}",
            "text": f"{answered} of {len(controls)} answered. One question at a time, four levels each. "
            "No and unknown cost nothing.",
            "url": org_url(request, "walk", stage_id=FIRST_STAGE),
            "button": "Answer the first stage" if not answered else "Go on answering",
            "done": answered == len(controls),
        },
        {
            "title": "Connect a system",
            "text": "It is read and never written to. A test says what a scan will see before anything is scanned.",
            "url": org_url(request, "connectors"),
            "button": "Choose a system",
            "done": False,
        },
        {
            "title": "Follow the plan",
            "text": "Two weeks, day by day, from your answers. What a scan proves leaves it.",
            "url": org_url(request, "roadmap"),
            "button": "Show the plan",
            "done": False,
        },
    ]
