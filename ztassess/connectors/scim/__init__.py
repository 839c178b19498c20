"""SCIM 2.0 applications: whether people who left, or are off in the identity provider, are off in the app too."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.scim.collect import collect
from ztassess.connectors.scim.form import FIELDS, GRANTS, validate
from ztassess.connectors.scim.preflight import preflight
from ztassess.connectors.scim.rules import CHECKS
from ztassess.connectors.scim.sharing import shares
from ztassess.connectors.scim.upload import EXPORT, parse_upload

CONNECTOR = Connector(
    slug="scim",
    title="SCIM 2.0 application",
    summary="Reads the accounts of any app that offers SCIM, and compares them with who left and who is switched off.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(EXPORT,),
    parse_upload=parse_upload,
    validate=validate,
    fits=None,
    egress="Only the list of users and the service's own description are asked of the address you enter; with GET.",
    shares=shares,
    informed=True,
)
