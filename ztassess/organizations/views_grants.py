"""Owns the client's pages about its consultants: who has access, offer, change, end, and hand the client over."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ztassess.charts.figure import Cell
from ztassess.common.tables import table_file, table_wanted
from ztassess.common.templatetags.times import last_day
from ztassess.organizations import selectors_grants
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.errors import OrganizationError
from ztassess.organizations.forms_grants import HandOverForm, OfferForm, TermsForm, terms_of
from ztassess.organizations.links import org_url
from ztassess.organizations.models import Grant
from ztassess.organizations.roles import Flag, Role
from ztassess.organizations.services import invitation_create
from ztassess.organizations.services_grants import grant_change, grant_end, grant_offer

COLUMNS = ("Who", "People", "State", "Role", "Also allowed", "Offered", "Accepted", "Last day", "Last act")


def consultants_page(request: OrgRequest) -> HttpResponse:
    """Who from outside has access, as what, until when, and what they did last."""
    stands, over = selectors_grants.client_grants(request.organization)
    if kind := table_wanted(request):
        return table_file("consultants", COLUMNS, (_told(access) for access in (*stands, *over)), kind)
    context = {"stands": stands, "over": over, "steward": selectors_grants.steward_of(request.organization)}
    return render(request, "organizations/consultants.html", context)


def _told(access: selectors_grants.Access) -> tuple[Cell, ...]:
    grant = access.grant
    people = ", ".join(f"{user.get_full_name()} <{user.email}>" for user in access.people)
    return (
        *(grant.holder, people, access.state.value, grant.role),
        ", ".join(flag.value for flag in Flag if flag in grant.flags),
        *(grant.created_at.isoformat(), grant.accepted_at.isoformat() if grant.accepted_at else ""),
        *(last_day(grant.expires_at).isoformat(), access.last_act.isoformat() if access.last_act else ""),
    )


def offer_page(request: OrgRequest) -> HttpResponse:
    """Offer access to a person or a firm; the link is shown once."""
    form = OfferForm(request.POST or None, initial=OfferForm.usual())
    if request.method == "POST" and form.is_valid():
        try:
            grant, link = grant_offer(
                organization=request.organization,
                email=form.cleaned_data["email"],
                for_firm=form.cleaned_data["kind"] == "firm",
                terms=form.terms(),
                actor=person_of(request),
                rights=request.rights,
            )
        except OrganizationError as problem:
            form.add_error(None, str(problem))
        else:
            return _once(request, "Offer", grant.email, link)
    return _form(request, "organizations/consultant_offer.html", form)


def grant_page(request: OrgRequest, grant_id: UUID) -> HttpResponse:
    """Change role, last day and what is switched on; who works with it has the new terms at once."""
    grant = get_for_member(Grant, request, id=grant_id, ended_at=None)
    form = TermsForm(request.POST or None, initial=terms_of(grant))
    if request.method == "POST" and form.is_valid():
        try:
            changed = grant_change(
                grant=grant,
                terms=form.terms(),
                version=form.cleaned_data["version"] or 0,
                actor=person_of(request),
                rights=request.rights,
            )
        except OrganizationError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"The access of {changed.holder} is changed, from now on.")
            return redirect(org_url(request, "consultants"))
    return _form(request, "organizations/consultant_change.html", form, grant=grant)


def grant_over(request: OrgRequest, grant_id: UUID) -> HttpResponse:
    """End a consultant's access at once, or take an offer back."""
    grant = get_for_member(Grant, request, id=grant_id)
    if request.method != "POST":
        return render(request, "organizations/consultant_end.html", {"grant": grant})
    try:
        ended = grant_end(grant=grant, actor=person_of(request))
    except OrganizationError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"The access of {ended.holder} is over.")
    return redirect(org_url(request, "consultants"))


def hand_over(request: OrgRequest) -> HttpResponse:
    """The steward invites the client's owner, who claims the organization by accepting."""
    steward = selectors_grants.steward_of(request.organization)
    if steward is None:
        messages.info(request, f"{request.organization} has an owner of its own; there is nothing to hand over.")
        return redirect(org_url(request, "consultants"))
    form = HandOverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, link = invitation_create(
                organization=request.organization,
                email=form.cleaned_data["email"],
                role=Role.OWNER,
                actor=person_of(request),
                actor_role=request.role,
            )
        except OrganizationError as problem:
            form.add_error(None, str(problem))
        else:
            return _once(request, "Invitation", invitation.email, link)
    return _form(request, "organizations/hand_over.html", form, steward=steward)


def _once(request: OrgRequest, what: str, email: str, link: str) -> HttpResponse:
    """A page that shows a link once; `org_view` does not keep it for a second press."""
    context = {"what": what, "email": email, "link": link}
    response = render(request, "organizations/consultant_link.html", context)
    response.shows_secret = True  # type: ignore[attr-defined]  # read by org_view: not stored for a replay
    return response


def _form(request: OrgRequest, template: str, form: forms.Form, **context: object) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, template, {"form": form, **context}, status=status)
