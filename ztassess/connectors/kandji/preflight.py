"""Owns the connection test: one device, and the details of one Mac."""

from __future__ import annotations

from itertools import islice
from typing import Final

from ztassess.connectors.api import ApiSession, unavailable_of
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.kandji import client
from ztassess.connectors.kandji.collect import tenant_of

WARNINGS: Final = (
    "We could not verify that this credential is read-only: Kandji (Iru) does not show what a token may do.",
    "An API token does not end by itself. Delete it when you disconnect.",
)


def preflight(context: ReadContext) -> Preflight:
    """Ask for one device and its details.

    Raises:
        ConnectorError: the token was refused, or nothing answered.
    """
    with client.kandji_session(context) as session:
        return Preflight(f"API token at {tenant_of(context)}", _rows(session), WARNINGS)


def _rows(session: ApiSession) -> tuple[PreflightRow, ...]:
    try:
        first = next(islice(client.devices(session, 1), 1), None)
    except ConnectorError as problem:
        return _refused("devices", problem), _refused("file_vault", problem)
    listed = PreflightRow("devices", allowed=True)
    if first is None:
        return listed, PreflightRow("file_vault", allowed=True, detail="There is no device yet to ask for.")
    try:
        client.file_vault(session, first.id)
    except ConnectorError as problem:
        return listed, _refused("file_vault", problem)
    return listed, PreflightRow("file_vault", allowed=True)


def _refused(part: str, problem: ConnectorError) -> PreflightRow:
    return PreflightRow.refused(part, unavailable_of(problem), so="Its check cannot pass without it.")
