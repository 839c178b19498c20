"""Owns reading one JumpCloud organization: users and systems at once."""

from __future__ import annotations

from ztassess.connectors.api import read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.jumpcloud import client
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot


def collect(context: ReadContext) -> JumpCloudSnapshot:
    """Read the organization. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        ConnectorError: nothing at all could be read.
    """
    with client.jumpcloud_session(context) as session:
        found = read_parts(
            context, session, {"users": lambda: client.users(session), "systems": lambda: client.systems(session)}
        )
    return JumpCloudSnapshot(context.now, org_of(context), context.declared, **found)


def org_of(context: ReadContext) -> str:
    """Id of the organization; ``JumpCloud`` if none was entered, for then there is only one."""
    return str(context.config.get("org_id") or "") or "JumpCloud"
