"""Owns writes about grants by their client: offer, accept, change, end; and what becomes of a steward."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.common.templatetags.times import last_day
from ztassess.organizations.errors import GrantClosed, GrantRefused
from ztassess.organizations.models import Grant, GrantState, Membership, Organization
from ztassess.organizations.roles import GRANTED_ROLES, Action, Flag, Rights, Role, may
from ztassess.organizations.selectors_grants import (
    firms_of,
    grant_by_hash,
    open_grants,
    rights_now,
    standing_rows,
    steward_of,
)
from ztassess.organizations.services_ending import membership_close

LONGEST = timedelta(days=366)
OFFER_DAYS = 14
NOT_OPEN = "This offer is not open any more. Ask the client for a new one."


@dataclass(frozen=True, slots=True)
class Terms:
    """What is granted, until which moment."""

    role: Role
    until: datetime
    flags: frozenset[Flag] = frozenset()

    def columns(self) -> dict[str, Any]:
        """The same as columns of a grant."""
        return {
            "role": self.role.value,
            "expires_at": self.until,
            **{flag.value: flag in self.flags for flag in Flag},
        }

    def shown(self) -> dict[str, Any]:
        """For the log."""
        return {"role": self.role.value, "until": self.until.isoformat(), "flags": sorted(self.flags)}


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def grant_offer(
    *, organization: Organization, email: str, for_firm: bool, terms: Terms, actor: User, rights: Rights
) -> tuple[Grant, str]:
    """Offer access to an address; answers alike whether it has an account, or a firm, or not.

    An open offer to the same address is replaced.

    Returns:
        The offer and its link, which is mailed, and shown once to whoever offers.

    Raises:
        GrantRefused: too high a role, an end that is past or too far, or the address of a member of the client.
    """
    _terms_or_refuse(terms, rights)
    email = email.lower()
    here = Membership.objects.active().filter(organization=organization, user__email__iexact=email, is_consultant=False)
    if here.exists():
        raise GrantRefused(f"{email} is a member of {organization}; a consultant is somebody from outside.")
    token, now = secrets.token_urlsafe(32), timezone.now()
    with transaction.atomic():
        Grant.objects.filter(organization=organization, email=email, accepted_at=None, ended_at=None).update(
            ended_at=now
        )
        grant = Grant.objects.create(
            organization=organization,
            email=email,
            for_firm=for_firm,
            token_hash=token_hash(token),
            offered_by=actor,
            offer_until=now + timedelta(days=OFFER_DAYS),
            **terms.columns(),
        )
        whom = f"the firm of {email}" if for_firm else email
        summary = f"{actor} offered {whom} access as {terms.role.value} until {last_day(terms.until)}"
        _audit(grant, actor, "grant.offer", summary, after={"email": email, "for_firm": for_firm, **terms.shown()})
        link = settings.BASE_URL + reverse("grant_offer", args=[token])
        transaction.on_commit(lambda: _offer_mail(grant, link), robust=True)
    return grant, link


def _terms_or_refuse(terms: Terms, rights: Rights) -> None:
    if terms.role not in GRANTED_ROLES or terms.role.rank > rights.role.rank:
        raise GrantRefused(
            "A grant gives editor or viewer, and never more than you have yourself; nothing was changed."
        )
    now = timezone.now()
    if not now < terms.until <= now + LONGEST:
        raise GrantRefused("The last day lies between today and a year from today; nothing was changed.")


def _offer_mail(grant: Grant, link: str) -> None:
    if grant.organization.is_demo:
        return  # its people are invented, and nobody sends mail in its name
    context = {"grant": grant, "link": link, "days": OFFER_DAYS}
    subject = re.sub(r"\s+", " ", f"{grant.organization} offers you access on ztassess")
    send_mail(subject, render_to_string("emails/grant_offer.txt", context), None, [grant.email])


def grant_find(token: str) -> Grant:
    """The open offer with this token.

    Raises:
        GrantClosed: unknown, used, ended, expired, or of somebody who may not grant any more: all in the same words.
    """
    found = grant_by_hash(token_hash(token))
    if found is None or found.state() is not GrantState.OFFERED:
        raise GrantClosed(NOT_OPEN)
    with organization_scope(found.organization):
        _offer_holds_or_refuse(found)
    return found


def _offer_holds_or_refuse(grant: Grant) -> None:
    """Who was removed, or was a steward until the client was claimed, must not come back by a link they kept."""
    rights = rights_now(grant.organization, grant.offered_by)
    if rights is None or not may(rights, Action.GRANT):
        raise GrantClosed(NOT_OPEN)


def grant_accept(*, grant: Grant, user: User, firm: Organization | None = None) -> Grant:
    """Take an offer, for oneself or for a firm. An older grant of the same person or firm is replaced.

    Parameters:
        firm: for an offer to a firm, and only then: one that `firms_of` names for this person.

    Raises:
        GrantClosed: it is for another address, or not open any more.
        GrantRefused: the person is a member of the client, or the firm is not theirs to speak for, or the client.
    """
    if grant.email != user.email.lower():
        raise GrantClosed(
            f"This offer is for another address than {user.email}. Sign in with the address it was sent to."
        )
    if firm == grant.organization:
        raise GrantRefused("An organization cannot be its own consultant. Choose another one; nothing was changed.")
    if grant.for_firm and (firm is None or firm not in firms_of(user)):
        raise GrantRefused("An owner or admin of the firm takes this offer, for the firm; nothing was changed.")
    with transaction.atomic(), organization_scope(grant.organization):
        grant = _locked(grant)
        if grant.state() is not GrantState.OFFERED:
            raise GrantClosed(NOT_OPEN)
        _offer_holds_or_refuse(grant)
        if grant.for_firm:
            older = open_grants(grant.organization, user=None, firm=firm)
        else:
            older = open_grants(grant.organization, user=user, firm=None)
            _room_or_refuse(grant, user, older)
        Grant.objects.filter(id__in=[each.id for each in older]).update(ended_at=timezone.now())
        grant.accepted_at = timezone.now()
        grant.firm, grant.user = (firm, None) if grant.for_firm else (None, user)
        grant.save(update_fields=["accepted_at", "firm", "user"])
        carried = Membership.objects.filter(grant__in=older, revoked_at=None)
        moved = carried.update(grant=grant, role=grant.role, expires_at=grant.expires_at)
        if not grant.for_firm and not moved:
            consultant_join(grant, user)
        took = f"{user} accepted for {firm}" if firm else f"{user} accepted"
        summary = f"{took}: consultant for {grant.organization} as {grant.role} until {last_day(grant.expires_at)}"
        _audit(grant, user, "grant.accept", summary, via=Via.CONSULTANT)
    return grant


def _room_or_refuse(grant: Grant, user: User, older: list[Grant]) -> None:
    """A person is here once: an expired membership goes, one that a firm gave goes too, any other is in the way."""
    for row in standing_rows(grant.organization, user):
        if row.grant in older:
            continue
        over = row.expires_at is not None and row.expires_at <= timezone.now()
        if not over and row.grant is None:
            raise GrantRefused(
                f"You are a member of {grant.organization} already; a consultant is somebody from outside."
            )
        membership_close(
            membership=row,
            actor=user,
            summary=f"{user} works for {grant.organization} with a grant of their own now",
            via=Via.CONSULTANT,
        )


def consultant_join(grant: Grant, user: User) -> Membership:
    """A membership under this grant, inside the client's scope and the caller's transaction."""
    made = Membership.objects.create(
        organization=grant.organization,
        user=user,
        role=grant.role,
        is_consultant=True,
        grant=grant,
        expires_at=grant.expires_at,
    )
    assert isinstance(made, Membership)  # noqa: S101  for the type checker: the manager is untyped
    return made


def grant_change(*, grant: Grant, terms: Terms, version: int, actor: User, rights: Rights) -> Grant:
    """Other terms for everybody who works with this grant, at once; an expired one lives again with a later end.

    Raises:
        GrantRefused: the terms are refused, it was ended, or somebody changed it since ``version``.
    """
    _terms_or_refuse(terms, rights)
    with transaction.atomic():
        grant = _locked(grant)
        if grant.ended_at is not None:
            raise GrantRefused(f"The access of {grant.holder} was ended; nothing was changed. Offer it anew.")
        if grant.version != version:
            raise GrantRefused(
                "Somebody else changed this access meanwhile; nothing was changed. Look, and save again."
            )
        before = Terms(grant.role_enum, grant.expires_at, grant.flags).shown()
        for name, value in terms.columns().items():
            setattr(grant, name, value)
        grant.version = version + 1
        grant.save()
        Membership.objects.filter(grant=grant, revoked_at=None).update(role=grant.role, expires_at=grant.expires_at)
        summary = f"{actor} changed the access of {grant.holder}: {grant.role} until {last_day(grant.expires_at)}"
        _audit(grant, actor, "grant.change", summary, before=before, after=terms.shown())
    return grant


def grant_end(*, grant: Grant, actor: User) -> Grant:
    """End a grant or take an offer back. Everybody who works with it is out at once, in open tabs too.

    Raises:
        GrantRefused: it was ended before.
    """
    with transaction.atomic():
        grant = _locked(grant)
        if grant.ended_at is not None:
            raise GrantRefused(f"The access of {grant.holder} was ended before; nothing was changed.")
        grant.ended_at = timezone.now()
        grant.save(update_fields=["ended_at"])
        word = "ended the access of" if grant.accepted_at else "took back the offer to"
        _audit(grant, actor, "grant.end", f"{actor} {word} {grant.holder}")
        rows = Membership.objects.filter(grant=grant, revoked_at=None).select_related("user", "organization")
        for membership in rows:
            summary = f"{membership.user} is not a consultant for {grant.organization} any more"
            membership_close(membership=membership, actor=actor, summary=summary)
    return grant


def stewardship_claim(*, organization: Organization, owner: User) -> Grant | None:
    """An owner of the client has come: its steward becomes a consultant as any other, whom the owner may end at once.

    Inside the caller's transaction and the client's scope. None if there is no steward, or it is the same person.
    """
    steward = steward_of(organization)
    if steward is None or steward.user_id == owner.pk:
        return None
    now = timezone.now()
    Grant.objects.filter(organization=organization, user=steward.user, ended_at=None).update(ended_at=now)
    terms = Terms(Role.EDITOR, now + LONGEST)
    grant = Grant.objects.create(
        organization=organization,
        email=steward.user.email.lower(),
        user=steward.user,
        token_hash=token_hash(secrets.token_urlsafe(32)),
        offered_by=owner,
        offer_until=now,
        accepted_at=now,
        **terms.columns(),
    )
    Membership.objects.filter(id=steward.id).update(role=grant.role, expires_at=grant.expires_at, grant=grant)
    summary = (
        f"{owner} claimed {organization}; {steward.user}, its steward, is a consultant until {last_day(terms.until)}"
    )
    _audit(grant, owner, "stewardship.claim", summary, before={"role": Role.OWNER.value}, after=terms.shown())
    assert isinstance(grant, Grant)  # noqa: S101  for the type checker: the manager is untyped
    return grant


def _locked(grant: Grant) -> Grant:
    """The row as it is now, locked: somebody may have changed or ended it since it was read."""
    rows = Grant.objects.select_for_update(of=("self",)).select_related("organization", "user", "firm", "offered_by")
    found = rows.get(id=grant.id)
    assert isinstance(found, Grant)  # noqa: S101  for the type checker: the manager is untyped
    return found


def _audit(
    grant: Grant, actor: User, action: str, summary: str, *, via: str = Via.PAGE, before: Any = None, after: Any = None
) -> None:
    audit_record(
        organization=grant.organization,
        actor=actor,
        via=via,
        action=action,
        object=f"grant:{grant.id}",
        summary=summary,
        before=before,
        after=after,
    )
