"""Owns the connection test: who we are, the proof that we only read, and one small question for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from ztassess.connectors.api import ApiSession, asked_row, fan_out, without_it
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.keycloak import client
from ztassess.connectors.keycloak.rules import CHECKS
from ztassess.connectors.keycloak.signing_in import fail_if_refused, keycloak_session, token_roles, where

Question = Callable[[ApiSession], Iterable[Any]]
QUESTIONS: Final[dict[str, Question]] = {
    "realm": client.realm,
    "clients": lambda session: client.clients(session, 1),
    "flows": client.flows,
    "actions": client.actions,
    "users": lambda session: client.users(session, 1),
    "brokers": client.brokers,
}
# These are read with the same role as another part.
_WITH: Final = {"executions": "flows", "credentials": "users"}
UNPROVEN: Final = (
    "We could not verify that this credential is read-only: its token names no roles of realm-management. "
    "Check the roles of its service account yourself."
)
REPORTED: Final = "The client signs in by a shared secret. It is long-lived, and the checks will report it."


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that we only read, ask one row of each part.

    Raises:
        ConnectorError: Keycloak refused the credential, there is no such realm, or nothing answered.
    """
    who = str(context.config["client_id"])
    try:
        with keycloak_session(context) as session:
            rows = tuple(_rows(session))
            fail_if_refused(context)
    except OverPrivileged as problem:
        return Preflight(who, (), refused=problem.sentence)
    warnings = [] if token_roles(context) else [UNPROVEN]
    if not context.secrets.get("private_key", "").strip():
        warnings.append(REPORTED)
    return Preflight(f"{who} in {where(context)}", rows, tuple(warnings))


def _rows(session: ApiSession) -> Iterable[PreflightRow]:
    def one(part: str) -> PreflightRow:
        return asked_row(part, partial(QUESTIONS[part], session), so=without_it(CHECKS, part, *_read_with(part)))

    return fan_out(session, QUESTIONS, one)


def _read_with(part: str) -> Iterable[str]:
    return (name for name, with_ in _WITH.items() if with_ == part)
