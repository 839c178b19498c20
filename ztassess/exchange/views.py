"""Owns the page of archives: ask for one, see how far it is, download and delete it; OSCAL; the log of elsewhere."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from ztassess.assessments.selectors import read_organization
from ztassess.common.envelope import EnvelopeError
from ztassess.common.tables import table_file, table_wanted
from ztassess.exchange.errors import ExchangeError
from ztassess.exchange.models import ACTIVE, ArchivePart, ExchangeJob, ImportedLine, JobState
from ztassess.exchange.oscal import findings_now, oscal_results
from ztassess.exchange.services.exports import archive_delete, archive_open, export_request
from ztassess.exchange.sweeping import TASK
from ztassess.exchange.table import STAYS, TRAVELS
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.scans import bell

STOP_POLLING = 286
SHOWN = 10
PER_PAGE = 50
LINE_COLUMNS = ("Line", "When", "What", "Action", "By", "Hash before", "Hash", "Organization there")
GONE = "The archive does not open, so nothing was sent: it was altered, or a key is missing. Make a new one."


def export_page(request: OrgRequest) -> HttpResponse:
    """What an archive holds, and those that were made; posting asks for one."""
    if request.method == "POST":
        try:
            job, _ = export_request(organization=request.organization, actor=person_of(request))
        except ExchangeError as problem:
            messages.error(request, str(problem))
        else:
            ring = partial(bell.ring_task, TASK, request.organization.id, job.id)
            transaction.on_commit(ring, robust=True)
        return redirect(org_url(request, "export"))
    context = _jobs(request) | {
        "travels": [entry.words for entry in TRAVELS.values()],
        "stays": sorted(set(STAYS.values())),
        "imported": ImportedLine.objects.filter(organization=request.organization).exists(),
    }
    return render(request, "exchange/export.html", context)


def export_jobs(request: OrgRequest) -> HttpResponse:
    """The list of archives alone, asked for while one is made."""
    context = _jobs(request)
    status = HTTPStatus.OK if context["active"] else STOP_POLLING
    return render(request, "exchange/_jobs.html", context, status=status)


def _jobs(request: OrgRequest) -> dict[str, Any]:
    rows = ExchangeJob.objects.filter(organization=request.organization).select_related("requested_by")
    jobs = list(rows[:SHOWN])
    return {"jobs": jobs, "active": next((job for job in jobs if job.state in ACTIVE), None)}


def export_download(request: OrgRequest, job_id: UUID) -> HttpResponseBase:
    """An archive, piece by piece: neither this process nor the browser's page ever holds all of it."""
    job = get_for_member(ExchangeJob, request, id=job_id, state=JobState.DONE)
    try:
        pieces = archive_open(job, person_of(request))
    except (EnvelopeError, ArchivePart.DoesNotExist):
        return HttpResponse(GONE, status=HTTPStatus.GONE, content_type="text/plain; charset=utf-8")
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=job.name)
    response["Content-Length"] = str(job.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def export_remove(request: OrgRequest, job_id: UUID) -> HttpResponse:
    """Delete an archive before its seven days."""
    job = get_for_member(ExchangeJob, request, id=job_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    archive_delete(job=job, actor=person_of(request))
    messages.success(request, "The archive is deleted.")
    return redirect(org_url(request, "export"))


def oscal(request: OrgRequest) -> HttpResponse:
    """The assessment as OSCAL assessment results."""
    reading = read_organization(request.organization)
    document = oscal_results(request.organization, reading, findings_now(reading))
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="assessment-results.json"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def imported_log(request: OrgRequest) -> HttpResponse:
    """The log of the installation that the organization came from."""
    lines = ImportedLine.objects.filter(organization=request.organization)
    if kind := table_wanted(request):
        rows = (_line_row(line) for line in lines.iterator(chunk_size=1000))
        return table_file("imported-log", LINE_COLUMNS, rows, kind)
    if not lines.exists():
        raise Http404
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "exchange/imported_log.html", {"page": page})


def _line_row(line: ImportedLine) -> tuple[str | int, ...]:
    hashes = (line.value.get("prev_hash", ""), line.value.get("hash", ""))
    return (line.seq, line.at.isoformat(), line.summary, line.action, line.who, *hashes, line.origin)
