"""HashiCorp Vault and OpenBao: whether secrets are issued for a short time and their use is recorded."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.vault.collect import collect
from ztassess.connectors.vault.form import FIELDS, GRANTS, validate
from ztassess.connectors.vault.preflight import preflight
from ztassess.connectors.vault.rules import CHECKS
from ztassess.connectors.vault.upload import EXPORT, parse_upload

CONNECTOR = Connector(
    slug="vault",
    title="HashiCorp Vault and OpenBao",
    summary="Reads engines, roles, audit devices, sign-in methods and policies; never a secret.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(EXPORT,),
    parse_upload=parse_upload,
    validate=validate,
    fits=None,
    egress="Only configuration is asked of the address you enter, over verified TLS; our token is revoked at the end.",
)
