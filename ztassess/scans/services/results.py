"""Owns storing what a scan found: findings once, what stands of each check, the difference to the scan before."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone

from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.storing import storable
from ztassess.connectors.judging import count
from ztassess.connectors.runner import Reading
from ztassess.domain.checks import CheckResult
from ztassess.domain.findings import EXCEPTED, Evidence, Outcome, Unavailable
from ztassess.domain.findings import Finding as FindingValue
from ztassess.domain.proof import StandingResult as StandingValue
from ztassess.domain.proof import carry_forward
from ztassess.organizations.models import Organization
from ztassess.scans.models import Finding, Kind, Scan, ScanState, Schedule, StandingResult, Trigger, UploadedExport
from ztassess.scans.queue import finish
from ztassess.scans.services.scans import end_scan
from ztassess.scans.services.schedules import schedule_note_result
from ztassess.scans.services.shares import joint_follow, share_store
from ztassess.scans.vault import secrets_end_session

DIFF_LISTED = 200
RESOURCE_LIMIT = 400
STANDING_FIELDS = (
    *("outcome", "level", "supported", "taken_at", "uploaded", "scan"),
    *("latest_outcome", "latest_reason", "latest_reason_code", "latest_missing_scope", "latest_at", "latest_scan"),
)

# What must happen in the same transaction as a new result; registered by floors above, which are not imported here.
ResultListener = Callable[[Organization], None]
RESULT_LISTENERS: list[ResultListener] = []


def result_store(scan: Scan, reading: Reading, *, requests: int) -> None:
    """Store a reading and end the scan: findings, standing results, difference, audit line, all or nothing.

    The caller holds the scan's fence and transaction.
    """
    taken_at = reading.findings[0].taken_at
    previous = (
        Scan.objects.with_result().filter(connection=scan.connection).exclude(id=scan.id).order_by("-number").first()
    )
    Finding.objects.filter(scan=scan).delete()
    rows = [_row(scan, finding) for finding in reading.findings]
    Finding.objects.bulk_create(_unique(rows), batch_size=500)
    standing_update(scan, reading.results, rows)
    share_store(scan, reading)
    finish(
        scan,
        ScanState.DONE,
        taken_at=taken_at,
        requests=requests,
        parts=[part_json(part.name, part.seen) for part in reading.parts],
        counts=dict(Counter(row.outcome for row in rows)) | {"checks": len(reading.results)},
        diff=difference(previous, rows),
    )
    UploadedExport.objects.filter(scan=scan).delete()
    if scan.trigger == Trigger.SCHEDULE:
        schedule_note_result(Schedule.objects.filter(connection=scan.connection).first(), failed=False)
    fails = count(scan.counts.get("fail", 0), "finding fails", "findings fail")
    audit_record(
        organization=scan.organization,
        via=Via.TASK,
        action="scan.done",
        object=f"scan:{scan.id}",
        summary=f"Scan {scan.number} of {scan.connection.name}: {fails} in {count(len(reading.results), 'check')}",
        after={"counts": scan.counts, "requests": requests},
    )
    secrets_end_session(scan.connection)
    joint_follow(scan)
    tell_listeners(scan.organization)


def failure_store(scan: Scan, *, code: str, sentence: str) -> None:
    """End a scan that read nothing: every check of the connector was tried and could not be made."""
    finish(scan, ScanState.FAILED, code=code, sentence=sentence)
    UploadedExport.objects.filter(scan=scan).delete()
    known = {row.check_id: row for row in StandingResult.objects.filter(connection=scan.connection)}
    kept = []
    for check in scan.connection.connector.checks:
        row = known.get(check.id) or StandingResult(
            organization=scan.organization, connection=scan.connection, check_id=check.id
        )
        row.latest_outcome, row.latest_reason, row.latest_missing_scope = "not_checked", sentence, ""
        row.latest_reason_code = code[:60]
        row.latest_at, row.latest_scan = timezone.now(), scan
        kept.append(row)
    _keep(kept)
    if scan.trigger == Trigger.SCHEDULE:
        schedule_note_result(Schedule.objects.filter(connection=scan.connection).first(), failed=True)
    audit_record(
        organization=scan.organization,
        via=Via.TASK,
        action="scan.failed",
        object=f"scan:{scan.id}",
        summary=f"Scan {scan.number} of {scan.connection.name} failed: {sentence}"[:400],
        after={"code": code},
    )
    secrets_end_session(scan.connection)
    tell_listeners(scan.organization)


def scan_end(scan: Scan, state: str, *, code: str, sentence: str) -> None:
    """End a scan that brought nothing. A failed reading says so for each of its checks: a test or a cancel does not."""
    if state == ScanState.FAILED and scan.kind == Kind.SCAN:
        failure_store(scan, code=code, sentence=sentence)
    else:
        end_scan(scan, state, code=code, sentence=sentence)


def scan_give_up(*, scan: Scan) -> None:
    """End a scan nobody can finish any more; what earlier scans found stands, with its date.

    The caller has locked the row.
    """
    if scan.cancel_requested_at is not None:
        scan_end(scan, ScanState.CANCELED, code="canceled", sentence="Canceled; the worker had already stopped.")
    elif scan.state == ScanState.WAITING:
        sentence = "The system asked us to wait for a whole day. Earlier results stand; try again when it is calmer."
        scan_end(scan, ScanState.FAILED, code="vendor_unavailable", sentence=sentence)
    else:
        sentence = "The worker stopped three times during this scan, so it was given up. Earlier results stand."
        scan_end(scan, ScanState.FAILED, code="crashed_repeatedly", sentence=sentence)


def tell_listeners(organization: Organization) -> None:
    """Run what the floors above registered, inside the caller's transaction."""
    for listener in RESULT_LISTENERS:
        listener(organization)


def standing_update(scan: Scan, results: Iterable[CheckResult], rows: list[Finding]) -> None:
    """Carry definite outcomes forward; an attempt that could not see stands beside them, never instead."""
    rows_before = StandingResult.objects.filter(connection=scan.connection).select_related("connection")
    stored = {row.check_id: row for row in rows_before.defer("connection__config", "connection__preflight")}
    by_check: dict[str, list[Finding]] = defaultdict(list)
    for row in rows:
        by_check[row.check_id].append(row)
    results, kept = tuple(results), []
    before = [value for value in map(standing_value, stored.values()) if value is not None]
    after = carry_forward(before, results, connection=str(scan.connection_id), uploaded=scan.trigger == Trigger.UPLOAD)
    stands = {value.check: value for value in after}
    for result in results:
        telling = [row for row in by_check[result.check] if row.outcome == result.outcome]
        speaking = next((row for row in telling if row.reason_code == EXCEPTED), telling[0])
        standing = stored.get(result.check) or StandingResult(
            organization=scan.organization, connection=scan.connection, check_id=result.check
        )
        standing.latest_outcome, standing.latest_at, standing.latest_scan = result.outcome.value, result.taken_at, scan
        standing.latest_reason, standing.latest_missing_scope = speaking.reason, speaking.missing_scope
        standing.latest_reason_code = speaking.reason_code
        _stand(standing, stands.get(result.check), scan)
        kept.append(standing)
    _keep(kept)


def _keep(rows: list[StandingResult]) -> None:
    """Write what stands of all checks in one statement: a connector may have fifty."""
    StandingResult.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "connection", "check_id"],
        update_fields=STANDING_FIELDS,
    )


def _stand(row: StandingResult, value: StandingValue | None, scan: Scan) -> None:
    if value is None:
        row.outcome, row.level, row.taken_at, row.scan = "", None, None, None
    elif standing_value(row) != value:
        row.outcome, row.level, row.supported = value.outcome.value, value.level, value.supported
        row.taken_at, row.uploaded, row.scan = value.taken_at, value.uploaded, scan


def standing_value(row: StandingResult) -> StandingValue | None:
    """What stands of one check, for the judgment; None if nothing definite was ever found or it ended."""
    if not row.outcome or row.taken_at is None:
        return None
    return StandingValue(
        check=row.check_id,
        connection=str(row.connection_id),
        outcome=Outcome(row.outcome),
        level=row.level,
        taken_at=row.taken_at,
        supported=row.supported,
        uploaded=row.uploaded,
        removed_at=row.connection.removed_at,
        excepted=row.outcome == Outcome.FAIL and row.latest_reason_code == EXCEPTED,
    )


def difference(previous: Scan | None, rows: list[Finding]) -> dict[str, Any]:
    """What changed since the previous scan: fixed, new, regressed, could not check, each counted and listed.

    A check that could not see everything resolves nothing: what failed before and was not read now is still open.
    """
    before: dict[str, dict[str, str]] = defaultdict(dict)
    if previous is not None:
        for check_id, resource, outcome in Finding.objects.filter(scan=previous).values_list(
            "check_id", "resource", "outcome"
        ):
            before[check_id][resource] = outcome
    now: dict[str, dict[str, Finding]] = defaultdict(dict)
    for row in rows:
        now[row.check_id][row.resource] = row
    kinds: dict[str, list[dict[str, str]]] = {"fixed": [], "new": [], "regressed": [], "unchecked": [], "unchanged": []}
    for check_id, found in now.items():
        _compare(check_id, before.get(check_id, {}), found, kinds)
    return {kind: {"count": len(entries), "listed": entries[:DIFF_LISTED]} for kind, entries in kinds.items()} | {
        "previous": previous.number if previous else None
    }


def _compare(
    check_id: str, before: dict[str, str], now: dict[str, Finding], kinds: dict[str, list[dict[str, str]]]
) -> None:
    passed_before = bool(before) and "fail" not in before.values() and "pass" in before.values()
    blind = any(row.outcome in ("not_checked", "error") for row in now.values())
    for resource, row in now.items():
        entry = {"check": check_id, "resource": resource, "reason": row.reason}
        if row.outcome == "fail":
            known = before.get(resource) == "fail"
            kinds["unchanged" if known else "regressed" if passed_before else "new"].append(entry)
        elif row.outcome in ("not_checked", "error"):
            kinds["unchecked"].append(entry)
    if not blind:
        for resource, outcome in before.items():
            here = now.get(resource)
            if outcome == "fail" and (here is None or (here.outcome != "fail" and here.reason_code != EXCEPTED)):
                kinds["fixed"].append({"check": check_id, "resource": resource, "reason": ""})


def _row(scan: Scan, finding: FindingValue) -> Finding:
    verdict = finding.verdict
    return Finding(
        organization=scan.organization,
        scan=scan,
        connection=scan.connection,
        check_id=finding.check,
        resource=_resource(storable(verdict.resource)),
        outcome=verdict.outcome.value,
        severity=finding.severity.value,
        level=verdict.level,
        reason=storable(verdict.reason),
        reason_code=verdict.reason_code,
        missing_scope=storable(verdict.missing_scope)[:200],
        near_miss=storable(verdict.near_miss),
        seen=verdict.seen,
        evidence=[evidence_json(line) for line in verdict.evidence],
        taken_at=finding.taken_at,
    )


def _resource(name: str) -> str:
    if len(name) <= RESOURCE_LIMIT:
        return name
    # Two long names may share their beginning; the digest keeps the identity of each.
    return name[: RESOURCE_LIMIT - 17] + "#" + hashlib.sha256(name.encode()).hexdigest()[:16]


def _unique(rows: list[Finding]) -> list[Finding]:
    """A rule that speaks twice of one resource is kept once, with its worst word."""
    order = ("fail", "error", "not_checked", "pass", "not_applicable")
    kept: dict[tuple[str, str], Finding] = {}
    for row in rows:
        key = (row.check_id, row.resource)
        if key not in kept or order.index(row.outcome) < order.index(kept[key].outcome):
            kept[key] = row
    return list(kept.values())


def evidence_json(line: Evidence) -> dict[str, str]:
    """An evidence line as stored and printed."""
    return {
        "source": storable(line.source),
        "object": storable(line.object),
        "field": storable(line.field),
        "observed": storable(line.observed),
        "expected": storable(line.expected),
    }


def part_json(name: str, seen: int | Unavailable) -> dict[str, Any]:
    """One part of a reading as stored and printed: a count, or the reason why nobody could look."""
    if isinstance(seen, Unavailable):
        return {
            "name": name,
            "unavailable": {
                "reason": seen.reason,
                "missing_scope": seen.missing_scope,
                "detail": storable(seen.detail),
            },
        }
    return {"name": name, "seen": seen}
