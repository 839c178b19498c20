"""MySQL and MariaDB: what each account can really do, compared with what was declared; how clients come in."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.mysql.collect import collect
from ztassess.connectors.mysql.form import FIELDS, validate
from ztassess.connectors.mysql.grants import GRANTS
from ztassess.connectors.mysql.preflight import preflight
from ztassess.connectors.mysql.rules import CHECKS
from ztassess.connectors.mysql.sharing import shares
from ztassess.connectors.mysql.upload import EXPORT, parse_upload

CONNECTOR = Connector(
    slug="mysql",
    title="MySQL and MariaDB",
    summary="Reads every account and grant of a server and compares what each service can do with what you declared.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(EXPORT,),
    parse_upload=parse_upload,
    validate=validate,
    shares=shares,
    fits=(("databases", "mysql"),),
    egress="Queries of the grant tables go to the host you enter, over verified TLS; data and hashes are never read.",
)
