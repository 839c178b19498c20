"""Owns the end of a membership: at once, with everything that the person had because of it."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Grant, Membership, Organization
from ztassess.organizations.selectors_grants import memberships_through

# What must happen in the same transaction as a membership's end; registered by floors above, not imported here.
MEMBERS_LISTENERS: list[Callable[[Organization], object]] = []


def membership_close(*, membership: Membership, actor: User | None, summary: str, via: str = Via.PAGE) -> None:
    """End a membership inside the caller's transaction, and what it carried: a personal grant, work for clients.

    Parameters:
        membership: unrevoked, with user and organization; rights and the last owner were asked about before.
        summary: one sentence for the log of this organization.
    """
    now = timezone.now()
    with organization_scope(membership.organization):
        membership.revoked_at = now
        membership.save(update_fields=["revoked_at"])
        if membership.grant_id:
            Grant.objects.filter(id=membership.grant_id, firm=None, ended_at=None).update(ended_at=now)
        audit_record(
            organization=membership.organization,
            actor=actor,
            via=via,
            action="membership.revoke",
            object=f"membership:{membership.id}",
            summary=summary,
        )
        members_tell(membership.organization)
    clients_follow(membership, actor)


def members_tell(organization: Organization) -> None:
    """Run what the floors above registered, inside the caller's transaction and scope."""
    for listener in MEMBERS_LISTENERS:
        listener(organization)


def clients_follow(membership: Membership, actor: User | None) -> None:
    """Whoever leaves a firm leaves its clients in the same transaction."""
    firm = membership.organization
    for each in memberships_through(firm, [membership.user]):
        membership_close(
            membership=each,
            actor=actor,
            summary=f"{each.user} left {firm}, and with it the work for {each.organization}",
            via=Via.CONSULTANT,
        )
