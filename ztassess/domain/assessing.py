"""Owns `assess`: the one function that turns facts, claims and proof into every number and state a page shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ztassess.domain.applicability import Known, known_values, unmet_conditions
from ztassess.domain.assessment import Assessment, ControlAssessment
from ztassess.domain.confidence import (
    REVIEWED_UNSEEABLE,
    Claim,
    Verified,
    attainment,
    claim_confidence,
    proof_confidence,
    terms,
)
from ztassess.domain.controls import Catalog, Control
from ztassess.domain.explanations import control_sentence, headline_sentences
from ztassess.domain.facts import Facts
from ztassess.domain.maturity import perimeter_notice
from ztassess.domain.mesh import MeshAdvice, mesh_advice
from ztassess.domain.moments import Moment, exact
from ztassess.domain.proof_state import LatestOutcome, ProofState, proof_state
from ztassess.domain.scoring import is_80_20_done, method_of
from ztassess.domain.views import Views


def assess(
    catalog: Catalog,
    facts: Facts,
    answers: Mapping[str, Claim],
    verified: Mapping[str, Verified],
    *,
    today: Moment,
    exceptions: Collection[str] = (),
    attestations: Mapping[str, Moment] | None = None,
    latest: Mapping[str, Sequence[LatestOutcome]] | None = None,
    checkable: Collection[str] | None = None,
) -> Assessment:
    """Judge one company.

    Parameters:
        facts: declared and observed, see `ztassess.domain.facts.merge_facts`.
        answers: claims by control id; a missing one is unknown, not "no". Ids the catalog does not know are ignored.
        verified: what findings verify, by control id, see `ztassess.domain.proof.verified_controls`.
        today: the moment to judge for; the only clock.
        exceptions: ids of controls with an accepted exception in force. They change the state, never a number.
        attestations: by control id, when a second person last reviewed an artifact of the claim.
        latest: newest outcomes by control id, for "cannot check"; they never move a number.
        checkable: ids of the controls that a connector fitting the customer's stack can see. None: every control
            that the catalog does not mark as only attestable.

    Returns:
        The same value for the same input, whatever the order of the mappings. No answer given, no connector lost and
        no permission withdrawn ever raises a proven number, see the module `scoring` for what the numbers mean.
    """
    now = exact(today)
    mesh = mesh_advice(facts)
    known = known_values(facts, mesh)
    seeable = {each.id for each in catalog.controls if not each.attest_only} if checkable is None else set(checkable)
    judged = tuple(
        _control(
            control,
            known,
            claim=answers.get(control.id),
            verified=verified.get(control.id),
            reviewed_at=(attestations or {}).get(control.id),
            latest=tuple((latest or {}).get(control.id, ())),
            excepted=control.id in exceptions,
            checkable=control.id in seeable or control.id in verified,
            today=now,
        )
        for control in catalog.controls
    )
    return _added_up(catalog, judged, mesh, now)


def _added_up(catalog: Catalog, judged: Sequence[ControlAssessment], mesh: MeshAdvice, today: datetime) -> Assessment:
    """The whole judgment from judged controls, which get their points here."""
    views = Views(catalog, judged)
    gate = views.gate()
    judged = tuple(_with_points(each, views) for each in judged)
    score, perimeter = views.eighty_twenty(), views.perimeter()
    core = [each for each in judged if each.control.in_80_20]
    missing = sum(each.missing for each in core)
    contradicted = sum(each.state is ProofState.CONTRADICTED for each in core)
    return Assessment(
        catalog_version=catalog.version,
        method_version=method_of(catalog.weighting),
        today=today,
        controls=judged,
        stages=tuple(views.stage(stage, gate) for stage in catalog.stages),
        gate=gate,
        eighty_twenty=score,
        overall=views.overall(),
        done=is_80_20_done(views.applicable, views.floors, score.proven),
        labels=views.labels(),
        perimeter=perimeter_notice(perimeter.proven, perimeter.ceiling) if perimeter else None,
        mesh=mesh,
        identity_first=not gate.is_open,
        missing_answers=missing,
        why=headline_sentences(score, gate, missing, contradicted),
    )


def _control(
    control: Control,
    known: Known,
    *,
    claim: Claim | None,
    verified: Verified | None,
    reviewed_at: Moment | None,
    latest: tuple[LatestOutcome, ...],
    excepted: bool,
    checkable: bool,
    today: Moment,
) -> ControlAssessment:
    unmet = unmet_conditions(control, known)
    window = control.freshness_days
    kc = claim_confidence(claim, reviewed_at, freshness_days=window, checkable=checkable, today=today)
    kv = proof_confidence(verified, window, today) if verified else 0.0
    claim_level = claim.level if claim is not None and kc else None
    state = proof_state(
        applies=not unmet,
        excepted=excepted,
        claim=claim,
        verified=verified,
        reviewed_at=reviewed_at,
        latest=latest,
        freshness_days=window,
        today=today,
    )
    blocked = tuple(each for each in latest if each.blocks)
    why = control_sentence(
        state,
        claim=claim,
        claim_level=claim_level,
        verified=verified,
        reviewed_at=reviewed_at,
        kc=kc,
        kv=kv,
        blocked=blocked,
        freshness_days=window,
        today=today,
    )
    return ControlAssessment(
        control=control,
        state=state,
        attainment=None if unmet else attainment(claim_level, kc, verified, kv, control.target),
        unmet=unmet,
        claim=claim,
        claim_level=claim_level,
        verified=verified,
        proven_level=_proven_level(verified, claim_level, kc),
        kc=kc,
        kv=kv,
        blocked=blocked,
        points=0.0,
        points_overall=0.0,
        why=why,
        reviewed_at=reviewed_at,
        checkable=checkable,
        terms=None if unmet else terms(claim_level, kc, verified, kv, control.target),
    )


def _proven_level(verified: Verified | None, claim_level: int | None, kc: float) -> int:
    if verified is not None:
        return verified.level
    return claim_level or 0 if kc >= REVIEWED_UNSEEABLE else 0


def _with_points(each: ControlAssessment, views: Views) -> ControlAssessment:
    points, points_overall = views.points(each)
    return replace(each, points=points, points_overall=points_overall)
