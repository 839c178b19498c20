"""Owns what was frozen for a link: sealed into a row, opened for one page.

Sealed and not plain: the numbers stand elsewhere in the database, so it is not for secrecy alone. The seal is bound to
organization and link and refuses a changed byte, so that what a customer's reviewer reads as frozen on a day is what
was frozen on that day; and revoking a link deletes the only copy.
"""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from ztassess.common.envelope import EnvelopeError, Sealed, associated_data, keyring, seal, unseal
from ztassess.sharing.models import ShareLink, ShareSnapshot


def snapshot_seal(link: ShareLink, pages: dict[str, Any]) -> ShareSnapshot:
    """Keep these values for this link."""
    sealed = seal(json.dumps(pages, ensure_ascii=False).encode(errors="replace"), keyring(), _bound_to(link))
    row = ShareSnapshot(
        organization=link.organization,
        link=link,
        frozen_at=timezone.now(),
        **sealed.columns,
    )
    row.save(force_insert=True)
    return row


def snapshot_open(link: ShareLink) -> dict[str, Any]:
    """What was frozen. Raises `EnvelopeError` if it is gone, altered, or of another link."""
    row = ShareSnapshot.objects.filter(link=link).first()
    if row is None:
        raise EnvelopeError("Nothing is frozen for this link.")
    sealed = Sealed.of(row)
    pages: dict[str, Any] = json.loads(unseal(sealed, keyring(), _bound_to(link)))
    return pages


def _bound_to(link: ShareLink) -> bytes:
    return associated_data("share", link.organization_id, link.id)
