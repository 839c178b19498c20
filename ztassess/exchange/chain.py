"""Owns the log in an archive: lines as their hashes were made, and following the chain without any key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ztassess.audit.models import AuditEvent
from ztassess.audit.services import CHAINED
from ztassess.audit.verifying import Chain as Following
from ztassess.audit.verifying import ChainBroken
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.people import Leaving
from ztassess.organizations.models import Organization

FIELDS = {
    **dict.fromkeys(CHAINED, "text, as it is hashed"),
    "prev_hash": "hash of the line before, 64 zeros for the first",
    "hash": "SHA-256 over prev_hash and the JSON of the ten fields above, keys sorted, no spaces, UTF-8",
    "mac": "HMAC of the hash under a key that stays in the installation",
    "person": "person, key of people.jsonl, or null",
    "detail": "null if it was erased, else salt, summary, before, after; a digest is SHA-256 over salt and JSON",
}


def lines_of(organization: Organization, people: Leaving) -> Iterator[dict[str, Any]]:
    """Every line of the log, first to last, with its words."""
    rows = AuditEvent.objects.filter(organization=organization).select_related("detail").order_by("seq")
    for event in rows.iterator(chunk_size=1000):
        line: dict[str, Any] = {name: str(getattr(event, name)) for name in CHAINED}
        line |= {"at": event.at.isoformat(), "prev_hash": event.prev_hash, "hash": event.hash, "mac": event.mac}
        detail = getattr(event, "detail", None)
        line["person"] = people.key(event.actor_id)
        line["detail"] = detail and {
            "salt": detail.salt,
            "summary": detail.summary,
            "before": detail.before,
            "after": detail.after,
        }
        yield line


class Chain(Following):
    """The same of an archive, which is refused where its log does not follow."""

    def follow(self, line: Mapping[str, Any]) -> None:
        """Take the next line. Raises `ArchiveRefused` if it is not the next one, or was altered."""
        try:
            super().follow(line)
        except ChainBroken as broken:
            what = f"its log was altered: line {broken.seq} does not follow from the one before"
            raise ArchiveRefused(what) from broken
        except (KeyError, TypeError, AttributeError) as problem:
            raise ArchiveRefused("a line of the log has not the fields of one") from problem
