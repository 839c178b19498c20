"""Owns what changed between two moments: each control in one group, the groups in the order a person should read them.

A group is what the change asks of somebody. What got worse through a refutation comes first, then what newly fails
without having moved a state, then good news, then what nobody could see or what grew too old, then what people said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ztassess.domain.proof_state import ProofState


class ChangeKind(StrEnum):
    """The groups, first to last. Exceptions that end stand between what went stale and what was answered."""

    REGRESSED = "regressed"
    NEW = "new"
    FIXED = "fixed"
    UNCHECKED = "unchecked"
    STALE = "stale"
    EXCEPTION = "exception"
    ANSWERED = "answered"

    @property
    def rank(self) -> int:
        """0 for what is read first; a sort key."""
        return _RANK[self]


_RANK = {kind: rank for rank, kind in enumerate(ChangeKind)}


class Was(StrEnum):
    """What a check had said of a system at the earlier moment, or says now."""

    PASS = "pass"  # noqa: S105  an outcome, not a password
    FAIL = "fail"
    BLIND = "blind"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class CheckChange:
    """What one check in one connection said then and says now.

    Attributes:
        before: what its scan before the earlier moment said; NOTHING where there was none or nothing to judge.
        now: its last definite outcome, carried forward where newer attempts could not see; a fail that exceptions
            took out whole is NOTHING.
        blind: its newest attempt could not see.
        newly_failing: resources that fail now and did not fail then, in the order in which they are named.
    """

    check: str
    connection: str
    before: Was
    now: Was
    blind: bool = False
    newly_failing: tuple[str, ...] = ()

    @property
    def fails_newly(self) -> bool:
        """The check, or more of what it looks at, fails now and did not then."""
        return self.now is Was.FAIL and (self.before is not Was.FAIL or bool(self.newly_failing))

    @property
    def broke(self) -> bool:
        """It passed then and fails now."""
        return self.now is Was.FAIL and self.before is Was.PASS

    @property
    def mended(self) -> bool:
        """It failed then and passes now, by an attempt that could see."""
        return self.before is Was.FAIL and self.now is Was.PASS and not self.blind

    @property
    def went_blind(self) -> bool:
        """It saw something then and its newest attempt could not."""
        return self.blind and self.before in (Was.PASS, Was.FAIL)


@dataclass(frozen=True, slots=True)
class ControlChange:
    """One control that changed.

    Attributes:
        before: the proof state then; equal to ``now`` where only checks changed.
        checks: those of its checks that explain the group; empty where the state changed for another reason.
    """

    control: str
    kind: ChangeKind
    before: ProofState
    now: ProofState
    checks: tuple[CheckChange, ...] = ()


_PROVEN = (ProofState.PARTLY_VERIFIED, ProofState.ATTESTED, ProofState.VERIFIED)


def changes(
    before: Mapping[str, ProofState],
    now: Sequence[tuple[str, ProofState, float]],
    checks: Mapping[str, Collection[CheckChange]],
) -> tuple[ControlChange, ...]:
    """Every control that changed, each once, in the order of the groups; inside one the worst and most valuable first.

    Parameters:
        before: proof states at the earlier moment. A control that is not among them was not recorded then: its state
            counts as unchanged, so that a new catalog is not taken for news.
        now: id, proof state and 80/20 points that the control would bring, in the catalog's order.
        checks: by control id, what became of the checks that verify it; supporting ones are left out by the caller.
    """
    found: list[tuple[tuple[int, int, float], ControlChange]] = []
    for control, state, points in now:
        was = before.get(control, state)
        about = tuple(checks.get(control, ()))
        kind = kind_of(was, state, about)
        if kind is not None:
            change = ControlChange(control, kind, was, state, explaining(kind, about))
            found.append(((kind.rank, state.rank, -points), change))
    return tuple(change for _, change in sorted(found, key=lambda pair: pair[0]))


def kind_of(was: ProofState, now: ProofState, checks: Iterable[CheckChange]) -> ChangeKind | None:
    """The group of one control; None if nothing changed. Where several hold, the first of the order.

    Regressed: contradicted now and not then, or worse than then with a check that newly fails. Fixed: better than then
    by evidence, or a check mended; never what merely stopped being claimed, was excepted or applies no more.
    """
    about = tuple(checks)
    worse, failing = now.rank < was.rank, any(each.fails_newly for each in about)
    if now is ProofState.NOT_APPLICABLE:
        return None if was is now else ChangeKind.ANSWERED
    if (now is ProofState.CONTRADICTED and was is not now) or (worse and failing):
        return ChangeKind.REGRESSED
    if failing:
        return ChangeKind.NEW
    if (now in _PROVEN and now.rank > was.rank) or any(each.mended for each in about):
        return ChangeKind.FIXED
    if (now is ProofState.CANNOT_CHECK and was is not now) or any(each.went_blind for each in about):
        return ChangeKind.UNCHECKED
    if was is now:
        return None
    return ChangeKind.STALE if now is ProofState.STALE else ChangeKind.ANSWERED


def explaining(kind: ChangeKind, checks: Iterable[CheckChange]) -> tuple[CheckChange, ...]:
    """The checks that made a control stand in its group; those that broke come first."""
    if kind in (ChangeKind.REGRESSED, ChangeKind.NEW):
        return tuple(sorted((each for each in checks if each.fails_newly), key=lambda each: not each.broke))
    if kind is ChangeKind.FIXED:
        return tuple(each for each in checks if each.mended)
    return tuple(each for each in checks if each.blind) if kind is ChangeKind.UNCHECKED else ()
