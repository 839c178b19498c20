"""Kandji (now Iru): Apple devices with their enrollment, FileVault and last contact."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.kandji.collect import collect
from ztassess.connectors.kandji.form import FIELDS, GRANTS
from ztassess.connectors.kandji.preflight import preflight
from ztassess.connectors.kandji.rules import CHECKS
from ztassess.connectors.kandji.upload import UPLOADS, parse_upload

CONNECTOR = Connector(
    slug="kandji",
    title="Kandji (Iru)",
    summary="Reads the devices of one Kandji (Iru) tenant: enrollment, FileVault and last contact.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    fits=None,
    egress="Questions go to the interface of your tenant at kandji.io over verified TLS, with the API token you give. "
    "We read no recovery key and send no command.",
)
