"""Owns the pause of links whose keeper's access ended, and resuming one, which makes somebody else its keeper."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_lock, audit_record
from ztassess.organizations.models import Membership, Organization
from ztassess.sharing.models import ShareLink
from ztassess.sharing.services import link_lock


def links_pause_of_gone(organization: Organization) -> int:
    """Pause every open link whose keeper has no access here any more, whoever ended it, or the date.

    Who leaves knows the address of each link that they made, and nobody here may know whom they gave it to. Registered
    with the organizations for ended memberships; asked again at each opening, so that no link outlives its keeper's
    last second. Inside the organization's scope.

    Returns:
        How many were paused.
    """
    with transaction.atomic():
        audit_lock(organization)
        here = Membership.objects.active().filter(organization=organization).values_list("user_id", flat=True)
        rows: Any = ShareLink.objects.filter(organization=organization, revoked_at=None, paused_at=None)
        live = rows.filter(expires_at__gt=timezone.now()).annotate(keeper_id=Coalesce("kept_by", "made_by"))
        found = live.select_related("organization", "made_by", "kept_by").select_for_update(of=("self",))
        present = set(here)
        gone: list[ShareLink] = [link for link in found.order_by("created_at") if link.keeper_id not in present]
        for link in gone:
            _pause(link)
    return len(gone)


def _pause(link: ShareLink) -> None:
    link.paused_at = timezone.now()
    link.version += 1
    link.save(update_fields=["paused_at", "version"])
    who = f"{link.keeper}, who answers for it, has" if link.keeper else "who answered for it has"
    audit_record(
        organization=link.organization,
        via=Via.TASK,
        action="share.pause",
        object=f"share:{link.id}",
        summary=f"The share link “{link.title}” was paused: {who} no access here any more",
    )


def share_resume(*, link: ShareLink, actor: User) -> bool:
    """Let a paused link open again, with this person as its keeper. Returns False if it is not paused any more."""
    with transaction.atomic():
        current = link_lock(link)
        if current.state != "paused":
            return False
        before = str(current.keeper or "")
        current.paused_at, current.kept_by = None, actor
        current.version += 1
        current.save(update_fields=["paused_at", "kept_by", "version"])
        audit_record(
            organization=current.organization,
            actor=actor,
            action="share.resume",
            object=f"share:{current.id}",
            summary=f"{actor} resumed the share link “{current.title}” and answers for it now",
            before={"keeper": before},
            after={"keeper": str(actor)},
        )
    return True
