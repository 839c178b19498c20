"""Owns writes about share links: make, change, revoke; pausing them is in `services_pausing`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.services import audit_lock, audit_record
from ztassess.organizations.models import Organization
from ztassess.organizations.services_grants import token_hash
from ztassess.reports.models import Report
from ztassess.sharing.content import link_pages
from ztassess.sharing.errors import ShareConflict, ShareRefused
from ztassess.sharing.models import LONGEST, MOST_DAYS, ShareLink, ShareSnapshot
from ztassess.sharing.shown import BY_SLUG
from ztassess.sharing.vault import snapshot_seal

TOKEN_BYTES = 32
MOST_OPEN = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new link shows, and until when. An empty ``passcode`` is none."""

    title: str
    audience: str
    chapters: tuple[str, ...]
    documents: tuple[Report, ...]
    live: bool
    redacted: bool
    expires_at: datetime
    passcode: str = ""


def share_create(*, organization: Organization, wanted: Wanted, actor: User) -> tuple[ShareLink, str]:
    """Make a link, and freeze what it shows unless it is live.

    Returns:
        The row, and the address with the token, which nobody can read afterwards.

    Raises:
        ShareRefused: nothing is chosen, a document is not redacted as the link is, it ends too late, or too many are
            open.
    """
    now = timezone.now()
    _check(wanted, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        Organization.objects.select_for_update().get(id=organization.id)
        rows = ShareLink.objects.filter(organization=organization)
        if rows.filter(revoked_at=None, expires_at__gt=now).count() >= MOST_OPEN:
            raise ShareRefused(f"{MOST_OPEN} links are open, which is the most. Revoke one that nobody needs any more.")
        # What expired can never be opened again; its copy of the numbers goes as soon as somebody writes here.
        ShareSnapshot.objects.filter(organization=organization, link__expires_at__lte=now).delete()
        link = ShareLink.objects.create(
            organization=organization,
            title=wanted.title,
            audience=wanted.audience,
            chapters=[slug for slug in BY_SLUG if slug in wanted.chapters],
            documents=[str(each.id) for each in wanted.documents],
            live=wanted.live,
            redacted=wanted.redacted,
            token_hash=token_hash(token),
            passcode=make_password(wanted.passcode) if wanted.passcode else "",
            made_by=actor,
            expires_at=wanted.expires_at,
        )
        if not link.live and link.chapters:
            snapshot_seal(link, link_pages(link, now=now))
        audit_record(
            organization=organization,
            actor=actor,
            action="share.create",
            object=f"share:{link.id}",
            summary=f"{actor} made the share link “{link.title}” for {link.audience}",
            after=_told(link),
        )
    return link, settings.BASE_URL + reverse("share_read", args=[token])


def _check(wanted: Wanted, now: datetime) -> None:
    if not wanted.chapters and not wanted.documents:
        raise ShareRefused("Choose at least one page or report; a link to nothing was not made.")
    if set(wanted.chapters) - set(BY_SLUG):
        raise ShareRefused("One of the chosen pages is not known here. Nothing was made; load the page again.")
    if wanted.redacted and not all(each.redacted for each in wanted.documents):
        raise ShareRefused(
            "A chosen report shows names, and the link redacts them. Choose redacted reports, or show names everywhere."
        )
    _check_end(wanted.expires_at, now, now)


def _check_end(expires_at: datetime, made_at: datetime, now: datetime) -> None:
    if expires_at <= now or expires_at - made_at > LONGEST:
        raise ShareRefused(
            f"A link ends in the future, at most {MOST_DAYS} days after it was made. Choose another last day."
        )


def share_change(
    *,
    link: ShareLink,
    title: str,
    audience: str,
    expires_at: datetime,
    passcode: str | None,
    version: int,
    actor: User,
) -> ShareLink:
    """Change how a link is called, when it ends and its passcode. Whoever unlocked it is asked again.

    Parameters:
        passcode: a new one; empty takes it away, None keeps it.
        version: of the link that was looked at.

    Raises:
        ShareConflict: somebody else changed it meanwhile.
        ShareRefused: it is not open any more, or would end too late.
    """
    with transaction.atomic():
        current = link_lock(link)
        if current.version != version:
            raise ShareConflict("Somebody else changed this link meanwhile. Yours was not saved; look at theirs first.")
        if current.state == "paused":
            raise ShareRefused("This link is paused. Nothing was changed; resume or revoke it first.")
        if current.state != "open":
            raise ShareRefused("This link is over. Nothing was changed; make a new one.")
        _check_end(expires_at, current.created_at, timezone.now())
        before = _told(current)
        current.title, current.audience, current.expires_at = title, audience, expires_at
        if passcode is not None:
            current.passcode = make_password(passcode) if passcode else ""
        current.version += 1
        current.save(update_fields=["title", "audience", "expires_at", "passcode", "version"])
        audit_record(
            organization=current.organization,
            actor=actor,
            action="share.change",
            object=f"share:{current.id}",
            summary=f"{actor} changed the share link “{current.title}”" + (", its passcode too" if passcode else ""),
            before=before,
            after=_told(current),
        )
    return current


def share_revoke(*, link: ShareLink, actor: User) -> bool:
    """Close a link at once and delete what was frozen for it. Returns False if it was revoked before."""
    with transaction.atomic():
        current = link_lock(link)
        if current.revoked_at is not None:
            return False
        current.revoked_at, current.revoked_by = timezone.now(), actor
        current.version += 1
        current.save(update_fields=["revoked_at", "revoked_by", "version"])
        ShareSnapshot.objects.filter(link=current).delete()
        audit_record(
            organization=current.organization,
            actor=actor,
            action="share.revoke",
            object=f"share:{current.id}",
            summary=f"{actor} revoked the share link “{current.title}”; it was opened {_times(current.openings)}",
            before=_told(current),
        )
    return True


def link_lock(link: ShareLink) -> ShareLink:
    """The row as it is now, locked until the transaction ends, after the log's head.

    In this order, because the end of somebody's access pauses their links while it holds the head.
    """
    audit_lock(link.organization)
    rows: Any = ShareLink.objects.select_related("organization", "made_by", "kept_by").select_for_update(of=("self",))
    found: ShareLink = rows.get(id=link.id)
    return found


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _told(link: ShareLink) -> dict[str, Sequence[str] | str | bool | int]:
    return {
        "title": link.title,
        "for": link.audience,
        "pages": link.chapters,
        "reports": link.documents,
        "live": link.live,
        "redacted": link.redacted,
        "passcode": bool(link.passcode),
        "expires_at": link.expires_at.isoformat(),
        "openings": link.openings,
    }
