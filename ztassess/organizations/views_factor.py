"""Owns the pages about second factors: why an organization asks for one, and its rule of who must have one."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ztassess.organizations.access import OrgRequest, membership_of, person_of
from ztassess.organizations.errors import OrganizationError
from ztassess.organizations.forms_factor import FactorForm
from ztassess.organizations.links import org_url
from ztassess.organizations.second_factor import ASKED_BY, factor_context, is_locked, way_back
from ztassess.organizations.selectors import members
from ztassess.organizations.selectors_factor import factor_choices
from ztassess.organizations.services_factor import second_factor_require


@login_required
@require_safe
def needed_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Why this organization does not open, and what to do; leads back once it does. Strangers get 404."""
    membership = membership_of(request.user, slug)
    then = way_back(request, membership.organization)
    if not is_locked(request, membership):
        request.session.pop(ASKED_BY, None)
        return redirect(then)
    return render(request, "account/second_factor_needed.html", factor_context(request, membership.organization, then))


@login_required
@require_safe
def confirmed_page(request: HttpRequest) -> HttpResponse:
    """Where a proof in a second tab ends: the form that needs it stands in the first."""
    return render(request, "account/confirmed.html")


def policy_page(request: OrgRequest) -> HttpResponse:
    """Who must have a second factor here, and whom each choice would keep out until they have one."""
    organization = request.organization
    first = {"rule": organization.second_factor, "version": organization.security_version}
    form = FactorForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            second_factor_require(
                organization=organization,
                rule=form.rule_chosen(),
                version=form.cleaned_data["version"],
                actor=person_of(request),
                rights=request.rights,
            )
        except OrganizationError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "The rule is saved. It holds from now on, in open tabs too.")
            return redirect(org_url(request, "security_policy"))
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    chosen = form["rule"].value()
    context = {"form": form, "choices": factor_choices(members(organization), chosen)}
    return render(request, "organizations/security_policy.html", context, status=status)
