"""Owns the doorbell of deliveries: telling a worker that a row of the outbox waits."""

from __future__ import annotations

from uuid import UUID

from ztassess.scans import bell


def ring(organization_id: UUID, delivery_id: UUID) -> bool:
    """Tell a worker; see `ztassess.scans.bell`. A lost, doubled or forged bell changes nothing."""
    return bell.ring_task("notifications.deliver", organization_id, delivery_id)
