"""Owns telling owners, admins and consultants about the deletion of their organization, in the transaction of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from ztassess.domain.event_kinds import EventKind
from ztassess.notifications.models import Delivery
from ztassess.notifications.selectors import deletion_targets
from ztassess.notifications.services.events import mail_row, ring_after_commit
from ztassess.organizations.models import Organization


class DeletionNews(StrEnum):
    """What there is to tell of a deletion."""

    ASKED = "asked"
    WITHDRAWN = "withdrawn"
    TOMORROW = "tomorrow"


def deletion_tell(*, organization: Organization, news: DeletionNews, due: datetime, by: str) -> list[Delivery]:
    """Queue a mail to each owner, admin and consultant with standing access, whatever they chose to get.

    Inside the caller's transaction, which changed the organization or locked it. The same news of the same day is
    queued once.

    Parameters:
        due: when everything goes, or would have gone.
        by: who asked for it or withdrew it, by name; empty for the operator.

    Returns:
        What was queued now.
    """
    if organization.is_demo:
        return []  # its people are invented, and nobody sends mail in its name
    key = f"{EventKind.DELETION}:{news}:{due.isoformat()}"
    if Delivery.objects.filter(organization=organization, event_key=key).exists():
        return []
    common = {
        "organization": organization,
        "kind": EventKind.DELETION.value,
        "event_id": uuid4(),
        "event_key": key,
    }
    said = {"news": news.value, "due": due.isoformat(), "by": by}
    wanted = [mail_row(common, user_id, said) for user_id in deletion_targets(organization)]
    queued = list(Delivery.objects.bulk_create(wanted))
    ring_after_commit(organization.id)
    return queued
