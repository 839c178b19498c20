"""Jamf Pro: Macs with their management, FileVault and last contact."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.jamf.collect import collect
from ztassess.connectors.jamf.form import FIELDS, GRANTS
from ztassess.connectors.jamf.preflight import preflight
from ztassess.connectors.jamf.rules import CHECKS
from ztassess.connectors.jamf.upload import UPLOADS, parse_upload

CONNECTOR = Connector(
    slug="jamf",
    title="Jamf Pro",
    summary="Reads the computers of one Jamf Pro server: management, FileVault state and last contact.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    fits=None,
    egress="Questions go to your Jamf Pro server over verified TLS, with a token that ends within minutes. We read no "
    "recovery key and send no command.",
)
