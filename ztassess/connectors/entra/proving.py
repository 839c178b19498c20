"""Owns the verdict of a rule that one thing is enough for: one policy, one setting that makes the whole tenant safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ztassess.connectors.judging import unread
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
