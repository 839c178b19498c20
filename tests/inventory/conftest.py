"""The example company as it is pasted, and ways to paste and tell as people and connections do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from tests.fakes.doors import bells, building, connection, schedule
from tests.inventory.example import TABLES
from ztassess.connectors.sharing import share_json
from ztassess.domain.inventory_paste import plan_paste
from ztassess.domain.inventory_tables import Table
from ztassess.domain.roster import Share
from ztassess.inventory.selectors import inventory_contents
from ztassess.inventory.services.tables import paste_apply
from ztassess.scans.models import Connection, ConnectionShare

__all__ = ["bells", "building", "connection", "schedule"]


@pytest.fixture
def as_owner(owner) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def home(organization) -> str:
    return f"/o/{organization.slug}/"


@pytest.fixture
def put(in_scope, owner) -> Callable[..., object]:
    """Paste a table and confirm what the preview showed."""

    def paste(table: Table, text: str, *, replace: bool = False) -> object:
        plan = plan_paste(table, text, inventory_contents(), replace=replace)
        return paste_apply(
            organization=in_scope, table=table, text=text, replace=replace, digest=plan.digest, actor=owner
        )

    return paste


@pytest.fixture
def example(put) -> None:
    """The company of six services."""
    for table, text in TABLES.items():
        put(table, text)


@pytest.fixture
def tells(in_scope, building) -> Callable[..., ConnectionShare]:
    """A connection that told this share."""

    def tell(name: str, share: Share, *, at: datetime | None = None) -> ConnectionShare:
        made = Connection.objects.create(organization=in_scope, connector_slug="doors", name=name)
        return ConnectionShare.objects.create(
            organization=in_scope, connection=made, value=share_json(share), taken_at=at or timezone.now()
        )

    return tell
