"""Leavers: a list of people who left, looked for in every connected system."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.leavers.collect import collect, preflight
from ztassess.connectors.leavers.rules import CHECKS
from ztassess.connectors.leavers.snapshot import LeaversSnapshot
from ztassess.connectors.leavers.upload import LIST, parse_upload
from ztassess.domain.roster import Share


def shares(snapshot: LeaversSnapshot) -> Share:
    """The uploaded list, so that every other connector looks for the same people."""
    return Share(leavers=snapshot.listed)


CONNECTOR = Connector(
    slug="leavers",
    title="People who left",
    summary="Takes a list of people who left and looks for each of them in every system that you connected.",
    fields=(),
    grants=(),
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(LIST,),
    parse_upload=parse_upload,
    egress="Nothing is asked and nothing leaves; the list is compared with the last readings of your connections.",
    shares=shares,
    joint=True,
)
