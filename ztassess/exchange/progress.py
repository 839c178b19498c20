"""Owns how far an archive is on its way in: told through the broker, because the database waits for its commit."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from celery import current_app
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from ztassess.scans.bell import QUICK, QUIET_SECONDS

KEPT_SECONDS = 3600
NAME = "ztassess:arrival:{}"

_quiet_until = 0.0


@contextmanager
def _store() -> Iterator[Any]:
    options = {**current_app.conf.broker_transport_options, **QUICK}
    with current_app.connection_for_write(transport_options=options) as broker:
        channel: Any = broker.default_channel  # the one of Redis has its client
        yield channel.client


def _tried(step: Any) -> Any:
    """What a step gives; None where the broker is away. Never raises: progress is for looking at."""
    global _quiet_until  # noqa: PLW0603  the breaker is one fact of this process
    if time.monotonic() < _quiet_until:
        return None
    try:
        with _store() as store:
            return step(store)
    except (KombuError, RedisError, OSError, AttributeError):  # AttributeError: a broker without a store
        _quiet_until = time.monotonic() + QUIET_SECONDS
        return None


def progress_put(arrival_id: UUID, words: str, done: int, total: int) -> None:
    """Tell how far it is; forgotten after an hour."""
    said = json.dumps({"words": words, "done": done, "total": total})
    _tried(lambda store: store.set(NAME.format(arrival_id), said, ex=KEPT_SECONDS))


def progress_of(arrival_id: UUID) -> dict[str, Any]:
    """``words``, ``done`` and ``total``; empty if nothing is known."""
    found = _tried(lambda store: store.get(NAME.format(arrival_id)))
    return dict(json.loads(found)) if found else {}
