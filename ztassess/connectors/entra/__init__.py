"""Reads one Microsoft Entra tenant with Intune: sign-in rules, roles, apps, people and devices; live or exported."""

from __future__ import annotations

from collections.abc import Sequence

from ztassess.connectors.contract import Connector, Preflight, ReadContext, UploadedFile
from ztassess.connectors.entra.export_formats import UPLOADS
from ztassess.connectors.entra.form import FIELDS, GRANTS, validate
from ztassess.connectors.entra.rules import CHECKS
from ztassess.connectors.entra.shares import share_of
from ztassess.connectors.entra.snapshot import EntraSnapshot


def _collect(context: ReadContext) -> EntraSnapshot:
    from ztassess.connectors.entra.collect import collect  # what signs and parses is not needed to draw a page

    return collect(context)


def _preflight(context: ReadContext) -> Preflight:
    from ztassess.connectors.entra.preflight import preflight  # as above

    return preflight(context)


def _parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> EntraSnapshot:
    from ztassess.connectors.entra.upload import parse_upload  # as above

    return parse_upload(files, context)


CONNECTOR = Connector(
    slug="entra",
    title="Microsoft Entra ID and Intune",
    summary="Reads Conditional Access, sign-in methods, roles, apps and managed devices of one tenant.",
    fields=FIELDS,
    grants=GRANTS,
    checks=CHECKS,
    collect=_collect,
    preflight=_preflight,
    uploads=UPLOADS,
    parse_upload=_parse_upload,
    validate=validate,
    fits=(("identity_providers", "entra"),),
    egress="A signed assertion goes to login.microsoftonline.com, questions to graph.microsoft.com; nothing else.",
    shares=share_of,
)
