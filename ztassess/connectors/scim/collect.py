"""Owns one reading of a SCIM application as a frozen snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ztassess.connectors.api import read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.joining import identity_providers, names_of
from ztassess.connectors.scim.client import get_config, open_door
from ztassess.connectors.scim.listing import list_users
from ztassess.connectors.scim.snapshot import ScimSnapshot
from ztassess.domain.findings import Unavailable


def collect(context: ReadContext) -> ScimSnapshot:
    """Read the description and all users side by side.

    Raises:
        ConnectorError: the token was refused, or nothing at all could be read.
    """
    with open_door(context) as door:
        readers = {"config": lambda: get_config(door), "users": lambda: list_users(door)}
        parts = read_parts(context, door.session, readers)
    return snapshot_of(context, parts, taken_at=context.now)


def snapshot_of(context: ReadContext, parts: Mapping[str, Any], *, taken_at: datetime) -> ScimSnapshot:
    """The snapshot of these parts, with what was declared and what the other connections told."""
    providers = identity_providers(context.views)
    lists = [view for view in context.views if not isinstance(view.share.leavers, Unavailable)]
    return ScimSnapshot(
        taken_at=taken_at,
        app=urlsplit(context.config.get("base_url") or "").hostname or "the app",
        config=parts["config"],
        users=parts["users"],
        views=tuple({id(view): view for view in (*providers, *lists)}.values()),
        names=names_of(context.declared.aliases),
        leavers=context.declared.leavers,
        break_glass=context.declared.break_glass,
    )
