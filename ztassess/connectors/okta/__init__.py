"""Okta: sign-on policies, apps, people, administrators and tokens of one org, by key, by token or from an export."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.okta.collect import collect
from ztassess.connectors.okta.form import FIELDS, GRANTS, validate
from ztassess.connectors.okta.preflight import preflight
from ztassess.connectors.okta.rules import CHECKS
from ztassess.connectors.okta.share import shares
from ztassess.connectors.okta.upload import UPLOADS, parse_upload

CONNECTOR = Connector(
    slug="okta",
    title="Okta",
    summary="Reads sign-on policies, apps, people, administrators, tokens and log settings of one org.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("identity_providers", "okta"),),
    egress="Requests go to your org's address only, over verified TLS, signed by a key that never leaves here.",
    shares=shares,
)
