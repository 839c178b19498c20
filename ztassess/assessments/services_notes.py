"""Owns writes around a control: its owner and day, comments, and the mail to those whom a comment mentions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.errors import CommentRefused, OwnerConflict
from ztassess.assessments.models_notes import ControlComment, ControlOwner
from ztassess.audit.services import audit_record
from ztassess.catalog import load_catalog
from ztassess.domain.mentions import mentions_in
from ztassess.organizations.models import Organization
from ztassess.organizations.roles import Action, Role, may
from ztassess.organizations.selectors import members

CONFLICT = "Somebody else changed owner or day meanwhile; theirs stands, look at it and save again."


def control_assign(
    *, organization: Organization, control_id: str, owner: User | None, due: date | None, version: int, actor: User
) -> ControlOwner:
    """Say who takes care of a control and until when, if nobody else did since ``version`` (0: nobody ever did).

    Raises:
        OwnerConflict: somebody did; nothing was changed.
    """
    with transaction.atomic():
        before = ControlOwner.objects.filter(control_id=control_id).select_related("owner").first()
        if before is not None and (before.owner_id, before.due) == (owner.pk if owner else None, due):
            return before
        row = _assigned(organization, control_id, owner, due, version, before)
        audit_record(
            organization=organization,
            actor=actor,
            action="control.assign",
            object=f"control:{control_id}",
            summary=f"{actor} gave it to {owner or 'nobody'}" + (f" until {due}" if due else ""),
            before=_shown(before),
            after=_shown(row),
        )
    return row


def _assigned(
    organization: Organization,
    control_id: str,
    owner: User | None,
    due: date | None,
    version: int,
    before: ControlOwner | None,
) -> ControlOwner:
    if before is None and version == 0:
        try:
            with transaction.atomic():
                made: ControlOwner = ControlOwner.objects.create(
                    organization=organization, control_id=control_id, owner=owner, due=due
                )
                return made
        except IntegrityError as meanwhile:
            raise OwnerConflict(CONFLICT) from meanwhile
    changed = ControlOwner.objects.filter(control_id=control_id, version=version).update(
        owner=owner, due=due, version=version + 1
    )
    if not changed:
        raise OwnerConflict(CONFLICT)
    row: ControlOwner = ControlOwner.objects.select_related("owner").get(control_id=control_id)
    return row


def _shown(row: ControlOwner | None) -> dict[str, str | None] | None:
    if row is None:
        return None
    return {"owner": str(row.owner) if row.owner else None, "due": str(row.due) if row.due else None}


def comment_add(
    *, organization: Organization, control_id: str, text: str, actor: User, also: Sequence[User] = ()
) -> tuple[ControlComment, tuple[str, ...]]:
    """Write a comment, and tell the members it mentions by mail.

    Parameters:
        also: members who count as mentioned whatever the text says.

    Returns:
        The comment, and what stands after an @ but fits no member or several.
    """
    people = {str(each.user.pk): each.user for each in members(organization)}
    found = mentions_in(text, {key: _names(user) for key, user in people.items()})
    named = tuple(dict.fromkeys((*found.people, *(key for key in (str(user.pk) for user in also) if key in people))))
    mentioned = [key for key in named if key != str(actor.pk)]
    with transaction.atomic():
        row: ControlComment = ControlComment.objects.create(
            organization=organization,
            control_id=control_id,
            by=actor,
            text=text,
            mentioned=list(named),
            at=timezone.now(),
        )
        audit_record(
            organization=organization,
            actor=actor,
            action="comment.add",
            object=f"control:{control_id}",
            summary=f"{actor} wrote a comment",
            after={"mentions": [str(people[key]) for key in named]},
        )
        for key in mentioned:
            transaction.on_commit(partial(_mention_mail, row, people[key]), robust=True)
    return row, found.unknown


def comment_delete(*, comment: ControlComment, actor: User, actor_role: Role) -> None:
    """Take a comment away, one's own or as an owner or admin; that it was there stays in the log.

    Raises:
        CommentRefused: it is somebody else's.
    """
    if comment.by_id != actor.pk and not may(actor_role, Action.DECIDE_EXCEPTION):
        raise CommentRefused("Only its author, an owner or an admin takes a comment away; it still stands.")
    with transaction.atomic():
        audit_record(
            organization=comment.organization,
            actor=actor,
            action="comment.delete",
            object=f"control:{comment.control_id}",
            summary=f"{actor} took a comment of {comment.by or 'somebody who left'} away",
        )
        comment.delete()


def _names(user: User) -> tuple[str, ...]:
    full = user.get_full_name()
    return full, full.split(" ")[0], full.replace(" ", "."), full.replace(" ", ""), user.email.partition("@")[0]


def _mention_mail(comment: ControlComment, to: User) -> None:
    organization = comment.organization
    if organization.is_demo:
        return  # its people are invented, and nobody sends mail in its name
    control = load_catalog().control(comment.control_id)
    link = (
        settings.BASE_URL
        + reverse("org:control", kwargs={"slug": organization.slug, "control_id": control.id})
        + "#comments"
    )
    # What was written stays behind the sign-in; the mail says where.
    context = {"by": comment.by, "organization": organization, "control": control, "link": link}
    subject = re.sub(r"\s+", " ", f"{comment.by} mentioned you at {control.title}")
    send_mail(subject, render_to_string("emails/mention.txt", context), None, [to.email])
