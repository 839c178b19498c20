"""Owns how a setting is judged unit by unit, and how people are named in verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ztassess.connectors.google_workspace.reduction import GROUP, Applied, applied
from ztassess.connectors.google_workspace.snapshot import User, WorkspaceSnapshot
from ztassess.connectors.judging import MOST_NAMES, NamedAccounts, count, rows_read
from ztassess.domain.findings import Evidence, Unavailable, Verdict, failed, not_checked

T = TypeVar("T")
USERS_SOURCE = "GET admin/directory/v1/users"
POLICIES_SOURCE = "GET v1/policies"
EMPTY = "The policy list is empty; not counted as 'off' or 'on'."
_WHY_UNCERTAIN = {
    "license": "only for some licenses, and nobody's license is read",
    "unplaced": "for a unit that is not in the list of units, or without an order",
}


@dataclass(frozen=True, slots=True)
class Word:
    """What a value is worth.

    Attributes:
        good: None if it could not be understood.
        problem: how a sentence about a place goes on, such as ``lets trusted devices skip the second factor``.
    """

    good: bool | None
    field: str
    observed: str
    expected: str
    problem: str = ""
    near_miss: str = ""


def fine(field: str, observed: str, expected: str) -> Word:
    """A value as it should be."""
    return Word(good=True, field=field, observed=observed, expected=expected)


def wrong(field: str, observed: str, expected: str, problem: str, near_miss: str = "") -> Word:
    """A value that leaves something open."""
    return Word(good=False, field=field, observed=observed, expected=expected, problem=problem, near_miss=near_miss)


def unclear(field: str, observed: str, expected: str, problem: str) -> Word:
    """A value that is missing or not understood."""
    return Word(good=None, field=field, observed=observed, expected=expected, problem=problem)


Judge = Callable[[Mapping[str, str | bool]], Word]


def setting_problems(
    snapshot: WorkspaceSnapshot, setting: str, judge: Judge, units: Mapping[str, int]
) -> Iterator[Verdict]:
    """Failing and not checked verdicts of one setting over these units; a group's exception is named once.

    A list of policies that is not whole gives none: a policy that did not come may overrule any that did.
    """
    if isinstance(snapshot.policies, Unavailable):
        return
    told: set[str] = set()
    for unit in units:
        rule, *exceptions = applied(snapshot, setting, {unit: units[unit]})
        if rule.alone:
            yield from _without_rule(snapshot, setting, judge, rule, exceptions, len(units))
            continue
        for each in (rule, *exceptions):
            verdict = _problem(snapshot, setting, judge(each.values), each, len(units))
            if verdict is not None and verdict.resource not in told:
                told.add(verdict.resource)
                yield verdict


def _problem(snapshot: WorkspaceSnapshot, setting: str, word: Word, at: Applied, seen: int) -> Verdict | None:
    if word.good:
        return None
    resource = f"{snapshot.domain}/{setting}/{at.place}"
    line = _line(setting, word, at)
    if word.good is None:
        reason = f"{_who(at)} {word.problem}."
        found = not_checked(resource, "partial_data", reason, seen=seen, near_miss=word.near_miss)
        return replace(found, evidence=(line,))
    if at.condition in _WHY_UNCERTAIN:
        reason = f"{_who(at)} {word.problem}, but {_WHY_UNCERTAIN[at.condition]}."
        found = not_checked(resource, "partial_data", reason, seen=seen, near_miss=word.near_miss)
        return replace(found, evidence=(line,))
    return failed(resource, f"{_who(at)} {word.problem}.", seen=seen, evidence=(line,), near_miss=word.near_miss)


def _without_rule(
    snapshot: WorkspaceSnapshot, setting: str, judge: Judge, rule: Applied, exceptions: Sequence[Applied], seen: int
) -> Iterator[Verdict]:
    """Nothing holds for everyone: only if every value that somebody may have is bad is it certain."""
    words = [judge(each.values) for each in exceptions]
    resource = f"{snapshot.domain}/{setting}/{rule.unit}"
    lines = tuple(_line(setting, word, each) for word, each in zip(words, exceptions, strict=True))
    bad = [word for word in words if word.good is False]
    if len(bad) == len(words):
        yield failed(resource, f"{_who(rule)} {bad[0].problem}.", seen=seen, evidence=lines, near_miss=bad[0].near_miss)
        return
    reason = f"{_who(rule)} has only values for some groups or licenses, and who has those is not read."
    yield replace(not_checked(resource, "partial_data", reason, seen=seen), evidence=lines)


def _line(setting: str, word: Word, at: Applied) -> Evidence:
    return Evidence(POLICIES_SOURCE, at.place, f"{setting}.{word.field}", word.observed, word.expected)


def _who(at: Applied) -> str:
    who = at.who
    if at.condition == GROUP and at.policy is not None:
        return f"The exception for {who}"
    return who[:1].upper() + who[1:]


def is_empty(snapshot: WorkspaceSnapshot) -> Verdict | None:
    """Google always lists its own defaults: a list without anything was not shown to us."""
    if snapshot.policies == ():
        return not_checked(snapshot.domain, "empty", EMPTY)
    return None


def one_each(snapshot: WorkspaceSnapshot, rows: Sequence[T], verdict: Callable[[T], Verdict]) -> list[Verdict]:
    """One verdict a row, for at most 50; the others share one that says how many they are."""
    found = [verdict(row) for row in rows[:MOST_NAMES]]
    if len(rows) > MOST_NAMES:
        rest = verdict(rows[MOST_NAMES])
        reason = f"The same holds for {count(len(rows) - MOST_NAMES, 'more', 'more')}, which are not named one by one."
        found.append(replace(rest, resource=f"{snapshot.domain}/others", reason=reason))
    return found


def people(snapshot: WorkspaceSnapshot) -> tuple[list[User], list[User]]:
    """Active accounts, and those of them that are declared as break-glass."""
    emergency = NamedAccounts.of(snapshot.inputs.break_glass)
    active = [user for user in rows_read(snapshot.users) if user.active]
    apart = [user for user in active if emergency.matches(user.email, user.name, user.id)]
    return [user for user in active if user not in apart], apart


def emails(users: Sequence[User]) -> list[str]:
    """Their addresses."""
    return [user.email for user in users]


def because(part: Unavailable) -> str:
    """The reason of a part, for the end of a sentence."""
    return part.detail or part.reason.replace("_", " ")
