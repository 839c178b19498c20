"""TLS probe: does a service demand a client certificate? Judged from what the server does, whatever the mesh."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.tls_probe.collect import collect, preflight
from ztassess.connectors.tls_probe.form import FIELDS, GRANTS, validate
from ztassess.connectors.tls_probe.result_file import RESULT, parse_upload
from ztassess.connectors.tls_probe.rules import CHECKS

CONNECTOR = Connector(
    slug="tls_probe",
    title="TLS probe",
    summary="Calls your services without, with a wrong and without any TLS certificate, and sees who is let in.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(RESULT,),
    parse_upload=parse_upload,
    validate=validate,
    egress="Up to five connections to each service you name, with one harmless GET each; no credential, nothing kept "
    "of the answers but status and TLS alerts.",
)
