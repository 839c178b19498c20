"""Owns what a decision about an account is as a task of a sprint: on which day, and what closes and reopens it.

A reading alone closes it, as proof alone closes the task of a control. It takes minutes, so it takes none of the hours
that a sprint is planned with.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ztassess.domain.access_decisions import ItemState
from ztassess.domain.replanning import Slice
from ztassess.domain.sprints import ClosedBy, Closing, TaskState


def day_of(due_on: date | None, days: Sequence[date]) -> tuple[Slice, ...]:
    """The day in a sprint: the last working day until the due day, the first one where that has passed.

    Parameters:
        days: working days of the sprint, at least one, in order.
    """
    before = [day for day in days if due_on is None or day <= due_on]
    return (Slice(before[-1] if before else days[0], 0, "whole"),)


def closing_of_item(state: ItemState, why: str) -> Closing | None:
    """What closes the task of a decision today; None if nothing does."""
    return Closing(ClosedBy.PROOF, f"A reading verified it: {why}") if state is ItemState.DONE else None


def reopening_of_item(state: ItemState, why: str) -> str:
    """Why a closed task of a decision does not count as done any more; empty while it does."""
    if state is ItemState.DONE:
        return ""
    if state is ItemState.STILL_THERE:
        return f"A reading tells it again: {why}"
    return f"Nothing shows any more that it was done. {why}"


def shown_state_of_item(state: TaskState, item: ItemState) -> TaskState:
    """What a page shows of a stored state: never done while no reading says so."""
    return TaskState.REOPENED if state is TaskState.DONE and item is not ItemState.DONE else state
