"""Owns what closes and reopens a task of a sprint: proof alone, never somebody's word.

A task closes where a passing result brings its control to the target while the result is fresh, or where a second
person's review attests it and no connector contradicts. It reopens where the evidence fell below the target or is
gone. Stale evidence keeps a task closed, since nothing was seen to be worse; the board says that it went stale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ztassess.domain.assessment import ControlAssessment, level_name
from ztassess.domain.proof_state import ProofState


class TaskState(StrEnum):
    """Where a task is."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    DONE = "done"
    REOPENED = "reopened"

    @property
    def words(self) -> str:
        """As people read it."""
        return _WORDS[self]


_WORDS = {
    TaskState.OPEN: "Open",
    TaskState.IN_PROGRESS: "In progress",
    TaskState.WAITING: "Waiting for proof",
    TaskState.DONE: "Proven",
    TaskState.REOPENED: "Reopened",
}

# What a person may do. Nobody moves a task to done or out of it: only evidence does.
MOVES: dict[TaskState, tuple[TaskState, ...]] = {
    TaskState.OPEN: (TaskState.IN_PROGRESS, TaskState.WAITING),
    TaskState.IN_PROGRESS: (TaskState.WAITING, TaskState.OPEN),
    TaskState.WAITING: (TaskState.IN_PROGRESS,),
    TaskState.DONE: (),
    TaskState.REOPENED: (TaskState.IN_PROGRESS, TaskState.WAITING),
}


class ClosedBy(StrEnum):
    """What closed a task."""

    PROOF = "proof"
    ATTESTATION = "attestation"


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a task closes: by what, and in one sentence."""

    by: ClosedBy
    reason: str


def closing_of(each: ControlAssessment) -> Closing | None:
    """What would close the task of a control today; None if nothing does."""
    if not each.applies or each.state is ProofState.CONTRADICTED:
        return None
    target = level_name(each.control.target)
    if each.verified is not None:
        if each.verified.level < each.control.target or each.kv < 1.0:
            return None
        beyond = each.verified.level > each.control.target
        reached = f"{level_name(each.verified.level)}, beyond its target" if beyond else f"its target, {target}"
        return Closing(ClosedBy.PROOF, f"A result proved {reached}.")
    if each.state is ProofState.ATTESTED and (each.claim_level or 0) >= each.control.target:
        return Closing(ClosedBy.ATTESTATION, f"A second person reviewed the attestation of {target}.")
    return None


def reopening_of(each: ControlAssessment, closed_by: str) -> str:
    """Why a closed task of this control does not count as done any more; empty while it does.

    Parameters:
        closed_by: a value of `ClosedBy`.
    """
    if not each.applies:
        return ""
    target = level_name(each.control.target)
    if each.verified is not None:
        if each.verified.level < each.control.target:
            return f"Proof fell to {level_name(each.verified.level)}; {target} is needed."
        if each.state is ProofState.CONTRADICTED:
            return f"A result contradicts what is claimed beyond {level_name(each.verified.level)}."
        return ""
    if closed_by == ClosedBy.PROOF and not _is_attested(each):
        return "Nothing proves it any more: what was checked is gone, or its connection was removed."
    if closed_by == ClosedBy.ATTESTATION and not _is_attested(each):
        return f"Its attestation of {target} does not count any more."
    return ""


def _is_attested(each: ControlAssessment) -> bool:
    """A review stands, perhaps one that went stale or that a connector tried to look behind in vain."""
    standing = (ProofState.ATTESTED, ProofState.STALE, ProofState.CANNOT_CHECK)
    return each.state in standing and (each.claim_level or 0) >= each.control.target


def shown_state(state: TaskState, closed_by: str, each: ControlAssessment) -> TaskState:
    """What a page shows of a stored state: never done while the evidence does not carry it."""
    return TaskState.REOPENED if state is TaskState.DONE and reopening_of(each, closed_by) else state


def is_sprint_done(states: Iterable[TaskState]) -> bool:
    """True if there are tasks and every one of them is done; a task that does not apply is left out by the caller."""
    found = tuple(states)
    return bool(found) and all(state is TaskState.DONE for state in found)
