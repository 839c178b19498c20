"""Owns the connection test: who we are, the read-only proof, and which parts we may read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from ztassess.connectors.api import ApiSession, read_parts
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.entra.client import PLACE, graph_session
from ztassess.connectors.entra.collect import READERS, Reader
from ztassess.connectors.entra.rights import GROUPS
from ztassess.connectors.entra.rules import CHECKS
from ztassess.connectors.entra.signing_in import kept_rights
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.judging import count
from ztassess.domain.findings import Part, Unavailable

ONE: Final = 1


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that we only read, and ask each part for its first object.

    Raises:
        AuthFailed: Microsoft refused the credential.
        ConnectorError: nothing answered, or nothing at all may be read.
    """
    client = str(context.config["client_id"])
    try:
        with graph_session(context) as session:
            found = read_parts(context, session, {name: _first(session, reader) for name, reader in READERS.items()})
    except OverPrivileged as problem:
        return Preflight(f"App {client}", (), refused=problem.sentence)
    rows = [_row(name, part) for name, part in found.items()]
    return Preflight(_identity(client, found["organization"]), (*rows, _groups(context)), kept_rights(context).warnings)


def _first(session: ApiSession, reader: Reader) -> Callable[[], Iterator[Any]]:
    """The first object only: readers are lazy, so no second page is asked for."""
    return lambda: islice(iter(reader(session)), ONE)


def _row(name: str, part: Part[Any]) -> PreflightRow:
    if not isinstance(part, Unavailable):
        return PreflightRow(name, allowed=True)
    detail = f"{part.detail} {_unchecked(name)}".strip()
    return PreflightRow(name, allowed=False, missing_scope=part.missing_scope, detail=detail)


def _unchecked(name: str) -> str:
    controls = {each.control for check in CHECKS if name in check.parts for each in check.verifies}
    return f"{count(len(controls), 'control')} may stay not checked." if controls else ""


def _groups(context: ReadContext) -> PreflightRow:
    """Members of groups are only read where a rule needs them, so the token's own word has to do."""
    permissions = kept_rights(context).permissions
    if permissions is None:
        return PreflightRow("groups", allowed=False, detail="Read from the tenant only where a rule needs it.")
    if GROUPS in permissions or "Directory.Read.All" in permissions or "Group.Read.All" in permissions:
        return PreflightRow("groups", allowed=True)
    detail = f"Permission {GROUPS} is not consented. An administrator grants it under {PLACE}. {_unchecked('groups')}"
    return PreflightRow("groups", allowed=False, missing_scope=GROUPS, detail=detail.strip())


def _identity(client: str, organization: Part[Any]) -> str:
    if isinstance(organization, Unavailable) or not organization:
        return f"App {client}"
    return f"App {client} in {organization[0].name or organization[0].id}"
