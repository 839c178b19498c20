"""Owns deleting an organization: asked for by an owner, undone within seven days, then everything of it."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from django.db import connection, models, transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent, AuditHead, ChainEnd, Via
from ztassess.audit.services import audit_record
from ztassess.common.models import OrgOwned, organization_scope
from ztassess.exchange.errors import DeletionRefused
from ztassess.exchange.people import placeholders_delete, placeholders_of
from ztassess.exchange.table import tenant_models
from ztassess.notifications.services.deletion_news import DeletionNews, deletion_tell
from ztassess.organizations.models import Organization
from ztassess.organizations.services_firm import grants_return
from ztassess.scans.models import Connection
from ztassess.scans.services.scans import scans_end_of

log = logging.getLogger(__name__)

UNDO = timedelta(days=7)
WARNED = timedelta(days=1)


def deletion_request(
    *, organization: Organization, typed: str, actor: User | None, via: str = Via.PAGE, tell: bool = True
) -> Organization:
    """Ask for everything of an organization to be deleted in seven days. Its scans end at once, and it is mailed.

    Parameters:
        typed: the name of the organization as the person typed it.
        tell: False where it is deleted at once: a mail would promise days in which it can be undone.

    Raises:
        DeletionRefused: the name is another one, or it is the demo company.
    """
    if typed.strip() != organization.name.strip():
        raise DeletionRefused(
            f"That is not the name of this organization. It is “{organization.name}”; nothing was changed."
        )
    if organization.is_demo:
        raise DeletionRefused(f"{organization.name} is invented and belongs to everybody here; nothing was changed.")
    with transaction.atomic():
        current = Organization.objects.select_for_update().get(id=organization.id)
        if current.deletion_due_at is not None:
            return current
        current.deletion_due_at, current.deletion_by = timezone.now() + UNDO, actor
        current.save(update_fields=["deletion_due_at", "deletion_by"])
        for each in Connection.objects.filter(organization=current).select_related("organization"):
            scans_end_of(each, sentence="The organization is about to be deleted; nothing of this run was kept.")
        audit_record(
            organization=current,
            actor=actor,
            via=via,
            action="organization.delete_request",
            object=f"organization:{current.slug}",
            summary=f"{actor or 'The operator'} asked to delete everything on {current.deletion_due_at:%Y-%m-%d}",
        )
        if tell:
            deletion_tell(
                organization=current, news=DeletionNews.ASKED, due=current.deletion_due_at, by=str(actor or "")
            )
    return current


def deletion_undo(*, organization: Organization, actor: User) -> None:
    """Keep the organization. Schedules go on with their next slot.

    Raises:
        DeletionRefused: nobody asked for it, or somebody else undid it meanwhile.
    """
    with transaction.atomic():
        current = Organization.objects.select_for_update().get(id=organization.id)
        if current.deletion_due_at is None:
            raise DeletionRefused("This organization is not about to be deleted; nothing was changed.")
        due, current.deletion_due_at, current.deletion_by = current.deletion_due_at, None, None
        current.save(update_fields=["deletion_due_at", "deletion_by"])
        audit_record(
            organization=current,
            actor=actor,
            action="organization.delete_undo",
            object=f"organization:{current.slug}",
            summary=f"{actor} undid the deletion",
        )
        deletion_tell(organization=current, news=DeletionNews.WITHDRAWN, due=due, by=str(actor))


def deletion_warn(organization: Organization) -> bool:
    """Mail that the organization goes within a day, once for each day that is set. Returns False if it stays, or was
    told before.
    """
    with transaction.atomic():
        rows = Organization.objects.select_for_update(of=("self",)).select_related("deletion_by")
        current = rows.get(id=organization.id)
        due, now = current.deletion_due_at, timezone.now()
        if due is None or not now < due <= now + WARNED:
            return False
        by = str(current.deletion_by or "")
        return bool(deletion_tell(organization=current, news=DeletionNews.TOMORROW, due=due, by=by))


def organization_erase(
    organization: Organization, *, actor: User | None = None, due_only: bool = True
) -> ChainEnd | None:
    """Delete everything of an organization but where its log ended, in one transaction.

    The order is the safety: the last line is written, then the end of the chain, which the database takes only with
    the head as it is; from then on it takes no further line, and lets the lines go.

    Parameters:
        due_only: leave it alone if an owner undid the deletion meanwhile.

    Returns:
        The end of its chain; None if it was left alone.
    """
    if connection.vendor == "sqlite":
        # What is deleted is overwritten, or a copy of the file would still hold it.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
    with transaction.atomic():
        current = Organization.objects.select_for_update().filter(id=organization.id).first()
        due = current is not None and current.deletion_due_at is not None and current.deletion_due_at <= timezone.now()
        if current is None or (due_only and not due):
            return None
        # Its clients keep rows that point to it; their own logs say that it gave its access back.
        grants_return(firm=current, actor=actor)
        with organization_scope(current):
            end = _end_of_chain(current, actor)
            _files_delete(current)
            users = placeholders_of(current)
            _rows_delete(current)
            placeholders_delete(users)
            current.delete()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log.info("an organization was deleted; its log ended at line %s", end.seq)
    return end


def _end_of_chain(organization: Organization, actor: User | None) -> ChainEnd:
    now = timezone.now()
    event = audit_record(
        organization=organization,
        actor=actor,
        via=Via.TASK if actor is None else Via.OPERATOR,
        action="organization.delete",
        object="organization",
        summary="Everything was deleted",
    )
    return ChainEnd.objects.create(
        organization_id=organization.id, seq=event.seq, hash=event.hash, head_at=event.at, deleted_at=now
    )


def _files_delete(organization: Organization) -> None:
    """Files beside the database go when the rows are really gone: a deletion that fails must not cost a file."""
    for model in tenant_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, models.FileField)]
        if names:
            for row in model.objects.filter(organization=organization):
                for name in names:
                    if file := getattr(row, name):
                        transaction.on_commit(partial(file.storage.delete, file.name), robust=True)


def _rows_delete(organization: Organization) -> None:
    """Every row, what points to others first; the log last, so that nothing can be written to it from below."""
    last: tuple[type[OrgOwned], ...] = (AuditEvent, AuditHead)
    for model in [*_pointing_first(), *last]:
        model.objects.filter(organization=organization).delete()


def _pointing_first() -> list[type[OrgOwned]]:
    """Tenant models so that each stands before those it points to: then no deletion has to look for others."""
    left = {model for model in tenant_models() if model not in (AuditEvent, AuditHead)}
    ordered: list[type[OrgOwned]] = []
    while left:
        pointed = {
            field.related_model
            for model in left
            for field in model._meta.concrete_fields
            if field.is_relation and field.related_model is not model
        }
        free = sorted(left - pointed or left, key=lambda model: model._meta.label)
        ordered += free
        left -= set(free)
    return ordered
