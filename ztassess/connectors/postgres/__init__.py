"""PostgreSQL: what each database role can really do, compared with what was declared; how clients come in."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.postgres.collect import collect
from ztassess.connectors.postgres.form import FIELDS, GRANTS, validate
from ztassess.connectors.postgres.preflight import preflight
from ztassess.connectors.postgres.rules import CHECKS
from ztassess.connectors.postgres.sharing import shares
from ztassess.connectors.postgres.upload import EXPORT, parse_upload

CONNECTOR = Connector(
    slug="postgres",
    title="PostgreSQL",
    summary="Reads every role and grant of a server and compares what each service can do with what you declared.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(EXPORT,),
    parse_upload=parse_upload,
    validate=validate,
    shares=shares,
    fits=(("databases", "postgres"),),
    egress="Catalog queries go to the host you enter, over verified TLS; table data and passwords are never read.",
)
