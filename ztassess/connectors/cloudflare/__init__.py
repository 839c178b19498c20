"""Reads one Cloudflare account: Access, tunnels, Gateway, firewall and DNS of the zones to assess."""

from __future__ import annotations

from ztassess.connectors.cloudflare.collect import collect
from ztassess.connectors.cloudflare.form import FIELDS, validate
from ztassess.connectors.cloudflare.grants import GRANTS, UPLOADS
from ztassess.connectors.cloudflare.preflight import preflight
from ztassess.connectors.cloudflare.rules import checks
from ztassess.connectors.cloudflare.shares import shares
from ztassess.connectors.cloudflare.upload import parse_upload
from ztassess.connectors.contract import Connector

CONNECTOR = Connector(
    slug="cloudflare",
    title="Cloudflare",
    summary="Reads which hosts Access protects, who gets in, whether origins are hidden and what the firewall blocks.",
    fields=FIELDS,
    grants=GRANTS,
    checks=checks,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("has_vpn", "yes"), ("has_internal_tools", "yes")),
    egress="Requests go to api.cloudflare.com only, with the token in the header.",
    shares=shares,
)
