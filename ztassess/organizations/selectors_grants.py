"""Owns what joins grants: who has access for a client, whom a firm works for, and the rows a person has elsewhere.

Questions that cross organizations stand here and nowhere else: each is asked for one person's or one firm's own rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Prefetch, Q, QuerySet
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent
from ztassess.organizations.models import Grant, GrantState, Membership, Organization
from ztassess.organizations.roles import Action, Rights, Role, may

OVER_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Access:
    """One grant as its client sees it. ``people`` work with it now; ``last_act`` is the newest line of any of them."""

    grant: Grant
    state: GrantState
    people: tuple[User, ...]
    last_act: datetime | None


def client_grants(organization: Organization) -> tuple[list[Access], list[Access]]:
    """The grants of this client, newest first: those that stand or are offered, and the latest that are over.

    Three queries, whatever the number of grants and people.
    """
    working = Membership.objects.active().select_related("user")
    rows = Grant.objects.filter(organization=organization).select_related("user", "firm", "offered_by")
    grants = list(rows.prefetch_related(Prefetch("memberships", queryset=working, to_attr="working")))
    acts = last_acts(organization, [each.user_id for grant in grants for each in grant.working])
    stands: list[Access] = []
    over: list[Access] = []
    for each in [_access(grant, acts) for grant in grants]:
        (over if each.state in (GrantState.ENDED, GrantState.EXPIRED) else stands).append(each)
    return stands, over[:OVER_SHOWN]


def _access(grant: Grant, acts: dict[int, datetime]) -> Access:
    users = tuple(each.user for each in getattr(grant, "working", ()))
    moments = [acts[user.pk] for user in users if user.pk in acts]
    return Access(grant, grant.state(), users, max(moments, default=None))


def last_acts(organization: Organization, users: Iterable[int]) -> dict[int, datetime]:
    """When each of these people last left a line in the organization's log, by user id."""
    lines = AuditEvent.objects.filter(organization=organization, actor_id__in=set(users)).order_by()
    return dict(lines.values_list("actor_id").annotate(last=Max("at")))


def steward_of(organization: Organization) -> Membership | None:
    """Who set this client up and stands in for an owner who has not come yet; None once one has."""
    found = (
        Membership.objects.active()
        .filter(organization=organization, is_consultant=True, role=Role.OWNER)
        .select_related("user", "grant")
        .first()
    )
    return found if isinstance(found, Membership) else None


def rights_now(organization: Organization, user: User | None) -> Rights | None:
    """What somebody may do here at this moment; None for who is not a member, or not any more."""
    found = Membership.objects.active().filter(organization=organization, user=user).select_related("grant").first()
    return found.rights if isinstance(found, Membership) else None


def grant_by_hash(hashed: str) -> Grant | None:
    """The grant whose offer has this token, whosever it is: who holds the token knows of it."""
    with scopes_disabled():
        found = Grant.objects.filter(token_hash=hashed).select_related("organization", "offered_by").first()
    return found if isinstance(found, Grant) else None


def firms_of(user: User) -> list[Organization]:
    """Organizations for which this person may accept a grant: an owner or admin of their own, by name."""
    with scopes_disabled():
        mine = list(
            Membership.objects.active()
            .filter(user=user, is_consultant=False)
            .select_related("organization", "grant")
            .order_by("organization__name")
        )
    return [each.organization for each in mine if may(each.rights, Action.STAFF_GRANT)]


def firm_grants(firm: Organization) -> list[Grant]:
    """The grants this firm holds now, by client, each with its ``working`` memberships. Two queries."""
    with scopes_disabled():
        working = Membership.objects.active().select_related("user").order_by("created_at")
        rows = Grant.objects.filter(firm=firm, ended_at=None, expires_at__gt=timezone.now())
        return list(
            rows.select_related("organization")
            .order_by("organization__name")
            .prefetch_related(Prefetch("memberships", queryset=working, to_attr="working"))
        )


def firm_grants_ever(firm: Organization) -> list[Grant]:
    """The grants this firm holds or held. One query."""
    with scopes_disabled():
        return list(Grant.objects.filter(firm=firm).select_related("organization"))


def firm_staff(firm: Organization) -> list[Membership]:
    """Members of the firm who may be sent to a client, by name; its own consultants are not."""
    found = Membership.objects.active().filter(organization=firm, is_consultant=False).select_related("user")
    return sorted(found, key=lambda each: each.user.get_full_name().casefold())


def memberships_through(firm: Organization, users: Sequence[User]) -> list[Membership]:
    """The clients' memberships that these people have because this firm sent them, expired ones too."""
    with scopes_disabled():
        return list(
            Membership.objects.filter(grant__firm=firm, user__in=users, revoked_at=None)
            .select_related("organization", "user", "grant")
            .order_by("organization_id")
        )


def standing_rows(organization: Organization, user: User) -> list[Membership]:
    """The person's unrevoked memberships here, an expired one too: it stands in the way of a new one."""
    rows = Membership.objects.filter(organization=organization, user=user, revoked_at=None)
    return list(rows.select_related("user", "organization", "grant"))


def open_grants(organization: Organization, *, user: User | None, firm: Organization | None) -> list[Grant]:
    """Grants here of the same person or firm that were accepted and not ended, expired ones too."""
    holder = Q(firm=firm) if firm else Q(user=user)
    return list(Grant.objects.filter(holder, organization=organization, ended_at=None).exclude(accepted_at=None))


def end_untold(now: datetime) -> Q:
    """Rows whose end by date has passed without anybody being told of that end."""
    return Q(expires_at__lte=now) & (Q(told_end=None) | ~Q(told_end=F("expires_at")))


def grants_over(now: datetime) -> QuerySet[Grant]:
    """Accepted grants that ended by date and nobody was told, within the scope of the caller."""
    found: QuerySet[Grant] = Grant.objects.filter(end_untold(now), ended_at=None).exclude(accepted_at=None)
    return found


def memberships_over(now: datetime) -> QuerySet[Membership]:
    """The same of memberships that no standing grant carries: those are told with their grant."""
    alone = Q(grant=None) | ~Q(grant__ended_at=None)
    found: QuerySet[Membership] = Membership.objects.filter(end_untold(now), alone, revoked_at=None)
    return found


def ends_untold(now: datetime) -> tuple[list[Grant], list[Membership]]:
    """The same of every organization, the oldest end first. Two queries."""
    with scopes_disabled():
        grants = grants_over(now).select_related("organization").order_by("expires_at", "id")
        alone = memberships_over(now).select_related("organization").order_by("expires_at", "id")
        return list(grants), list(alone)
