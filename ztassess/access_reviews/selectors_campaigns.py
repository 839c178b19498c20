"""Owns reading campaigns: who decides in them, and how far they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ztassess.access_reviews.models import AccessCampaign, AccessDecision, CampaignReviewer
from ztassess.access_reviews.selectors import AccessReading, asked_accounts
from ztassess.accounts.models import User
from ztassess.domain.access_decisions import Why
from ztassess.domain.findings import Unavailable
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import MATRIX, Action


def reviewer_members() -> list[Membership]:
    """Members who may decide about accounts, by name."""
    roles = [role.value for role in MATRIX[Action.REVIEW_ACCESS].members]
    found = Membership.objects.active().filter(role__in=roles).select_related("user")
    return sorted(found, key=lambda membership: membership.user.get_full_name().casefold())


def reviewers_of(campaigns: Iterable[AccessCampaign]) -> dict[UUID, list[User]]:
    """Who decides in each campaign."""
    found: dict[UUID, list[User]] = {campaign.id: [] for campaign in campaigns}
    for row in CampaignReviewer.objects.filter(campaign__in=list(found)).select_related("user"):
        found[row.campaign_id].append(row.user)
    return found


def decided_counts(campaigns: Iterable[AccessCampaign]) -> dict[UUID, int]:
    """How many accounts of each campaign were decided in it, however often."""
    rows = AccessDecision.objects.filter(campaign__in=[campaign.id for campaign in campaigns]).order_by()
    counts: Counter[UUID] = Counter()
    for campaign, _, _ in rows.values_list("campaign_id", "connection_id", "account_key").distinct():
        counts[campaign] += 1
    return dict(counts)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the open campaign is. ``asked`` = ``decided`` + ``gone`` + ``left``.

    Attributes:
        gone: asked for, not decided, and told inactive or not told any more since.
        unchanged, inactive: accounts that nobody is asked about.
    """

    asked: int
    decided: int
    gone: int
    left: int
    unchanged: int
    inactive: int


def progress_of(campaign: AccessCampaign, reading: AccessReading) -> Progress:
    """Progress of a campaign, against what is told now. A connection that could not be read makes nothing gone."""
    asked = asked_accounts(campaign)
    rows = AccessDecision.objects.filter(campaign=campaign).order_by()
    decided = {(str(connection), key) for connection, key in rows.values_list("connection_id", "account_key")} & asked
    acting = {entry.ref for entry in reading.entries if entry.line.may_act}
    whole = {system.id for system in reading.systems if not isinstance(system.accounts, Unavailable)}
    gone = {ref for ref in asked - decided if ref[0] in whole and ref not in acting}
    told: Mapping[str, int] = campaign.told
    return Progress(
        asked=len(asked),
        decided=len(decided),
        gone=len(gone),
        left=len(asked) - len(decided) - len(gone),
        unchanged=told.get(Why.UNCHANGED.value, 0),
        inactive=told.get(Why.INACTIVE.value, 0),
    )
