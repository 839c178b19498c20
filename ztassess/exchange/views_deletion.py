"""Owns the page where an owner deletes the organization, and undoes it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from ztassess.assessments.models import Answer, ArtifactVersion
from ztassess.exchange.errors import ExchangeError
from ztassess.exchange.forms import DeleteForm
from ztassess.exchange.services.deletion import UNDO, deletion_request, deletion_undo
from ztassess.organizations.access import OrgRequest, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.models import Membership, Organization
from ztassess.scans.models import Connection, Finding


def delete_page(request: OrgRequest) -> HttpResponse:
    """What would go, and the name to type; posting starts the seven days."""
    posted = request.method == "POST"
    form = DeleteForm(request.POST if posted else None, organization=request.organization)
    if posted and form.is_valid():
        try:
            deletion_request(
                organization=request.organization, typed=form.cleaned_data["typed"], actor=person_of(request)
            )
        except ExchangeError as problem:
            form.add_error("typed", str(problem))
        else:
            return redirect(org_url(request, "organization_delete"))
    context = {"form": form, "counts": _counts(request.organization), "undo_days": UNDO.days}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if posted else HTTPStatus.OK
    return render(request, "exchange/delete.html", context, status=status)


def _counts(organization: Organization) -> list[dict[str, Any]]:
    mine = {"organization": organization}
    return [
        {"title": "Members", "count": Membership.objects.active().filter(**mine).count()},
        {"title": "Connections, with their credentials", "count": Connection.objects.filter(**mine).count()},
        {"title": "Findings", "count": Finding.objects.filter(**mine).count()},
        {"title": "Answers", "count": Answer.objects.filter(**mine).count()},
        {"title": "Versions of evidence", "count": ArtifactVersion.objects.filter(**mine).count()},
    ]


def delete_undo(request: OrgRequest) -> HttpResponse:
    """Keep the organization."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        deletion_undo(organization=request.organization, actor=person_of(request))
    except ExchangeError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"{request.organization.name} stays. Schedules go on with their next slot.")
    return redirect(org_url(request, "organization_delete"))
