"""Owns writing a line: in the same transaction as the change, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from ztassess.audit.acting import acting_for
from ztassess.audit.models import AuditDetail, AuditEvent, AuditHead, Via
from ztassess.common.envelope import keyring

if TYPE_CHECKING:
    from ztassess.accounts.models import User
    from ztassess.audit.acting import Acting
    from ztassess.organizations.models import Organization

CHAINED = (
    "organization_id",
    "seq",
    "at",
    "actor_id",
    "via",
    "action",
    "object",
    "before_digest",
    "after_digest",
    "request_id",
)

SUMMARY_LENGTH = 400
START = "0" * 64
"""The hash before the first line."""


class NotInTransaction(RuntimeError):
    """A line was to be written outside a transaction, where it could outlive or miss its change."""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, so that a digest does not depend on who wrote it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False).encode()


def chain_hash(event: AuditEvent) -> str:
    """SHA-256 over the previous hash and the canonical line (security: audit trail)."""
    line = {name: str(getattr(event, name)) for name in CHAINED}
    line["at"] = event.at.isoformat()
    return hashlib.sha256(event.prev_hash.encode() + canonical(line)).hexdigest()


def chain_mac(event_hash: str) -> str:
    """HMAC under a key outside the database, which stops a rebuilt chain.

    It is made from the oldest encryption key: a newer one is put in front, and must not make old lines unverifiable.
    """
    oldest = list(keyring().keys.values())[-1]
    key = hashlib.sha256(b"audit|" + oldest).digest()
    return hmac.new(key, event_hash.encode(), hashlib.sha256).hexdigest()


def _said(summary: str, who: Acting | None) -> str:
    """The sentence, and on whose behalf: that stays whole, whatever is cut."""
    tail = f" ({who.words})" if who else ""
    return summary[: SUMMARY_LENGTH - len(tail)] + tail


def audit_lock(organization: Organization) -> AuditHead:
    """Lock the log's head before rows that a worker locks after its line; needs the transaction of the change.

    Whoever writes a line holds the head until the end. Two changes that lock the head first follow each other; one
    that locked its rows first would wait for somebody who waits for it.
    """
    rows = AuditHead.objects.select_for_update().filter(organization=organization)
    head: AuditHead | None = rows.first()
    if head is None:
        AuditHead.objects.get_or_create(organization=organization)
        head = rows.get()
    return head


def audit_record(
    *,
    organization: Organization,
    action: str,
    object: str,  # noqa: A002  the field's name in the log
    summary: str,
    actor: User | None = None,
    via: str = Via.PAGE,
    before: Any = None,
    after: Any = None,
    request_id: str = "",
) -> AuditEvent:
    """Append one line to the organization's chain.

    Parameters:
        action: dotted verb, for example ``answer.save``.
        object: what it was done to, for example ``control:mfa.all-humans``.
        summary: one sentence for people. What a consultant does on a page says so, see `ztassess.audit.acting`.
        before, after: JSON-able values without secrets.

    Raises:
        NotInTransaction: no transaction is open: the line could survive a change that did not.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(f"audit line {action!r} needs the transaction of its change")
    who = acting_for(organization.pk, actor.pk if actor else None) if via == Via.PAGE else None
    head = audit_lock(organization)
    salt = secrets.token_hex(16)
    event = AuditEvent(
        organization=organization,
        seq=head.seq + 1,
        at=timezone.now(),
        actor=actor,
        via=who.via if who else via,
        action=action,
        object=object[:200],
        before_digest=hashlib.sha256(salt.encode() + canonical(before)).hexdigest(),
        after_digest=hashlib.sha256(salt.encode() + canonical(after)).hexdigest(),
        request_id=request_id,
        prev_hash=head.hash,
    )
    event.hash = chain_hash(event)
    event.mac = chain_mac(event.hash)
    event.save(force_insert=True)
    AuditDetail.objects.create(
        organization=organization, event=event, salt=salt, summary=_said(summary, who), before=before, after=after
    )
    head.seq, head.hash = event.seq, event.hash
    head.save(update_fields=["seq", "hash"])
    return event
