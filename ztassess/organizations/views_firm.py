"""Owns a firm's pages about its clients, and the page on which an offer is taken, by a person or for a firm."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render

from ztassess.accounts.models import User
from ztassess.organizations import selectors_grants
from ztassess.organizations.access import OrgRequest, person_of
from ztassess.organizations.errors import GrantClosed, OrganizationError
from ztassess.organizations.forms_grants import FirmForm, StaffForm
from ztassess.organizations.links import org_url
from ztassess.organizations.models import Grant
from ztassess.organizations.services_firm import firm_assign, firm_remove
from ztassess.organizations.services_grants import grant_accept, grant_find


def clients_page(request: OrgRequest) -> HttpResponse:
    """The clients that granted this firm access, and who works where."""
    grants = selectors_grants.firm_grants(request.organization)
    return render(request, "organizations/clients.html", {"grants": grants})


def client_page(request: OrgRequest, grant_id: UUID) -> HttpResponse:
    """One client: which members of the firm work there; one press for one person, so that nobody undoes another's."""
    held = {grant.id: grant for grant in selectors_grants.firm_grants(request.organization)}
    grant = held.get(grant_id)
    if grant is None:
        raise Http404
    staff = selectors_grants.firm_staff(request.organization)
    if request.method == "POST":
        return _staffed(request, grant, {each.user_id: each.user for each in staff})
    working = {each.user_id: each for each in getattr(grant, "working", ())}
    rows = [{"user": each.user, "working": working.get(each.user_id)} for each in staff]
    return render(request, "organizations/client.html", {"grant": grant, "rows": rows})


def _staffed(request: OrgRequest, grant: Grant, people: dict[int, User]) -> HttpResponse:
    form = StaffForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("Choose a member of the firm.")
    member = people.get(form.cleaned_data["member"])
    if member is None:
        raise Http404
    assign = form.cleaned_data["act"] == "assign"
    try:
        if assign:
            firm_assign(firm=request.organization, grant=grant, member=member, actor=person_of(request))
        else:
            firm_remove(firm=request.organization, grant=grant, member=member, actor=person_of(request))
    except OrganizationError as problem:
        messages.error(request, str(problem))
    else:
        words = "works for" if assign else "does not work any more for"
        messages.success(request, f"{member} {words} {grant.organization}.")
    return redirect(org_url(request, "firm_client", grant_id=grant.id))


@login_required
def grant_offer_page(request: HttpRequest, token: str) -> HttpResponse:
    """Take an offer; closed ones and unknown ones get the same words."""
    assert isinstance(request.user, User)  # noqa: S101  login_required let nobody else through
    template = "organizations/grant_offer.html"
    try:
        grant = grant_find(token)
        firms = [firm for firm in selectors_grants.firms_of(request.user) if firm != grant.organization]
        form = FirmForm(firms, request.POST or None) if grant.for_firm else None
        if request.method == "POST" and (form is None or form.is_valid()):
            return _taken(request, grant, form)
    except GrantClosed as problem:
        return render(request, template, {"problem": str(problem)}, status=HTTPStatus.NOT_FOUND)
    except OrganizationError as problem:
        return render(request, template, {"problem": str(problem)}, status=HTTPStatus.BAD_REQUEST)
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, template, {"grant": grant, "form": form, "firms": firms}, status=status)


def _taken(request: HttpRequest, grant: Grant, form: FirmForm | None) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101  the view asked
    firm = form.chosen() if form else None
    taken = grant_accept(grant=grant, user=request.user, firm=firm)
    if firm:
        messages.success(request, f"{firm} may work for {taken.organization} now. Choose who does.")
        return redirect("org:firm_client", slug=firm.slug, grant_id=taken.id)
    messages.success(request, f"You are a consultant for {taken.organization} now, as {taken.role}.")
    return redirect("org:overview", slug=taken.organization.slug)
