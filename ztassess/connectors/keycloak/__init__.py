"""Keycloak: sign-in flows, clients, people and session limits of one realm, by key, by secret or from an export."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.keycloak.collect import collect
from ztassess.connectors.keycloak.form import FIELDS, GRANTS, validate
from ztassess.connectors.keycloak.preflight import preflight
from ztassess.connectors.keycloak.rules import CHECKS
from ztassess.connectors.keycloak.share import shares
from ztassess.connectors.keycloak.upload import UPLOADS, parse_upload

CONNECTOR = Connector(
    slug="keycloak",
    title="Keycloak",
    summary="Reads sign-in flows, clients, people and their kinds of credentials, and session limits of one realm.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("identity_providers", "keycloak"),),
    egress="Requests go to the address you enter only, over verified TLS; secrets in its answers are dropped at once.",
    shares=shares,
)
