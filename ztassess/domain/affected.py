"""Owns whom a fix will touch: the objects that failing findings name, and how near they are to a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ztassess.domain.lines import unturned

NEAR = 3
"""Up to so many objects between a control and its pass are a near miss."""


@dataclass(frozen=True, slots=True)
class Failing:
    """One failing finding, as far as it tells whom it is about.

    Attributes:
        source: slug of the connector that found it.
        resource: the resource of the finding.
        objects: the objects of its evidence lines, in their order; may be empty.
        seen: how many assets the check looked at.
    """

    source: str
    resource: str
    objects: tuple[str, ...] = ()
    seen: int = 1


def affected(findings: Iterable[Failing]) -> tuple[str, ...]:
    """Every object that the findings name, once, in their order: those of the evidence, else the resource."""
    names: dict[str, None] = {}
    for each in findings:
        names |= dict.fromkeys(unturned(name) for name in (each.objects or (each.resource,)) if name)
    return tuple(names)


def near_miss(findings: Sequence[Failing]) -> str:
    """ "2 of 11 stand between this control and a pass: anna, ben." Empty where nothing fails, or where many do."""
    names = affected(findings)
    if not 0 < len(names) <= NEAR:
        return ""
    seen = max((each.seen for each in findings), default=0)
    of = f" of {seen}" if seen > len(names) else ""
    verb = "stands" if len(names) == 1 else "stand"
    return f"{len(names)}{of} {verb} between this control and a pass: {', '.join(names)}."
