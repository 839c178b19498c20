"""Owns which change of a proof state is a regression that somebody should hear of at once."""

from __future__ import annotations

from collections.abc import Mapping

from ztassess.domain.proof_state import ProofState

PROVEN = frozenset({ProofState.PARTLY_VERIFIED, ProofState.ATTESTED, ProofState.VERIFIED})
NOT_SEEN = frozenset({ProofState.STALE, ProofState.CANNOT_CHECK})
"""Nobody looked, or could: unknown is not worse. It stands in the weekly digest."""


def is_regression(was: ProofState, now: ProofState) -> bool:
    """A refutation that was not there, or proof that is less than it was although somebody looked."""
    if now is ProofState.CONTRADICTED:
        return was is not now
    return was in PROVEN and now.rank < was.rank and now not in NOT_SEEN


def regressions(before: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, ProofState, ProofState]]:
    """Each regressed control with its states then and now, by id. A control that was not recorded then is no news."""
    found = []
    for control in sorted(before.keys() & now.keys()):
        if {before[control], now[control]} <= _KNOWN:
            was, state = ProofState(before[control]), ProofState(now[control])
            if is_regression(was, state):
                found.append((control, was, state))
    return found


_KNOWN = frozenset(ProofState)
