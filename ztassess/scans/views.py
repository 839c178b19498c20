"""Owns the pages of one connection: what its scans found, live progress, start, cancel, schedule."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone

from ztassess.common.tables import table_file, table_wanted
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.scans import selectors
from ztassess.scans.dispatch import ring_due
from ztassess.scans.errors import ScanError
from ztassess.scans.forms import ScheduleForm
from ztassess.scans.models import Connection, Kind, Scan, Schedule
from ztassess.scans.services.scans import scan_cancel, scan_request
from ztassess.scans.services.schedules import next_slot, schedule_save

STOP_POLLING = 286
OUTCOME_WORDS = {
    "fail": "Fail",
    "error": "Error",
    "not_checked": "Not checked",
    "pass": "Pass",
    "not_applicable": "Not applicable",
}


def connection_page(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """What the newest scan found, what runs now, credential, schedule and history of one connection."""
    connection = get_for_member(Connection, request, id=connection_id)
    active = selectors.active_scan(connection)
    scan = selectors.shown_scan(connection)
    if kind := table_wanted(request):
        return findings_file(findings_context(request, connection, scan), kind)
    context = findings_context(request, connection, scan) | {
        "active": active,
        "progress": selectors.scan_progress(active) if active else None,
        "last": selectors.connection_scans(connection, limit=1),
        "scans": selectors.connection_scans(connection),
        "secrets": selectors.stored_secrets(connection),
        "provable": selectors.provable(connection.connector),
        "tested": selectors.tested_parts(connection),
        "tested_sentence": selectors.tested_sentence(connection),
        **_schedule_context(connection),
    }
    return render(request, "scans/connection.html", context)


def scan_page(request: OrgRequest, scan_id: UUID) -> HttpResponse:
    """One scan as it was: its parts, its findings, the difference to the one before."""
    scan = get_for_member(Scan, request, id=scan_id)
    context = findings_context(request, scan.connection, scan)
    if kind := table_wanted(request):
        return findings_file(context, kind)
    return render(request, "scans/scan.html", context)


FINDING_COLUMNS = (
    *("Outcome", "Severity", "Check", "Check id", "Resource", "Why", "Seen", "Missing scope", "Near miss"),
    *("Difference", "Read at"),
)


def findings_file(context: dict[str, Any], kind: str) -> HttpResponse:
    """The findings that the filter of a page lets through, all of them."""
    groups = (*context["groups"], *context["settled"])
    shown = [each for group in groups for each in (*group.first, *group.more)]
    rows = [
        (
            *(row.outcome, row.severity, each.title, row.check_id, row.resource, row.reason, row.seen),
            *(row.missing_scope, row.near_miss, each.change, row.taken_at.isoformat()),
        )
        for each in shown
        for row in (each.finding,)
    ]
    scan: Scan | None = context["scan"]
    return table_file(f"findings-scan-{scan.number}" if scan else "findings", FINDING_COLUMNS, rows, kind)


def findings_context(request: OrgRequest, connection: Connection, scan: Scan | None) -> dict[str, Any]:
    """Findings of one scan with filters whose state is the address."""
    everything = selectors.scan_findings(scan) if scan else []
    wanted, check = request.GET.get("outcome", ""), request.GET.get("check", "")
    counts = selectors.outcome_counts(everything)
    changes = selectors.change_of(scan) if scan else {}
    rows = [row for row in everything if (not wanted or row.outcome == wanted) and (not check or row.check_id == check)]
    filters = [{"url": "?", "title": "All", "current": not wanted, "count": len(everything)}]
    filters += [
        {"url": f"?outcome={outcome}", "title": OUTCOME_WORDS[outcome], "current": wanted == outcome, "count": count}
        for outcome, count in counts.items()
    ]
    parts = [part | {"title": selectors.part_title(part["name"])} for part in scan.parts] if scan else []
    connector = connection.connector
    titles = {each.id: each.title for each in connector.checks}
    return {
        "connection": connection,
        "connector": connector,
        "scan": scan,
        "filters": filters,
        **selectors.split_settled(
            selectors.ShownFinding(
                row,
                titles.get(row.check_id, row.check_id),
                change=changes.get((row.check_id, row.resource), ""),
            )
            for row in rows
        ),
        "read": [part for part in parts if not part.get("unavailable")],
        "blocked": [part for part in parts if part.get("unavailable")],
        "diff": scan.diff if scan else {},
    }


def progress(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """The progress card alone, asked for every second; when nothing runs any more the whole page is loaded again."""
    connection = get_for_member(Connection, request, id=connection_id)
    active = selectors.active_scan(connection)
    if active is None:
        response = HttpResponse(status=STOP_POLLING)
        response["HX-Redirect"] = org_url(request, "connection", connection_id=connection.id)
        return response
    context = {"connection": connection, "active": active, "progress": selectors.scan_progress(active)}
    return render(request, "scans/_active.html", context)


def scan_start(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """Queue a scan; a second press finds the first one."""
    return _start(request, connection_id, Kind.SCAN)


def test_start(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """Queue a test of the credential."""
    return _start(request, connection_id, Kind.PREFLIGHT)


def _start(request: OrgRequest, connection_id: UUID, kind: str) -> HttpResponse:
    connection = get_for_member(Connection, request, id=connection_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        scan_request(connection=connection, actor=person_of(request), kind=kind)
    except ScanError as problem:
        messages.error(request, str(problem))
    else:
        transaction.on_commit(partial(ring_due, request.organization.id), robust=True)
    return redirect(org_url(request, "connection", connection_id=connection.id))


def scan_stop(request: OrgRequest, scan_id: UUID) -> HttpResponse:
    """Cancel a scan."""
    scan = get_for_member(Scan, request, id=scan_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    scan_cancel(scan=scan, actor=person_of(request))
    return redirect(org_url(request, "connection", connection_id=scan.connection_id))


def schedule(request: OrgRequest, connection_id: UUID) -> HttpResponse:
    """Change how often a connection is read by itself."""
    connection = get_for_member(Connection, request, id=connection_id)
    row = get_for_member(Schedule, request, connection=connection)
    form = ScheduleForm(request.POST or None, initial={"is_on": row.is_on, "every_hours": row.every_hours})
    if request.method == "POST" and form.is_valid():
        schedule_save(schedule=row, actor=person_of(request), **form.cleaned_data)
        messages.success(request, "The schedule is saved.")
        return redirect(org_url(request, "connection", connection_id=connection.id))
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "scans/schedule.html", {"connection": connection, "form": form}, status=status)


def _schedule_context(connection: Connection) -> dict[str, Any]:
    row = Schedule.objects.filter(connection=connection).first()
    return {"schedule": row, "next_slot": next_slot(row, timezone.now()) if row and row.is_on else None}
