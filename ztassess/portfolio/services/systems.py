"""Owns which systems an organization has connected, and which of their checks pass: the answer where nothing fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from ztassess.assessments.selectors import checks_by_id
from ztassess.domain.findings import Outcome
from ztassess.organizations.models import Organization
from ztassess.portfolio.models import PortfolioSystem
from ztassess.portfolio.packing import checks_text
from ztassess.scans.models import Connection, StandingResult

PASSES, NOT_APPLICABLE = Outcome.PASS.value, Outcome.NOT_APPLICABLE.value


def systems_follow(organization: Organization, standing: Iterable[StandingResult]) -> None:
    """Write what differs from what is stored, and delete kinds of systems that are connected no more.

    Parameters:
        standing: every standing result of the organization, with its connection.
    """
    live = Connection.objects.filter(organization=organization, removed_at=None).order_by()
    connected: dict[str, int] = defaultdict(int)
    for slug in live.values_list("connector_slug", flat=True):
        connected[slug] += 1
    fresh = dict.fromkeys(connected, "") | _texts(standing, connected)
    stored = {row.connector: row for row in PortfolioSystem.objects.filter(organization=organization)}
    changed = [
        PortfolioSystem(organization=organization, connector=slug, checks=text)
        for slug, text in fresh.items()
        if slug not in stored or stored[slug].checks != text
    ]
    if changed:
        PortfolioSystem.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["organization", "connector"],
            update_fields=["checks"],
        )
    gone = [row.id for slug, row in stored.items() if slug not in fresh]
    if gone:
        PortfolioSystem.objects.filter(id__in=gone).delete()


def _texts(standing: Iterable[StandingResult], connected: Mapping[str, int]) -> dict[str, str]:
    """Kind -> its checks that pass or have nothing to judge, on every connection of the kind.

    One connection that was not read yet, and a check passes for nobody: half a look is no look.
    """
    seen: dict[str, list[tuple[str, date]]] = defaultdict(list)
    for row in standing:
        if row.connection.removed_at is None and row.check_id in checks_by_id() and (found := _quiet(row)):
            seen[row.check_id].append(found)
    texts: dict[str, dict[str, tuple[str, date]]] = defaultdict(dict)
    for check_id, results in seen.items():
        slug, _, name = check_id.partition(".")
        if len(results) == connected.get(slug, 0):
            state = PASSES if any(each == PASSES for each, _ in results) else NOT_APPLICABLE
            texts[slug][name] = state, min(day for _, day in results)
    return {slug: checks_text(checks) for slug, checks in texts.items()}


def _quiet(row: StandingResult) -> tuple[str, date] | None:
    """State and day of a result that neither fails nor hides; None for the others, which have a row of their own."""
    if row.latest_outcome == NOT_APPLICABLE and row.outcome != Outcome.FAIL:
        return NOT_APPLICABLE, row.latest_at.date()
    if row.outcome == PASSES and row.latest_outcome == PASSES:
        return PASSES, (row.taken_at or row.latest_at).date()
    return None
