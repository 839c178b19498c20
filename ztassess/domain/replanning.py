"""Owns what a new plan changes in a running sprint: what moves, what comes, what goes and why. Done tasks stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ztassess.domain.assessment import Assessment, ControlAssessment
from ztassess.domain.planning import Plan
from ztassess.domain.proof_state import ProofState


@dataclass(frozen=True, slots=True)
class Slice:
    """Hours of one task on one day; ``part`` is whole, start, continue or finish."""

    day: date
    hours: int
    part: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a task is in a plan: its days in order, and who owns it (empty: nobody)."""

    slices: tuple[Slice, ...]
    owner: str = ""

    @property
    def first(self) -> date | None:
        return self.slices[0].day if self.slices else None

    @property
    def last(self) -> date | None:
        return self.slices[-1].day if self.slices else None

    @property
    def hours(self) -> int:
        return sum(each.hours for each in self.slices)


class MoveKind(StrEnum):
    """What a new plan does to a task, in the order of a list."""

    LEFT_OUT = "left_out"
    ADDED = "added"
    MOVED = "moved"
    HANDED_OVER = "handed_over"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Move:
    """One task before and after. ``reason`` says why one is left out; empty otherwise."""

    control: str
    kind: MoveKind
    before: Placement | None
    after: Placement | None
    reason: str = ""


def placements(plan: Plan) -> dict[str, tuple[Slice, ...]]:
    """By control, the days that a plan gives it."""
    found: dict[str, list[Slice]] = {}
    for day in plan.days:
        for work in day.work:
            found.setdefault(work.control, []).append(Slice(day.day, work.hours, work.part))
    return {control: tuple(slices) for control, slices in found.items()}


def moves(before: Mapping[str, Placement], after: Mapping[str, Placement], assessment: Assessment) -> tuple[Move, ...]:
    """What becomes of every task that is not done.

    Parameters:
        before: open tasks of the running sprint, by control.
        after: tasks of the new plan, by control.

    Returns:
        Left out first, then added, moved, handed over, kept; each kind by its first day.
    """
    found = [_move(control, before.get(control), after.get(control), assessment) for control in {**before, **after}]
    order = {kind: place for place, kind in enumerate(MoveKind)}

    def place(move: Move) -> tuple[int, date, str]:
        stands = move.after or move.before
        return order[move.kind], (stands.first if stands else None) or date.max, move.control

    return tuple(sorted(found, key=place))


def _move(control: str, before: Placement | None, after: Placement | None, assessment: Assessment) -> Move:
    if after is None:
        return Move(control, MoveKind.LEFT_OUT, before, None, _why_left_out(assessment.control(control)))
    if before is None:
        return Move(control, MoveKind.ADDED, None, after)
    if before.slices != after.slices:
        return Move(control, MoveKind.MOVED, before, after)
    return Move(control, MoveKind.KEPT if before.owner == after.owner else MoveKind.HANDED_OVER, before, after)


def _why_left_out(each: ControlAssessment) -> str:
    if not each.applies:
        return "It does not apply any more, by the facts."
    if each.state is ProofState.EXCEPTED:
        return "An accepted exception stands for it."
    if each.met:
        return "It is at its target, by proof that is not fresh; a scan would close it."
    return "It does not fit into the hours that there are."
