"""Owns the pages of campaigns: start one, decide in it, see how far it is, close it, take its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone

from ztassess.access_reviews.errors import AccessReviewError
from ztassess.access_reviews.forms import CampaignForm, CloseForm, ManyForm
from ztassess.access_reviews.models import AccessCampaign, AccessDecision, CampaignAccount
from ztassess.access_reviews.selectors import read_access
from ztassess.access_reviews.selectors_campaigns import decided_counts, progress_of, reviewer_members, reviewers_of
from ztassess.access_reviews.services.campaigns import campaign_change, campaign_close, campaign_start
from ztassess.access_reviews.table import filters_from, table_context, told_word
from ztassess.access_reviews.views import about, asked_entries, people
from ztassess.charts.figure import Cell
from ztassess.common.tables import table_file, table_wanted
from ztassess.domain.access_decisions import ASKING
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url
from ztassess.organizations.roles import Action, may

QUARTER_DAYS = 21
EVIDENCE = (
    *("Identity", "System", "Account", "Account id", "Active", "Through identity provider", "Second factor"),
    *("Administrator", "Last used", "Owner", "Why flagged", "Read at", "Asked because", "Decision", "Reason"),
    *("Decided by", "Decided at", "Carried out by", "Exception until", "What readings say", "Since"),
)


def campaigns(request: OrgRequest) -> HttpResponse:
    """All campaigns, and the form that starts one."""
    members = reviewer_members()
    form = CampaignForm(members, request.POST or None, initial=_suggestion(request))
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                started = campaign_start(organization=request.organization, actor=person_of(request), **form.values())
            except AccessReviewError as problem:
                form.add_error(None, str(problem))
                status = HTTPStatus.CONFLICT
            else:
                return redirect(org_url(request, "campaign", campaign_id=started.id) + "?decided=asks")
    rows = list(AccessCampaign.objects.select_related("started_by"))
    reviewers, decided = reviewers_of(rows), decided_counts(rows)
    shown = [
        {"campaign": row, "reviewers": reviewers[row.id], "decided": decided.get(row.id, 0), "asked": asked_in(row)}
        for row in rows
    ]
    context = {"campaigns": shown, "form": form, "running": next((row for row in rows if row.is_open), None)}
    return render(request, "access_reviews/campaigns.html", context, status=status)


def asked_in(campaign: AccessCampaign) -> int:
    """How many accounts a campaign asks for."""
    return sum(campaign.told.get(why.value, 0) for why in ASKING)


def _suggestion(request: OrgRequest) -> dict[str, Any]:
    today = timezone.localdate()
    me = [str(request.user.pk)] if request.user.is_authenticated else []
    return {
        "name": f"Q{(today.month - 1) // 3 + 1} {today.year}",
        "due_on": today + timedelta(days=QUARTER_DAYS),
        "reviewers": me,
    }


def campaign(request: OrgRequest, campaign_id: UUID) -> HttpResponse:
    """One campaign: progress, and the accounts it asks for; its settings are posted here."""
    found = get_for_member(AccessCampaign, request, id=campaign_id)
    if request.method != "POST":
        return render(request, "access_reviews/campaign.html", _campaign_page(request, found))
    form = CampaignForm(reviewer_members(), request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            campaign_change(campaign=found, actor=person_of(request), version=version, **form.values())
        except AccessReviewError as problem:
            form.add_error(None, str(problem))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, "The campaign is saved.")
            return redirect(request.path)
    return render(request, "access_reviews/campaign.html", _campaign_page(request, found, edit=form), status=status)


def _campaign_page(
    request: OrgRequest, found: AccessCampaign, *, edit: CampaignForm | None = None, closing: CloseForm | None = None
) -> dict[str, Any]:
    reading = read_access(request.organization)
    reviewers = reviewers_of([found])[found.id]
    here = reading.campaign is not None and reading.campaign.id == found.id
    entries = asked_entries(reading) if here else []
    settings = {
        "name": found.name,
        "due_on": found.due_on,
        "reviewers": [str(user.pk) for user in reviewers],
        "version": found.version,
    }
    return {
        **about(reading),
        **table_context(reading, entries, filters_from(request.GET), request.GET.get("page", "1")),
        "csv_url": org_url(request, "access_csv"),
        "campaign": found,
        "progress": progress_of(found, reading),
        "reviewers": reviewers,
        "is_reviewer": may(request.rights, Action.REVIEW_ACCESS) and request.user.pk in {user.pk for user in reviewers},
        "late": found.is_open and reading.today > found.due_on,
        "form": ManyForm(people(request)),
        "edit": edit or CampaignForm(reviewer_members(), initial=settings),
        "edit_open": edit is not None,
        "closing": closing or CloseForm(),
        "in_campaign": str(found.id),
    }


def close(request: OrgRequest, campaign_id: UUID) -> HttpResponse:
    """End a campaign; what was not decided needs a reason."""
    found = get_for_member(AccessCampaign, request, id=campaign_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = CloseForm(request.POST)
    if form.is_valid():
        try:
            left = progress_of(found, read_access(request.organization)).left
            campaign_close(campaign=found, left=left, reason=form.cleaned_data["reason"], actor=person_of(request))
        except AccessReviewError as problem:
            form.add_error("reason", str(problem))
        else:
            messages.success(request, f"{found.name} is closed.")
            return redirect(org_url(request, "campaign", campaign_id=found.id))
    page = _campaign_page(request, found, closing=form)
    return render(request, "access_reviews/campaign.html", page, status=HTTPStatus.CONFLICT)


def evidence(request: OrgRequest, campaign_id: UUID) -> HttpResponse:
    """What a campaign had before it and what was decided in it, for an auditor: every account told at its start."""
    found = get_for_member(AccessCampaign, request, id=campaign_id)
    return table_file(f"campaign-{found.id}", EVIDENCE, _evidence(found), table_wanted(request))


def _evidence(found: AccessCampaign) -> Iterator[tuple[Cell, ...]]:
    decisions: dict[tuple[UUID, str], AccessDecision] = {}
    rows = AccessDecision.objects.filter(campaign=found).select_related("decided_by").defer("basis")
    for each in rows.order_by("version"):
        decisions[each.connection_id, each.account_key] = each
    accounts = CampaignAccount.objects.filter(campaign=found).order_by("identity", "account_name", "id")
    for row in accounts.iterator(chunk_size=1000):
        told, made = row.told, decisions.get((row.connection_id, row.account_key))
        yield (
            *(row.identity, told.get("system", ""), row.account_name, row.account_id, told_word(told.get("active"))),
            *(told_word(told.get("through_idp")), told_word(told.get("second_factor")), told_word(told.get("admin"))),
            *(told.get("last_used") or "not told", told.get("owner") or "not told", " ".join(told.get("reasons", ()))),
            *(told.get("taken_at", ""), f"{row.get_why_display()} {row.why_words}".strip()),
            *_decided(made),
        )


def _decided(made: AccessDecision | None) -> tuple[Cell, ...]:
    if made is None:
        return ("", "", "", "", "", "", "", "")
    return (
        *(made.get_decision_display(), made.reason, str(made.decided_by or ""), made.decided_at.isoformat()),
        *(made.due_on.isoformat() if made.due_on else "", made.until.isoformat() if made.until else ""),
        *(made.get_state_display(), made.state_at.isoformat() if made.state_at else ""),
    )
