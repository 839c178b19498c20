"""Auth0: factors, policies, APIs, applications and sessions of one tenant, by key, by secret or from an export."""

from __future__ import annotations

from ztassess.connectors.auth0.collect import collect
from ztassess.connectors.auth0.form import FIELDS, GRANTS, validate
from ztassess.connectors.auth0.preflight import preflight
from ztassess.connectors.auth0.rules import CHECKS
from ztassess.connectors.auth0.share import shares
from ztassess.connectors.auth0.upload import UPLOADS, parse_upload
from ztassess.connectors.contract import Connector

CONNECTOR = Connector(
    slug="auth0",
    title="Auth0",
    summary="Reads second factors and when they are asked for, APIs, applications, session limits and users.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("identity_providers", "auth0"),),
    egress="Requests go to your tenant's address only, over verified TLS, with a token that can only read.",
    shares=shares,
)
