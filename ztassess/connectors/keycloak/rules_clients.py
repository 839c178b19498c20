"""Owns the checks of clients: none goes around the flow, and services prove themselves by key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.connectors.keycloak.snapshot import Client, KeycloakSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[KeycloakSnapshot] = Checks("keycloak")
SOURCE: Final = "GET /admin/realms/{realm}/clients"
ADMIN_CLI: Final = "admin-cli"
NO_CLIENT: Final = "Keycloak listed no client"
BY_KEY: Final = frozenset({"client-jwt", "client-x509"})
BY_SECRET: Final = frozenset({"client-secret", "client-secret-jwt"})


def openid_clients(snapshot: KeycloakSnapshot) -> tuple[Client, ...]:
    """Enabled clients that have grants and tokens, as far as they were read. SAML has neither."""
    return tuple(client for client in rows_read(snapshot.clients) if client.enabled and client.openid)


@CHECKS.check(
    "keycloak.no_direct_grants",
    title="No client bypasses the flow",
    verifies=(Verifies("mfa.no-bypass", level=2),),
    severity=Severity.HIGH,
    parts=("clients",),
)
def no_direct_grants(snapshot: KeycloakSnapshot) -> Iterator[Verdict]:
    """A direct grant takes name and password without a page; the implicit flow hands tokens to the address bar."""
    clients = openid_clients(snapshot)
    around = [client for client in clients if client.direct_grants or client.implicit]
    only_cli = [client.name for client in around] == [ADMIN_CLI]
    near_miss = "Only admin-cli has direct grants (it is there by default)." if only_cli else ""
    problems = [_around(client, len(clients), near_miss) for client in around]
    problems += [_unsaid(client) for client in clients if client not in around and _silent(client)]
    yield from conclude(
        snapshot.where,
        problems,
        of=(snapshot.clients,),
        seen=len(clients),
        good=f"None of {count(len(clients), 'enabled OpenID Connect client')} has direct grants or the implicit flow.",
        nothing="The realm has no enabled OpenID Connect client.",
        evidence=(Evidence(SOURCE, snapshot.where, "clients with directAccessGrantsEnabled or implicit", "0", "0"),),
    )


def _silent(client: Client) -> bool:
    return client.direct_grants is None or client.implicit is None


def _unsaid(client: Client) -> Verdict:
    return not_checked(client.name, "partial_data", f"Keycloak did not say which grants {client.name} has.", seen=1)


def _around(client: Client, of: int, near_miss: str) -> Verdict:
    ways = [
        (name, word)
        for name, word, on in (
            ("directAccessGrantsEnabled", "direct grants", client.direct_grants),
            ("implicitFlowEnabled", "the implicit flow", client.implicit),
        )
        if on
    ]
    evidence = tuple(Evidence(SOURCE, client.name, name, "true", "false") for name, _ in ways)
    words = names([word for _, word in ways])
    reason = f"{client.name}, one of {count(of, 'enabled OpenID Connect client')}, has {words}."
    return failed(client.name, reason, seen=of, evidence=evidence, near_miss=near_miss)


@CHECKS.check(
    "keycloak.service_clients_use_keys",
    title="Service clients use keys",
    verifies=(Verifies("identity.workload-identity", level=2),),
    severity=Severity.MEDIUM,
    parts=("clients",),
)
def service_clients_use_keys(snapshot: KeycloakSnapshot) -> Iterator[Verdict]:
    """Enabled clients with a service account: by signed assertion or certificate, not by a shared secret."""
    clients = openid_clients(snapshot)
    services = [client for client in clients if client.service_account]
    problems = [verdict for client in services for verdict in _service(snapshot, client, len(services))]
    problems += [
        not_checked(client.name, "partial_data", f"Keycloak did not say whether {client.name} is a service.", seen=1)
        for client in clients
        if client.service_account is None
    ]
    yield from conclude(
        snapshot.where,
        problems,
        of=(snapshot.clients,),
        seen=len(services),
        good=f"{len(services)} of {count(len(services), 'service client')} prove themselves by key."
        f"{_removed(snapshot)}",
        nothing="No enabled client has a service account.",
        evidence=tuple(_method(client) for client in services[:50]),
    )


def _removed(snapshot: KeycloakSnapshot) -> str:
    """The person is told that the export held secrets, with a leading space; empty if it did not."""
    found = snapshot.secrets_removed
    if not found:
        return ""
    return f" The export held {count(len(found), 'secret')}, removed on receipt: {names(found)}."


def _method(client: Client) -> Evidence:
    observed = client.authenticator or "absent"
    return Evidence(SOURCE, client.name, "clientAuthenticatorType", observed, "client-jwt or client-x509")


def _service(snapshot: KeycloakSnapshot, client: Client, of: int) -> Iterator[Verdict]:
    if client.authenticator in BY_KEY:
        return
    if client.authenticator not in BY_SECRET:
        how = f"by {client.authenticator}, which we do not know" if client.authenticator else "in a way not shown"
        yield not_checked(client.name, "unsupported", f"{client.name} proves itself {how}.", seen=1)
        return
    own = " (this assessment uses it)" if client.name == snapshot.own_client else ""
    reason = (
        f"{client.name}{own}, one of {count(of, 'service client')}, proves itself by {client.authenticator}."
        f"{_removed(snapshot)}"
    )
    near_miss = "client-secret-jwt is still a shared secret." if client.authenticator == "client-secret-jwt" else ""
    yield failed(client.name, reason, seen=of, evidence=(_method(client),), near_miss=near_miss)
