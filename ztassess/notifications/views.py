"""Owns the settings page of notifications, what a member wants by e-mail, and the link that stops a mail."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ztassess.common.models import organization_scope
from ztassess.domain.event_kinds import ALERTS
from ztassess.notifications.forms import ChoiceForm
from ztassess.notifications.models import MemberChoice
from ztassess.notifications.selectors import default_choice, endpoints, member_rows
from ztassess.notifications.services.choices import choice_save, choice_stop
from ztassess.notifications.unsubscribing import unsubscription
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.models import Membership


def notifications_page(request: OrgRequest) -> HttpResponse:
    """Who hears what; a member posts their own choices here."""
    rows = member_rows(request.organization)
    mine = next((row for row in rows if row.membership.user_id == request.user.pk and not request.is_demo_visit), None)
    posted = request.POST if request.method == "POST" else None
    form = ChoiceForm(posted, choice=mine.choice) if mine else None
    if mine and form and posted is not None and form.is_valid():
        choice_save(membership=mine.membership, wanted=form.wanted(), actor=person_of(request))
        messages.success(request, "Saved. Your choices hold from now on.")
        return redirect(org_url(request, "notifications"))
    context = {
        "rows": rows,
        "mine": mine,
        "form": form,
        "endpoints": endpoints(request.organization),
        "alerts": ALERTS,
    }
    status = HTTPStatus.BAD_REQUEST if posted is not None else HTTPStatus.OK
    return render(request, "notifications/settings.html", context, status=status)


def member_page(request: OrgRequest, membership_id: UUID) -> HttpResponse:
    """What another member gets, changed by an owner or admin."""
    membership = get_for_member(Membership, request, id=membership_id, revoked_at=None)
    choice = MemberChoice.objects.filter(user=membership.user).first() or default_choice(membership)
    posted = request.POST if request.method == "POST" else None
    form = ChoiceForm(posted, choice=choice)
    if posted is not None and form.is_valid():
        choice_save(membership=membership, wanted=form.wanted(), actor=person_of(request))
        messages.success(request, f"Saved what {membership.user} gets by e-mail.")
        return redirect(org_url(request, "notifications"))
    status = HTTPStatus.BAD_REQUEST if posted is not None else HTTPStatus.OK
    return render(
        request, "notifications/member.html", {"membership": membership, "form": form, "alerts": ALERTS}, status=status
    )


# Mail programs post here by themselves (RFC 8058): without a session, and so without its token. The signed link is the
# right to do it, and all that it can do is to stop a mail.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask before a mail is stopped, because mail scanners open links; stop it when the question is posted."""
    found = unsubscription(token)
    if found is None:
        return render(request, "notifications/unsubscribe.html", {"unknown": True}, status=HTTPStatus.NOT_FOUND)
    done = request.method == "POST"
    if done and found.membership is not None:
        with organization_scope(found.organization):
            choice_stop(membership=found.membership, what=found.what)
    return render(request, "notifications/unsubscribe.html", {"found": found, "done": done})
