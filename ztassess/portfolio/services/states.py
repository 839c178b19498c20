"""Owns the rows behind "which clients fail this": what became of each control, and each check that does not pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Max, Min, Q

from ztassess.assessments.selectors import Reading, checks_by_id
from ztassess.assessments.standing import proof_of
from ztassess.domain.findings import EXCEPTED, Outcome
from ztassess.domain.proof_state import ProofState
from ztassess.organizations.models import Organization
from ztassess.portfolio.models import WORDS_LIMIT, PortfolioState
from ztassess.scans.models import Finding, StandingResult

Kind = PortfolioState.Kind
FIELDS = ("state", "since", "seen_on", "resources", "carried", "words")
FAIL, NOT_CHECKED, IS_EXCEPTED = "fail", "not_checked", "excepted"
Key = tuple[str, str]


def states_follow(organization: Organization, reading: Reading, since: Mapping[str, tuple[str, date]]) -> None:
    """Write what differs from what is stored, and delete what passes now.

    Parameters:
        since: control -> (state, the day it began), as the recorded scores tell; may be empty.
    """
    today = reading.assessment.today.date()
    fresh = _of_checks(organization, reading)
    fresh |= _of_controls(organization, reading, fresh)
    stored = {(row.kind, row.subject): row for row in PortfolioState.objects.filter(organization=organization)}
    unknown = [key for key in fresh if key not in stored or stored[key].state != fresh[key].state]
    began = _began(organization, [subject for kind, subject in unknown if kind == Kind.CHECK])
    changed = []
    for key, row in fresh.items():
        before = stored.get(key)
        if before is not None and before.state == row.state:
            row.since = before.since
        elif row.kind == Kind.CONTROL:
            state, day = since.get(row.subject, ("", today))
            row.since = day if state == row.state or not state else today
        else:
            row.since = began.get(row.subject, today) if before is None else today
        if before is None or any(getattr(before, name) != getattr(row, name) for name in FIELDS):
            changed.append(row)
    PortfolioState.objects.bulk_create(
        changed,
        batch_size=200,
        update_conflicts=True,
        unique_fields=["organization", "kind", "subject"],
        update_fields=FIELDS,
    )
    gone = [row.id for key, row in stored.items() if key not in fresh]
    if gone:
        PortfolioState.objects.filter(id__in=gone).delete()


def _of_checks(organization: Organization, reading: Reading) -> dict[Key, PortfolioState]:
    """Checks of live connections that do not pass. A result that stands although nobody could look since is marked."""
    found: dict[str, list[tuple[str, StandingResult]]] = defaultdict(list)
    for row in reading.standing:
        state = _check_state(row, reading.honored)
        if state and row.connection.removed_at is None:
            found[row.check_id].append((state, row))
    failing = _failing_resources(row for rows in found.values() for state, row in rows if state == FAIL)
    result = {}
    order = (FAIL, NOT_CHECKED, IS_EXCEPTED)
    for check_id, rows in found.items():
        state, telling = min(rows, key=lambda pair: order.index(pair[0]))
        carried = telling.outcome == Outcome.FAIL and telling.latest_outcome != Outcome.FAIL
        seen = telling.taken_at if telling.outcome else telling.latest_at
        result[Kind.CHECK.value, check_id] = PortfolioState(
            organization=organization,
            kind=Kind.CHECK.value,
            subject=check_id,
            state=state,
            seen_on=seen.date() if seen else None,
            resources=failing.get(check_id, 0) if state == FAIL else 0,
            carried=carried,
            words=telling.latest_reason[:WORDS_LIMIT],
        )
    return result


def _check_state(row: StandingResult, honored: frozenset[str]) -> str:
    if row.check_id not in checks_by_id():
        return ""
    if row.outcome == Outcome.FAIL:
        return IS_EXCEPTED if row.latest_reason_code == EXCEPTED and row.check_id in honored else FAIL
    return NOT_CHECKED if row.latest_outcome in (Outcome.NOT_CHECKED, Outcome.ERROR) else ""


def _failing_resources(rows: Iterable[StandingResult]) -> dict[str, int]:
    """Check -> failing resources in the scans whose result stands, which may be older than the newest one."""
    scans = {row.scan_id for row in rows if row.scan_id}
    counted = Finding.objects.filter(scan_id__in=scans, outcome=Outcome.FAIL.value).order_by()
    return {each["check_id"]: each["n"] for each in counted.values("check_id").annotate(n=Count("id"))} if scans else {}


def _of_controls(
    organization: Organization, reading: Reading, checks: Mapping[Key, PortfolioState]
) -> dict[Key, PortfolioState]:
    result = {}
    for each in reading.assessment.controls:
        bad = each.state is ProofState.CONTRADICTED
        speaking = {check.id for _, check, verifies in reading.standing_of(each.id) if not verifies.supporting}
        failing = [checks[key] for key in ((Kind.CHECK.value, one) for one in speaking) if key in checks]
        seen = [row.seen_on for row in failing if row.state == FAIL and row.seen_on]
        result[Kind.CONTROL.value, each.id] = PortfolioState(
            organization=organization,
            kind=Kind.CONTROL.value,
            subject=each.id,
            state=each.state.value,
            seen_on=max(seen, default=None),
            resources=sum(row.resources for row in failing),
            carried=bad and any(row.carried for row in failing),
            words=proof_of(reading, each).sentence[:WORDS_LIMIT] if failing else "",
        )
    return result


def _began(organization: Organization, checks: list[str]) -> dict[str, date]:
    """Check -> the day of the first failing finding after the last scan in which it passed."""
    if not checks:
        return {}
    rows = Finding.objects.filter(organization=organization, check_id__in=checks).order_by()
    passed: dict[str, Any] = {
        each["check_id"]: each["at"]
        for each in rows.filter(outcome=Outcome.PASS.value).values("check_id").annotate(at=Max("taken_at"))
    }
    found: dict[str, date] = {}
    apart = Q()
    for check_id, at in passed.items():
        apart |= Q(check_id=check_id, taken_at__lte=at)
    failing = rows.filter(outcome=Outcome.FAIL.value)
    for each in (failing.exclude(apart) if passed else failing).values("check_id").annotate(at=Min("taken_at")):
        found[each["check_id"]] = each["at"].date()
    return found
