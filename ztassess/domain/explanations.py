"""Owns the sentences that explain a number: why a control, a stage or the headline counts what it counts."""

from __future__ import annotations

from collections.abc import Iterable

from ztassess.domain.assessment import Gate, level_name
from ztassess.domain.confidence import REVIEWED, UPLOAD_SHARE_OF_WINDOW, Claim, Verified
from ztassess.domain.moments import Moment, age_days
from ztassess.domain.proof_state import LatestOutcome, ProofState
from ztassess.domain.scoring import GATE_STAGE, GATE_THRESHOLD, Score, percent

NBSP = "\u00a0"


def percents(share: float) -> str:
    """A share as people read it: ``41 %`` with a no-break space, rounded down."""
    return f"{percent(share)}{NBSP}%"


def _days(then: Moment, now: Moment) -> str:
    days = int(age_days(then, now))
    return "1 day" if days == 1 else f"{days} days"


def control_sentence(
    state: ProofState,
    *,
    claim: Claim | None,
    claim_level: int | None,
    verified: Verified | None,
    reviewed_at: Moment | None,
    kc: float,
    kv: float,
    blocked: Iterable[LatestOutcome],
    freshness_days: int,
    today: Moment,
) -> str:
    """Why one control counts what it counts.

    Parameters:
        claim, claim_level: the answer, and its level as it counts (None if there is none or it expired).
        kc, kv: confidences, 0 to 1.
    """
    match state:
        case ProofState.NOT_APPLICABLE:
            return "Does not apply to this company; computed from its facts."
        case ProofState.EXCEPTED:
            return "An accepted exception is in force; the score counts the control as it is."
        case ProofState.CANNOT_CHECK:
            return _cannot_check(blocked, claim_level, verified, kc)
        case ProofState.UNANSWERED if verified is not None:
            return "Findings show that nothing is in place yet, and nobody has said anything."
        case ProofState.UNANSWERED:
            return (
                "The answer is older than a year, so it counts as not given." if claim else "Nobody has said anything."
            )
    if verified is not None:
        return _of_findings(state, verified, claim_level, kc, kv, freshness_days, today)
    claimed = f"{level_name(claim_level or 0)} is claimed"
    if reviewed_at is not None and state is ProofState.ATTESTED:
        when = f"{_days(reviewed_at, today)} ago" if age_days(reviewed_at, today) >= 1 else "less than a day ago"
        return f"{claimed}; a second person reviewed the artifact {when}. Counts {percents(kc)}."
    if reviewed_at is not None:
        age = _days(reviewed_at, today)
        return f"{claimed}; its review is {age} old, fresh for {freshness_days}. Counts {percents(kc)}."
    return f"{claimed} without proof. Counts {percents(kc)}."


def _of_findings(
    state: ProofState,
    verified: Verified,
    claim_level: int | None,
    kc: float,
    kv: float,
    freshness_days: int,
    today: Moment,
) -> str:
    level = level_name(verified.level)
    stale = "" if kv >= 1.0 else f" {_staleness(verified, freshness_days, today)} {percents(kv)}."
    if state is ProofState.CONTRADICTED:
        claimed = level_name(claim_level or 0)
        return (
            f"{claimed} is claimed, but findings say {level}. It counts as {level} until a scan shows otherwise.{stale}"
        )
    if verified.level < verified.max_level:
        return f"Findings verify {level} and nothing above it.{stale}"
    if claim_level is not None and claim_level > verified.level:
        rest = f"the rest of {level_name(claim_level)}, which counts {percents(kc)}"
        return f"Findings verify {level} and cannot see {rest}.{stale}"
    return f"Findings verify {level}.{stale}"


def _staleness(verified: Verified, freshness_days: int, today: Moment) -> str:
    if verified.uploaded_at is None:
        return f"They are {_days(verified.verified_at, today)} old, fresh for {freshness_days}, and count"
    window = freshness_days * UPLOAD_SHARE_OF_WINDOW
    return f"The upload is {_days(verified.uploaded_at, today)} old, fresh for {window:g} (half as long), and counts"


def _cannot_check(
    blocked: Iterable[LatestOutcome], claim_level: int | None, verified: Verified | None, kc: float
) -> str:
    scopes = sorted({each.missing_scope for each in blocked if each.missing_scope})
    reasons = sorted({each.reason_code.replace("_", " ") for each in blocked if each.reason_code})
    because = ", ".join(reasons) or "the check broke"
    if scopes:
        because = f"the permission {', '.join(scopes)} is missing"
    counts = "Nothing is proven"
    if verified is not None:
        counts = f"What was seen before ({level_name(verified.level)}) stays"
    elif claim_level is not None and kc >= REVIEWED:
        counts = f"{level_name(claim_level)} is attested by a reviewed artifact and counts {percents(kc)}"
    elif claim_level is not None:
        counts = f"{level_name(claim_level)} stays only claimed"
    return f"A connector tried and could not see: {because}. {counts}."


def stage_sentence(title: str, stage_id: str, shown: Score | None, gate: Gate) -> str:
    """Why a stage counts what it counts: "MFA is 70 %, but counts 56 %, because identity reached 43 % of ..."."""
    if shown is None:
        return f"{title} is not needed: none of its controls applies."
    if stage_id == GATE_STAGE:
        reached = (
            f"its gate controls reached {percents(gate.attained.proven)} of the {percents(GATE_THRESHOLD)} they need"
        )
        if gate.is_open:
            return f"{title} is {percents(shown.proven)} and holds the gate open."
        return f"{title} is {percents(shown.proven)} and holds the gate: {reached}, so the rest counts {_factor(gate)}."
    if gate.is_open:
        return f"{title} is {percents(shown.proven)} and counts in full."
    if percent(shown.proven) == 0:
        return f"Nothing of {title} is proven yet."
    counts = percents(shown.proven * gate.factor.proven)
    return f"{title} is {percents(shown.proven)}, but counts {counts}, because {_reached(gate)}."


def _factor(gate: Gate) -> str:
    return percents(gate.factor.proven)


def _reached(gate: Gate) -> str:
    return f"identity reached {percents(gate.attained.proven)} of the {percents(GATE_THRESHOLD)} it needs"


def headline_sentences(score: Score, gate: Gate, missing_answers: int, contradicted: int) -> tuple[str, ...]:
    """What explains the 80/20, most important first: the gap, the gate, the missing answers."""
    sentences = []
    claimed, proven, ceiling = score.percents.claimed, score.percents.proven, score.percents.ceiling
    gap = claimed - proven
    if gap:
        points = "1 point is" if gap == 1 else f"{gap} points are"
        sentences.append(f"{points} claimed but not proven.")
    if contradicted:
        verb = "1 claim is" if contradicted == 1 else f"{contradicted} claims are"
        sentences.append(f"{verb} contradicted by findings.")
    if not gate.is_open:
        sentences.append(f"Everything after identity counts {_factor(gate)}, because {_reached(gate)}.")
    if missing_answers:
        answers = "1 answer is" if missing_answers == 1 else f"{missing_answers} answers are"
        sentences.append(f"Could be up to {ceiling}{NBSP}%: {answers} missing.")
    return tuple(sentences)
