"""OpenID Connect issuers: what they publish and how long their tokens live, without an administrator's account."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.oidc.collect import collect
from ztassess.connectors.oidc.form import FIELDS, GRANTS, validate
from ztassess.connectors.oidc.preflight import preflight
from ztassess.connectors.oidc.rules import CHECKS
from ztassess.connectors.oidc.upload import EXPORT, parse_upload

CONNECTOR = Connector(
    slug="oidc",
    title="OpenID Connect issuer",
    summary="Reads an issuer's public metadata and keys, and measures the life of one sample token.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(EXPORT,),
    parse_upload=parse_upload,
    validate=validate,
    egress="The issuer's public metadata and key set are fetched; with a client, one or two tokens are minted.",
)
