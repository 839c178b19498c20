"""Kubernetes: mutual TLS and authorization of Istio and Linkerd, network policies and RBAC of one cluster."""

from __future__ import annotations

from ztassess.connectors.contract import Connector
from ztassess.connectors.kubernetes.collect import collect
from ztassess.connectors.kubernetes.form import FIELDS, GRANTS, validate
from ztassess.connectors.kubernetes.preflight import preflight
from ztassess.connectors.kubernetes.rules import CHECKS
from ztassess.connectors.kubernetes.sharing import shares
from ztassess.connectors.kubernetes.upload import EXPORT, parse_upload

CONNECTOR = Connector(
    slug="kubernetes",
    title="Kubernetes",
    summary="Reads mesh policies, network policies and roles of a cluster and says which object decides what.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=collect,
    preflight=preflight,
    uploads=(EXPORT,),
    parse_upload=parse_upload,
    validate=validate,
    shares=shares,
    fits=(("uses_kubernetes", "yes"),),
    egress="The token goes to the API server you enter, over TLS verified by its CA; objects come back, never secrets.",
)
