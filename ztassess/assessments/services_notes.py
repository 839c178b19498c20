"""Owns writes around a control: its owner and day, comments, and the mail to those whom a comment mentions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.errors import CommentRefused, OwnerConflict
from ztassess.assessments.models_notes import ControlComment, ControlOwner
from ztassess.audit.models import Via
from ztassess.audit.services import audit_lock, audit_record
from ztassess.catalog import load_catalog
from ztassess.domain.mentions import mentions_in
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Action, Rights, Role, may
from ztassess.organizations.selectors import members

# What must happen in the same transaction as a changed owner; registered by floors above, which are not imported here.
OWNER_LISTENERS: list[Callable[[ControlOwner, User], object]] = []
CONFLICT = "Somebody else changed owner or day meanwhile; theirs stands, look at it and save again."


def control_assign(
    *, organization: Organization, control_id: str, owner: User | None, due: date | None, version: int, actor: User
) -> ControlOwner:
    """Say who takes care of a control and until when, if nobody else did since ``version`` (0: nobody ever did).

    Raises:
        OwnerConflict: somebody did; nothing was changed.
    """
    with transaction.atomic():
        audit_lock(organization)
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
        for listener in OWNER_LISTENERS:
            listener(row, actor)
    return row


def owners_store(organization: Organization, wanted: Mapping[str, tuple[int | None, date | None]]) -> None:
    """Write owners and days that a plan or a task of it gives controls, in two queries. The caller writes the line.

    Parameters:
        wanted: id of the owner and the day, by control. What is so already is not touched.
    """
    rows = {row.control_id: row for row in ControlOwner.objects.filter(control_id__in=list(wanted))}
    changed = []
    for control_id, (owner_id, due) in wanted.items():
        row = rows.get(control_id)
        if row is None and (owner_id or due):
            changed.append(ControlOwner(organization=organization, control_id=control_id, owner_id=owner_id, due=due))
        elif row is not None and (row.owner_id, row.due) != (owner_id, due):
            row.owner_id, row.due, row.version = owner_id, due, row.version + 1
            changed.append(row)
    ControlOwner.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["organization", "control_id"],
        update_fields=["owner", "due", "version"],
    )


def owners_leave(organization: Organization) -> None:
    """Take controls from who left. Registered with the organizations: runs where a membership ended."""
    audit_lock(organization)
    present = Membership.objects.active().filter(organization=organization).values("user_id")
    gone = ControlOwner.objects.exclude(owner=None).exclude(owner_id__in=present).select_related("owner")
    before = {row.control_id: str(row.owner) for row in gone}
    if before:
        ControlOwner.objects.filter(control_id__in=list(before)).update(owner=None, version=F("version") + 1)
        who = ", ".join(sorted(set(before.values())))
        audit_record(
            organization=organization,
            via=Via.TASK,
            action="control.unassign",
            object="controls",
            summary=f"{len(before)} controls have no owner: {who} is not a member any more.",
            before=before,
            after=dict.fromkeys(before),
        )


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
    if comment.by_id != actor.pk and not may(Rights(actor_role), Action.DECIDE_EXCEPTION):
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
