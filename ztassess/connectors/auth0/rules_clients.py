"""Owns the check of machine clients: by key, not by shared secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.auth0.snapshot import MACHINE, Auth0Snapshot, Client
from ztassess.connectors.judging import conclude, count, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[Auth0Snapshot] = Checks("auth0")
SOURCE: Final = "GET /api/v2/clients"
SECRETS: Final = "client_secret_"
# Auth0, "Configure Private Key JWT Authentication": for customers of the Enterprise plan.
HIGHER_PLAN: Final = "Secret authentication is free of charge, keys need a higher plan."


@CHECKS.check(
    "auth0.machine_clients_use_keys",
    title="Machine clients use keys",
    verifies=(Verifies("identity.workload-identity", level=2),),
    severity=Severity.MEDIUM,
    parts=("clients",),
)
def machine_clients_use_keys(snapshot: Auth0Snapshot) -> Iterator[Verdict]:
    """Applications that may fetch tokens for themselves (client_credentials)."""
    clients = rows_read(snapshot.clients)
    machines = [client for client in clients if MACHINE in (client.grants or ())]
    problems = [verdict for client in machines for verdict in _machine(snapshot, client, len(machines))]
    problems += [
        not_checked(client.id, "partial_data", f"Auth0 did not say which grants {client.name} has.", seen=1)
        for client in clients
        if client.grants is None
    ]
    yield from conclude(
        snapshot.tenant,
        problems,
        of=(snapshot.clients,),
        seen=len(machines),
        good=f"{len(machines)} of {count(len(machines), 'machine client')} prove themselves by key or certificate.",
        nothing=f"None of {count(len(clients), 'application')} may fetch tokens for itself (client_credentials).",
        evidence=tuple(_method(client) for client in machines[:50]),
    )


def _method(client: Client) -> Evidence:
    observed = ", ".join(client.key_methods) or client.auth_method or "absent"
    name = "client_authentication_methods, token_endpoint_auth_method"
    return Evidence(SOURCE, client.id, name, observed, "private_key_jwt or TLS")


def _machine(snapshot: Auth0Snapshot, client: Client, of: int) -> Iterator[Verdict]:
    if client.auth_method.startswith(SECRETS):
        own = " (this assessment uses it)" if client.id == snapshot.own_client else ""
        reason = f"{client.name}{own}, one of {count(of, 'machine client')}, proves itself by {client.auth_method}."
        yield failed(client.id, reason, seen=of, evidence=(_method(client),), near_miss=HIGHER_PLAN)
    elif not client.key_methods:
        how = f"by {client.auth_method}, which we do not know" if client.auth_method else "in a way not shown"
        yield not_checked(client.id, "partial_data", f"{client.name} proves itself {how}.", seen=1)
