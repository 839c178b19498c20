"""Owns how somebody of the demo gets their account, and how they join an organization."""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta

from allauth.account.models import EmailAddress

from ztassess.accounts.models import User
from ztassess.demo.clock import Clock
from ztassess.organizations.models import Invitation, Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import invitation_accept, invitation_create

PASSWORD_BYTES = 12


def moment_of(anchor: datetime, day: int, at: time) -> datetime:
    """A time of day so many days before the present one."""
    return datetime.combine(anchor.date() - timedelta(days=day), at, tzinfo=anchor.tzinfo)


def new_password() -> str:
    """For a log-in that is shown once."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def user_made(email: str, name: str, clock: Clock, password: str = "") -> User:
    """The account of somebody; without a password they cannot sign in. One that is there already stays as it is."""
    known = User.objects.filter(email=email).first()
    if known is not None:
        return known
    user = User.objects.create_user(
        email, password or None, name=name, date_joined=clock.now(), is_active=bool(password)
    )
    if password:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def joined(organization: Organization, user: User, role: Role, *, by: User, clock: Clock) -> None:
    """An owner invites somebody, who accepts half an hour later."""
    invitation, _ = invitation_create(
        organization=organization, email=user.email, role=role, actor=by, actor_role=Role.OWNER
    )
    invited = clock.now()
    clock.later(minutes=35)
    membership = invitation_accept(invitation=invitation, user=user)
    Invitation.objects.filter(id=invitation.id).update(created_at=invited)
    Membership.objects.filter(id=membership.id).update(created_at=clock.now())
