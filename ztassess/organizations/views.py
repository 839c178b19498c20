"""Owns the pages of members, facts and the audit log inside one organization."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from ztassess.accounts.step_up import is_proven, refuse_stale
from ztassess.audit.models import AuditEvent
from ztassess.charts.figure import Cell
from ztassess.common.tables import table_file, table_wanted
from ztassess.organizations import selectors
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.errors import OrganizationError
from ztassess.organizations.forms import InviteForm, RoleForm, shown
from ztassess.organizations.forms_declared import KEPT, FactSheetForm
from ztassess.organizations.links import org_url
from ztassess.organizations.models import FactSheet, Invitation, Membership
from ztassess.organizations.roles import Role, grantable
from ztassess.organizations.services import (
    facts_save,
    invitation_create,
    invitation_revoke,
    membership_change_role,
    membership_revoke,
)

PER_PAGE = 50
MEMBER_COLUMNS = ("Member", "Address", "Role", "Since", "Until")
LOG_COLUMNS = ("Line", "When", "What", "Action", "Object", "By", "Via", "Request", "Hash before", "Hash")


def members_page(request: OrgRequest) -> HttpResponse:
    """Who is here, as what; inviting somebody shows the link once."""
    if kind := table_wanted(request):
        return table_file("members", MEMBER_COLUMNS, _member_rows(request), kind)
    form = InviteForm(request.role, request.POST or None)
    link = ""
    if request.method == "POST" and form.is_valid():
        if _strong(form.cleaned_data["role"]) and not is_proven(request):
            return refuse_stale(request, org_url(request, "members"))
        try:
            _, link = invitation_create(
                organization=request.organization,
                email=form.cleaned_data["email"],
                role=Role(form.cleaned_data["role"]),
                actor=person_of(request),
                actor_role=request.role,
            )
        except OrganizationError as problem:
            form.add_error(None, str(problem))
    refused = request.method == "POST" and not link
    context = {
        "members": selectors.members(request.organization),
        "invitations": selectors.open_invitations(request.organization),
        "form": form if not link else InviteForm(request.role),
        "link": link,
        "invited": form.cleaned_data["email"] if link else "",
        "grantable": grantable(request.role),
        "me": request.user,
    }
    response = render(
        request, "organizations/members.html", context, status=HTTPStatus.BAD_REQUEST if refused else HTTPStatus.OK
    )
    response.shows_secret = bool(link)  # type: ignore[attr-defined]  # read by org_view: not stored for a replay
    return response


def _member_rows(request: OrgRequest) -> Iterator[tuple[Cell, ...]]:
    for each in selectors.members(request.organization):
        until = each.expires_at.isoformat() if each.expires_at else ""
        yield (each.user.get_full_name(), each.user.email, each.role, each.created_at.isoformat(), until)


def role_change(request: OrgRequest, membership_id: UUID) -> HttpResponse:
    """Give a member another role."""
    membership = get_for_member(Membership, request, id=membership_id, revoked_at=None)
    form = RoleForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return HttpResponseNotAllowed(["POST"])
    if _strong(form.cleaned_data["role"], membership.role) and not is_proven(request):
        return refuse_stale(request, org_url(request, "members"))
    try:
        changed = membership_change_role(
            membership=membership,
            role=Role(form.cleaned_data["role"]),
            actor=person_of(request),
            actor_role=request.role,
        )
    except OrganizationError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"{changed.user} is {changed.role} now.")
    return redirect(org_url(request, "members"))


def _strong(*roles: str) -> bool:
    """Whether one of these roles says who else gets in: giving and taking it needs a fresh proof."""
    return any(Role(role).rank >= Role.ADMIN.rank for role in roles)


def membership_end(request: OrgRequest, membership_id: UUID) -> HttpResponse:
    """Leave, or remove somebody."""
    membership = get_for_member(Membership, request, id=membership_id, revoked_at=None)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    mine = membership.user_id == request.user.pk
    if not mine and _strong(membership.role) and not is_proven(request):
        return refuse_stale(request, org_url(request, "members"))
    try:
        membership_revoke(membership=membership, actor=person_of(request), actor_role=request.role)
    except OrganizationError as problem:
        messages.error(request, str(problem))
        return redirect(org_url(request, "members"))
    messages.success(
        request, f"You left {request.organization}." if mine else f"{membership.user} is not a member any more."
    )
    return redirect("organizations" if mine else org_url(request, "members"))


def invitation_close(request: OrgRequest, invitation_id: UUID) -> HttpResponse:
    """Revoke an open invitation."""
    invitation = get_for_member(Invitation, request, id=invitation_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    invitation_revoke(invitation=invitation, actor=person_of(request))
    messages.success(request, f"The invitation of {invitation.email} is closed.")
    return redirect(org_url(request, "members"))


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
    return render(request, "organizations/log.html", {"page": page})


def _log_row(line: AuditEvent) -> tuple[Cell, ...]:
    detail = getattr(line, "detail", None)
    return (
        *(line.seq, line.at.isoformat(), detail.summary if detail else "", line.action, line.object),
        *(str(line.actor or ""), line.via, line.request_id, line.prev_hash, line.hash),
    )
