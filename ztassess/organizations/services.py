"""Owns writes about tenants: make one, change facts, invite, accept, change roles, leave."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.organizations import services_ending
from ztassess.organizations.errors import FactsChanged, InvitationClosed, LastOwner, RoleRefused
from ztassess.organizations.models import (
    FactSheet,
    IdempotencyKey,
    Invitation,
    Membership,
    OnboardingDraft,
    Organization,
)
from ztassess.organizations.roles import Role, grantable
from ztassess.organizations.selectors import inviter_may
from ztassess.organizations.selectors_grants import rights_now, standing_rows, steward_of
from ztassess.organizations.services_ending import membership_close
from ztassess.organizations.services_grants import stewardship_claim, token_hash

INVITATION_DAYS = 7
NOT_OPEN = "This invitation is not open any more. Ask the person who invited you for a new one."
POSTS_KEPT = timedelta(hours=24)
SLUG_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


# What must happen in the same transaction as changed facts; registered by floors above, which are not imported here.
FACTS_LISTENERS: list[Callable[[Organization], object]] = []
# The same for a membership that ended, wherever that happens.
MEMBERS_LISTENERS = services_ending.MEMBERS_LISTENERS


def slug_for(name: str) -> str:
    """A free address for a name, with a random tail."""
    tail = "".join(secrets.choice(SLUG_ALPHABET) for _ in range(4))
    return f"{slugify(name)[:70] or 'org'}-{tail}"


def organization_create(
    *, name: str, owner: User, facts: dict[str, Any], is_demo: bool = False, is_consultant: bool = False
) -> Organization:
    """Make a tenant with its first owner and its facts; the person's onboarding draft ends.

    Parameters:
        is_consultant: it is a client of theirs: they are its steward until an owner of the client claims it.
    """
    with transaction.atomic():
        organization = Organization.objects.create(name=name, slug=slug_for(name), is_demo=is_demo)
        with organization_scope(organization):
            Membership.objects.create(
                organization=organization, user=owner, role=Role.OWNER, is_consultant=is_consultant
            )
            FactSheet.objects.create(organization=organization, values=facts)
            audit_record(
                organization=organization,
                actor=owner,
                via=Via.CONSULTANT if is_consultant else Via.PAGE,
                action="organization.create",
                object=f"organization:{organization.slug}",
                summary=f"{owner} created {name}" + (", as its steward" if is_consultant else ""),
                after={"facts": facts},
            )
        OnboardingDraft.objects.filter(user=owner).delete()
    return organization


def facts_save(
    *, sheet: FactSheet, values: dict[str, Any], declared: dict[str, Any], version: int, actor: User
) -> FactSheet:
    """Replace the facts if nobody else did since ``version``.

    Raises:
        FactsChanged: the sheet has another version by now; nothing was saved.
    """
    with transaction.atomic():
        before = {"values": sheet.values, "declared": sheet.declared}
        updated = FactSheet.objects.filter(id=sheet.id, version=version).update(
            values=values, declared=declared, version=version + 1, updated_at=timezone.now()
        )
        if not updated:
            raise FactsChanged(
                "Somebody else changed the facts meanwhile. Yours are still in the form; compare and save again."
            )
        audit_record(
            organization=sheet.organization,
            actor=actor,
            action="facts.save",
            object="facts",
            summary=f"{actor} changed the facts of the company",
            before=before,
            after={"values": values, "declared": declared},
        )
        for listener in FACTS_LISTENERS:
            listener(sheet.organization)
    sheet.refresh_from_db()
    return sheet


def invitation_create(
    *, organization: Organization, email: str, role: Role, actor: User, actor_role: Role
) -> tuple[Invitation, str]:
    """Invite an address; answers alike whether it has an account or not.

    Returns:
        The invitation and its link, which is mailed and shown once to the inviter.

    Raises:
        RoleRefused: the inviter may not give this role.
    """
    if role not in grantable(actor_role):
        raise RoleRefused(f"Your role does not let you invite somebody as {role.value}. Ask an owner.")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.filter(
            organization=organization, email__iexact=email, accepted_at=None, revoked_at=None
        ).update(revoked_at=timezone.now())
        invitation = Invitation.objects.create(
            organization=organization,
            email=email.lower(),
            role=role,
            token_hash=token_hash(token),
            invited_by=actor,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        audit_record(
            organization=organization,
            actor=actor,
            action="invitation.create",
            object=f"invitation:{invitation.id}",
            summary=f"{actor} invited {email} as {role.value}",
            after={"email": email, "role": role.value},
        )
        link = settings.BASE_URL + reverse("invitation", args=[token])
        steward = steward_of(organization) if role is Role.OWNER else None
        transaction.on_commit(lambda: _invitation_mail(invitation, link, steward), robust=True)
    return invitation, link


def _invitation_mail(invitation: Invitation, link: str, steward: Membership | None) -> None:
    if invitation.organization.is_demo:
        return  # its people are invented, and nobody sends mail in its name
    context = {"invitation": invitation, "link": link, "days": INVITATION_DAYS, "steward": steward}
    subject = re.sub(r"\s+", " ", f"{invitation.invited_by} invites you to {invitation.organization} on ztassess")
    send_mail(subject, render_to_string("emails/invitation.txt", context), None, [invitation.email])


def invitation_revoke(*, invitation: Invitation, actor: User) -> None:
    """Close an open invitation at once."""
    with transaction.atomic():
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        audit_record(
            organization=invitation.organization,
            actor=actor,
            action="invitation.revoke",
            object=f"invitation:{invitation.id}",
            summary=f"{actor} revoked the invitation of {invitation.email}",
        )


def invitation_find(token: str) -> Invitation:
    """The open invitation with this token.

    Raises:
        InvitationClosed: unknown, used, revoked, expired, or of somebody who may not invite as this any more: all in
            the same words.
    """
    with scopes_disabled():
        found = (
            Invitation.objects.filter(token_hash=token_hash(token)).select_related("organization", "invited_by").first()
        )
    if not isinstance(found, Invitation) or not found.is_open():
        raise InvitationClosed(NOT_OPEN)
    with organization_scope(found.organization):
        _inviter_may_or_refuse(found)
    return found


def _inviter_may_or_refuse(invitation: Invitation) -> None:
    """Who was removed, or was a steward until the client was claimed, must not come back by a link they kept."""
    rights = rights_now(invitation.organization, invitation.invited_by)
    if not inviter_may(rights, Role(invitation.role)):
        raise InvitationClosed(NOT_OPEN)


def invitation_accept(*, invitation: Invitation, user: User) -> Membership:
    """Become a member. Raises `InvitationClosed` if the invitation is for another address or was closed meanwhile."""
    if invitation.email.lower() != user.email.lower():
        raise InvitationClosed(
            f"This invitation is for another address than {user.email}. Sign in with the address it was sent to."
        )
    with transaction.atomic(), organization_scope(invitation.organization):
        taken = Invitation.objects.filter(id=invitation.id, accepted_at=None, revoked_at=None).update(
            accepted_at=timezone.now()
        )
        if not taken:
            raise InvitationClosed(NOT_OPEN)
        _inviter_may_or_refuse(invitation)
        _make_room(invitation, user)
        membership, created = Membership.objects.active().get_or_create(
            organization=invitation.organization, user=user, defaults={"role": invitation.role}
        )
        audit_record(
            organization=invitation.organization,
            actor=user,
            action="invitation.accept",
            object=f"membership:{membership.id}",
            summary=f"{user} joined as {membership.role}" if created else f"{user} was a member already",
        )
        if created and membership.role == Role.OWNER:
            stewardship_claim(organization=invitation.organization, owner=user)
    assert isinstance(membership, Membership)  # noqa: S101  for the type checker: the manager is untyped
    return membership


def _make_room(invitation: Invitation, user: User) -> None:
    """One that has expired is still in the way of a new one, and a consultant who joins stops being one."""
    for row in standing_rows(invitation.organization, user):
        over = row.expires_at is not None and row.expires_at <= timezone.now()
        if over or row.grant is not None:
            summary = f"{user} is not a consultant for {row.organization} any more, but joins"
            membership_close(membership=row, actor=user, summary=summary)


def membership_change_role(*, membership: Membership, role: Role, actor: User, actor_role: Role) -> Membership:
    """Give a member another role. Raises `RoleRefused` or `LastOwner`."""
    allowed = grantable(actor_role)
    with transaction.atomic():
        membership = _as_it_is_now(membership)
        if membership.is_consultant:
            raise RoleRefused(
                f"{membership.user} works here as a consultant. What consultants may do is changed under Settings."
            )
        if role not in allowed or membership.role_enum not in allowed:
            raise RoleRefused(
                f"Your role does not let you change {membership.user} from {membership.role} to {role.value}."
            )
        if membership.role_enum is Role.OWNER and role is not Role.OWNER:
            _another_owner_or_refuse(membership)
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        audit_record(
            organization=membership.organization,
            actor=actor,
            action="membership.change_role",
            object=f"membership:{membership.id}",
            summary=f"{actor} made {membership.user} {role.value}, was {before}",
            before={"role": before},
            after={"role": role.value},
        )
        if role is Role.OWNER:
            stewardship_claim(organization=membership.organization, owner=membership.user)
    return membership


def membership_revoke(*, membership: Membership, actor: User, actor_role: Role) -> None:
    """End a membership at once, one's own or another's, in open tabs too. Raises `RoleRefused` or `LastOwner`."""
    with transaction.atomic():
        membership = _as_it_is_now(membership)
        if membership.user_id != actor.pk and membership.role_enum not in grantable(actor_role):
            raise RoleRefused(f"Your role does not let you remove {membership.user}.")
        if membership.role_enum is Role.OWNER:
            _another_owner_or_refuse(membership)
        left = membership.user_id == actor.pk
        summary = f"{actor} left" if left else f"{actor} removed {membership.user}"
        membership_close(membership=membership, actor=actor, summary=summary)


def _as_it_is_now(membership: Membership) -> Membership:
    """The row, locked: it may have been made an owner's, or have ended, since whoever asks read it."""
    current = Membership.objects.select_for_update(of=("self",)).select_related("user", "organization")
    found = current.filter(id=membership.id, revoked_at=None).first()
    if not isinstance(found, Membership):
        raise RoleRefused(f"{membership.user} is not a member any more; nothing was changed.")
    return found


def _another_owner_or_refuse(membership: Membership) -> None:
    owners = (
        Membership.objects.active().select_for_update().filter(organization=membership.organization, role=Role.OWNER)
    )
    if not [owner for owner in owners if owner.id != membership.id]:
        raise LastOwner(
            "An organization keeps at least one owner. Make somebody else owner first; nothing was changed."
        )


def posts_forget_old() -> int:
    """Delete what forms were answered more than a day ago: a second press of a button comes sooner.

    Returns:
        How many answers went.
    """
    with scopes_disabled():
        gone: int = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - POSTS_KEPT).delete()[0]
    return gone
