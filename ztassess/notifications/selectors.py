"""Owns reading who wants what, and the delivery log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone

from ztassess.domain.event_kinds import ALERTS, EventKind
from ztassess.domain.weekly import known_zone, next_slot
from ztassess.notifications.models import Channel, Delivery, DeliveryState, MemberChoice, WebhookEndpoint
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.selectors import members

MONDAY, MORNING = 0, 8


def user_target(user_id: int) -> str:
    """The name of a member's mailbox in the outbox."""
    return f"{Channel.MAIL}:{user_id}"


def endpoint_target(endpoint_id: UUID) -> str:
    """The name of an endpoint in the outbox."""
    return f"{Channel.WEBHOOK}:{endpoint_id}"


def default_choice(membership: Membership) -> MemberChoice:
    """What a member gets who never chose: the digest on Monday morning, and every alert as owner or admin. Unsaved."""
    leads = membership.role_enum in (Role.OWNER, Role.ADMIN)
    return MemberChoice(
        organization_id=membership.organization_id,
        user=membership.user,
        weekday=MONDAY,
        hour=MORNING,
        time_zone=known_zone(membership.user.time_zone),
        alerts=[kind.value for kind in ALERTS] if leads else [],
        counts_from=membership.created_at,
    )


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member with what they get, chosen or by default."""

    membership: Membership
    choice: MemberChoice
    chosen: bool
    next_at: datetime | None

    @property
    def alerts(self) -> tuple[EventKind, ...]:
        """The alerts this member gets, in the order of the page."""
        return tuple(kind for kind in ALERTS if kind.value in self.choice.alerts)


def member_rows(organization: Organization) -> list[MemberRow]:
    """Active members with their choices: two queries."""
    choices = {row.user_id: row for row in MemberChoice.objects.filter(organization=organization)}
    now = timezone.now()
    return [member_row(each, choices.get(each.user_id), now) for each in members(organization)]


def member_row(membership: Membership, choice: MemberChoice | None, now: datetime) -> MemberRow:
    """One member, with the moment of the next digest."""
    stands = choice or default_choice(membership)
    next_at = next_slot(stands.weekly, now).at if stands.digest else None
    return MemberRow(membership, stands, choice is not None, next_at)


def choice_of(membership: Membership) -> MemberChoice:
    """A member's choices, or the unsaved defaults."""
    found = MemberChoice.objects.filter(organization=membership.organization, user=membership.user).first()
    return found or default_choice(membership)


def mail_targets(organization: Organization, kind: EventKind) -> list[int]:
    """Ids of the active members who want this alert."""
    return [row.membership.user_id for row in member_rows(organization) if kind.value in row.choice.alerts]


def deletion_targets(organization: Organization) -> list[int]:
    """Ids of who is told of a deletion: owners, admins, and consultants whose access stands."""
    leads = (Role.OWNER, Role.ADMIN)
    return [row.user_id for row in members(organization) if row.is_consultant or row.role_enum in leads]


def endpoints(organization: Organization) -> list[WebhookEndpoint]:
    """Endpoints that were not removed, the oldest first, each with its number of live secrets."""
    rows = WebhookEndpoint.objects.filter(organization=organization, removed_at=None)
    return list(rows.annotate(live=Count("secrets")).order_by("created_at"))


def webhook_targets(organization: Organization, kind: EventKind) -> list[WebhookEndpoint]:
    """Endpoints that take this kind and are not paused."""
    rows = WebhookEndpoint.objects.filter(organization=organization, removed_at=None, paused_at=None)
    return [row for row in rows if kind.value in row.kinds]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the delivery log is narrowed to; empty means everything."""

    state: str = ""
    target: str = ""


def deliveries(organization: Organization, narrowed: LogFilter) -> QuerySet[Delivery]:
    """The delivery log, newest first."""
    rows = Delivery.objects.filter(organization=organization).select_related("user", "endpoint")
    if narrowed.state:
        rows = rows.filter(state=narrowed.state)
    if narrowed.target:
        rows = rows.filter(target=narrowed.target)
    found: QuerySet[Delivery] = rows.order_by("-created_at", "-id")
    return found


def delivery_counts(organization: Organization, target: str = "") -> dict[str, int]:
    """Deliveries by state, of one target if asked: one query."""
    rows = Delivery.objects.filter(organization=organization)
    if target:
        rows = rows.filter(target=target)
    return dict(rows.order_by().values_list("state").annotate(n=Count("id")))


def delivery_targets(organization: Organization) -> list[tuple[str, str]]:
    """Everything that a delivery went to, as (target, words), by words: one query."""
    rows = Delivery.objects.filter(organization=organization).order_by("target")
    found = rows.values_list("target", "channel", "user__email", "endpoint__url").distinct()
    named = {
        target: email if channel == Channel.MAIL else WebhookEndpoint(url=url or "").host
        for target, channel, email, url in found
    }
    return sorted(((target, words or target) for target, words in named.items()), key=lambda pair: pair[1])


STATES: tuple[tuple[str, str], ...] = (
    ("", "All"),
    (DeliveryState.DELIVERED, "Delivered"),
    (DeliveryState.PENDING, "Pending"),
    (DeliveryState.SENDING, "Sending"),
    (DeliveryState.WAITING, "Waiting"),
    (DeliveryState.DEAD, "Given up"),
    (DeliveryState.DROPPED, "Not sent"),
)
