"""Owns comparing an organization with an earlier moment: the record of that moment, and what each check said then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from ztassess.assessments.models import ScoreSnapshot
from ztassess.assessments.selectors import Reading, checks_by_id
from ztassess.common.models import NO_ROW
from ztassess.domain.changes import CheckChange, Was
from ztassess.domain.findings import EXCEPTED
from ztassess.domain.proof_state import ProofState
from ztassess.organizations.models import Organization
from ztassess.scans.models import Finding, StandingResult
from ztassess.scans.selectors_unread import Source, sources

EARLIEST = date(2000, 1, 1)
BLIND = ("not_checked", "error")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an organization is compared with.

    Attributes:
        record: the score recorded last before the moment; None if nothing was ever recorded.
        moment: the first second of the chosen day where the installation is; the time of the first record where
            nothing was recorded before that day.
        is_first: nothing was recorded before the chosen day, so ``record`` is the first one there is.
    """

    record: ScoreSnapshot | None
    moment: datetime
    is_first: bool = False

    @property
    def read_before(self) -> datetime:
        """Scans that ended before it are old. What was read on the day of the first record made it: that is news."""
        if not self.is_first:
            return self.moment
        return timezone.localtime(self.moment).replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def states(self) -> dict[str, ProofState]:
        """Proof states then, by control id; words that are not known any more are left out."""
        known = {each.value for each in ProofState}
        stored = self.record.states.items() if self.record else ()
        return {control: ProofState(word) for control, word in stored if word in known}


def baseline(organization: Organization, since: date) -> Baseline:
    """What the organization was at the start of a day, or else first of all: one query."""
    start = timezone.make_aware(datetime.combine(max(since, EARLIEST), time.min))
    rows = ScoreSnapshot.objects.filter(organization=organization)
    before, ever = rows.filter(at__lt=start).order_by("-at"), rows.order_by("at")
    chosen = Coalesce(Subquery(before.values("id")[:1]), Subquery(ever.values("id")[:1]))
    record = rows.filter(id=chosen).defer("stages").first()
    if record is not None and record.at < start:
        return Baseline(record, start)
    return Baseline(record, record.at if record else start, is_first=True)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of each check.

    Attributes:
        by_control: control id -> the checks that verify it; supporting ones are left out.
        reasons: (scan, check, resource) -> the sentence of the failing finding, of what newly fails and of what stands
            refuted behind an attempt that could not see.
        numbers: scan -> its number, of every scan that a standing result names.
    """

    by_control: dict[str, list[CheckChange]]
    reasons: dict[tuple[Any, str, str], str]
    numbers: Mapping[Any, int]

    def refutation(self, row: StandingResult) -> str:
        """What a scan said when it refuted, where a newer attempt could not see; empty otherwise."""
        said = [key for key in self.reasons if key[:2] == (row.scan_id, row.check_id)]
        return self.reasons[min(said)] if said and row.latest_outcome in BLIND else ""


def known_sources(
    organization: Organization, reading: Reading, moment: datetime
) -> tuple[list[Source], dict[Any, int]]:
    """The sources, and the number of every scan that one of them or a standing result names: two queries."""
    named = {each for row in reading.standing for each in (row.scan_id, row.latest_scan_id) if each}
    return sources(organization, before=moment, now=reading.assessment.today, named=named)


def compare(reading: Reading, known: Sequence[Source], numbers: Mapping[Any, int], moment: datetime) -> Comparison:
    """Each standing check beside what the last scan before the moment said: one query over two scans each.

    Parameters:
        numbers: see `known_sources`.
    """
    by_connection = {source.connection.id: source for source in known}
    rows = [row for row in reading.standing if row.connection_id in by_connection and row.check_id in checks_by_id()]
    fresh = [row for row in rows if _is_newer(row, by_connection[row.connection_id])]
    bases = {base.id for row in fresh if (base := by_connection[row.connection_id].base) is not None}
    hidden = [row for row in rows if row.outcome == "fail" and row.latest_outcome in BLIND]
    outcomes, failing, reasons = _findings(bases, {row.scan_id for row in (*fresh, *hidden) if row.scan_id})
    newer = {row.id for row in fresh}
    # What a source that was not read at all could not see is told once, of the source.
    unread = {source.connection.id for source in known if source.missed is not None}
    by_control: dict[str, list[CheckChange]] = defaultdict(list)
    for row in rows:
        base = by_connection[row.connection_id].base
        if row.id in newer:
            then = _folded(outcomes[(base.id, row.check_id)]) if base else Was.NOTHING
            failed_then = failing[(base.id, row.check_id)] if base else set()
            newly = [each for each in failing[(row.scan_id, row.check_id)] if each not in failed_then]
        else:
            then, newly = _stands(row), []
        change = CheckChange(
            row.check_id,
            str(row.connection_id),
            then,
            _stands(row),
            blind=row.latest_outcome in BLIND and row.latest_at >= moment and row.connection_id not in unread,
            newly_failing=tuple(sorted(newly)),
        )
        for verifies in checks_by_id()[row.check_id].verifies:
            if not verifies.supporting:
                by_control[verifies.control].append(change)
    return Comparison(by_control, reasons, numbers)


def _is_newer(row: StandingResult, source: Source) -> bool:
    """True if a scan since then gave a definite word, or ended one."""
    if source.base is None or source.base.taken_at is None:
        return True
    return (row.taken_at or row.latest_at) > source.base.taken_at


def _stands(row: StandingResult) -> Was:
    if not row.outcome or (row.outcome == "fail" and row.latest_reason_code == EXCEPTED):
        return Was.NOTHING
    return Was(row.outcome)


def _findings(
    bases: set[Any], fresh: set[Any]
) -> tuple[dict[Any, set[str]], dict[Any, set[str]], dict[tuple[Any, str, str], str]]:
    outcomes: dict[Any, set[str]] = defaultdict(set)
    failing: dict[Any, set[str]] = defaultdict(set)
    reasons: dict[tuple[Any, str, str], str] = {}
    found = Finding.objects.filter(Q(scan_id__in={NO_ROW, *bases}) | Q(scan_id__in=fresh, outcome="fail")).order_by()
    for scan, check, resource, outcome, reason in found.values_list(
        "scan_id", "check_id", "resource", "outcome", "reason"
    ):
        outcomes[(scan, check)].add(outcome)
        if outcome == "fail":
            failing[(scan, check)].add(resource)
            reasons[(scan, check, resource)] = reason
    return outcomes, failing, reasons


def _folded(outcomes: Iterable[str]) -> Was:
    found = set(outcomes)
    if "fail" in found:
        return Was.FAIL
    if not found.isdisjoint(BLIND):
        return Was.BLIND
    return Was.PASS if "pass" in found else Was.NOTHING
