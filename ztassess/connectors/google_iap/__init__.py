"""Google Cloud: Identity-Aware Proxy, access levels, roles, keys, firewalls and stores of the listed projects."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.google_iap.collect import collect
from ztassess.connectors.google_iap.form import FIELDS, GRANTS, validate
from ztassess.connectors.google_iap.preflight import preflight
from ztassess.connectors.google_iap.rules import CHECKS
from ztassess.connectors.google_iap.sharing import shares
from ztassess.connectors.google_iap.upload import parse_upload
from ztassess.connectors.google_iap.upload_formats import UPLOADS

CONNECTOR = Connector(
    slug="google_iap",
    title="Google Cloud and IAP",
    summary="Reads Identity-Aware Proxy, access levels, roles, service account keys, firewalls and stores of the "
    "projects you list.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=UPLOADS,
    parse_upload=parse_upload,
    validate=validate,
    fits=(("clouds", "google_cloud"),),
    egress="Questions go to Google Cloud's own addresses (googleapis.com) over verified TLS, with tokens of one hour "
    "made by impersonation; no key of Google's is stored.",
    shares=shares,
)
