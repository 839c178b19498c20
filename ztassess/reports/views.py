"""Owns the pages of reports: what can be made, what was made, downloads, the branding."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from ztassess.charts.figure import Cell
from ztassess.common.envelope import EnvelopeError
from ztassess.common.tables import table_file, table_wanted
from ztassess.common.uploads import upload_refusal
from ztassess.domain.branding import Paper
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.reports.errors import BrandingConflict, TooManyReports
from ztassess.reports.forms import BrandingForm, ReportForm
from ztassess.reports.making import ring
from ztassess.reports.models import Report, ReportState
from ztassess.reports.selectors import KINDS, branded_by, branding_for, branding_row, newest_reports
from ztassess.reports.services import MOST_AN_HOUR, branding_save, report_ask, report_remove
from ztassess.reports.vault import document_open

GONE = "The stored document does not open, so nothing was sent: it was altered, or a key is missing. Ask an owner."
NOT_READY = "This report is not ready, so nothing was sent. Its page says how far it is."
# A browser that shows the bytes in spite of everything runs nothing in them.
LOCKED = "default-src 'none'; sandbox"
STOP_POLLING = 286
SAVED = "Saved. Reports look like this from now on; made ones stay as they are."
SAVED_BELOW = "Saved. Reports look like this when the playbook is taken off; until then they carry its branding."

COLUMNS = (
    *("Report", "Paper", "Redacted", "Changes since", "State", "Asked for by", "Asked for", "Made"),
    *("SHA-256", "Bytes", "Catalog", "Method", "Problem"),
)


def reports(request: OrgRequest) -> HttpResponse:
    """What can be made and what was made; posted, one is asked for."""
    if kind := table_wanted(request):
        return table_file("reports", COLUMNS, map(_told, newest_reports(request.organization)), kind)
    branding = branding_row(request.organization)
    posted = request.method == "POST"
    form = ReportForm(request.POST if posted else None, paper=branding.paper)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if posted else HTTPStatus.OK
    if posted and form.is_valid():
        try:
            report = report_ask(
                organization=request.organization,
                kind=form.cleaned_data["kind"],
                paper=Paper(form.cleaned_data["paper"]),
                redacted=form.cleaned_data["redacted"],
                since=form.cleaned_data["since"],
                actor=person_of(request),
            )
        except TooManyReports as problem:
            form.add_error(None, str(problem))
            status = HTTPStatus.TOO_MANY_REQUESTS
        else:
            transaction.on_commit(partial(ring, report), robust=True)
            return redirect(org_url(request, "reports"))
    context = {
        "form": form,
        "kinds": KINDS,
        "most": MOST_AN_HOUR,
        "branding": branding,
        "branded": branding_for(request.organization),
        "branded_by": branded_by(request.organization),
        **_made(request),
    }
    return render(request, "reports/reports.html", context, status=status)


def _told(row: Report) -> tuple[Cell, ...]:
    return (
        *(row.get_kind_display(), row.get_paper_display(), "yes" if row.redacted else "no", row.since.isoformat()),
        *(row.state, str(row.made_by or ""), row.created_at.isoformat()),
        *(row.finished_at.isoformat() if row.finished_at else "", row.sha256, row.size),
        *(row.catalog_version, row.method_version, row.error_sentence),
    )


def report_list(request: OrgRequest) -> HttpResponse:
    """The made ones alone, asked for every second while one is being made."""
    context = _made(request)
    response = render(request, "reports/_made.html", context)
    if not context["active"]:
        response.status_code = STOP_POLLING
    return response


def _made(request: OrgRequest) -> dict[str, object]:
    rows = newest_reports(request.organization)
    return {"rows": rows, "active": any(row.is_active for row in rows)}


def report_file(request: OrgRequest, report_id: UUID) -> HttpResponse:
    """The document, as a download: it is never shown as a page of ours."""
    report = get_for_member(Report, request, id=report_id)
    if report.state != ReportState.DONE:
        return HttpResponse(NOT_READY, status=HTTPStatus.CONFLICT, content_type="text/plain; charset=utf-8")
    try:
        content = document_open(report)
    except EnvelopeError:
        return HttpResponse(GONE, status=HTTPStatus.GONE, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=report.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = LOCKED
    response["Cache-Control"] = "private, no-store"
    return response


def report_end(request: OrgRequest, report_id: UUID) -> HttpResponse:
    """Remove a report."""
    report = get_for_member(Report, request, id=report_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    report_remove(report=report, actor=person_of(request))
    messages.success(request, "The report is removed, with its document.")
    return redirect(org_url(request, "reports"))


def report_branding(request: OrgRequest) -> HttpResponse:
    """How reports look."""
    row = branding_row(request.organization)
    posted = request.method == "POST"
    form = BrandingForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        row=row,
        refusal=upload_refusal(request),
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if posted else HTTPStatus.OK
    if posted and form.is_valid():
        try:
            branding_save(
                organization=request.organization,
                name=form.cleaned_data["name"],
                accent=form.cleaned_data["accent"],
                footer=form.cleaned_data["footer"],
                paper=Paper(form.cleaned_data["paper"]),
                logo=form.new_logo(),
                version=form.cleaned_data["version"],
                actor=person_of(request),
            )
        except BrandingConflict as problem:
            form.add_error(None, str(problem))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, SAVED_BELOW if branded_by(request.organization) else SAVED)
            return redirect(org_url(request, "reports"))
    context = {"form": form, "row": row, "branded": row.value(), "branded_by": branded_by(request.organization)}
    return render(request, "reports/branding.html", context, status=status)


def report_logo(request: OrgRequest) -> HttpResponse:
    """The logo as it was written anew."""
    row = branding_row(request.organization)
    if not row.logo:
        raise Http404
    response = HttpResponse(bytes(row.logo), content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = LOCKED
    response["Cache-Control"] = "private, no-store"
    return response
