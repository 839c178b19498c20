"""Owns what the pages of share links read, and finding a link by its token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Action, Rights, Role, may
from ztassess.organizations.services_grants import token_hash
from ztassess.reports.models import Report, ReportState
from ztassess.sharing.models import OpeningKind, ShareLink, ShareOpening, ShareSnapshot

SHOWN = 100
REVOCABLE = ("open", "paused")
OPENINGS_SHOWN = 20
OPENINGS_FILED = 10_000
DAYS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link in the list. A paused one is the organization's to resume: its keeper has no access any more."""

    link: ShareLink
    may_revoke: bool
    may_resume: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The openings of one day."""

    day: date
    openings: int
    wrong: int


def link_find(token: str) -> ShareLink | None:
    """The link with this token, whatever its state, with its organization and who made it: one query."""
    with scopes_disabled():
        rows = ShareLink.objects.select_related("organization", "made_by", "kept_by")
        found: ShareLink | None = rows.filter(token_hash=token_hash(token)).first()
    return found


def may_revoke(link: ShareLink, rights: Rights, user: User | None) -> bool:
    """Whoever may make links, and who made this one as long as they may change anything here."""
    own = user is not None and link.made_by_id == user.pk
    return may(rights, Action.SHARE) or (own and may(rights, Action.ANSWER))


def may_resume(link: ShareLink, rights: Rights) -> bool:
    """An owner or admin of the organization itself: a consultant may make links, and not take over another's."""
    return link.state == "paused" and rights.role.rank >= Role.ADMIN.rank and may(rights, Action.SHARE)


def shown_links(organization: Organization, rights: Rights, user: User | None) -> list[ShownLink]:
    """The newest links, open ones first, then paused ones: one query."""
    rows = ShareLink.objects.filter(organization=organization).select_related("organization", "made_by", "kept_by")
    found = [
        ShownLink(
            row,
            may_revoke=row.state in REVOCABLE and may_revoke(row, rights, user),
            may_resume=may_resume(row, rights),
        )
        for row in rows[:SHOWN]
    ]
    order = {state: place for place, state in enumerate(REVOCABLE)}
    return sorted(found, key=lambda each: order.get(each.link.state, len(order)))


def keeper_gone(link: ShareLink) -> bool:
    """True if who answers for it has no access here any more: one query."""
    here = Membership.objects.active().filter(organization=link.organization, user=link.keeper)
    return link.keeper is None or not here.exists()


def openings_by_day(link: ShareLink) -> list[Day]:
    """The days of the last thirty with openings, newest first: one query."""
    since = timezone.now() - timedelta(days=DAYS_SHOWN)
    rows = ShareOpening.objects.filter(link=link, at__gte=since).order_by().annotate(day=TruncDate("at"))
    counted = rows.values("day").annotate(
        openings=Count("id", filter=Q(kind=OpeningKind.OPENED)),
        wrong=Count("id", filter=Q(kind=OpeningKind.WRONG_PASSCODE)),
    )
    return [Day(row["day"], row["openings"], row["wrong"]) for row in counted.order_by("-day")]


def newest_openings(link: ShareLink, most: int = OPENINGS_SHOWN) -> list[ShareOpening]:
    """The newest openings: one query."""
    return list(ShareOpening.objects.filter(link=link)[:most])


def frozen_at(link: ShareLink) -> datetime | None:
    """When a link was frozen; None for a live or a revoked one. The sealed values are not read."""
    moment: datetime | None = ShareSnapshot.objects.filter(link=link).values_list("frozen_at", flat=True).first()
    return moment


def ready_reports(organization: Organization) -> list[Report]:
    """Reports that may be put behind a link, newest first: one query."""
    rows = Report.objects.filter(organization=organization, state=ReportState.DONE)
    return list(rows.select_related("organization")[:SHOWN])


def link_documents(link: ShareLink) -> list[Report]:
    """The chosen reports that are still there, newest first: one query."""
    rows = Report.objects.filter(organization=link.organization, id__in=link.documents, state=ReportState.DONE)
    if link.redacted:
        rows = rows.filter(redacted=True)
    return list(rows.select_related("organization"))


def link_document(link: ShareLink, report_id: UUID) -> Report | None:
    """One chosen report; None if it was not chosen, or is gone."""
    return next((each for each in link_documents(link) if each.id == report_id), None)
