"""Owns what connections tell each other: kept with each reading, and the joint readings that follow."""

from __future__ import annotations

from django.utils import timezone

from ztassess.common.storing import storable_json
from ztassess.connectors.contract import Connector
from ztassess.connectors.registry import connectors
from ztassess.connectors.runner import Reading
from ztassess.connectors.sharing import share_json
from ztassess.domain.findings import Unavailable
from ztassess.organizations.models import Organization
from ztassess.scans.errors import NotReady
from ztassess.scans.models import Connection, ConnectionShare, Scan, Trigger
from ztassess.scans.services.connections import connection_create
from ztassess.scans.services.scans import scan_request

FEWEST_TO_JOIN = 2


def share_store(scan: Scan, reading: Reading) -> None:
    """Keep what this reading tells the others, instead of what the one before told."""
    share = reading.share
    if share is None:
        return
    leavers = not isinstance(share.leavers, Unavailable)
    ConnectionShare.objects.update_or_create(
        organization=scan.organization,
        connection=scan.connection,
        defaults={
            "value": storable_json(share_json(share)),
            "taken_at": reading.findings[0].taken_at,
            "uploaded": scan.trigger == Trigger.UPLOAD,
            "tells_leavers": leavers,
            "updated_at": timezone.now(),
        },
    )


def joint_follow(scan: Scan) -> None:
    """Queue the joint readings of an organization after one of its connections told something new.

    The first one that joins comes about here, once there are two systems to join. A reading that itself followed is
    followed by nothing, but read again where another connection told something while it ran.
    """
    if scan.organization.is_demo:
        return
    if scan.trigger == Trigger.FOLLOW:
        news = ConnectionShare.objects.exclude(connection=scan.connection).filter(updated_at__gt=scan.started_at)
        if news.exists():
            scan_request(connection=scan.connection, actor=None, trigger=Trigger.FOLLOW)
        return
    if not ConnectionShare.objects.filter(connection=scan.connection).exists():
        return
    joint_connections_make(scan.organization)
    slugs = [each.slug for each in connectors() if each.joint]
    live = Connection.objects.filter(connector_slug__in=slugs, removed_at=None).exclude(id=scan.connection_id)
    for connection in live:
        try:
            scan_request(connection=connection, actor=None, trigger=Trigger.FOLLOW)
        except NotReady:
            continue


def joint_connections_make(organization: Organization) -> None:
    """Make the connection of each connector that asks nobody for anything, unless somebody removed it."""
    telling = ConnectionShare.objects.filter(connection__removed_at=None).count()
    if telling < FEWEST_TO_JOIN:
        return
    for each in _automatic():
        if not Connection.objects.filter(connector_slug=each.slug).exists():
            connection_create(
                organization=organization, connector=each, name=each.title, entered={}, secrets={}, actor=None
            )


def _automatic() -> list[Connector]:
    return [each for each in connectors() if each.automatic]
