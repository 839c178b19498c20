"""Owns reading decisions that somebody has to carry out: open ones for lists and sprints, and verified ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from ztassess.access_reviews.models import AccessDecision
from ztassess.domain.access_decisions import Decision, ItemState, is_late, is_overdue


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A decision that somebody has to carry out in a system, for lists and sprints.

    Attributes:
        state: still there, not verified, or done.
        owner: who carries it out; empty if nobody does.
        is_stuck: its connection was removed before anything verified it, so that no reading ever will.
        overdue: still there after the due day.
        late: the due day has passed and nothing shows that it was done.
    """

    id: UUID
    connection_id: UUID
    account_key: str
    account: str
    identity: str
    system: str
    decision: Decision
    reason: str
    decided_by: str
    decided_at: datetime
    due_on: date | None
    state: ItemState
    state_at: datetime | None
    why: str
    overdue: bool
    late: bool
    owner: str = ""
    is_stuck: bool = False

    @property
    def sentence(self) -> str:
        """What is to be done, in one sentence."""
        if self.decision is Decision.REMOVE:
            return f"Remove {self.account} in {self.system}"
        return f"Take administration from {self.account} in {self.system}"


def open_items(*, today: date | None = None) -> list[OpenItem]:
    """Every "remove" and "reduce" of the active organization that no reading has verified yet.

    Overdue ones first, then by due day. One query; needs nothing but the scope.
    """
    today = today or timezone.localdate()
    return [item_of(row, today) for row in open_rows(today)]


def open_rows(today: date) -> QuerySet[AccessDecision]:
    """The rows behind `open_items` in their order, for paging."""
    first = Case(When(_overdue(today), then=Value(0)), default=Value(1))
    return _with_names(open_decisions()).order_by(first, "due_on", "account_name", "id")


def open_counts(today: date) -> tuple[int, int]:
    """How many items are open, and how many of them overdue: still there after their due day."""
    found = open_decisions().aggregate(open=Count("id"), overdue=Count("id", filter=_overdue(today)))
    return found["open"], found["overdue"]


def _overdue(today: date) -> Q:
    """`domain.access_decisions.is_overdue` for the database; a removed connection verifies nothing."""
    return Q(state=ItemState.STILL_THERE.value, due_on__lt=today, connection__removed_at=None)


def done_items(limit: int = 50) -> list[OpenItem]:
    """Those that a reading verified, newest first."""
    rows = AccessDecision.objects.filter(replaced_at=None, state=ItemState.DONE.value).order_by("-state_at")
    return [item_of(row, timezone.localdate()) for row in _with_names(rows)[:limit]]


def open_decisions() -> QuerySet[AccessDecision]:
    """Every standing decision that somebody has to carry out and that no reading has verified."""
    found: QuerySet[AccessDecision] = AccessDecision.objects.filter(
        replaced_at=None, state__in=[ItemState.STILL_THERE.value, ItemState.NOT_VERIFIED.value]
    )
    return found


def _with_names(rows: QuerySet[AccessDecision]) -> QuerySet[AccessDecision]:
    named = rows.select_related("connection", "decided_by", "owner")
    return named.defer("basis", "connection__config", "connection__preflight")


def item_of(row: AccessDecision, today: date) -> OpenItem:
    """A row with what follows from the day and from its connection."""
    state, removed = ItemState(row.state), row.connection.removed_at is not None
    why = row.state_why
    if removed and state is not ItemState.DONE:
        state, why = ItemState.NOT_VERIFIED, "Its connection was removed, so nothing can verify it."
    return OpenItem(
        id=row.id,
        connection_id=row.connection_id,
        account_key=row.account_key,
        account=row.account_name,
        identity=row.identity,
        system=row.connection.name,
        decision=Decision(row.decision),
        reason=row.reason,
        decided_by=row.decided_by.get_full_name() if row.decided_by else "",
        decided_at=row.decided_at,
        due_on=row.due_on,
        state=state,
        state_at=row.state_at,
        why=why,
        overdue=is_overdue(state, row.due_on, today),
        late=is_late(state, row.due_on, today),
        owner=row.owner.get_full_name() if row.owner else "",
        is_stuck=removed and state is not ItemState.DONE,
    )
