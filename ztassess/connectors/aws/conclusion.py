"""Owns how a rule ends: problems first, then what nobody could look at, and a pass only if there was neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.domain.findings import Evidence, Verdict, not_applicable, not_checked, passed

LISTED = 50
"""At most so many names in one sentence; the count is always said."""


def listed(names: Iterable[str], limit: int = 5) -> str:
    """Names in one sentence: ``a, b and 3 more``. Each name once, in the order given.

    Parameters:
        limit: how many names are spelled out, at most `LISTED`.
    """
    distinct = list(dict.fromkeys(names))
    shown = distinct[: min(limit, LISTED)]
    rest = len(distinct) - len(shown)
    return f"{', '.join(shown)} and {rest} more" if rest else ", ".join(shown)


def counted(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: ``1 role``, ``2 roles``, ``0 policies``."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def refused_regions(snapshot: AwsSnapshot, *parts: str) -> Iterator[Verdict]:
    """One not_checked verdict for each region where one of these parts was refused or broke off.

    A region that the organization closed to everyone is not among them: nothing can run there.
    """
    by_region: dict[str, list[str]] = {}
    gaps = snapshot.gaps(*parts)
    for gap in gaps:
        by_region.setdefault(gap.region, []).append(gap.part.replace("_", " "))
    for region, names in by_region.items():
        why = next(gap.why for gap in gaps if gap.region == region)
        yield not_checked(region, why, f"In {region} we could not read {listed(names)}. {why.detail}".strip())


def conclude(
    snapshot: AwsSnapshot,
    problems: Sequence[Verdict],
    *,
    parts: tuple[str, ...],
    seen: int,
    good: str,
    nothing: str,
    evidence: tuple[Evidence, ...] = (),
    level: int | None = None,
    near_miss: str = "",
    refused: Iterable[Verdict] | None = None,
) -> Iterator[Verdict]:
    """The verdicts of one rule, in the order and with the strictness all rules share.

    Parameters:
        problems: failing and not checked verdicts, by resource.
        parts: regional parts the rule reads; a region that refused one of them rules out a pass.
        seen: assets looked at; 0 means not applicable.
        good: the sentence of a pass.
        nothing: the sentence of not applicable.
        level: of the pass, if below the check's own.
        near_miss: a lookalike worth naming beside a pass or beside not applicable.
        refused: what the rule says of refused regions, where not every refused region matters to it.
    """
    yield from problems
    unseen = tuple(refused_regions(snapshot, *parts) if refused is None else refused)
    yield from unseen
    if problems or unseen:
        return
    closed = snapshot.closed_regions()
    without = f" Judged without {listed(closed)}, closed by your organization." if parts and closed else ""
    if seen:
        verdict = passed(snapshot.account, good + without, seen=seen, evidence=evidence, level=level)
    else:
        verdict = not_applicable(snapshot.account, nothing + without)
    yield replace(verdict, near_miss=near_miss)
