"""Owns what the assessment pages show: numbers, words and links, ready for templates without logic."""

from __future__ import annotations

from typing import Any

from ztassess.assessments.control_page import findings_of, fix_cards, near, touched_without_card
from ztassess.assessments.history import history_of
from ztassess.assessments.selectors import (
    Reading,
    read_organization,
    shown_findings,
)
from ztassess.assessments.standing import proof_of
from ztassess.catalog import load_catalog, load_index
from ztassess.domain.assessment import Assessment, ControlAssessment, StageAssessment
from ztassess.domain.confidence import REVIEWED
from ztassess.domain.planning import hours_left
from ztassess.domain.proof_state import ProofState
from ztassess.domain.scoring import percent
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.organizations.roles import Action, may
from ztassess.scans.selectors import split_settled


def stage_row(request: OrgRequest, judged: Assessment, each: StageAssessment) -> dict[str, Any]:
    """One stage or track as a row of a list."""
    controls = judged.of_stage(each.stage.id)
    applicable = [control for control in controls if control.applies]
    return {
        "stage": each.stage,
        "url": org_url(request, "stage", stage_id=each.stage.id),
        "off": each.shown is None,
        "proven": percent(each.shown.proven) if each.shown else 0,
        "claimed": percent(each.shown.claimed) if each.shown else 0,
        "ceiling": percent(each.shown.ceiling) if each.shown else 0,
        "why": each.why,
        "label": each.labels,
        "controls": len(applicable),
        "missing": len([control for control in applicable if control.missing]),
        "contradicted": len([control for control in applicable if control.state is ProofState.CONTRADICTED]),
    }


def stages_context(request: OrgRequest) -> dict[str, Any]:
    """All stages and tracks."""
    judged = read_organization(request.organization).assessment
    rows = [stage_row(request, judged, each) for each in judged.stages]
    return {
        "judged": judged,
        "stages": [row for row in rows if not row["stage"].is_track],
        "tracks": [row for row in rows if row["stage"].is_track],
    }


def control_row(request: OrgRequest, reading: Reading, each: ControlAssessment) -> dict[str, Any]:
    """One control as a row of a list."""
    answer = reading.answers.get(each.id)
    return {
        "control": each.control,
        "judged": each,
        "state": each.state.value,
        "url": org_url(request, "control", control_id=each.id),
        "claimed": each.claim_level,
        "proven": each.verified.level if each.verified else None,
        "points": each.points,
        "hours": hours_left(each),
        # Four cells that all say "nobody answered" teach nothing; the question does.
        "evidence": proof_of(reading, each).sentence
        or (each.control.question if each.state is ProofState.UNANSWERED else each.why),
        "answered_by": answer.answered_by if answer and answer.level is not None else None,
    }


def stage_context(request: OrgRequest, stage_id: str) -> dict[str, Any]:
    """One stage with its controls, filtered by the address."""
    reading = read_organization(request.organization)
    judged = reading.assessment
    of_stage = judged.of_stage(stage_id)
    wanted, text = request.GET.get("proof", ""), request.GET.get("q", "").strip().lower()
    ordered = sorted(of_stage, key=lambda each: (each.state.rank, -each.points, -each.points_overall))
    shown = [
        each
        for each in ordered
        if (not wanted or each.state.value == wanted)
        and (not text or text in f"{each.control.title} {each.id} {each.control.question}".lower())
    ]
    filters: list[dict[str, Any]] = [{"url": "?", "title": "All", "current": not wanted, "count": len(of_stage)}]
    for state in ProofState:
        count = len([each for each in of_stage if each.state is state])
        if count:
            title = state.value.replace("_", " ").capitalize()
            here = {"url": f"?proof={state.value}", "title": title, "current": wanted == state.value, "count": count}
            filters.append(here | {"state": state.value})
    open_controls = [each for each in of_stage if each.applies and not each.met]
    return {
        "stage": judged.stage(stage_id).stage,
        "row": stage_row(request, judged, judged.stage(stage_id)),
        "rows": [control_row(request, reading, each) for each in shown],
        "filters": filters,
        "search": {"name": "q", "value": request.GET.get("q", ""), "placeholder": "Search controls", "kept": []},
        "left": {
            "controls": len(open_controls),
            "hours": sum(hours_left(each) for each in open_controls),
            "points": sum(each.points for each in open_controls),
        },
        "siblings": [each.stage for each in judged.stages],
    }


def _attests(each: ControlAssessment) -> bool:
    """True where a reviewed artifact is what counts: an exception hides the state and moves no number."""
    if each.state is ProofState.EXCEPTED:
        return each.verified is None and each.kc >= REVIEWED
    return each.state is ProofState.ATTESTED


def control_context(request: OrgRequest, control_id: str, reading: Reading | None = None) -> dict[str, Any]:
    """One control: its question, claim beside proof, findings, fixes, history."""
    reading = reading or read_organization(request.organization)
    each = reading.assessment.control(control_id)
    control = each.control
    frameworks = load_index().frameworks
    answer = reading.answers.get(control_id)
    ordered, failing = findings_of(reading, control_id)
    findings = shown_findings(reading, control_id, ordered)
    proof, fixes = proof_of(reading, each), fix_cards(reading.facts, control, failing)
    of_stage = [other for other in reading.assessment.of_stage(control.stage) if other.applies]
    return {
        "control": control,
        "stage": load_catalog().stage(control.stage),
        "judged": each,
        "state": each.state.value,
        "answer": answer,
        "claim": {
            "level": each.claim_level,
            "person": answer.answered_by if answer else None,
            "at": answer.answered_at if answer else None,
            "note": answer.note if answer else "",
        },
        "proof": {
            "level": each.verified.level if each.verified else None,
            "sources": proof.sources,
            "at": each.verified.verified_at if each.verified else None,
            "fresh_days": control.freshness_days,
            "sentence": proof.sentence,
            "attested": reading.attesting.get(control_id) if _attests(each) else None,
        },
        "verdict": each.why,
        "actions": _actions(request, each),
        **split_settled(findings),
        "findings_shown": len(findings),
        "finding_count": len(ordered),
        "near": near(request, control_id, failing) if each.applies and not each.met else None,
        "fixes": fixes,
        "touched_rest": touched_without_card(control, failing),
        "foreign_fixes": [card for card in fixes if card["foreign"]],
        "needs": [reading.assessment.control(other) for other in control.prerequisites],
        "history": history_of(request.organization, control_id),
        "crosswalk": [
            {"title": frameworks[framework].title, "ids": ", ".join(ids)}
            for framework, ids in control.crosswalk.items()
        ],
        "hours": hours_left(each),
        "own_weight": load_catalog().control(control_id).weight,
        "advice": reading.advice,
        "advised": reading.advice.payload.wording.notes.get(control_id, "") if reading.advice else "",
        "unmet": each.unmet,
        **_neighbors(request, of_stage, control_id),
    }


def _actions(request: OrgRequest, each: ControlAssessment) -> list[dict[str, str]]:
    """What a contradiction asks for; both stand on the same page."""
    if each.state is not ProofState.CONTRADICTED:
        return []
    fix = {"url": "#fix-h", "title": "Fix it"}
    return [fix, {"url": "#levels", "title": "Change the claim"}] if may(request.rights, Action.ANSWER) else [fix]


def _neighbors(request: OrgRequest, of_stage: list[ControlAssessment], control_id: str) -> dict[str, Any]:
    ids = [other.id for other in of_stage]
    here = ids.index(control_id) if control_id in ids else -1
    links: dict[str, Any] = {"position": here + 1, "of": len(ids)}
    for name, place in (("previous_url", here - 1), ("next_url", here + 1)):
        found = here >= 0 and 0 <= place < len(ids)
        links[name] = org_url(request, "control", control_id=ids[place]) if found else ""
    return links
