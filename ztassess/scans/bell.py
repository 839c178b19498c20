"""Owns the doorbell: telling a worker that a row waits. A lost, doubled or forged bell changes nothing."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from celery import current_app
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

QUIET_SECONDS = 5.0
# A bell costs a web request less than a second at worst; the sweeper rings again. Without max_retries kombu would go on
# trying to connect for six seconds.
QUICK = {"socket_timeout": 0.4, "socket_connect_timeout": 0.3, "retry_on_timeout": False, "max_retries": 0}

_quiet_until = 0.0


def ring(organization_id: UUID, scan_id: UUID) -> bool:
    """Tell a worker that a scan waits; see `ring_task`."""
    return ring_task("scans.run_scan", organization_id, scan_id)


def ring_task(task: str, owner_id: UUID | int, row_id: UUID) -> bool:
    """Tell a worker that a row waits. Never raises: after one failure none is tried for five seconds.

    Parameters:
        task: name of the Celery task that takes the two ids.
        owner_id: of the organization, or of the person whose row it is.

    Returns:
        True if the broker took the message.
    """
    global _quiet_until  # noqa: PLW0603  the breaker is one fact of this process
    if time.monotonic() < _quiet_until:
        return False
    try:
        options = {**current_app.conf.broker_transport_options, **QUICK}
        with current_app.connection_for_write(transport_options=options) as broker:
            ids = [str(owner_id), str(row_id)]
            current_app.send_task(task, args=ids, connection=broker, retry=False)
    except (KombuError, RedisError, OSError) as problem:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("bell failed: %s", type(problem).__name__)
        return False
    return True
