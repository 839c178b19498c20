"""Across your systems: what only two systems together can show."""

from __future__ import annotations

from ztassess.connectors.across.collect import collect, preflight
from ztassess.connectors.across.rules import CHECKS
from ztassess.connectors.across.upload import SHARES, parse_upload
from ztassess.connectors.contract import Connector

CONNECTOR = Connector(
    slug="across",
    title="Across your systems",
    summary="Joins what your connections told: accounts the identity provider does not know, hosts no proxy covers.",
    fields=(),
    grants=(),
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(SHARES,),
    parse_upload=parse_upload,
    egress="Nothing is asked and nothing leaves; it compares the last readings of your other connections.",
    joint=True,
)
