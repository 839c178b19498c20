"""Owns what happens to whom an organization lets in with a second factor only, while this session has shown none."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ztassess.accounts.models import User
from ztassess.accounts.second_factor import has_factor, is_factor_used
from ztassess.accounts.step_up import proof_address
from ztassess.common.tables import table_wanted
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import needs_factor

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FILES = (".csv", ".json")
ASKED_BY = "second_factor_asked_by"
"""In the session: the organization that asked, for the way back from the pages on which a factor is added."""


def is_locked(request: HttpRequest, membership: Membership) -> bool:
    """True while the organization of this membership, of the person of the request, opens with a second factor only and
    this session has shown none. Ask with organization and grant joined. No query where no factor is asked for.
    """
    asked = needs_factor(membership.rights, membership.organization.factor_rule)
    return asked and not membership.organization.is_demo and not is_factor_used(request)


def words_of(organization: Organization) -> str:
    """Why somebody does not get in, in one sentence with what to do."""
    return (
        f"{organization} lets you in with a second factor only, and this session has shown none: "
        "set one up or confirm with it under Account, then do it again."
    )


def needed_address(organization: Organization, then: str = "") -> str:
    """The page that explains it, and leads to ``then`` afterwards."""
    address = reverse("second_factor_needed", args=[organization.slug])
    return f"{address}?{urlencode({'next': then})}" if then else address


def ask_for_factor(request: HttpRequest, organization: Organization) -> HttpResponse:
    """The answer to whom is locked out: a page leads to the one that explains it; what changes something, and a file,
    get 403 with the sentence.
    """
    if request.method in SAFE and not _is_file(request):
        if request.headers.get("HX-Request"):
            # What htmx asks for is a part of a page: the way back is to the page.
            return HttpResponse(headers={"HX-Redirect": needed_address(organization)})
        return HttpResponseRedirect(needed_address(organization, request.get_full_path()))
    sentence = words_of(organization)
    if request.method in SAFE and "csv" not in (request.GET.get("format"), request.path[-3:]):
        return JsonResponse({"error": sentence}, status=HTTPStatus.FORBIDDEN)
    if request.method in SAFE:
        return HttpResponse(sentence, status=HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8")
    context = factor_context(request, organization) | {"sentence": sentence}
    return render(request, "account/second_factor_needed.html", context, status=HTTPStatus.FORBIDDEN)


def _is_file(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return bool(table_wanted(request)) or request.path.endswith(FILES) or accepted.startswith("application/json")


def factor_context(request: HttpRequest, organization: Organization, then: str = "") -> dict[str, Any]:
    """What the page that explains it shows; the session keeps who asked, so that other pages can lead back."""
    assert isinstance(request.user, User)  # noqa: S101  only members are asked
    back = needed_address(organization, then)
    request.session[ASKED_BY] = {"name": organization.name, "back": back}
    return {"asked_by": organization, "has_factor": has_factor(request.user), "prove": proof_address(back)}


def way_back(request: HttpRequest, organization: Organization) -> str:
    """Where the person wanted to go: a page of this organization, or the list of all clients; else its overview."""
    home = reverse("org:overview", args=[organization.slug])
    wanted = request.GET.get("next", "")
    ours = wanted.startswith((home, reverse("portfolio")))
    return wanted if ours and url_has_allowed_host_and_scheme(wanted, None) else home
