"""Owns the pages about members: who is here, invitations, roles, leaving."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from ztassess.accounts.second_factor import with_factor
from ztassess.accounts.step_up import is_proven, refuse_stale
from ztassess.charts.figure import Cell
from ztassess.common.tables import table_file, table_wanted
from ztassess.organizations import selectors
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.errors import OrganizationError
from ztassess.organizations.forms import InviteForm, RoleForm
from ztassess.organizations.links import org_url
from ztassess.organizations.models import Invitation, Membership
from ztassess.organizations.roles import Action, Role, grantable, may
from ztassess.organizations.services import (
    invitation_create,
    invitation_revoke,
    membership_change_role,
    membership_revoke,
)

COLUMNS = ("Member", "Address", "Role", "Since", "Until")
FACTOR_COLUMN = "Second factor"


def members_page(request: OrgRequest) -> HttpResponse:
    """Who is here, as what; for who invites, also the open invitations and who has a second factor."""
    members = selectors.members(request.organization)
    has = with_factor(each.user_id for each in members) if may(request.rights, Action.INVITE) else None
    if kind := table_wanted(request):
        columns = COLUMNS if has is None else (*COLUMNS, FACTOR_COLUMN)
        return table_file("members", columns, _rows(members, has), kind)
    context = {
        "members": members,
        "has_factor": has,
        "without": None if has is None else sum(1 for each in members if each.user_id not in has),
        "invitations": selectors.open_invitations(request.organization),
        "grantable": grantable(request.role),
        "me": request.user,
    }
    return render(request, "organizations/members.html", context)


def _rows(members: list[Membership], has: frozenset[int] | None) -> Iterator[tuple[Cell, ...]]:
    for each in members:
        until = each.expires_at.isoformat() if each.expires_at else ""
        row = (each.user.get_full_name(), each.user.email, each.role, each.created_at.isoformat(), until)
        yield row if has is None else (*row, "yes" if each.user_id in has else "no")


def invite_page(request: OrgRequest) -> HttpResponse:
    """Invite somebody, or again whose invitation is void; the link is shown once."""
    form = InviteForm(request.role, request.POST or None, initial=_again(request))
    link = ""
    if request.method == "POST" and form.is_valid():
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
        "form": form if not link else InviteForm(request.role),
        "link": link,
        "invited": form.cleaned_data["email"] if link else "",
    }
    status = HTTPStatus.BAD_REQUEST if refused else HTTPStatus.OK
    response = render(request, "organizations/invite.html", context, status=status)
    response.shows_secret = bool(link)  # type: ignore[attr-defined]  # read by org_view: not stored for a replay
    return response


def _again(request: OrgRequest) -> dict[str, Any]:
    """Address and role of the open invitation that is sent anew; empty where there is none."""
    wanted = request.GET.get("again", "")
    for each in selectors.open_invitations(request.organization) if wanted else ():
        if str(each.invitation.id) == wanted:
            return {"email": each.invitation.email, "role": each.invitation.role}
    return {}


def role_change(request: OrgRequest, membership_id: UUID) -> HttpResponse:
    """Give a member another role."""
    membership = get_for_member(Membership, request, id=membership_id, revoked_at=None)
    allowed = grantable(request.role)
    form = RoleForm(request.POST or None, initial={"role": membership.role}, roles=allowed)
    if membership.is_consultant or membership.role_enum not in allowed:
        messages.error(request, f"Your role does not let you change what {membership.user} is here.")
        return redirect(org_url(request, "members"))
    if request.method == "POST" and form.is_valid():
        try:
            changed = membership_change_role(
                membership=membership,
                role=Role(form.cleaned_data["role"]),
                actor=person_of(request),
                actor_role=request.role,
            )
        except OrganizationError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"{changed.user} is {changed.role} now.")
            return redirect(org_url(request, "members"))
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "organizations/role_change.html", {"membership": membership, "form": form}, status=status)


def membership_end(request: OrgRequest, membership_id: UUID) -> HttpResponse:
    """Leave, or remove somebody; removing needs a fresh proof, as giving a role does."""
    membership = get_for_member(Membership, request, id=membership_id, revoked_at=None)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    mine = membership.user_id == request.user.pk
    if not mine and not is_proven(request):
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
    """Withdraw an open invitation: it only takes away, so it needs no fresh proof."""
    invitation = get_for_member(Invitation, request, id=invitation_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    invitation_revoke(invitation=invitation, actor=person_of(request))
    messages.success(request, f"The invitation of {invitation.email} is withdrawn.")
    return redirect(org_url(request, "members"))
