"""Owns putting the views of a run together; nothing is asked, so nothing can be refused."""

from __future__ import annotations

from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.joining import names_of
from ztassess.domain.roster import SharedView


def collect(context: ReadContext) -> AcrossSnapshot:
    """The picture of what the other connections told last.

    Raises:
        InputInvalid: none has told anything yet.
    """
    if not context.views:
        raise InputInvalid("No other connection has been read yet; there is nothing to join.")
    context.progress("views", len(context.views))
    return snapshot_of(context, context.views)


def snapshot_of(context: ReadContext, views: tuple[SharedView, ...]) -> AcrossSnapshot:
    """Freeze the views with what was declared."""
    declared = context.declared
    hosts = declared.internal_hosts
    return AcrossSnapshot(
        taken_at=context.now,
        views=views,
        names=names_of(declared.aliases),
        internal_hosts=None if hosts is None else tuple(host.strip().lower().rstrip(".") for host in hosts),
        break_glass=declared.break_glass,
    )


def preflight(context: ReadContext) -> Preflight:
    """Say which connections tell something; there is no credential to test."""
    rows = tuple(PreflightRow(view.connection, allowed=True) for view in context.views)
    return Preflight("ztassess itself", rows or (PreflightRow("views", allowed=False, detail="Nothing was read yet."),))
