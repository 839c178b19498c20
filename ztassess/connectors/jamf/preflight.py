"""Owns the connection test: signing in, the proof that we only read, and one computer."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.api import ApiSession, asked_row
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.jamf import client
from ztassess.connectors.jamf.client import Own
from ztassess.connectors.jamf.collect import SOME_SITES, identify, limited, server_of

UNPROVEN: Final = "We could not verify that this credential is read-only."


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that we only read, ask for one computer.

    Raises:
        ConnectorError: Jamf Pro refused the API client, or nothing answered.
    """
    with client.jamf_session(context) as session:
        try:
            own = identify(session)
        except OverPrivileged as problem:
            return Preflight(server_of(context), (), refused=problem.sentence)
        rows = (_row(session),)
    who = f"{own.name or context.config['client_id']} at {server_of(context)}" if own else server_of(context)
    return Preflight(who, rows, _warnings(own))


def _row(session: ApiSession) -> PreflightRow:
    return asked_row("computers", lambda: client.computers(session, 1), so="Its check is not run.")


def _warnings(own: Own | None) -> tuple[str, ...]:
    if own is None or not own.privileges:
        return (UNPROVEN,)
    return (SOME_SITES,) if limited(own) else ()
