"""Google Workspace and Cloud Identity: accounts, 2-step policy by unit, devices, audit logs and access levels."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.google_workspace.collect import collect
from ztassess.connectors.google_workspace.form import FIELDS, GRANTS, validate
from ztassess.connectors.google_workspace.preflight import preflight
from ztassess.connectors.google_workspace.rules import CHECKS
from ztassess.connectors.google_workspace.sharing import shares
from ztassess.connectors.google_workspace.upload import parse_upload
from ztassess.connectors.google_workspace.upload_formats import UPLOADS

CONNECTOR = Connector(
    slug="google_workspace",
    title="Google Workspace",
    summary="Reads accounts, 2-step policy, sessions, administrators, devices, app access and audit logs of one "
    "Google Workspace or Cloud Identity customer.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("identity_providers", "google_workspace"),),
    egress="Questions go to oauth2, admin, cloudidentity and, if you choose so, iamcredentials and "
    "accesscontextmanager.googleapis.com over verified TLS; the key signs here and is never sent. Tokens live an hour.",
    shares=shares,
)
