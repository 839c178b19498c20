"""Owns what a decision about an account means: when it may be made, what asks for it again, when it is done.

The words of a person never close anything: "remove" and "reduce" are done when a reading taken after the decision tells
so, and open again when one tells otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from ztassess.domain.access_review import Flag, Line
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account


class Decision(StrEnum):
    """What a reviewer says about an account."""

    KEEP = "keep"
    REDUCE = "reduce"
    REMOVE = "remove"
    EXCEPT = "except"


OPENING: Final = (Decision.REMOVE, Decision.REDUCE)
"""Decisions that somebody has to carry out in the system, and that the next reading verifies."""


class ItemState(StrEnum):
    """What the readings say about a decision that has to be carried out."""

    STILL_THERE = "still_there"
    NOT_VERIFIED = "not_verified"
    DONE = "done"


class Why(StrEnum):
    """Why a campaign asks for an account, or does not."""

    NEW = "new"
    CHANGED = "changed"
    LAPSED = "lapsed"
    UNCHANGED = "unchanged"
    INACTIVE = "inactive"


ASKING: Final = (Why.NEW, Why.CHANGED, Why.LAPSED)


@dataclass(frozen=True, slots=True)
class Verified:
    """What is known of an open decision.

    Attributes:
        at: when the reading was taken that says so; None before the first one.
        why: one sentence.
    """

    state: ItemState
    at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class AccountReading:
    """What the last reading of a connection tells about one account.

    Attributes:
        found: every account with the id in question; empty: the whole list was read and it is gone.
    """

    taken_at: datetime
    found: Part[Account]


def verify(
    decision: Decision, decided_at: datetime, reading: AccountReading | None, before: Verified | None = None
) -> Verified:
    """What a reading says about a decision.

    Parameters:
        before: what was known; a finished one stays finished, with its date, while nothing speaks against it.
    """
    if reading is None:
        return before or Verified(ItemState.NOT_VERIFIED, None, "The connection told nothing yet.")
    if isinstance(reading.found, Unavailable):
        if before is not None and before.state is ItemState.DONE:
            return before
        why = reading.found.detail or "The accounts could not be listed."
        return Verified(ItemState.NOT_VERIFIED, reading.taken_at, f"Not verified: {why}")
    fresh = _from_accounts(decision, decided_at, reading.taken_at, reading.found)
    both_done = before is not None and before.state is ItemState.DONE is fresh.state
    return before if both_done and before is not None else fresh


def _from_accounts(decision: Decision, decided_at: datetime, taken_at: datetime, found: Sequence[Account]) -> Verified:
    acting = [account for account in found if account.active is not False]
    held = acting if decision is Decision.REMOVE else [account for account in acting if account.admin is not False]
    if taken_at <= decided_at:
        return Verified(ItemState.NOT_VERIFIED, taken_at, "Not read again since the decision.")
    if not held:
        gone = "Gone." if not found else "Inactive." if not acting else "No administrator any more."
        return Verified(ItemState.DONE, taken_at, gone)
    if decision is Decision.REMOVE:
        if any(account.active for account in held):
            return Verified(ItemState.STILL_THERE, taken_at, "Still active.")
        return Verified(ItemState.NOT_VERIFIED, taken_at, "Still listed; the system does not say whether it is active.")
    if any(account.admin for account in held):
        return Verified(ItemState.STILL_THERE, taken_at, "Still an administrator.")
    return Verified(
        ItemState.NOT_VERIFIED, taken_at, "Still listed; the system does not say whether it is an administrator."
    )


def shown_state(decision: Decision, state: ItemState, line: Line) -> ItemState:
    """What may be shown beside an account that is told right now: never "done" while it has what was to be taken."""
    if state is not ItemState.DONE or not line.may_act:
        return state
    gone = decision is Decision.REDUCE and line.account.admin is False
    return ItemState.DONE if gone else ItemState.NOT_VERIFIED


def is_overdue(state: ItemState, due_on: date | None, today: date) -> bool:
    """True if the last reading still tells the access and the due day has passed."""
    return state is ItemState.STILL_THERE and is_late(state, due_on, today)


def is_late(state: ItemState, due_on: date | None, today: date) -> bool:
    """True if the due day has passed and nothing shows that it was done."""
    return state is not ItemState.DONE and due_on is not None and today > due_on


def refusal(decision: Decision, line: Line) -> str:
    """Why this decision makes no sense for this account; empty if it does."""
    if decision in OPENING and not line.may_act:
        return "It is inactive already: nothing is left to take away."
    if decision is Decision.REDUCE and line.account.admin is not True:
        return "It is not told to be an administrator, so no reading could verify less. Remove it, or keep it."
    if decision is Decision.KEEP and line.has(Flag.LEFT):
        return "Its person left. Remove it, or make an exception with a last day."
    return ""


TOLD: Final = ("active", "admin", "second_factor", "through_idp", "owner")


def basis(line: Line) -> dict[str, Any]:
    """What was told of an account when somebody decided, as plain values."""
    account = line.account
    return {
        "kind": account.kind.value,
        **{name: getattr(account, name) for name in TOLD},
        "flags": [flag.value for flag, _ in line.flags],
    }


_WORDS: Final[Mapping[tuple[str, Any], str]] = {
    ("active", True): "is active again",
    ("admin", True): "became an administrator",
    ("admin", False): "is no administrator any more",
    ("second_factor", True): "has a second factor now",
    ("second_factor", False): "has no second factor now",
    ("through_idp", True): "signs in through the identity provider now",
    ("through_idp", False): "no longer signs in through the identity provider",
}


def changes(then: Mapping[str, Any], line: Line) -> tuple[str, ...]:
    """What was told of an account since a decision that was not told then, in words.

    A system that says nothing any more changes nothing; a flag that ended is no news for a reviewer.
    """
    account, found = line.account, []
    for name in ("active", "admin", "second_factor", "through_idp"):
        now = getattr(account, name)
        if now is not None and now != then.get(name) and (name, now) in _WORDS:
            told_before = then.get(name) is not None
            # "No" where nothing was told before is the same access, better known; only "yes" can be more of it.
            if told_before or name in ("active", "admin"):
                found.append(_WORDS[name, now] if told_before or now else "")
    if account.owner and account.owner != then.get("owner"):
        found.append(f"its owner is {account.owner} now")
    known = set(then.get("flags", ()))
    found += [f"new flag: {flag.word.lower()}" for flag, _ in line.flags if flag.value not in known]
    return tuple(words for words in found if words)


@dataclass(frozen=True, slots=True)
class Decided:
    """The last decision about an account, as far as it matters for the next one.

    Attributes:
        until: last day of an exception.
    """

    decision: Decision
    basis: Mapping[str, Any]
    until: date | None = None


def asks(decided: Decided | None, line: Line, today: date) -> tuple[Why, str]:
    """Why a review asks for this account, with the change in words."""
    if not line.may_act:
        return Why.INACTIVE, "Nobody can sign in with it."
    if decided is None:
        return Why.NEW, "Nobody decided about it yet."
    if decided.until is not None and today > decided.until:
        return Why.LAPSED, f"Its exception ended on {decided.until.isoformat()}."
    if changed := changes(decided.basis, line):
        text = "; ".join(changed)
        return Why.CHANGED, f"Since the last decision: {text}."
    return Why.UNCHANGED, "Nothing changed since the last decision."
