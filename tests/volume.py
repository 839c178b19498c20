"""An organization with years of history, written in a few statements: pages must ask it no more than an empty one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.utils import timezone

from ztassess.assessments.models import Answer, ControlException, ControlOwner, ExceptionState, ScoreSnapshot
from ztassess.assessments.models import SnapshotCause as Cause
from ztassess.catalog import load_catalog
from ztassess.connectors.registry import connectors
from ztassess.domain.assessment import Assessment
from ztassess.domain.proof_state import ProofState
from ztassess.roadmaps.models import RoadmapTask, Sprint, TaskEvent
from ztassess.scans.models import Connection, Finding, Scan, ScanState, Schedule, StandingResult

PASSING_EVERY = 5


@dataclass(frozen=True, slots=True)
class Volume:
    """What was written: rows by kind, and the live connections."""

    snapshots: int
    scans: int
    findings: int
    connections: tuple[Connection, ...]


def fill(
    organization: Any, owner: Any, *, days: int = 730, scans: int = 200, findings: int = 50_000, connections: int = 4
) -> Volume:
    """Years of daily scores, scans with their findings, answers, owners, exceptions and a sprint that runs.

    The caller is in its scope.

    Parameters:
        days: how many days have a score, up to today.
        scans: over all connections, the newest of each a minute old, one before it each day.
        findings: over all scans; a scan's are spread over the checks of its connector, four of five fail.
        connections: their connectors are taken in turn from those that are installed in the test.
    """
    now = timezone.now()
    made = _connections(organization, connections, now)
    written = _scans(organization, made, scans, now)
    count = _findings(organization, written, findings // scans)
    _standing(organization, made, written)
    _answers(organization, owner, now)
    _sprint(organization, owner, now)
    return Volume(_snapshots(organization, days, now), len(written), count, tuple(made))


def _connections(organization: Any, count: int, now: datetime) -> list[Connection]:
    slugs = [connector.slug for connector in connectors() if not connector.joint]
    rows = [
        Connection(
            organization=organization,
            connector_slug=slugs[place % len(slugs)],
            name=f"System {place}",
            created_at=now - timedelta(days=800),
        )
        for place in range(count)
    ]
    Connection.objects.bulk_create(rows)
    Schedule.objects.bulk_create(Schedule(organization=organization, connection=row) for row in rows)
    return rows


def _scans(organization: Any, made: Sequence[Connection], count: int, now: datetime) -> list[Scan]:
    """Oldest first; the newest of every connection is its last."""
    rows = []
    for place in range(count):
        connection, number = made[place % len(made)], place // len(made) + 1
        at = now - timedelta(days=(count - 1 - place) // len(made), minutes=1)
        rows.append(
            Scan(
                organization=organization,
                connection=connection,
                number=number,
                state=ScanState.DONE,
                created_at=at,
                started_at=at,
                finished_at=at,
                taken_at=at,
                counts={"fail": 200, "checks": 1},
                diff={"new": {"count": 200, "listed": [{"check": "c", "resource": f"r {n}"} for n in range(200)]}},
            )
        )
    Scan.objects.bulk_create(rows, batch_size=200)
    return rows


def _findings(organization: Any, written: Sequence[Scan], each: int) -> int:
    """The findings of one scan of each connector are written out, those of its others are copied in the database.

    Every tenth object is another one in each scan, so that scans differ.
    """
    first: dict[str, Scan] = {}
    for scan in written:
        first.setdefault(scan.connection.connector_slug, scan)
    for scan in first.values():
        Finding.objects.bulk_create(_of_scan(organization, scan, each))
    columns = [field.column for field in Finding._meta.concrete_fields]
    new = {
        "id": "lower(hex(randomblob(16)))" if database.vendor == "sqlite" else "gen_random_uuid()",
        "scan_id": "s.id",
        "connection_id": "s.connection_id",
        "taken_at": "s.taken_at",
        "resource": "CASE WHEN f.resource LIKE '%%0' THEN f.resource || ' of ' || s.number ELSE f.resource END",
    }
    chosen = ", ".join(new.get(column, f"f.{column}") for column in columns)
    for scan in first.values():
        others = [other.id for other in written if other.connection.connector_slug == scan.connection.connector_slug]
        rows = Scan.objects.filter(id__in=[id_ for id_ in others if id_ != scan.id]).values("id")
        chosen_scans, values = rows.query.sql_with_params()
        copy = (
            f"INSERT INTO scans_finding ({', '.join(columns)}) SELECT {chosen} FROM scans_finding f, scans_scan s "  # noqa: S608  names of this file
            f"WHERE f.scan_id = %s AND s.id IN ({chosen_scans})"
        )
        template = scan.id.hex if database.vendor == "sqlite" else scan.id
        with database.cursor() as cursor:
            cursor.execute(copy, [template, *values])
    return Finding.objects.filter(organization=organization).count()


def _of_scan(organization: Any, scan: Scan, count: int) -> list[Finding]:
    ids = [check.id for check in scan.connection.connector.checks]
    return [
        Finding(
            organization=organization,
            scan=scan,
            connection=scan.connection,
            check_id=ids[place % len(ids)],
            resource=f"object {place}",
            outcome="pass" if place % PASSING_EVERY == 0 else "fail",
            severity="high",
            reason=f"Object {place} stands open.",
            seen=count,
            evidence=[{"source": "list", "object": f"object {place}", "observed": "open", "expected": "shut"}],
            taken_at=scan.taken_at,
        )
        for place in range(count)
    ]


def _standing(organization: Any, made: Sequence[Connection], written: Sequence[Scan]) -> None:
    newest = {scan.connection_id: scan for scan in written}
    StandingResult.objects.bulk_create(
        StandingResult(
            organization=organization,
            connection=connection,
            check_id=check.id,
            outcome="fail",
            taken_at=newest[connection.id].taken_at,
            scan=newest[connection.id],
            latest_outcome="fail",
            latest_reason="Objects stand open.",
            latest_at=newest[connection.id].taken_at,
            latest_scan=newest[connection.id],
        )
        for connection in made
        for check in connection.connector.checks
    )


def _answers(organization: Any, owner: Any, now: datetime) -> None:
    controls = load_catalog().controls
    Answer.objects.bulk_create(
        Answer(organization=organization, control_id=control.id, level=2, answered_by=owner, answered_at=now)
        for control in controls
    )
    ControlOwner.objects.bulk_create(
        ControlOwner(organization=organization, control_id=control.id, owner=owner) for control in controls
    )
    ControlException.objects.bulk_create(
        ControlException(
            organization=organization,
            control_id=control.id,
            object="one seat",
            reason="The vendor has one seat.",
            compensating="It is locked away.",
            last_day=now.date() + timedelta(days=place - 20),
            state=ExceptionState.APPROVED,
            requested_by=owner,
            decided_by=owner,
        )
        for place, control in enumerate(controls)
    )


def _sprint(organization: Any, owner: Any, now: datetime) -> None:
    """A task for each control; every other one counts as done until somebody looks at what proves it."""
    sprint = Sprint.objects.create(
        organization=organization,
        number=1,
        start=now.date() - timedelta(days=3),
        days=10,
        weekdays=[0, 1, 2, 3, 4],
        started_by=owner,
    )
    tasks = [
        RoadmapTask(
            organization=organization,
            sprint=sprint,
            control_id=control.id,
            owner=owner,
            hours=4,
            state="done" if place % 2 else "open",
            closed_by="proof" if place % 2 else "",
            slices=[{"day": sprint.start.isoformat(), "hours": 4, "part": "whole"}],
        )
        for place, control in enumerate(load_catalog().controls)
    ]
    RoadmapTask.objects.bulk_create(tasks)
    TaskEvent.objects.bulk_create(TaskEvent(organization=organization, task=t, kind="added", hours=4) for t in tasks)


def _snapshots(organization: Any, days: int, now: datetime) -> int:
    """A score a day, slowly rising, each with the state of every control and of every stage, as the services store."""
    catalog, judged = load_catalog(), _versions(organization)
    states = {control.id: ProofState.VERIFIED.value for control in catalog.controls}
    stages = {stage.id: [0.3, 0.5] for stage in catalog.stages}
    rows = [
        ScoreSnapshot(
            organization=organization,
            at=now - timedelta(days=back, minutes=30),
            day=(now - timedelta(days=back, minutes=30)).date(),
            cause=Cause.DAILY,
            catalog_version=judged.catalog_version,
            method_version=judged.method_version,
            proven=0.7 - 0.6 * back / days,
            claimed=0.8 - 0.5 * back / days,
            ceiling=0.9,
            stages=stages,
            states=states,
        )
        for back in range(days - 1, -1, -1)
    ]
    ScoreSnapshot.objects.bulk_create(rows, batch_size=200)
    return len(rows)


def _versions(organization: Any) -> Assessment:
    from ztassess.assessments.selectors import judged

    return judged(organization)
