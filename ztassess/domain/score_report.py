"""Owns what `manage.py score` prints: the stable JSON shape of an assessment with its plan, and the readable table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ztassess.domain.assessment import Assessment, ControlAssessment, StageAssessment, level_name
from ztassess.domain.explanations import NBSP, percents
from ztassess.domain.maturity import Labels
from ztassess.domain.mesh import VERDICT_WORDS, MeshInput
from ztassess.domain.planning import Plan
from ztassess.domain.scoring import GATE_THRESHOLD, Score

_DECIMALS = 6


def score_json(assessment: Assessment, plan: Plan) -> dict[str, Any]:
    """The judgment as plain values for JSON. Keys are only ever added.

    Shares are 0 to 1 with 6 decimals, numbers under ``eighty_twenty`` and ``overall`` whole percent rounded down; what
    does not apply is null.
    """
    return {
        "catalog_version": assessment.catalog_version,
        "method_version": assessment.method_version,
        "today": assessment.today.isoformat(),
        "eighty_twenty": _percents(assessment.eighty_twenty),
        "overall": _percents(assessment.overall),
        "done": assessment.done,
        "missing_answers": assessment.missing_answers,
        "labels": _labels(assessment.labels),
        "gate": {
            "attainment": _shares(assessment.gate.attained),
            "factor": _shares(assessment.gate.factor),
            "needs": GATE_THRESHOLD,
        },
        "stages": [_stage(each) for each in assessment.stages],
        "controls": [_control(each) for each in assessment.controls],
        "mesh": _mesh(assessment),
        "perimeter": _perimeter(assessment),
        "plan": _plan(plan),
        "why": list(assessment.why),
    }


def _share(share: float) -> float:
    return round(share, _DECIMALS)


def _shares(score: Score | None) -> dict[str, float] | None:
    if score is None:
        return None
    return {"claimed": _share(score.claimed), "proven": _share(score.proven), "ceiling": _share(score.ceiling)}


def _percents(score: Score) -> dict[str, int]:
    whole = score.percents
    return {"claimed": whole.claimed, "proven": whole.proven, "ceiling": whole.ceiling}


def _labels(labels: Labels | None) -> dict[str, str] | None:
    return {"proven": level_name(labels.proven), "claimed": level_name(labels.claimed)} if labels else None


def _stage(each: StageAssessment) -> dict[str, Any]:
    return {
        "stage": each.stage.id,
        "title": each.stage.title,
        "track": each.stage.is_track,
        "applicable": each.score is not None,
        "attainment": _shares(each.score),
        "attainment_80_20": _shares(each.core),
        "gate": _shares(each.factor),
        "counts": _shares(each.counts),
        "labels": _labels(each.labels),
        "why": each.why,
    }


def _control(each: ControlAssessment) -> dict[str, Any]:
    reached = each.attainment
    return {
        "control": each.id,
        "stage": each.control.stage,
        "in_80_20": each.control.in_80_20,
        "applicable": reached is not None,
        "floor": _share(reached.floor) if reached else None,
        "ceiling": _share(reached.ceiling) if reached else None,
        "claimed": _share(reached.claimed) if reached else None,
        "state": each.state.value,
        "points": round(each.points, _DECIMALS),
        "points_overall": round(each.points_overall, _DECIMALS),
        "why": each.why,
    }


def _mesh(assessment: Assessment) -> dict[str, Any]:
    mesh = assessment.mesh
    return {
        "verdict": mesh.verdict.value,
        "certain": mesh.certain,
        "possible": [verdict.value for verdict in mesh.possible],
        "need": mesh.need,
        "capacity": mesh.capacity,
        "identity_first": assessment.identity_first,
        "reason": mesh.reason,
        "need_inputs": [_mesh_input(each) for each in mesh.need_inputs],
        "capacity_inputs": [_mesh_input(each) for each in mesh.capacity_inputs],
    }


def _mesh_input(each: MeshInput) -> dict[str, Any]:
    return {"fact": each.fact, "value": each.value, "points": each.points, "most": each.most}


def _perimeter(assessment: Assessment) -> dict[str, Any] | None:
    notice = assessment.perimeter
    if notice is None:
        return None
    return {"attainment": _share(notice.attained), "unknown": notice.unknown, "text": notice.text}


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "hours": plan.hours,
        "sentence": plan.sentence,
        "days": [
            {
                "day": day.number,
                "date": day.day.isoformat(),
                "hours": day.hours,
                "work": [
                    {"control": each.control, "part": each.part, "hours": each.hours, "who_notices": each.who_notices}
                    for each in day.work
                ],
            }
            for day in plan.days
        ],
        "later": [
            {
                "control": each.control,
                "hours": each.hours,
                "points": round(each.points, _DECIMALS),
                "points_overall": round(each.points_overall, _DECIMALS),
                "did_not_fit": each.did_not_fit,
            }
            for each in plan.later
        ],
    }


def score_table(assessment: Assessment, plan: Plan) -> str:
    """The judgment as text for a terminal, at most about 110 characters wide unless a title is longer."""
    parts = (_headline(assessment), _stage_lines(assessment), _control_lines(assessment), _mesh_lines(assessment))
    lines = [line for part in (*parts, _plan_lines(plan)) for line in (*part, "")]
    return "\n".join(lines).rstrip() + "\n"


def _headline(assessment: Assessment) -> Iterator[str]:
    score, everything = assessment.eighty_twenty.percents, assessment.overall.percents
    ceiling = f"could be {score.ceiling}{NBSP}%"
    yield f"80/20     {score.proven:>3}{NBSP}% proven   {score.claimed:>3}{NBSP}% claimed   {ceiling}"
    yield f"Overall   {everything.proven:>3}{NBSP}% proven   {everything.claimed:>3}{NBSP}% claimed"
    labels = assessment.labels
    yield f"Maturity  {level_name(labels.proven)} proven, {level_name(labels.claimed)} claimed"
    if assessment.done:
        yield "The 80/20 is done."
    yield from assessment.why
    if assessment.perimeter:
        yield assessment.perimeter.text


def _stage_lines(assessment: Assessment) -> Iterator[str]:
    yield f"{'Stage':<18}{'proven':>8}{'claimed':>9}{'counts':>8}  Maturity"
    for each in assessment.stages:
        if each.shown is None or each.counts is None or each.labels is None:
            yield f"{each.stage.title:<18}{'-':>8}{'-':>9}{'-':>8}  not applicable"
            continue
        numbers = f"{percents(each.shown.proven):>8}{percents(each.shown.claimed):>9}{percents(each.counts.proven):>8}"
        yield f"{each.stage.title:<18}{numbers}  {level_name(each.labels.proven)}"


def _control_lines(assessment: Assessment) -> Iterator[str]:
    yield f"{'Control, worst first':<40}{'floor':>6}{'ceiling':>9}{'points':>8}  Proof"
    for each in assessment.worst_first():
        word = each.state.value.replace("_", " ")
        if each.attainment is None:
            yield f"{each.id:<40}{'-':>6}{'-':>9}{'-':>8}  {word}"
            continue
        floor, ceiling = percents(each.attainment.floor), percents(each.attainment.ceiling)
        points = f"{each.points:+.1f}" if each.points else ""
        yield f"{each.id:<40}{floor:>6}{ceiling:>9}{points:>8}  {word}"


def _mesh_lines(assessment: Assessment) -> Iterator[str]:
    mesh = assessment.mesh
    yield f"Mesh: {mesh.verdict.value}. {VERDICT_WORDS[mesh.verdict]}"
    yield mesh.reason[0].upper() + mesh.reason[1:]
    if not mesh.certain:
        missing = ", ".join(each.fact for each in mesh.unknown)
        possible = ", ".join(verdict.value for verdict in mesh.possible)
        yield f"Not certain: {missing} not known; could be {possible}."
    if assessment.identity_first:
        yield "Identity first: the gate after identity is not open yet."


def _plan_lines(plan: Plan) -> Iterator[str]:
    yield f"Plan: {plan.sentence}"
    for day in plan.days:
        yield f"Day {day.number:>2}  {day.day:%a %b} {day.day.day:>2}  {day.hours:>2} h"
        for each in day.work:
            part = "" if each.part == "whole" else f", {each.part}"
            yield f"        {each.hours:>2} h  {each.control}{part}"
    if plan.later:
        yield f"Later: {len(plan.later)} controls, {sum(each.hours for each in plan.later)} h."
