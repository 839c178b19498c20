"""Owns reading one realm: all lists at once, then the flows in use and the credentials that hang on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ztassess.connectors.api import ApiSession, read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.judging import rows_read
from ztassess.connectors.keycloak import client
from ztassess.connectors.keycloak.flows import flows_in_use
from ztassess.connectors.keycloak.signing_in import fail_if_refused, keycloak_session, where
from ztassess.connectors.keycloak.snapshot import KeycloakSnapshot
from ztassess.domain.findings import Part, Unavailable

Readers = Mapping[str, Callable[[], Iterable[Any]]]
Parts = dict[str, Part[Any]]


def collect(context: ReadContext) -> KeycloakSnapshot:
    """Read the realm. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        OverPrivileged: the client can change the realm.
        ConnectorError: nothing at all could be read.
    """
    with keycloak_session(context) as session:
        found = read_parts(context, session, _lists(session))
        fail_if_refused(context)
        details = read_parts(context, session, _details(session, found))
        del details["server"]
    parts = {**found, **details}
    for name, list_ in (("credentials", "users"), ("executions", "realm")):
        if name not in parts:
            parts[name] = _same_reason(found[list_])
    return KeycloakSnapshot(
        taken_at=context.now,
        where=where(context),
        own_client=str(context.config["client_id"]),
        declared=context.declared,
        secrets_removed=(),
        **parts,
    )


def _lists(session: ApiSession) -> Readers:
    return {
        "realm": lambda: client.realm(session),
        "clients": lambda: client.clients(session),
        "flows": lambda: client.flows(session),
        "actions": lambda: client.actions(session),
        "users": lambda: client.users(session),
        "brokers": lambda: client.brokers(session),
    }


def _details(session: ApiSession, found: Parts) -> Readers:
    """What hangs on the lists, as far as they were read. The lists are there, so this never loses a run as a whole."""
    readers: dict[str, Callable[[], Iterable[Any]]] = {"server": lambda: (session.base,)}
    aliases = flows_in_use(
        rows_read(found["realm"]), rows_read(found["clients"]), rows_read(found["flows"]), rows_read(found["brokers"])
    )
    if aliases:
        readers["executions"] = lambda: client.executions(session, aliases)
    users = found["users"]
    if not isinstance(users, Unavailable):
        readers["credentials"] = lambda: client.credentials(session, users)
    return readers


def _same_reason(part: Part[Any]) -> Part[Any]:
    if isinstance(part, Unavailable):
        return Unavailable(part.reason, part.missing_scope, part.detail)
    return Unavailable("partial_data", detail="Keycloak did not say which flow people sign in through.")
