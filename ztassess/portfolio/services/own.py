"""Owns what a person keeps for themself: notes about a client, views under a name. No client's log knows of them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ztassess.accounts.models import User
from ztassess.organizations.models import Organization
from ztassess.portfolio.errors import ViewRefused
from ztassess.portfolio.models import ClientNote, SavedView
from ztassess.portfolio.table import filters_from_query

MOST_VIEWS = 20


def note_save(
    *, user: User, organization: Organization, label: str, meeting_at: datetime | None, text: str
) -> ClientNote | None:
    """Keep group, next meeting and notes of a client; where all three are empty, nothing is kept.

    The caller looked at the person's membership.
    """
    if not (label or meeting_at or text):
        ClientNote.objects.filter(user=user, organization=organization).delete()
        return None
    row, _ = ClientNote.objects.update_or_create(
        user=user, organization=organization, defaults={"label": label, "meeting_at": meeting_at, "text": text}
    )
    return row


def view_save(*, user: User, name: str, query: str) -> SavedView:
    """Keep a filter under a name; the same name again replaces it. What no filter knows is not kept.

    Raises:
        ViewRefused: there are twenty already.
    """
    known = filters_from_query(query).query()
    with transaction.atomic():
        before = SavedView.objects.filter(user=user, name=name).first()
        if before is None and SavedView.objects.filter(user=user).count() >= MOST_VIEWS:
            raise ViewRefused(f"{MOST_VIEWS} views are the limit; nothing was saved. Remove one and save again.")
        row, _ = SavedView.objects.update_or_create(user=user, name=name, defaults={"query": known})
    return row


def view_remove(*, user: User, view_id: int) -> bool:
    """Forget a view of this person; False where they have none of this id."""
    return bool(SavedView.objects.filter(user=user, id=view_id).delete()[0])
