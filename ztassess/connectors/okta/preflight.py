"""Owns the connection test: who we are, the proof that we only read, and one small question for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from ztassess.connectors.api import ApiSession, asked_row, fan_out, without_it
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.okta import client
from ztassess.connectors.okta.collect import CLASSIC_ENGINE, IDENTITY_ENGINE_ONLY, identify, own_roles, read_engine
from ztassess.connectors.okta.parsing_policies import ACCESS, SESSION
from ztassess.connectors.okta.rules import CHECKS
from ztassess.connectors.okta.scopes import READING_ROLES
from ztassess.connectors.okta.signing_in import okta_session, org_host
from ztassess.connectors.okta.snapshot import CLASSIC, IDENTITY_ENGINE, SignedIn

Question = Callable[[ApiSession], Iterable[Any]]
ENGINES: Final = {CLASSIC: "Classic engine", IDENTITY_ENGINE: "Identity Engine"}
QUESTIONS: Final[dict[str, Question]] = {
    "session_policies": lambda session: client.policies(session, SESSION),
    "access_policies": lambda session: client.policies(session, ACCESS),
    "apps": lambda session: client.apps(session, 1),
    "users": lambda session: client.users(session, 1),
    "roles": client.assignees,
    "tokens": client.tokens,
    "authenticators": client.authenticators,
    "servers": lambda session: client.servers(session, 1),
    "device_assurances": client.device_assurances,
    "devices": lambda session: client.devices(session, 1),
    "zones": lambda session: client.zones(session, 1),
    "providers": lambda session: client.providers(session, 1),
    "log_streams": client.log_streams,
    "admin_console": client.admin_console,
    "resets": lambda session: client.resets(session, 1),
}
# These are read with the same scope and role as another part.
_WITH: Final = {
    "session_rules": "session_policies",
    "access_rules": "access_policies",
    "assignments": "apps",
    "factors": "users",
    "deactivated": "users",
    "token_rules": "servers",
}
UNPROVEN: Final = (
    "We could not verify that this credential is read-only: Okta does not show us which other scopes the app has. "
    "We ask for .read scopes only, so each token we get can only read."
)


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that we only read, ask one row of each part.

    Raises:
        ConnectorError: Okta refused the credential, or nothing answered.
    """
    who = str(context.config.get("client_id") or "static token")
    try:
        with okta_session(context) as session:
            engine = read_engine(session)
            signed_in = identify(session)
            warnings = _warnings(session, signed_in)
            rows = tuple(_rows(session, engine))
    except OverPrivileged as problem:
        return Preflight(who, (), refused=problem.sentence)
    identity = f"{signed_in.name} at {org_host(context)} ({ENGINES.get(engine, 'engine not shown')})"
    return Preflight(identity, rows, warnings)


def _rows(session: ApiSession, engine: str) -> Iterable[PreflightRow]:
    def one(part: str) -> PreflightRow:
        if engine == CLASSIC and part in IDENTITY_ENGINE_ONLY:
            return PreflightRow(part, allowed=False, detail=CLASSIC_ENGINE.detail)
        return asked_row(part, partial(QUESTIONS[part], session), so=without_it(CHECKS, part, *_read_with(part)))

    return fan_out(session, QUESTIONS, one)


def _read_with(part: str) -> Iterable[str]:
    return (name for name, with_ in _WITH.items() if with_ == part)


def _warnings(session: ApiSession, signed_in: SignedIn) -> tuple[str, ...]:
    if signed_in.by == "ssws":
        rights = f"This token acts with all rights of {signed_in.name}."
        return (rights, "We could not verify that this credential is read-only. It is long-lived and will be reported.")
    roles = own_roles(session)
    found = [UNPROVEN]
    others = sorted(set(roles or ()) - READING_ROLES)
    if others:
        found.append(f"The app also has the role {', '.join(others)}. Read-Only Administrator is enough.")
    return tuple(found)
