"""Owns reading an export of Auth0's replies into the same snapshot as the live reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from ztassess.connectors.api import Row, row_of, rows_of
from ztassess.connectors.auth0 import parsing
from ztassess.connectors.auth0.client import CLIENT, CLIENT_FIELDS, MOST_USERS, RESOURCE_SERVER, USER, USER_FIELDS, Kind
from ztassess.connectors.auth0.signing_in import tenant_host
from ztassess.connectors.auth0.snapshot import Auth0Snapshot
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
KNOWN: Final = ("policies", "factors", "resource-servers", "clients", "settings", "users")
DOMAIN: Final = ".auth0.com"
INCOMPLETE: Final = Unavailable(
    "partial_data",
    detail="The export holds fewer rows than Auth0 stated, or no total at all: fetch all pages with include_totals.",
)
UPLOADS: Final = (
    UploadFormat(
        slug="auth0_export",
        title="Replies of the Management API",
        commands=f"""\
get() {{ curl -sS -H "Authorization: Bearer $T" "https://$TENANT/api/v2/$1" -o "$2.json"; }}
get guardian/policies policies
get guardian/factors factors
get tenants/settings settings
get "resource-servers?per_page=100&page=0&include_totals=true" resource-servers
get "clients?per_page=100&page=0&include_totals=true&fields={CLIENT_FIELDS},tenant" clients
get "users?per_page=100&page=0&include_totals=true&fields={USER_FIELDS}" users
# total above 100: fetch page=1 as NAME-2 and so on.
echo "{{\\"tenant\\": \\"$TENANT\\", \\"taken_at\\": \\"$(date -u +%FT%TZ)\\"}}" > export.json""",
        suffixes=(".json",),
        note="Any part of it may be left out; what stands on it is then not checked. Should secrets be in it, they "
        "are removed on receipt.",
    ),
)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> Auth0Snapshot:
    """The snapshot of an export. Any set of files will do; what is not there is ``input_missing``.

    Raises:
        InputInvalid: no file, one that is not ours, damaged or of another form, or one of another tenant.
    """
    export = read_export(files, KNOWN, vendor="Auth0")
    moment = taken_at(context, export.about.get("taken_at"))
    try:
        parts = _parts(export)
    except BadAnswer as problem:
        raise InputInvalid(f"{problem.sentence} Export again; nothing was judged from it.") from problem
    tenant = _tenant(context, export, parts["clients"])
    return Auth0Snapshot(moment, tenant, str(context.config.get("client_id") or ""), **parts)


def _tenant(context: ReadContext, export: Export, clients: Part[Any]) -> str:
    """The tenant of the export, by what it says itself and what its applications say; it must be the entered one.

    Raises:
        InputInvalid: files of several tenants, or of another one than was entered.
    """
    entered, stated = tenant_host(context), str(export.about.get("tenant", "")).strip().lower()[:200]
    found = {client.tenant.lower() for client in rows_read(clients) if client.tenant}
    found |= {stated.partition(".")[0]} if stated else set()
    if len(found) > 1:
        raise InputInvalid(f"These files come from different tenants: {', '.join(sorted(found)[:3])}.")
    name = next(iter(found), "")
    other = entered.endswith(DOMAIN) and name and entered.partition(".")[0] != name
    if other or (entered and stated and entered != stated):
        raise InputInvalid(f"This export is of {stated or name}, but this connection is to {entered}.")
    return entered or stated or name or "tenant"


def _parts(export: Export) -> dict[str, Part[Any]]:
    clients = _list(export, "clients", "clients", CLIENT, lambda row: row)
    return {
        "policies": _policies(export),
        "factors": _factors(export),
        "apis": _list(export, "resource-servers", "resource_servers", RESOURCE_SERVER, parsing.api_of),
        "clients": _applications(clients),
        "sessions": _settings(export),
        "users": _list(export, "users", "users", USER, parsing.user_of, most=MOST_USERS),
    }


def _absent(name: str) -> Unavailable:
    return Unavailable("input_missing", detail=f"The export does not hold {name}.json.")


def _policies(export: Export) -> Part[str]:
    documents = export.documents.get("policies")
    if documents is None:
        return _absent("policies")
    if not all(isinstance(document, list) for document in documents):
        raise BadAnswer("policies.json is not a list of MFA policies.")
    return tuple(parsing.policy_of(value) for document in documents for value in document)


def _factors(export: Export) -> Part[Any]:
    documents = export.documents.get("factors")
    found = tuple(parsing.factor_of(row) for document in documents or () for row in rows_of(document, "GuardianFactor"))
    return found or _absent("factors")


def _settings(export: Export) -> Part[Any]:
    documents = export.documents.get("settings")
    if documents is None:
        return _absent("settings")
    return (parsing.sessions_of(row_of(documents[0], "GetTenantSettingsResponseContent")),)


def _applications(rows: Part[Row]) -> Part[Any]:
    found = tuple(parsing.client_of(row) for row in rows_read(rows) if not parsing.is_global(row))
    return replace(rows, read=found) if isinstance(rows, Unavailable) else found


def _list(
    export: Export, name: str, field: str, kind: Kind, parse: Callable[[Row], T], most: int | None = None
) -> Part[T]:
    """The rows of a paged list, whole only if they are as many as Auth0 stated (or the person says that they are)."""
    documents = export.documents.get(name)
    if documents is None:
        return _absent(name)
    rows: list[Row] = []
    totals: list[int] = []
    for document in documents:
        if isinstance(document, dict):
            totals.append(row_of(document, kind[1]).number("total"))
        rows += rows_of(document.get(field) if isinstance(document, dict) else document, kind[0])
    found = tuple(map(parse, rows))
    stated = max(totals, default=None)
    lacking = stated is not None and (len(found) < stated or (most is not None and stated >= most))
    if lacking or (stated is None and not export.complete):
        return replace(INCOMPLETE, read=found)
    return found
