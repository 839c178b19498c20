"""Owns the path on the overview: each stage with its two numbers, what it counts and its next step."""

from __future__ import annotations

from typing import Any

from ztassess.domain.assessment import Assessment, ControlAssessment, StageAssessment
from ztassess.domain.explanations import percents
from ztassess.domain.mesh import MeshVerdict
from ztassess.domain.proof_state import ProofState
from ztassess.domain.scoring import GATE_THRESHOLD, percent
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url

FIRST_STAGE = "identity"


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
    """How far the gate after identity is open."""
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
