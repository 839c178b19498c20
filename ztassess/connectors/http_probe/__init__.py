"""Anonymous requests to declared internal addresses: does something that knows identities stand in front of them?"""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.http_probe.collect import collect
from ztassess.connectors.http_probe.form import FIELDS, GRANTS, RUNNER, validate
from ztassess.connectors.http_probe.preflight import preflight
from ztassess.connectors.http_probe.rules import CHECKS
from ztassess.connectors.http_probe.sharing import shares
from ztassess.connectors.http_probe.upload import parse_upload

CONNECTOR = Connector(
    slug="http_probe",
    title="External probe",
    summary="Asks your internal tools as a stranger would, and judges by the answers whether a proxy stands in front.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(RUNNER,),
    parse_upload=parse_upload,
    validate=validate,
    shares=shares,
    fits=(),
    egress="At most 12 anonymous GET requests go to each address you list, and single TCP connections to the ports you "
    "list. There is no credential, and pages are never stored.",
)
