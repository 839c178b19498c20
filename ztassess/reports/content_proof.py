"""Owns the parts of a report about proof: findings, contradictions, what was seen, what could not be checked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ztassess.assessments.monday import MondayPage
from ztassess.assessments.selectors import Reading, checks_by_id
from ztassess.catalog import load_catalog
from ztassess.domain.assessment import Assessment, level_name
from ztassess.domain.lines import unturned
from ztassess.domain.proof_state import ProofState
from ztassess.organizations.models import Organization
from ztassess.reports.naming import Named, Names
from ztassess.reports.values import ConnectionLine, Contradiction, Coverage, EvidenceLine, FindingLine, Gap
from ztassess.scans.models import Connection, Finding, Scan, StandingResult
from ztassess.scans.selectors import SETTLED, SEVERITIES, WORST_OUTCOME_FIRST, coverage, live_connections

FINDINGS_MOST = 1000
EVIDENCE_MOST = 4
UNSEEN = ("not_checked", "error")


def newest_findings(reading: Reading) -> list[Finding]:
    """The findings of the newest scan of each connection, as far as results of it stand, worst first: one query.

    Where the newest scan could not look, the failing ones that stand are among them: they are carried forward.
    """
    wanted = {(row.check_id, scan) for row in reading.standing for scan in _scans_of(row)}
    rows = Finding.objects.filter(scan_id__in={scan for _, scan in wanted}).select_related("connection")
    return sorted(
        (
            row
            for row in rows.defer("connection__config", "connection__preflight")
            if (row.check_id, row.scan_id) in wanted
        ),
        key=lambda row: (
            WORST_OUTCOME_FIRST.index(row.outcome),
            SEVERITIES.index(row.severity),
            row.check_id,
            row.resource,
        ),
    )


def _scans_of(row: StandingResult) -> list[UUID]:
    """The scans whose findings tell what a check says: the newest, and the one whose refutation it could not lift."""
    carries = row.outcome == "fail" and row.latest_outcome in UNSEEN and row.scan_id != row.latest_scan_id
    return [scan for scan in (row.latest_scan_id, row.scan_id if carries else None) if scan]


def carried_scans(reading: Reading) -> set[tuple[str, UUID]]:
    """Check and scan of what is carried forward."""
    return {(row.check_id, scan) for row in reading.standing for scan in _scans_of(row)[1:]}


@dataclass(frozen=True, slots=True)
class Lines:
    """Findings as lines, and their numbers by check and scan."""

    shown: tuple[FindingLine, ...]
    numbers: dict[tuple[str, UUID], list[int]]


def finding_lines(reading: Reading, found: Sequence[Finding], names: Names) -> Lines:
    """The findings as a report lists them, numbered from 1; at most a thousand, the worst ones."""
    numbers: dict[tuple[str, UUID], list[int]] = defaultdict(list)
    carried = carried_scans(reading)
    shown = []
    for number, row in enumerate(found[:FINDINGS_MOST], start=1):
        numbers[row.check_id, row.scan_id].append(number)
        shown.append(_finding(number, row, names, carried=(row.check_id, row.scan_id) in carried))
    return Lines(tuple(shown), dict(numbers))


def _finding(number: int, row: Finding, names: Names, *, carried: bool) -> FindingLine:
    check = checks_by_id().get(row.check_id)
    return FindingLine(
        number=number,
        connection=names.one(row.connection.name, Named.SYSTEM),
        check=row.check_id,
        title=check.title if check else row.check_id,
        outcome=row.outcome,
        severity=row.severity,
        controls=tuple(each.control for each in check.verifies) if check else (),
        resource=names.one(unturned(row.resource), Named.RESOURCE),
        reason=names.prose(row.reason),
        near_miss=names.prose(row.near_miss),
        missing_scope=names.term(row.missing_scope),
        seen=row.seen,
        taken_at=row.taken_at,
        carried=carried,
        evidence=tuple(_evidence(line, names) for line in row.evidence[:EVIDENCE_MOST]),
        evidence_count=len(row.evidence),
    )


def _evidence(line: dict[str, str], names: Names) -> EvidenceLine:
    return EvidenceLine(
        source=names.term(line.get("source", "")),
        object=names.one(line.get("object", ""), Named.RESOURCE),
        field=names.term(line.get("field", "")),
        observed=names.prose(line.get("observed", "")),
        expected=names.prose(line.get("expected", "")),
    )


def contradictions_of(reading: Reading, page: MondayPage, lines: Lines, names: Names) -> tuple[Contradiction, ...]:
    """Every claim that findings refute, the one that holds back most points first."""
    catalog = load_catalog()
    return tuple(
        Contradiction(
            control=each.control_id,
            title=each.title,
            stage=catalog.stage(catalog.control(each.control_id).stage).title,
            claimed=level_name(each.claimed or 0),
            proven=level_name(each.proven) if each.proven is not None else "",
            points=round(each.points, 1),
            sentence=names.prose(each.evidence),
            carried=each.carried,
            findings=_failing(reading, each.control_id, lines),
        )
        for each in page.contradictions
    )


def _failing(reading: Reading, control_id: str, lines: Lines) -> tuple[int, ...]:
    """Numbers of the failing findings behind one control."""
    behind = {
        number
        for row, _, verifies in reading.standing_of(control_id)
        if not verifies.supporting
        for scan in _scans_of(row)
        for number in lines.numbers.get((row.check_id, scan), ())
    }
    return tuple(number for number in sorted(behind) if lines.shown[number - 1].outcome == "fail")


def coverage_of(organization: Organization, reading: Reading, page: MondayPage, names: Names) -> Coverage:
    """How much of the judgment stands on proof, by what systems, and what they could not tell."""
    judged, seen = reading.assessment, coverage(organization)
    counts = {state.value: len(judged.in_state(state)) for state in ProofState}
    not_applicable = counts.pop(ProofState.NOT_APPLICABLE.value)
    live = [row for row in reading.standing if row.connection.removed_at is None]
    unread = {each.connection_id: f"{each.sentence} {each.reason} {each.to_do}" for each in page.unread}
    by_connection: dict[UUID, list[StandingResult]] = defaultdict(list)
    for row in live:
        by_connection[row.connection_id].append(row)
    return Coverage(
        states={state: count for state, count in counts.items() if count},
        by_stage=_by_stage(judged),
        applicable=sum(counts.values()),
        not_applicable=not_applicable,
        seen=seen["seen"],
        total=seen["total"],
        connections=tuple(
            _connection(each, by_connection[each.id], unread.get(each.id, ""), names)
            for each in live_connections(organization)
        ),
        gaps=_gaps(live, names),
    )


def _by_stage(judged: Assessment) -> dict[str, dict[str, int]]:
    found = {}
    for each in judged.stages:
        states = Counter(control.state.value for control in judged.of_stage(each.stage.id) if control.applies)
        if states:
            found[each.stage.title] = dict(states)
    return found


def _connection(each: Connection, standing: Sequence[StandingResult], unread: str, names: Names) -> ConnectionLine:
    newest: Scan | None = getattr(each, "newest", None)
    times = [row.latest_at for row in standing]
    return ConnectionLine(
        name=names.one(each.name, Named.SYSTEM),
        connector=each.connector.title,
        last_scan=max(times) if times else None,
        state=newest.state if newest else "",
        checks=len(standing),
        definite=len([row for row in standing if row.latest_outcome in ("fail", *SETTLED)]),
        uploaded=any(row.uploaded for row in standing),
        unread=names.prose(unread),
        joint=each.connector.joint,
    )


def _gaps(live: Sequence[StandingResult], names: Names) -> tuple[Gap, ...]:
    """Checks that could not look, together where the same thing kept them from it."""
    grouped: dict[tuple[str, str, str], list[StandingResult]] = defaultdict(list)
    for row in live:
        if row.latest_outcome in UNSEEN and row.check_id in checks_by_id():
            reason = row.latest_reason or row.latest_reason_code.replace("_", " ")
            grouped[row.connection.name, row.latest_missing_scope, reason].append(row)
    titles = {each.id: each.title for each in load_catalog().controls}
    found = []
    for (connection, scope, reason), rows in grouped.items():
        checks = [checks_by_id()[row.check_id] for row in rows]
        controls = {verifies.control: None for check in checks for verifies in check.verifies}
        found.append(
            Gap(
                connection=names.one(connection, Named.SYSTEM),
                reason=names.prose(reason),
                missing_scope=names.term(scope),
                checks=tuple(check.title for check in checks),
                controls=tuple(titles[each] for each in controls if each in titles),
            )
        )
    return tuple(sorted(found, key=lambda gap: (gap.connection, -len(gap.checks), gap.reason)))
