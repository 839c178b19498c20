"""Tailscale: policy, devices, keys and settings of one tailnet, by a trust credential or from an export."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.tailscale.collect import collect
from ztassess.connectors.tailscale.form import FIELDS, GRANTS, validate
from ztassess.connectors.tailscale.preflight import preflight
from ztassess.connectors.tailscale.rules import CHECKS
from ztassess.connectors.tailscale.sharing import shares
from ztassess.connectors.tailscale.upload import UPLOADS, parse_upload

CONNECTOR = Connector(
    slug="tailscale",
    title="Tailscale",
    summary="Reads who may reach what in a tailnet, its devices, keys, people and settings.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("has_vpn", "yes"),),
    egress="Requests go to api.tailscale.com only, over verified TLS; the secret goes only there.",
    shares=shares,
)
