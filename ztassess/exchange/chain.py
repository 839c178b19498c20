"""Owns the log in an archive: lines as their hashes were made, and following the chain without any key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from ztassess.audit.models import AuditEvent
from ztassess.audit.services import CHAINED, canonical
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.people import Leaving
from ztassess.organizations.models import Organization

START = "0" * 64
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


class Chain:
    """Follows the lines of a log, and counts the words that do not fit their digests."""

    def __init__(self) -> None:
        self.seq, self.hash, self.altered_words = 0, START, 0

    def follow(self, line: dict[str, Any]) -> None:
        """Take the next line. Raises `ArchiveRefused` if it is not the next one, or was altered."""
        try:
            hashed = {name: str(line[name]) for name in CHAINED}
            fits = line["prev_hash"] == self.hash and hashed["seq"] == str(self.seq + 1)
            made = hashlib.sha256(self.hash.encode() + canonical(hashed)).hexdigest()
            detail = line["detail"]
            if detail is not None:
                self.altered_words += not all(
                    hashlib.sha256(detail["salt"].encode() + canonical(detail[side])).hexdigest()
                    == line[f"{side}_digest"]
                    for side in ("before", "after")
                )
        except (KeyError, TypeError, AttributeError) as problem:
            raise ArchiveRefused("a line of the log has not the fields of one") from problem
        if not fits or made != line["hash"]:
            raise ArchiveRefused(f"its log was altered: line {self.seq + 1} does not follow from the one before")
        self.seq, self.hash = self.seq + 1, made
