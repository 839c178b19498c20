"""Owns the pages of a signed-in person before an organization is chosen: list, onboarding, invitation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ztassess.accounts.models import User
from ztassess.common.models import organization_scope
from ztassess.organizations.access import memberships_of
from ztassess.organizations.errors import InvitationClosed
from ztassess.organizations.forms import STEPS, FactForm, shown
from ztassess.organizations.models import OnboardingDraft
from ztassess.organizations.roles import Role
from ztassess.organizations.selectors_grants import steward_of
from ztassess.organizations.services import invitation_accept, invitation_find, organization_create

EXTRAS = ("perspective", "company")
OWNED = "Every fact can be changed under Settings."
STEWARDED = "You are its steward until an owner of the client claims it: hand it over under Settings."


@login_required
def organizations(request: HttpRequest) -> HttpResponse:
    """The way in after signing in: the only organization, a choice, or the first question."""
    assert isinstance(request.user, User)  # noqa: S101  login_required let nobody else through
    mine = memberships_of(request.user)
    if not mine:
        return redirect("onboarding")
    clients = [each for each in mine if each.is_consultant]
    if len(mine) == 1 and not clients and "all" not in request.GET:
        return redirect("org:overview", slug=mine[0].organization.slug)
    own = [each for each in mine if not each.is_consultant]
    return render(request, "organizations/list.html", {"own": own, "clients": clients})


@login_required
def onboarding(request: HttpRequest, step: int = 0) -> HttpResponse:
    """Seven questions, one a step, kept as they are answered; back and forward without loss."""
    assert isinstance(request.user, User)  # noqa: S101  login_required let nobody else through
    draft, _ = OnboardingDraft.objects.get_or_create(user=request.user)
    number = step or min(int(draft.values.get("step", 1)), len(STEPS))
    if not 1 <= number <= len(STEPS):
        raise Http404
    if number > 1 and not draft.values.get("company"):
        return redirect("onboarding_step", step=1)
    form = STEPS[number - 1](request.POST or None, initial=_initial(draft))
    if request.method == "POST" and (_skipped(request, number) or form.is_valid()):
        return _next(request, draft, form, number)
    context = {
        "form": form,
        "number": number,
        "of": len(STEPS),
        "dots": range(1, len(STEPS) + 1),
        "back": reverse("onboarding_step", args=[number - 1]) if number > 1 else "",
        "draft": draft,
    }
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "organizations/onboarding.html", context, status=status)


def _skipped(request: HttpRequest, number: int) -> bool:
    return "skip" in request.POST and number > 1


def _initial(draft: OnboardingDraft) -> dict[str, Any]:
    facts: dict[str, Any] = shown(draft.values.get("facts", {}))
    return facts | {name: draft.values[name] for name in EXTRAS if name in draft.values}


def _next(request: HttpRequest, read: OnboardingDraft, form: FactForm, number: int) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101  the view asked
    with transaction.atomic():
        draft = OnboardingDraft.objects.select_for_update().filter(id=read.id).first()
        if draft is None:  # a second press of the last button: the first one made the organization meanwhile
            return redirect("organizations")
        if not _skipped(request, number):
            facts = {
                name: value for name, value in draft.values.get("facts", {}).items() if name not in form.answered()
            }
            draft.values["facts"] = facts | form.facts()
            draft.values |= {name: form.cleaned_data[name] for name in EXTRAS if name in form.cleaned_data}
        draft.values["step"] = number + 1
        draft.save()
        if number < len(STEPS):
            return redirect("onboarding_step", step=number + 1)
        steward = draft.values.get("perspective") == "consultant"
        made = organization_create(
            name=draft.values["company"],
            owner=request.user,
            facts=draft.values.get("facts", {}),
            is_consultant=steward,
        )
    messages.success(request, f"{made.name} is set up. {STEWARDED if steward else OWNED}")
    return redirect("org:overview", slug=made.slug)


@login_required
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation; closed ones and unknown ones get the same words."""
    assert isinstance(request.user, User)  # noqa: S101  login_required let nobody else through
    try:
        found = invitation_find(token)
        if request.method == "POST":
            membership = invitation_accept(invitation=found, user=request.user)
            messages.success(request, f"You are a member of {found.organization} now, as {membership.role}.")
            return redirect("org:overview", slug=found.organization.slug)
    except InvitationClosed as problem:
        return render(request, "organizations/invitation.html", {"problem": str(problem)}, status=HTTPStatus.NOT_FOUND)
    with organization_scope(found.organization):
        steward = steward_of(found.organization) if found.role == Role.OWNER else None
    claims = steward is not None and steward.user_id != request.user.pk
    context = {"invitation": found, "steward": steward if claims else None}
    return render(request, "organizations/invitation.html", context)
