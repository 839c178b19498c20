"""JumpCloud: users with their second factor, and systems with their disk encryption and last contact."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.jumpcloud.collect import collect
from ztassess.connectors.jumpcloud.form import FIELDS, GRANTS, validate
from ztassess.connectors.jumpcloud.preflight import preflight
from ztassess.connectors.jumpcloud.rules import CHECKS
from ztassess.connectors.jumpcloud.sharing import shares
from ztassess.connectors.jumpcloud.upload import UPLOADS, parse_upload

CONNECTOR = Connector(
    slug="jumpcloud",
    title="JumpCloud",
    summary="Reads users and systems of one JumpCloud organization: second factors, disk encryption, last contact.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("identity_providers", "jumpcloud"),),
    egress="Questions go to console.jumpcloud.com, or its European or Indian twin, over verified TLS; a service "
    "account also signs in at admin-oauth.id.jumpcloud.com of the same region.",
    shares=shares,
)
