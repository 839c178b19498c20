"""Owns verdicts on the whole tenant: one thing is enough to make it safe, or each object has its own line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ztassess.connectors.judging import MOST_NAMES, unread
from ztassess.domain.findings import Evidence, Part, Severity, Verdict, failed, not_checked, passed


def one_enough(
    resource: str,
    *,
    of: Iterable[Part[Any]],
    proved: bool,
    good: str,
    bad: str,
    seen: int,
    evidence: tuple[Evidence, ...] = (),
    level: int | None = None,
    near_miss: str = "",
    severity: Severity | None = None,
) -> Iterator[Verdict]:
    """Pass if it was found, fail if all was read and it was not.

    What nobody could read may hold the thing itself, or what undoes it: then neither is said.

    Parameters:
        level: the level reached by a pass, or still standing beside a fail, where it is not the usual one.
    """
    missing = unread(*of)
    if missing is not None:
        yield not_checked(resource, missing, seen=seen, near_miss=near_miss)
    elif proved:
        verdict = passed(resource, good, seen=max(1, seen), evidence=evidence, level=level)
        yield replace(verdict, near_miss=near_miss)
    else:
        yield failed(
            resource,
            f"{bad} {near_miss}".strip(),
            seen=max(1, seen),
            evidence=evidence,
            level=level,
            near_miss=near_miss,
            severity=severity,
        )


def each_of(objects: Sequence[str], observed: str, whole: Evidence) -> tuple[Evidence, ...]:
    """One line for each object that violates a rule, so that an accepted exception for it by name is honored.

    Parameters:
        observed: what was seen of each.
        whole: the line on all of them; it stays where there are more than can be listed, so that exceptions for those
            listed never take out the others.
    """
    shown = tuple(replace(whole, object=each, observed=observed) for each in objects[:MOST_NAMES])
    return shown if 0 < len(objects) <= MOST_NAMES else (*shown, whole)
