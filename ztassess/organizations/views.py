"""Owns the pages of facts and the audit log inside one organization."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ztassess.audit.models import AuditEvent
from ztassess.audit.verifying import log_verify
from ztassess.charts.figure import Cell
from ztassess.common.tables import table_file, table_wanted
from ztassess.organizations import selectors
from ztassess.organizations.access import OrgRequest, person_of
from ztassess.organizations.errors import OrganizationError
from ztassess.organizations.forms import shown
from ztassess.organizations.forms_declared import KEPT, FactSheetForm
from ztassess.organizations.forms_log import VerifyForm
from ztassess.organizations.links import org_url
from ztassess.organizations.models import FactSheet
from ztassess.organizations.services import facts_save

PER_PAGE = 50
VERIFIED_HERE = 100_000
"""Lines of a log that are followed while somebody waits, some seconds; longer ones take the command."""
LOG_COLUMNS = ("Line", "When", "What", "Action", "Object", "By", "Via", "Request", "Hash before", "Hash")


def settings_page(request: OrgRequest) -> HttpResponse:
    """The facts of the company, and what was declared for all connectors."""
    sheet = selectors.fact_sheet(request.organization)
    form = FactSheetForm(request.POST or None, initial=_initial(sheet), kept=sheet.declared.get(KEPT, ()))
    if request.method == "POST" and form.is_valid():
        kept = {name: value for name, value in sheet.values.items() if name not in form.answered()}
        try:
            facts_save(
                sheet=sheet,
                values=kept | form.facts(),
                declared=form.declared(),
                version=form.cleaned_data["version"],
                actor=person_of(request),
            )
        except OrganizationError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "The facts are saved. What applies was computed again.")
            return redirect(org_url(request, "settings"))
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "organizations/settings.html", {"form": form, "sheet": sheet}, status=status)


def _initial(sheet: FactSheet) -> dict[str, Any]:
    lists = {name: "\n".join(entries) for name, entries in sheet.declared.items()}
    return shown(sheet.values) | lists | {"version": sheet.version}


def log_page(request: OrgRequest) -> HttpResponse:
    """The audit log, newest first."""
    lines = (
        AuditEvent.objects.filter(organization=request.organization).select_related("actor", "detail").order_by("-seq")
    )
    if kind := table_wanted(request):
        return table_file("audit-log", LOG_COLUMNS, (_log_row(line) for line in lines.iterator(chunk_size=1000)), kind)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    form = VerifyForm(request.GET if "verify" in request.GET else None)
    context: dict[str, Any] = {"page": page, "form": form, "newest": lines.first()}
    if form.is_bound and form.is_valid():
        if page.paginator.count > VERIFIED_HERE:
            context["too_long"] = VERIFIED_HERE
        else:
            context["verdict"] = log_verify(request.organization, noted=form.cleaned_data["noted"])
    return render(request, "organizations/log.html", context)


def _log_row(line: AuditEvent) -> tuple[Cell, ...]:
    detail = getattr(line, "detail", None)
    return (
        *(line.seq, line.at.isoformat(), detail.summary if detail else "", line.action, line.object),
        *(str(line.actor or ""), line.via, line.request_id, line.prev_hash, line.hash),
    )
