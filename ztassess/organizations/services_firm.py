"""Owns writes of a consulting firm: which of its members work for which client."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.organizations.errors import GrantRefused
from ztassess.organizations.models import Grant, GrantState, Membership, Organization
from ztassess.organizations.selectors_grants import firm_grants_ever, memberships_through, standing_rows
from ztassess.organizations.services_ending import membership_close
from ztassess.organizations.services_grants import consultant_join


def firm_assign(*, firm: Organization, grant: Grant, member: User, actor: User) -> Membership:
    """Let a member of the firm work for the client, with the rights and the end of the grant; both logs say so.

    Raises:
        GrantRefused: the grant is over, the person is no member of the firm, or has access to the client already.
    """
    client = grant.organization
    with transaction.atomic():
        _member_or_refuse(firm, member)
        with organization_scope(client):
            grant = _standing(firm, grant)
            for row in standing_rows(client, member):
                if row.expires_at is None or row.grant is None or row.grant.state() is GrantState.ACCEPTED:
                    raise GrantRefused(f"{member} has access to {client} already; nothing was changed.")
                membership_close(
                    membership=row, actor=actor, summary=f"{member} had expired access", via=Via.CONSULTANT
                )
            made = consultant_join(grant, member)
            _record(client, actor, "grant.assign", grant, f"{actor} of {firm} lets {member} work for {client}")
        _record(firm, actor, "client.assign", grant, f"{actor} lets {member} work for {client}", via=Via.PAGE)
    return made


def firm_remove(*, firm: Organization, grant: Grant, member: User, actor: User) -> None:
    """Let a member of the firm work for the client no more, at once.

    Raises:
        GrantRefused: the person does not work there through the firm.
    """
    client = grant.organization
    with transaction.atomic():
        rows = [each for each in memberships_through(firm, [member]) if each.grant_id == grant.id]
        if not rows:
            raise GrantRefused(f"{member} does not work for {client} through {firm}; nothing was changed.")
        for row in rows:
            summary = f"{actor} of {firm} lets {member} work for {client} no more"
            membership_close(membership=row, actor=actor, summary=summary, via=Via.CONSULTANT)
        _record(firm, actor, "client.remove", grant, f"{actor} lets {member} work for {client} no more", via=Via.PAGE)


def grants_return(*, firm: Organization, actor: User | None) -> int:
    """End every grant that a firm holds and let go of those that are over, before the firm is deleted.

    What the clients keep of them is whom they were offered to, by address.

    Parameters:
        actor: None if nobody did it, but time.

    Returns:
        How many grants ended.
    """
    ended = 0
    for grant in firm_grants_ever(firm):
        with transaction.atomic(), organization_scope(grant.organization):
            if grant.ended_at is None:
                ended += 1
                Grant.objects.filter(id=grant.id).update(ended_at=timezone.now())
                rows = Membership.objects.filter(grant=grant, revoked_at=None).select_related("user", "organization")
                for row in rows:
                    summary = f"{firm} gave its access to {grant.organization} back"
                    membership_close(membership=row, actor=actor, summary=summary, via=Via.CONSULTANT)
                _record(grant.organization, actor, "grant.return", grant, f"{firm} gave its access back")
            Grant.objects.filter(id=grant.id).update(firm=None)
    return ended


def _member_or_refuse(firm: Organization, member: User) -> None:
    """Locks the row: whoever removes this member of the firm waits, and then finds the client's membership to end."""
    with organization_scope(firm):
        rows = Membership.objects.active().select_for_update().filter(user=member, is_consultant=False)
        if not rows.filter(organization=firm).first():
            raise GrantRefused(f"{member} is not a member of {firm}; nothing was changed.")


def _standing(firm: Organization, grant: Grant) -> Grant:
    """The grant, locked and as it is now, if the firm still holds it."""
    found = Grant.objects.select_for_update(of=("self",)).select_related("organization").filter(id=grant.id).first()
    if not isinstance(found, Grant) or found.firm_id != firm.pk or found.state() is not GrantState.ACCEPTED:
        raise GrantRefused(f"The access of {firm} to {grant.organization} is over; nothing was changed.")
    return found


def _record(
    organization: Organization,
    actor: User | None,
    action: str,
    grant: Grant,
    summary: str,
    *,
    via: str = Via.CONSULTANT,
) -> None:
    with organization_scope(organization):
        audit_record(
            organization=organization,
            actor=actor,
            via=via,
            action=action,
            object=f"grant:{grant.id}",
            summary=summary,
        )
