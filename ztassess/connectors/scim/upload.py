"""Owns reading saved replies of a SCIM service into the same snapshot as the live reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, Incomplete, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.connectors.scim.client import Page, config_of, page_of
from ztassess.connectors.scim.collect import snapshot_of
from ztassess.connectors.scim.listing import whole_list
from ztassess.connectors.scim.snapshot import ScimSnapshot, ServiceConfig, User
from ztassess.domain.findings import Part, Unavailable

EXPORT: Final = UploadFormat(
    slug="scim_pages",
    title="Saved answers of the SCIM service",
    commands="""\
scim() { curl -sf -H "Authorization: Bearer $TOKEN" -H "Accept: application/scim+json" "$BASE$1"; }
scim /ServiceProviderConfig > serviceproviderconfig.json
scim "/Users?startIndex=1&count=100" > users-1.json
# go on with startIndex=101, 201 ... until all of totalResults is there
scim "/Users?startIndex=101&count=100" > users-2.json""",
    suffixes=(".json",),
    note="Save every page, without a filter; nothing is judged to be whole before all of totalResults is there.",
)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> ScimSnapshot:
    """The snapshot of saved pages.

    Raises:
        InputInvalid: another file, a cut-off one, no page of users, or pages of another service.
    """
    export = read_export(files, ("users", "serviceproviderconfig"), vendor="a SCIM service")
    if "users" not in export.documents:
        raise InputInvalid("users.json is needed: what GET /Users answers, one file for each page.")
    _refuse_another(context, export)
    try:
        parts: dict[str, Part[Any]] = {"config": _config(export), "users": _users(export)}
    except BadAnswer as problem:
        raise InputInvalid(f"{problem.sentence} Save it again; nothing was judged from it.") from problem
    return snapshot_of(context, parts, taken_at=taken_at(context, export.about.get("taken_at")))


def _config(export: Export) -> Part[ServiceConfig]:
    documents = export.documents.get("serviceproviderconfig")
    if documents is None:
        return Unavailable("input_missing", detail="serviceproviderconfig.json is not part of the export.")
    return (config_of(documents[0]),)


def _users(export: Export) -> Part[User]:
    def pages() -> Iterator[Page]:
        yield from map(page_of, export.documents["users"])

    rows: list[User] = []
    try:
        for user in whole_list(pages):
            rows.append(user)  # noqa: PERF402  what came before a break is kept
    except Incomplete as problem:
        came = f"The export has {len(rows)} accounts. {problem.sentence} Save every page, without a filter."
        return Unavailable("partial_data", detail=came, read=tuple(rows))
    return tuple(rows)


def _refuse_another(context: ReadContext, export: Export) -> None:
    """Accounts name the service they are of (``meta.location``); it must be one, and the entered one.

    Raises:
        InputInvalid: it is another.
    """
    hosts = {host for document in export.documents["users"] for host in _hosts(document)}
    if len(hosts) > 1:
        raise InputInvalid(f"These files come from different services: {', '.join(sorted(hosts)[:3])}.")
    entered = urlsplit(context.config.get("base_url") or "").hostname
    if entered and hosts and entered not in hosts:
        raise InputInvalid(f"This export is of {hosts.pop()}, but this connection is to {entered}.")


def _hosts(document: Any) -> Iterator[str]:
    for value in (document.get("Resources") or ()) if isinstance(document, dict) else ():
        meta = value.get("meta") if isinstance(value, dict) else None
        location = meta.get("location") if isinstance(meta, dict) else None
        try:
            host = urlsplit(location).hostname if isinstance(location, str) else None
        except ValueError:
            continue
        if host:
            yield host[:253]
