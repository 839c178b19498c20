"""Owns the table of an organization as it was read last, kept in memory: a click re-reads what changed, not all of it.

What is kept belongs to one organization and has nothing of a person or a role in it. It is used again only where the
revisions of all that it was made from are what they were: shares and declarations for the joined accounts; the stamp
below for the decisions.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Count, Max

from ztassess.access_reviews.models import AccessDecision

T = TypeVar("T")
MOST_LINES = 60_000
"""Accounts that one process keeps, over all organizations: about 100 MB."""


class Shelf(Generic[T]):
    """One value for each organization, those asked for last, up to a weight in all. Safe among threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[UUID, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, organization_id: UUID) -> T | None:
        """What is kept of this organization."""
        with self._lock:
            found = self._kept.get(organization_id)
            if found is None:
                return None
            self._kept.move_to_end(organization_id)
            return found[0]

    def put(self, organization_id: UUID, value: T, weight: int) -> None:
        """Keep this instead of what was kept; what alone is too heavy is not kept."""
        with self._lock:
            self._kept.pop(organization_id, None)
            if weight <= self._most:
                self._kept[organization_id] = (value, weight)
            while sum(each for _, each in self._kept.values()) > self._most:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state of all decisions of an organization.

    Every decision adds a row, so ``count`` grows. A reading verifies rows in the transaction of its share, or for the
    first time (``seen`` grows), and deletes none.

    Attributes:
        names: of who decided, by id.
    """

    count: int
    latest: datetime | None
    seen: int
    seen_last: datetime | None
    names: Mapping[int | None, str | None]

    def is_before(self, other: Stamp) -> bool:
        """True if nothing but new decisions lies between this stamp and the other one, as far as a stamp can tell."""
        verified = (self.seen, self.seen_last) == (other.seen, other.seen_last)
        return verified and self.count <= other.count and self.names.items() <= other.names.items()

    def same_decisions(self, other: Stamp) -> bool:
        """True if no decision lies between the two."""
        return (self.count, self.latest) == (other.count, other.latest)


def decisions_stamp() -> Stamp:
    """The stamp of the active organization, in two queries."""
    rows = AccessDecision.objects.order_by()
    found = rows.aggregate(
        count=Count("id"), latest=Max("decided_at"), seen=Count("share_seen_at"), seen_last=Max("share_seen_at")
    )
    names: dict[int | None, str | None] = dict(
        rows.filter(replaced_at=None).values_list("decided_by_id", "decided_by__name").distinct()
    )
    return Stamp(**found, names=names)


def decided_since(before: Stamp, now: Stamp) -> bool:
    """True if the decisions after the newest one of ``before`` are all that was added since.

    Decisions of one organization are written one after the other, so a later one has a later moment; two machines whose
    clocks differ could break that, and the count tells.
    """
    if before.latest is None:
        return False
    return AccessDecision.objects.filter(decided_at__gt=before.latest).count() == now.count - before.count


Moment = tuple[date, UUID | None]
"""On which day, and for which open campaign, a table was read."""
