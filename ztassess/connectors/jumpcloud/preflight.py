"""Owns the connection test: which organization answers, what cannot be proven, and one row of each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from ztassess.connectors.api import ApiSession, asked_row, fan_out, without_it
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import Refused
from ztassess.connectors.judging import names
from ztassess.connectors.jumpcloud import client
from ztassess.connectors.jumpcloud.collect import org_of
from ztassess.connectors.jumpcloud.rules import CHECKS

QUESTIONS: Final[dict[str, Callable[[ApiSession], Iterable[Any]]]] = {
    "users": lambda session: client.users(session, 1),
    "systems": lambda session: client.systems(session, 1),
}
UNPROVEN: Final = (
    "We could not verify that this credential is read-only: JumpCloud does not show which role it has. Read Only is "
    "enough."
)
STATIC: Final = (
    "An API key is long-lived and follows the administrator who made it: it counts against you as a static credential. "
    "Prefer a service account."
)


def preflight(context: ReadContext) -> Preflight:
    """Sign in, name the organization, ask for one user and one system.

    Raises:
        ConnectorError: the credential was refused, or nothing answered.
    """
    with client.jumpcloud_session(context) as session:
        who = _who(context, session)
        rows = tuple(fan_out(session, QUESTIONS, lambda part: _row(session, part)))
    static = bool(context.secrets.get("api_key", "").strip())
    return Preflight(who, rows, (UNPROVEN, STATIC) if static else (UNPROVEN,))


def _who(context: ReadContext, session: ApiSession) -> str:
    try:
        found = client.organizations(session)
    except Refused:
        return org_of(context)
    return names(found) or org_of(context)


def _row(session: ApiSession, part: str) -> PreflightRow:
    return asked_row(part, partial(QUESTIONS[part], session), so=without_it(CHECKS, part))
