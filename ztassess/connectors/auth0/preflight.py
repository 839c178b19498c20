"""Owns the connection test: who we are, the proof that we only read, and one small question for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from ztassess.connectors.api import ApiSession, asked_row, fan_out, without_it
from ztassess.connectors.auth0 import client
from ztassess.connectors.auth0.rules import CHECKS
from ztassess.connectors.auth0.scopes import revealing
from ztassess.connectors.auth0.signing_in import auth0_session, fail_if_refused, granted, tenant_host
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged

Question = Callable[[ApiSession], Iterable[Any]]
QUESTIONS: Final[dict[str, Question]] = {
    "policies": client.policies,
    "factors": client.factors,
    "apis": lambda session: client.apis(session, 1),
    "clients": lambda session: client.clients(session, 1),
    "sessions": client.sessions,
    "users": lambda session: client.users(session, 1),
}
UNPROVEN: Final = (
    "We could not verify that this credential is read-only: Auth0 did not say which permissions its token has."
)
REPORTED: Final = "The application signs in by a client secret. It is long-lived, and the checks will report it."


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that we only read, ask one row of each part.

    Raises:
        ConnectorError: Auth0 refused the credential, or nothing answered.
    """
    who = str(context.config["client_id"])
    try:
        with auth0_session(context) as session:
            rows = tuple(_rows(session))
            fail_if_refused(context)
    except OverPrivileged as problem:
        return Preflight(who, (), refused=problem.sentence)
    return Preflight(f"{who} at {tenant_host(context)}", rows, tuple(_warnings(context)))


def _warnings(context: ReadContext) -> Iterable[str]:
    scopes = granted(context)
    if scopes is None:
        yield UNPROVEN
    if revealing(scopes or ()):
        yield f"The application may read secrets ({', '.join(revealing(scopes or ()))}). Take that away; we need none."
    if not context.secrets.get("private_key", "").strip():
        yield REPORTED


def _rows(session: ApiSession) -> Iterable[PreflightRow]:
    def one(part: str) -> PreflightRow:
        return asked_row(part, partial(QUESTIONS[part], session), so=without_it(CHECKS, part))

    return fan_out(session, QUESTIONS, one)
