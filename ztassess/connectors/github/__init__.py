"""GitHub: people, tokens, secrets by name, branches and pipelines of one organization, through a read-only App."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.github.collect import collect
from ztassess.connectors.github.form import FIELDS, GRANTS, UPLOAD, validate
from ztassess.connectors.github.preflight import preflight
from ztassess.connectors.github.rules import CHECKS
from ztassess.connectors.github.sharing import share_of
from ztassess.connectors.github.upload import parse_upload

CONNECTOR = Connector(
    slug="github",
    title="GitHub",
    summary="Reads security settings, people, tokens, secret names and pipelines of one organization through an App.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(UPLOAD,),
    parse_upload=parse_upload,
    validate=validate,
    fits=(("ci", "github"),),
    egress="A signed token of the App goes to api.github.com, or to the server you enter; settings, names and "
    "metadata come back. Texts of workflow files are parsed and dropped; values of secrets are never told by GitHub.",
    shares=share_of,
)
