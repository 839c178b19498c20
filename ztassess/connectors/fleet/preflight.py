"""Owns the connection test: who we are, the proof that we only read, and one small question for each part."""

from __future__ import annotations

from itertools import islice
from typing import Final

from ztassess.connectors.api import ApiSession, unavailable_of
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError, OverPrivileged
from ztassess.connectors.fleet import client
from ztassess.connectors.fleet.client import Own
from ztassess.connectors.fleet.collect import SOME_TEAMS, identify, server_of
from ztassess.connectors.fleet.snapshot import PHONES
from ztassess.connectors.judging import names

UNPROVEN: Final = "We could not verify that this credential is read-only."
LONG_LIVED: Final = "The token of an API-only user does not end by itself. Delete the user when you disconnect."
READING: Final = frozenset({"observer"})


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that we only read, ask for one host and its page.

    Raises:
        ConnectorError: Fleet refused the token, or nothing answered.
    """
    with client.fleet_session(context) as session:
        try:
            own = identify(session)
        except OverPrivileged as problem:
            return Preflight(server_of(context), (), refused=problem.sentence)
        rows = _rows(session)
    who = f"{own.name} at {server_of(context)}" if own else server_of(context)
    return Preflight(who, rows, _warnings(own))


def _rows(session: ApiSession) -> tuple[PreflightRow, ...]:
    try:
        first = next(islice(client.hosts(session, 1), 1), None)
    except ConnectorError as problem:
        return _refused("hosts", problem), _refused("encryption", problem)
    listed = PreflightRow("hosts", allowed=True)
    if first is None or first.encrypted is not None or first.platform in PHONES:
        return listed, PreflightRow("encryption", allowed=True)
    try:
        client.encryption(session, first.id)
    except ConnectorError as problem:
        return listed, _refused("encryption", problem)
    return listed, PreflightRow("encryption", allowed=True)


def _refused(part: str, problem: ConnectorError) -> PreflightRow:
    return PreflightRow.refused(part, unavailable_of(problem), so="Its check cannot pass without it.")


def _warnings(own: Own | None) -> tuple[str, ...]:
    if own is None:
        return UNPROVEN, LONG_LIVED
    found = [LONG_LIVED]
    other = sorted({role for role in (own.role, *own.team_roles) if role and role not in READING})
    if other:
        found.insert(0, f"{UNPROVEN} Its role is {names(other)}; Observer is enough.")
    elif not own.role and not own.team_roles:
        found.insert(0, UNPROVEN)
    if not own.role:
        found.append(SOME_TEAMS)
    return tuple(found)
