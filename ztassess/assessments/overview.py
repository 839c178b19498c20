"""Owns what the overview says: both numbers with their reasons, first steps, the path, what changed."""

from __future__ import annotations

from typing import Any

from ztassess.assessments.pages import control_row, stage_row
from ztassess.assessments.selectors import Change, changes_since, last_scan_at, read_organization
from ztassess.assessments.trend import trend_context
from ztassess.domain.assessment import Assessment, ControlAssessment, StageAssessment
from ztassess.domain.explanations import percents
from ztassess.domain.mesh import MeshVerdict
from ztassess.domain.proof_state import ProofState
from ztassess.domain.scoring import GATE_THRESHOLD, percent
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url

SHOWN_TASKS = 3
SHOWN_CONTRADICTIONS = 4
SHOWN_CHANGES = 8
DEFAULT_DAYS = 7
PERIODS = ((1, "yesterday"), (7, "a week ago"), (30, "30 days ago"), (90, "90 days ago"))
FIRST_STAGE = "identity"
CHANGE_WORDS = {
    "regressed": "Regressed",
    "unchecked": "Could not be checked",
    "stale": "Went stale",
    "answered": "Answered",
    "changed": "Changed",
}


def overview_context(request: OrgRequest) -> dict[str, Any]:
    """The overview: see the template for what each name is."""
    reading = read_organization(request.organization)
    judged = reading.assessment
    days = _days(request)
    since, changes = changes_since(request.organization, judged, days)
    contradicted = sorted(judged.in_state(ProofState.CONTRADICTED), key=lambda each: -each.points)
    valuable = judged.most_valuable()
    last_scan = last_scan_at(request.organization)
    first_missing = _first_missing(request, judged)
    statement, *sentences = headline(judged, contradicted, valuable)
    return {
        "judged": judged,
        "statement": statement,
        "sentences": sentences,
        "percents": judged.eighty_twenty.percents,
        "steps": [] if last_scan else _first_steps(request, judged),
        "contradicted": [control_row(request, reading, each) for each in contradicted[:SHOWN_CONTRADICTIONS]],
        "contradicted_count": len(contradicted),
        "applicable_count": len([each for each in judged.controls if each.applies]),
        "contradicted_more": max(0, len(contradicted) - SHOWN_CONTRADICTIONS),
        "path": [path_stage(request, judged, each) for each in judged.stages if not each.stage.is_track],
        "tracks": [stage_row(request, judged, each) for each in judged.stages if each.stage.is_track],
        "next": [control_row(request, reading, each) for each in valuable[:SHOWN_TASKS]],
        "since": since,
        "days": days,
        "periods": PERIODS,
        "changes": [
            {"change": each, "word": change_word(each), "row": control_row(request, reading, each.control)}
            for each in changes[:SHOWN_CHANGES]
        ],
        "change_count": len(changes),
        "last_scan": last_scan,
        "first_missing": first_missing,
        "trend": trend_context(request.organization),
    }


def _days(request: OrgRequest) -> int:
    asked = request.GET.get("since", "")
    return int(asked) if asked in {str(days) for days, _ in PERIODS} else DEFAULT_DAYS


def _first_missing(request: OrgRequest, judged: Assessment) -> str:
    for each in judged.controls:
        if each.missing and each.control.in_80_20:
            return org_url(request, "walk", stage_id=each.control.stage)
    return org_url(request, "stages")


def headline(
    judged: Assessment, contradicted: list[ControlAssessment], valuable: tuple[ControlAssessment, ...]
) -> list[str]:
    """The statement, then what explains it. The missing answers are left to the page, which says them with a link."""
    shown = judged.eighty_twenty.percents
    if not shown.claimed and not shown.proven:
        start = "Answer what you know, then connect a system: what it finds stands beside what you said."
        return ["Nothing is claimed and nothing is proven yet.", start]
    said = list(judged.why[:-1] if judged.missing_answers else judged.why)
    held = sum(each.points for each in contradicted)
    if contradicted and held:
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


def path_stage(request: OrgRequest, judged: Assessment, each: StageAssessment) -> dict[str, Any]:
    """One stage on the path: see ``components/_path.html``."""
    shown = each.shown
    row = {
        "url": org_url(request, "stage", stage_id=each.stage.id),
        "order": each.stage.order,
        "title": each.stage.title,
        "off": shown is None,
        "proven": percent(shown.proven) if shown else 0,
        "claimed": percent(shown.claimed) if shown else 0,
        "gate": each.stage.id == FIRST_STAGE,
        "gate_open": judged.gate.is_open,
        "now": _next_stage(judged) == each.stage.id,
        **path_words(judged, each),
    }
    open_controls = [control for control in judged.of_stage(each.stage.id) if control.applies and not control.met]
    if shown is not None and open_controls:
        best = max(open_controls, key=lambda control: (control.points, control.points_overall))
        row |= {"next_url": org_url(request, "control", control_id=best.id), "next_title": best.control.title}
    return row


def path_words(judged: Assessment, each: StageAssessment) -> dict[str, str]:
    """What a stage counts, in few words: the gate's own sentence stands once, above the path."""
    if each.stage.id == "mesh" and judged.mesh.verdict is MeshVerdict.NONE:
        reason = judged.mesh.reason
        strong = "No mesh is needed yet." if judged.mesh.certain else "No mesh, by what is known."
        return {"strong": strong, "why": reason[:1].upper() + reason[1:]}
    if each.shown is None or each.counts is None:
        return {"why": each.why}
    if each.stage.id == FIRST_STAGE:
        return {"strong": "Opens the gate." if judged.gate.is_open else "Holds the gate.", "why": gate_words(judged)}
    standing = _standing_words([control for control in judged.of_stage(each.stage.id) if control.applies])
    if not percent(each.shown.proven) or judged.gate.is_open:
        return {"why": standing}
    return {"strong": f"Counts {percents(each.counts.proven)} behind the gate.", "why": standing}


def gate_words(judged: Assessment) -> str:
    controls = len([each for each in judged.of_stage(FIRST_STAGE) if each.control.gate and each.applies])
    reached, needed = percents(judged.gate.attained.proven), percents(GATE_THRESHOLD)
    return f"Its {controls} gate controls reached {reached} of the {needed} they need."


def _standing_words(controls: list[ControlAssessment]) -> str:
    total = len(controls)
    contradicted = len([each for each in controls if each.state is ProofState.CONTRADICTED])
    missing = len([each for each in controls if each.missing])
    if contradicted:
        return f"{contradicted} of {total} controls {'is' if contradicted == 1 else 'are'} contradicted."
    if missing:
        return f"{missing} of {total} answers {'is' if missing == 1 else 'are'} missing."
    met = len([each for each in controls if each.met])
    return f"{met} of {total} controls {'is' if met == 1 else 'are'} proven at target."


def _next_stage(judged: Assessment) -> str:
    for each in judged.stages:
        if not each.stage.is_track and any(not c.met for c in judged.of_stage(each.stage.id) if c.applies):
            return each.stage.id
    return ""


def change_word(change: Change) -> str:
    """A change in a word or two."""
    if change.kind == "fixed":
        return "Fixed" if change.before == ProofState.CONTRADICTED.value else "Proven"
    return CHANGE_WORDS.get(change.kind, "Changed")
