"""Fleet: hosts of all platforms with their enrollment, disk encryption, last contact and policies."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.fleet.collect import collect
from ztassess.connectors.fleet.form import FIELDS, GRANTS
from ztassess.connectors.fleet.preflight import preflight
from ztassess.connectors.fleet.rules import CHECKS
from ztassess.connectors.fleet.upload import UPLOADS, parse_upload

CONNECTOR = Connector(
    slug="fleet",
    title="Fleet",
    summary="Reads the hosts of one Fleet server: enrollment, disk encryption, last contact and failing policies.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    fits=None,
    egress="Questions go to your Fleet server over verified TLS, with the API token you give. We only read.",
)
