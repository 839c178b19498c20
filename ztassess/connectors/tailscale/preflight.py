"""Owns the connection test: who we are, the proof that we only read, and one request for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final

from ztassess.connectors.api import ApiSession, read_parts
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.judging import count
from ztassess.connectors.tailscale import client, scopes
from ztassess.connectors.tailscale.collect import own_scopes, sampled
from ztassess.connectors.tailscale.rules import CHECKS
from ztassess.connectors.tailscale.signing_in import is_federated, tailscale_session
from ztassess.domain.findings import Unavailable

UNVERIFIED: Final = "We could not verify that this credential is read-only."


def preflight(context: ReadContext) -> Preflight:
    """Sign in, see our own scopes, ask for each part.

    Raises:
        ConnectorError: Tailscale refused the credential, or nothing answered.
    """
    kind = "federated identity" if is_federated(context) else "OAuth client"
    client_id = context.config.get("oauth_client_id")
    identity = f"{kind} {client_id} in tailnet {context.config.get('tailnet') or '-'}"
    try:
        with tailscale_session(context) as session:
            told = own_scopes(session)
            parts = read_parts(context, session, _probes(session))
    except OverPrivileged as problem:
        return Preflight(identity, (), refused=problem.sentence)
    rows = tuple(_row(name, part) for name, part in parts.items())
    return Preflight(identity, rows, _warnings(told))


def _probes(session: ApiSession) -> Mapping[str, Callable[[], Iterable[Any]]]:
    """The list of devices also leads to the one device whose attributes are asked for."""
    now = session.context.now
    small = {
        "policy": lambda: client.policy(session),
        "users": lambda: client.users(session),
        "keys": lambda: client.listed(session, "keys?all=true", "keys", "Key", scopes.KEYS),
        "settings": lambda: client.settings(session),
        "integrations": lambda: client.integrations(session),
        "changes": lambda: client.changes(session, now),
    }

    def attributes() -> Iterable[Any]:
        devices = sampled(tuple(client.devices(session)))
        return [client.attributes(session, each) for each in devices[:1]]

    probes: dict[str, Callable[[], Iterable[Any]]] = {name: _first(read) for name, read in small.items()}
    return {**probes, "devices": _first(lambda: client.devices(session)), "attributes": attributes}


def _first(read: Callable[[], Iterable[Any]]) -> Callable[[], Iterable[Any]]:
    return lambda: islice(read(), 1)


def _row(name: str, part: Any) -> PreflightRow:
    if not isinstance(part, Unavailable):
        return PreflightRow(name, allowed=True)
    scope = part.missing_scope
    detail = (
        f"Scope {scope} is missing; {_controls(name)}." if scope and part.reason == "missing_scope" else part.detail
    )
    return PreflightRow(name, allowed=False, missing_scope=scope, detail=detail)


def _controls(part: str) -> str:
    """How many controls stay unchecked without a part."""
    lacking = {each.control for check in CHECKS if part in check.parts for each in check.verifies}
    return f"{count(len(lacking), 'control')} {'is' if len(lacking) == 1 else 'are'} not checked"


def _warnings(told: frozenset[str] | None) -> tuple[str, ...]:
    if told is None:
        return (UNVERIFIED,)
    spare = sorted(told - set(scopes.SCOPES) - {scopes.FLOW_LOGS})
    if spare:
        return (f"The credential also has {', '.join(spare)}, which we do not need.",)
    return ()
