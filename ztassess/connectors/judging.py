"""Owns what the rules of all connectors say alike: names in a sentence, what was read, and how a rule ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from ztassess.domain.findings import (
    Evidence,
    Part,
    Unavailable,
    Verdict,
    not_applicable,
    not_checked,
    passed,
)

T = TypeVar("T")
MOST_NAMES: Final = 50


def names(items: Sequence[object]) -> str:
    """Names for a sentence: at most 50, then how many more."""
    shown = ", ".join(str(item) for item in items[:MOST_NAMES])
    return f"{shown} and {len(items) - MOST_NAMES} more" if len(items) > MOST_NAMES else shown


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 table``, ``3 addresses``; ``2 tables or views`` of ``table or view``; ``2 policies`` where it is given."""
    many = plural or " or ".join(f"{word}es" if word.endswith("s") else f"{word}s" for word in noun.split(" or "))
    return f"{number:,} {noun if number == 1 else many}"


def rows_read(part: Part[T]) -> tuple[T, ...]:
    """What there is to judge of a part: all of it, or what came before the reading broke off."""
    return part.read if isinstance(part, Unavailable) else part


def unread(*parts: Part[Any]) -> Unavailable | None:
    """Why the first of these parts that is not whole could not be read; None if all are whole."""
    return next((part for part in parts if isinstance(part, Unavailable)), None)


def never_empty(part: Part[T], what: str) -> Part[T]:
    """The part; without any row it counts as unread, for every such system has some and these were not shown to us.

    Parameters:
        what: whose list it is and of what, for a sentence: ``Okta listed no user``.
    """
    return part if part != () else Unavailable("empty", detail=f"{what}, which cannot be; nothing was judged by that.")


def conclude(
    resource: str,
    problems: Sequence[Verdict],
    *,
    of: Iterable[Part[Any]],
    seen: int,
    good: str,
    nothing: str,
    evidence: tuple[Evidence, ...] = (),
    level: int | None = None,
    near_miss: str = "",
) -> Iterator[Verdict]:
    """The verdicts of one rule: problems first, then what nobody could look at, a pass only if there was neither.

    Parameters:
        resource: the whole scope (org, tenant, account), for the verdict that is not about one resource.
        problems: failing and not checked verdicts, by resource.
        of: every part the rule stands on; one that is not whole rules out a pass and "nothing there".
        seen: assets looked at; 0 means not applicable.
        good: the sentence of a pass.
        nothing: the sentence of not applicable.
        level: of the pass, if below the check's own.
        near_miss: a lookalike worth naming beside a pass, not checked or not applicable.
    """
    yield from problems
    missing = unread(*of)
    if missing is not None:
        yield not_checked(resource, missing, seen=seen, near_miss=near_miss)
    elif not problems:
        if seen:
            verdict = passed(resource, good, seen=seen, evidence=evidence, level=level)
        else:
            verdict = not_applicable(resource, nothing)
        yield replace(verdict, near_miss=near_miss)


def input_missing(resource: str, what: str) -> Verdict:
    """Nothing was declared to compare with.

    Parameters:
        what: the list in plural, such as ``the people who work here``.
    """
    return not_checked(resource, "input_missing", f"Nobody has listed {what} yet (Facts); nothing was compared.")


@dataclass(frozen=True, slots=True)
class NamedAccounts:
    """Declared accounts, such as break-glass ones: matched by any of an account's names, upper or lower case."""

    names: frozenset[str]

    @classmethod
    def of(cls, declared: Iterable[str]) -> NamedAccounts:
        """From the declared lines."""
        return cls(frozenset(name.strip().casefold() for name in declared if name.strip()))

    def __contains__(self, account: object) -> bool:
        return isinstance(account, str) and account.casefold() in self.names

    def matches(self, *identifiers: str) -> bool:
        """True if one of these identifiers (id, login, address) is declared."""
        return any(each.casefold() in self.names for each in identifiers if each)


def excluded(accounts: Sequence[object], why: str = "declared as break-glass") -> str:
    """The sentence that names what was left out, with a leading space; empty if nothing was.

    Example:
        `` 2 accounts are left out, declared as break-glass: a@x, b@x.``
    """
    if not accounts:
        return ""
    verb = "is" if len(accounts) == 1 else "are"
    return f" {count(len(accounts), 'account')} {verb} left out, {why}: {names(accounts)}."
