"""Owns putting list and views together; nothing is asked."""

from __future__ import annotations

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.joining import names_of
from ztassess.connectors.leavers.snapshot import LeaversSnapshot
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Leaver

SLUG = "leavers"
NO_LIST = Unavailable("input_missing", detail="Nobody has listed who left yet: upload a list, or write it under Facts.")


def collect(context: ReadContext) -> LeaversSnapshot:
    """The list that was uploaded last and the declared one, against what the connections told last."""
    kept = [
        leaver
        for view in context.views
        if view.connector == SLUG and not isinstance(view.share.leavers, Unavailable)
        for leaver in view.share.leavers
    ]
    known = any(view.connector == SLUG for view in context.views)
    return snapshot_of(context, tuple(kept) if known else NO_LIST)


def snapshot_of(context: ReadContext, listed: Part[Leaver]) -> LeaversSnapshot:
    """Freeze a list with the views.

    Parameters:
        listed: the uploaded list; `Unavailable` if there is none.
    """
    declared = context.declared.leavers
    left: dict[str, Leaver] = {}
    if not isinstance(listed, Unavailable):
        left = {leaver.email: leaver for leaver in listed}
    aliased = {alias for leaver in left.values() for alias in leaver.aliases}
    for line in declared or ():
        name = line.strip().lower()
        if name not in aliased:
            left.setdefault(name, Leaver(name))
    nobody_said = declared is None and isinstance(listed, Unavailable)
    tools = context.declared.tools
    return LeaversSnapshot(
        taken_at=context.now,
        listed=listed,
        left=NO_LIST if nobody_said else tuple(left.values()),
        views=tuple(view for view in context.views if view.connector != SLUG),
        names=names_of(context.declared.aliases),
        tools=None if tools is None else len(tools),
    )


def preflight(context: ReadContext) -> Preflight:
    """Say which systems are searched; there is no credential to test."""
    rows = tuple(PreflightRow(view.connection, allowed=True) for view in context.views if view.connector != SLUG)
    return Preflight("ztassess itself", rows or (PreflightRow("views", allowed=False, detail="Nothing was read yet."),))
