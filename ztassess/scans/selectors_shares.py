"""Owns reading what an organization's connections told last, and what it declared, lists of leavers included."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from ztassess.connectors.contract import Declared
from ztassess.connectors.sharing import share_from
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import SharedView
from ztassess.organizations.models import Organization
from ztassess.organizations.selectors import organization_declared
from ztassess.scans.models import Connection, ConnectionShare


def shared_views() -> tuple[SharedView, ...]:
    """What each live connection of the active organization told last, oldest connection first."""
    return tuple(view for _, view in connection_views())


def connection_views() -> tuple[tuple[UUID, SharedView], ...]:
    """The same, each with the id of its connection: names of connections may be equal."""
    rows = ConnectionShare.objects.filter(connection__removed_at=None).select_related("connection")
    return tuple((row.connection_id, _view(row)) for row in rows.order_by("connection__created_at"))


def _view(row: ConnectionShare) -> SharedView:
    connection = row.connection
    share = share_from(row.value)
    return SharedView(connection.name, connection.connector_slug, row.taken_at, share, uploaded=row.uploaded)


def declared_everywhere(organization: Organization, *, reader: Connection | None = None) -> Declared:
    """What the organization declared once for all connectors; an uploaded list of leavers counts as declared.

    Parameters:
        reader: the connection that reads now. Its own list reaches it among its views; counted as declared too, it
            would outlive the list that replaces it.
    """
    declared = organization_declared(organization)
    left: dict[str, None] = {}
    rows = ConnectionShare.objects.filter(connection__removed_at=None, tells_leavers=True).select_related("connection")
    if reader is not None:
        rows = rows.exclude(connection=reader)
    for row in rows:
        leavers = _view(row).share.leavers
        for leaver in () if isinstance(leavers, Unavailable) else leavers:
            left |= dict.fromkeys((leaver.email, *leaver.aliases))
    if not rows:
        return declared
    return replace(declared, leavers=tuple(dict.fromkeys([*(declared.leavers or ()), *left])))
