"""Owns the proof state of a control: what findings and artifacts make of the claim, in one word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ztassess.domain.confidence import Claim, Verified, claim_confidence, is_attested, is_fresh
from ztassess.domain.controls import TARGET_LEVEL
from ztassess.domain.findings import Outcome
from ztassess.domain.moments import Moment


class ProofState(StrEnum):
    """The ten proof states, worst first: the order of every list, filter and stack."""

    CONTRADICTED = "contradicted"
    CANNOT_CHECK = "cannot_check"
    STALE = "stale"
    UNANSWERED = "unanswered"
    CLAIMED = "claimed"
    PARTLY_VERIFIED = "partly_verified"
    ATTESTED = "attested"
    VERIFIED = "verified"
    EXCEPTED = "excepted"
    NOT_APPLICABLE = "not_applicable"

    @property
    def rank(self) -> int:
        """0 for the worst up to 9; a sort key."""
        return _RANK[self]


_RANK = {state: rank for rank, state in enumerate(ProofState)}


@dataclass(frozen=True, slots=True)
class LatestOutcome:
    """The newest outcome of one check in one connection, definite or not.

    Attributes:
        reason_code: why it could not be checked; empty for definite outcomes.
        missing_scope: the permission that was lacking; empty if none is known.
        supporting: the check only shows evidence beside this control.
    """

    check: str
    connection: str
    outcome: Outcome
    reason_code: str = ""
    missing_scope: str = ""
    supporting: bool = False

    @property
    def blocks(self) -> bool:
        """True if a connector tried and could not see what would move the level."""
        return self.outcome in (Outcome.NOT_CHECKED, Outcome.ERROR) and not self.supporting


def proof_state(
    *,
    applies: bool,
    excepted: bool,
    claim: Claim | None,
    verified: Verified | None,
    reviewed_at: Moment | None,
    latest: Sequence[LatestOutcome],
    freshness_days: int,
    today: Moment,
) -> ProofState:
    """The state of one control; where several hold, the first of this list.

    Parameters:
        applies: computed from the facts.
        excepted: an accepted exception is in force today.
        claim: the answer, however old; one that expired (365 days) counts as not given.
        verified: what stands verified, however old.
        reviewed_at: when a second person last reviewed an artifact of the claim.
        latest: newest outcome per check and connection for this control.

    Returns:
        not applicable; excepted, also where exceptions name all that refutes the claim; contradicted (a refutation
        never expires); verified while fresh; cannot check, where
        a check that could still help was blocked; stale; partly verified; attested; claimed; unanswered.
        Without a claim, findings count as verified from the target on, as partly verified from level 1 on.
    """
    if not applies:
        return ProofState.NOT_APPLICABLE
    if excepted:
        return ProofState.EXCEPTED
    # Whether a connector could see the control changes how much a claim counts, never whether it does.
    if not claim_confidence(claim, reviewed_at, freshness_days=freshness_days, checkable=True, today=today):
        claim = None
    blocked = any(each.blocks for each in latest)
    if verified is not None:
        return _of_findings(claim, verified, blocked=blocked, fresh=is_fresh(verified, freshness_days, today))
    if blocked:
        return ProofState.CANNOT_CHECK
    if claim is None:
        return ProofState.UNANSWERED
    if reviewed_at is None:
        return ProofState.CLAIMED
    return ProofState.ATTESTED if is_attested(reviewed_at, freshness_days, today) else ProofState.STALE


def _of_findings(claim: Claim | None, verified: Verified, *, blocked: bool, fresh: bool) -> ProofState:
    if claim is not None and verified.refutes(claim.level):
        return ProofState.EXCEPTED if verified.excepted else ProofState.CONTRADICTED
    whole = verified.level >= (TARGET_LEVEL if claim is None else claim.level)
    if whole and fresh:
        return ProofState.VERIFIED
    if blocked:
        return ProofState.CANNOT_CHECK
    if claim is None and verified.level == 0:
        return ProofState.UNANSWERED
    if not fresh:
        return ProofState.STALE
    return ProofState.PARTLY_VERIFIED
