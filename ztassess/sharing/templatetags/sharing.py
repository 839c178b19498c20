"""Owns how frozen values are written: moments that were made text, and how a statement is known."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template

from ztassess.domain.proof_state import ProofState
from ztassess.domain.questionnaire import Answer

register = template.Library()

HOW_KNOWN = {
    ProofState.CONTRADICTED: "A check read a system and found that the claim does not hold.",
    ProofState.CANNOT_CHECK: "A check tried and could not look, so nothing is known.",
    ProofState.STALE: "It was proven, too long ago to count in full.",
    ProofState.UNANSWERED: "Nobody has said anything, and no check has passed.",
    ProofState.CLAIMED: "The company says so. Nobody has checked it.",
    ProofState.PARTLY_VERIFIED: "Checks prove a part of what is claimed.",
    ProofState.ATTESTED: "A document says so, and a second person reviewed it.",
    ProofState.VERIFIED: "Checks read a system and found it so.",
    ProofState.EXCEPTED: "The company accepted a deviation until a day. It counts as it is.",
    ProofState.NOT_APPLICABLE: "It does not apply to this company.",
}


@register.filter
def moment(text: str | None) -> datetime | None:
    """A moment in ISO 8601, as frozen values hold it."""
    return datetime.fromisoformat(text) if text else None


@register.filter
def calendar(text: str | None) -> date | None:
    """A day in ISO 8601."""
    return date.fromisoformat(text) if text else None


@register.filter
def how_known(state: str) -> str:
    """What a proof state means for somebody who sees it for the first time."""
    return HOW_KNOWN[ProofState(state)]


@register.filter
def worst_first(controls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Controls by proof state, the open ones first; those that do not apply are left out."""
    shown = [each for each in controls if each["state"] != ProofState.NOT_APPLICABLE]
    return sorted(shown, key=lambda each: ProofState(each["state"]).rank)


@register.filter
def by_rank(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Counts by proof state, the worst state first."""
    return sorted(counts.items(), key=lambda each: ProofState(each[0]).rank)


@register.filter
def answer_word(answer: str) -> str:
    """The word of an answer of the questionnaire: "not_known" becomes "Not known"."""
    return Answer(answer).word


@register.filter
def spoken(state: str) -> str:
    """A state of a task in words: "in_progress" becomes "In progress"."""
    return state.replace("_", " ").capitalize()
