"""Owns campaigns: start one with what is told now, change who decides and until when, close it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.access_reviews.errors import CampaignChanged, CampaignRefused
from ztassess.access_reviews.models import AccessCampaign, CampaignAccount, CampaignReviewer
from ztassess.access_reviews.selectors import Entry, read_access
from ztassess.access_reviews.selectors_campaigns import reviewer_members
from ztassess.accounts.models import User
from ztassess.audit.services import audit_record
from ztassess.domain.access_decisions import ASKING, Why, basis
from ztassess.organizations.models import Organization

BATCH = 1000
SHORTEST_REASON = 3


def campaign_start(
    *, organization: Organization, name: str, due_on: date, reviewers: Sequence[User], actor: User
) -> AccessCampaign:
    """Start a campaign: it keeps every account as it is told now, and asks for what is new or changed.

    Raises:
        CampaignRefused: one runs already, nobody may decide, the day has passed, or no account is told.
    """
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        reading = read_access(organization)
        if reading.campaign is not None:
            raise CampaignRefused(f"{reading.campaign} is still open. Close it first; nothing was started.")
        if not reading.entries:
            raise CampaignRefused("No connection has told any account yet. Read one first; nothing was started.")
        _check(reviewers, due_on, reading.today)
        told = Counter(entry.why.value for entry in reading.entries)
        try:
            with transaction.atomic():
                campaign = AccessCampaign.objects.create(
                    organization=organization, name=name, due_on=due_on, started_by=actor, told=dict(told)
                )
        except IntegrityError as problem:
            raise CampaignRefused("Somebody else started a campaign at this very moment. Reload the page.") from problem
        _reviewers_set(campaign, reviewers)
        CampaignAccount.objects.bulk_create((_account(campaign, entry) for entry in reading.entries), batch_size=BATCH)
        asked = sum(told[why.value] for why in ASKING)
        audit_record(
            organization=organization,
            actor=actor,
            action="access.campaign_start",
            object=f"campaign:{campaign.id}",
            summary=f"{actor} started {name}, due {due_on}: {asked} of {len(reading.entries)} accounts to decide",
            after={"reviewers": [each.email for each in reviewers], "told": dict(told), "due_on": str(due_on)},
        )
    return campaign


def _account(campaign: AccessCampaign, entry: Entry) -> CampaignAccount:
    line, account = entry.line, entry.line.account
    return CampaignAccount(
        organization_id=campaign.organization_id,
        campaign=campaign,
        connection_id=line.system.id,
        account_key=line.key,
        account_id=account.id,
        account_name=account.name or account.id,
        identity=entry.row.title,
        why=entry.why.value,
        why_words=entry.why_words if entry.why in (Why.CHANGED, Why.LAPSED) else "",
        told=basis(line)
        | {
            "last_used": account.last_used.isoformat() if account.last_used else None,
            "taken_at": line.system.taken_at.isoformat(),
            "system": line.system.name,
            "reasons": [why for _, why in line.flags],
        },
    )


def campaign_change(
    *, campaign: AccessCampaign, name: str, due_on: date, reviewers: Sequence[User], version: int, actor: User
) -> AccessCampaign:
    """Change name, due day or reviewers of an open campaign, if nobody else did since ``version``.

    Raises:
        CampaignChanged: somebody else did, or closed it. Nothing was saved.
        CampaignRefused: nobody may decide, or the day has passed.
    """
    today = timezone.localdate()
    with transaction.atomic():
        _check(reviewers, due_on, today if due_on != campaign.due_on else due_on)
        before = {"name": campaign.name, "due_on": str(campaign.due_on), "reviewers": _addresses(campaign)}
        updated = AccessCampaign.objects.filter(id=campaign.id, version=version, closed_at=None).update(
            name=name, due_on=due_on, version=version + 1
        )
        if not updated:
            raise CampaignChanged(
                "Somebody else changed or closed this campaign meanwhile. Yours was not saved; reload and compare."
            )
        CampaignReviewer.objects.filter(campaign=campaign).delete()
        _reviewers_set(campaign, reviewers)
        audit_record(
            organization=campaign.organization,
            actor=actor,
            action="access.campaign_change",
            object=f"campaign:{campaign.id}",
            summary=f"{actor} changed {name}",
            before=before,
            after={"name": name, "due_on": str(due_on), "reviewers": [each.email for each in reviewers]},
        )
    campaign.refresh_from_db()
    return campaign


def campaign_close(*, campaign: AccessCampaign, left: int, reason: str, actor: User) -> None:
    """Close a campaign. What was not decided is asked for again by the next one.

    Parameters:
        left: how many accounts are not decided.

    Raises:
        CampaignRefused: something is left and nobody said why, or it is closed already.
    """
    if left and len(reason) < SHORTEST_REASON:
        raise CampaignRefused(f"{left} accounts are not decided. Say why the campaign ends all the same.")
    with transaction.atomic():
        closed = AccessCampaign.objects.filter(id=campaign.id, closed_at=None).update(
            closed_at=timezone.now(), closed_by=actor, close_reason=reason, version=campaign.version + 1
        )
        if not closed:
            raise CampaignRefused("This campaign is closed already.")
        audit_record(
            organization=campaign.organization,
            actor=actor,
            action="access.campaign_close",
            object=f"campaign:{campaign.id}",
            summary=f"{actor} closed {campaign.name} with {left} accounts not decided",
            after={"left": left, "reason": reason},
        )


def _check(reviewers: Sequence[User], due_on: date, today: date) -> None:
    if due_on < today:
        raise CampaignRefused("The due day has passed already. Choose today or later.")
    may = {membership.user_id for membership in reviewer_members()}
    if not reviewers or not {each.pk for each in reviewers} <= may:
        raise CampaignRefused("Choose at least one reviewer, each of them an owner, admin or editor here.")


def _reviewers_set(campaign: AccessCampaign, reviewers: Sequence[User]) -> None:
    rows = [
        CampaignReviewer(organization_id=campaign.organization_id, campaign=campaign, user=each) for each in reviewers
    ]
    CampaignReviewer.objects.bulk_create(rows)


def _addresses(campaign: AccessCampaign) -> list[str]:
    return [row.user.email for row in CampaignReviewer.objects.filter(campaign=campaign).select_related("user")]
