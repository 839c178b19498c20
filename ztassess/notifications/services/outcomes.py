"""Owns how a delivery ends or goes on: delivered, parked with a growing pause, given up, dropped."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.domain.retrying import pause_seconds
from ztassess.notifications.models import Delivery, DeliveryState
from ztassess.notifications.queue import finish, park
from ztassess.notifications.services.endpoints import endpoint_pause_by_receiver

NO_MORE = "No further attempt is made; it can be sent again from the log."
_dice = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    Attributes:
        state: ``delivered``, ``dead`` (trying again does not help), ``dropped`` (nobody wants it any more), or
            ``waiting``.
        sentence: for the log; redacted.
        answer: the beginning of what the receiver said; redacted.
        after: seconds that the receiver asked us to wait.
        gone: the receiver said that the endpoint is there no more.
    """

    state: str
    sentence: str
    status: int | None = None
    answer: str = ""
    after: float | None = None
    gone: bool = False


def outcome_store(*, row: Delivery, outcome: Outcome) -> None:
    """Write what came of an attempt. The caller holds the fence and the transaction."""
    said = {"status": outcome.status, "answer": outcome.answer}
    if outcome.state != DeliveryState.WAITING:
        finish(row, outcome.state, sentence=outcome.sentence, **said)  # type: ignore[arg-type]  # two kinds of values
    else:
        seconds = pause_seconds(row.attempt, _dice.random())
        if outcome.after is not None:
            seconds = max(seconds, outcome.after)
        if timezone.now() + timedelta(seconds=seconds) < row.give_up_at:
            park(row, seconds, sentence=outcome.sentence, **said)  # type: ignore[arg-type]  # as above
            return
        finish(row, DeliveryState.DEAD, sentence=f"{outcome.sentence} {NO_MORE}", **said)  # type: ignore[arg-type]
    if outcome.gone and row.endpoint is not None:
        endpoint_pause_by_receiver(endpoint=row.endpoint)
    if row.state == DeliveryState.DEAD:
        _log_dead(row)


def delivery_give_up(*, row: Delivery) -> None:
    """End a delivery whose day is over. The caller has locked the row."""
    last = row.sentence or "Nobody could deliver it within a day."
    finish(row, DeliveryState.DEAD, sentence=f"{last} {NO_MORE}", status=row.status, answer=row.answer)
    _log_dead(row)


def _log_dead(row: Delivery) -> None:
    audit_record(
        organization=row.organization,
        via=Via.TASK,
        action="delivery.give_up",
        object=f"delivery:{row.id}",
        summary=f"A delivery ({row.event_kind.words.lower()}, {row.channel}) was given up after {row.attempt} attempts",
        after={"event": str(row.event_id), "target": row.target, "status": row.status},
    )
