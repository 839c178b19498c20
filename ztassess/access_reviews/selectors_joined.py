"""Owns joining what all connections told last, and the key that says whether it would come out the same again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ztassess.connectors.joining import tells_accounts
from ztassess.domain.access_review import Known, Review, review
from ztassess.domain.identities import Aliases, System
from ztassess.organizations.models import Organization
from ztassess.organizations.selectors import organization_declared
from ztassess.scans.models import ConnectionShare
from ztassess.scans.selectors_shares import connection_views, declared_everywhere

JoinKey = tuple[UUID, tuple[Any, ...], tuple[Any, ...]]


def join_key(organization: Organization) -> JoinKey:
    """The organization, the id and revision of every share, and all that is declared about accounts."""
    shares = ConnectionShare.objects.filter(connection__removed_at=None).order_by("connection__created_at")
    told = shares.values_list("id", "updated_at", "taken_at", "connection__name", "connection__connector_slug")
    declared = organization_declared(organization)
    return organization.id, tuple(told), (declared.aliases, declared.leavers, declared.break_glass)


def join_accounts(organization: Organization) -> Review:
    """Read and parse what every connection of the active organization told, join and flag it: about a second for
    20,000 accounts."""
    systems = tuple(
        System(str(id_), view.connection, view.taken_at, view.share.accounts, view.share.authority)
        for id_, view in connection_views()
        if tells_accounts(view)
    )
    declared = declared_everywhere(organization)
    return review(systems, Known(Aliases(declared.aliases), declared.leavers, declared.break_glass))
