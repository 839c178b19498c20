"""Owns the one reading of an organization that every page judges from: facts, answers, what stands of each check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache

from django.utils import timezone

from ztassess.assessments.advice import advice_of, catalog_with
from ztassess.assessments.models import Answer, AnswerChange
from ztassess.assessments.models_evidence import ArtifactVersion
from ztassess.assessments.models_exceptions import ControlException
from ztassess.assessments.selectors_evidence import attesting_versions
from ztassess.connectors.contract import ResourceException
from ztassess.connectors.registry import connectors
from ztassess.domain.affected import Failing
from ztassess.domain.assessing import assess
from ztassess.domain.assessment import Assessment
from ztassess.domain.checks import Check, Verifies
from ztassess.domain.confidence import Claim
from ztassess.domain.facts import Facts
from ztassess.domain.findings import Outcome
from ztassess.domain.playbooks import Advice
from ztassess.domain.proof import verified_controls
from ztassess.domain.proof_state import LatestOutcome
from ztassess.organizations.models import Organization
from ztassess.organizations.selectors import declared_from, fact_sheet, facts_from
from ztassess.scans.models import Finding, StandingResult
from ztassess.scans.selectors import SEVERITIES, WORST_OUTCOME_FIRST, ShownFinding, fits, provable
from ztassess.scans.services.results import standing_value

FINDINGS_SHOWN = 50


@cache
def checks_by_id() -> dict[str, Check]:
    """Every check of every connector."""
    return {check.id: check for connector in connectors() for check in connector.checks}


@cache
def checks_by_control() -> dict[str, tuple[tuple[Check, Verifies], ...]]:
    """By control id, the checks that speak about it, supporting ones included."""
    found: dict[str, list[tuple[Check, Verifies]]] = defaultdict(list)
    for check in checks_by_id().values():
        for verifies in check.verifies:
            found[verifies.control].append((check, verifies))
    return {control: tuple(pairs) for control, pairs in found.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """An organization's rows and the judgment over them.

    Attributes:
        answers: by control id.
        standing: every standing result, with its connection.
        facts: what is true of the company, as declared.
        attesting: by control id, the reviewed version that attests the claim, see `attesting_versions`.
        exceptions: those in force today, of whole controls and of objects.
        honored: ids of the checks of which some exception of an object is in force, see `honored_checks`.
        advice: of the playbook that is applied; its weights are in the judgment.
    """

    assessment: Assessment
    answers: dict[str, Answer]
    standing: tuple[StandingResult, ...]
    facts: Facts = field(default_factory=Facts)
    attesting: dict[str, ArtifactVersion] = field(default_factory=dict)
    exceptions: tuple[ControlException, ...] = ()
    honored: frozenset[str] = frozenset()
    advice: Advice | None = None

    def standing_of(self, control_id: str) -> list[tuple[StandingResult, Check, Verifies]]:
        """What stands about one control, removed connections included while they count."""
        speaking = {check.id: (check, verifies) for check, verifies in checks_by_control().get(control_id, ())}
        return [(row, *speaking[row.check_id]) for row in self.standing if row.check_id in speaking]


def read_organization(organization: Organization, *, now: datetime | None = None) -> Reading:
    """Read and judge one organization: six queries, whatever its size. Every page and number starts here.

    Parameters:
        now: the moment to judge for; the present by default.
    """
    moment = now or timezone.now()
    advice = advice_of(organization)
    catalog = catalog_with(advice)
    sheet = fact_sheet(organization)
    facts = facts_from(sheet.values)
    answers = {
        row.control_id: row for row in Answer.objects.filter(organization=organization).select_related("answered_by")
    }
    # A connection comes with each of its results; its form and its test are JSON that nobody reads here.
    rows = StandingResult.objects.filter(organization=organization).select_related("connection")
    standing = tuple(rows.defer("connection__config", "connection__preflight"))
    exceptions = tuple(ControlException.objects.filter(organization=organization).active(moment.date()))
    honored = honored_checks(exceptions, declared_from(sheet.declared).exceptions, moment.date())
    values = [
        # A scan marked it while an exception was in force; where none is any more, it refutes again.
        replace(value, excepted=value.excepted and value.check in honored)
        for value in map(standing_value, standing)
        if value is not None
    ]
    levels = {control_id: row.level for control_id, row in answers.items()}
    attesting = attesting_versions(organization, levels, moment.date())
    verifies = {check_id: check.verifies for check_id, check in checks_by_id().items()}
    freshness = {control.id: control.freshness_days for control in catalog.controls}
    # Removed ones too: cutting a connector must not make a reviewed artifact count more.
    connected = {row.connection.connector_slug for row in standing}
    seeable = {
        each.control
        for connector in connectors()
        if connector.slug in connected or fits(connector, facts)
        for each in provable(connector)
    }
    assessment = assess(
        catalog,
        facts,
        {row.control_id: Claim(row.level, row.answered_at) for row in answers.values() if row.level is not None},
        verified_controls(values, verifies, freshness_days=freshness, today=moment),
        today=moment,
        exceptions={row.control_id for row in exceptions if not row.object},
        attestations={control_id: row.reviewed_at for control_id, row in attesting.items() if row.reviewed_at},
        latest=_latest(standing),
        checkable=seeable,
    )
    return Reading(assessment, answers, standing, facts, attesting, exceptions, honored, advice)


def honored_checks(
    exceptions: Sequence[ControlException], lines: Sequence[ResourceException], today: date
) -> frozenset[str]:
    """Ids of the checks of which some exception of an object is in force: of rows, and of lines declared before."""
    every = frozenset(checks_by_id())
    found: set[str] = set()
    for line in lines:
        if line.until >= today:
            found |= {line.check} if line.check else every
    for row in exceptions:
        if row.object:
            found |= set(checks_of(row))
    return frozenset(found)


def checks_of(row: ControlException) -> tuple[str, ...]:
    """Ids of the checks that an object's exception is for: the one it names, or every one of its control."""
    return (row.check_id,) if row.check_id else tuple(c.id for c, _ in checks_by_control().get(row.control_id, ()))


def judged(organization: Organization) -> Assessment:
    """The present judgment alone. Registered with the inventory, which stands below and shows what is in place."""
    return read_organization(organization).assessment


def _latest(standing: Sequence[StandingResult]) -> dict[str, list[LatestOutcome]]:
    latest: dict[str, list[LatestOutcome]] = defaultdict(list)
    for row in standing:
        check = checks_by_id().get(row.check_id)
        if check is None or row.connection.removed_at is not None:
            continue
        for verifies in check.verifies:
            latest[verifies.control].append(
                LatestOutcome(
                    check=row.check_id,
                    connection=str(row.connection_id),
                    outcome=Outcome(row.latest_outcome),
                    reason_code=row.latest_reason_code,
                    missing_scope=row.latest_missing_scope,
                    supporting=verifies.supporting,
                )
            )
    return latest


def control_findings(reading: Reading, control_id: str) -> tuple[list[ShownFinding], int]:
    """The findings behind one control, from the newest scan of each connection, worst first.

    Returns:
        At most fifty of them, and how many there are.
    """
    ordered = findings_behind(reading, control_id)
    return shown_findings(reading, control_id, ordered), len(ordered)


def findings_behind(reading: Reading, control_id: str) -> list[Finding]:
    """Every finding behind one control, from the newest scan of each connection, worst first: one query."""
    rows = reading.standing_of(control_id)
    about = {row.check_id for row, _, _ in rows}
    scans = {row.latest_scan_id for row, _, _ in rows if row.latest_scan_id}
    found = Finding.objects.filter(scan_id__in=scans, check_id__in=about).select_related("connection", "scan")
    return sorted(
        found,
        key=lambda row: (
            WORST_OUTCOME_FIRST.index(row.outcome),
            SEVERITIES.index(row.severity),
            row.check_id,
            row.resource,
        ),
    )


def shown_findings(reading: Reading, control_id: str, ordered: Sequence[Finding]) -> list[ShownFinding]:
    """The first fifty findings with the titles of their checks."""
    about = {row.check_id: (check, verifies) for row, check, verifies in reading.standing_of(control_id)}
    return [
        ShownFinding(row, about[row.check_id][0].title, supporting=about[row.check_id][1].supporting)
        for row in ordered[:FINDINGS_SHOWN]
    ]


def failing_of(ordered: Sequence[Finding]) -> list[Failing]:
    """Those of the findings that fail, as far as they tell whom a fix will touch."""
    return [
        Failing(
            row.connection.connector_slug,
            row.resource,
            tuple(dict.fromkeys(line["object"] for line in row.evidence if line.get("object"))),
            row.seen,
        )
        for row in ordered
        if row.outcome == Outcome.FAIL
    ]


def control_history(organization: Organization, control_id: str, limit: int = 20) -> list[AnswerChange]:
    """Changes of one answer, newest first."""
    rows = AnswerChange.objects.filter(organization=organization, control_id=control_id).select_related("by")
    return list(rows[:limit])
