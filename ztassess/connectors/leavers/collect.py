"""Owns putting list and views together; nothing is asked."""

from __future__ import annotations

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.joining import names_of, people_who_left
from ztassess.connectors.leavers.snapshot import LeaversSnapshot
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Leaver

SLUG = "leavers"
NO_LIST = Unavailable("input_missing", detail="Nobody has listed who left yet: upload a list, or write it under Facts.")


def collect(context: ReadContext) -> LeaversSnapshot:
    """The list that was uploaded last and the declared one, against what the connections told last."""
    lists = [
        view.share.leavers
        for view in context.views
        if view.connector == SLUG and not isinstance(view.share.leavers, Unavailable)
    ]
    # A connection that came about by itself has told already that it has no list: that is not an empty one.
    return snapshot_of(context, tuple(leaver for each in lists for leaver in each) if lists else NO_LIST)


def snapshot_of(context: ReadContext, listed: Part[Leaver]) -> LeaversSnapshot:
    """Freeze a list with the views.

    Parameters:
        listed: the uploaded list; `Unavailable` if there is none.
    """
    declared = context.declared.leavers
    left = people_who_left(declared, () if isinstance(listed, Unavailable) else listed)
    nobody_said = declared is None and isinstance(listed, Unavailable)
    tools = context.declared.tools
    return LeaversSnapshot(
        taken_at=context.now,
        listed=listed,
        left=NO_LIST if nobody_said else left,
        views=tuple(view for view in context.views if view.connector != SLUG),
        names=names_of(context.declared.aliases),
        tools=None if tools is None else len(tools),
        break_glass=context.declared.break_glass,
    )


def preflight(context: ReadContext) -> Preflight:
    """Say which systems are searched; there is no credential to test."""
    rows = tuple(PreflightRow(view.connection, allowed=True) for view in context.views if view.connector != SLUG)
    return Preflight("ztassess itself", rows or (PreflightRow("views", allowed=False, detail="Nothing was read yet."),))
