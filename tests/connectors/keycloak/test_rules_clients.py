"""The checks of clients and lifetimes by tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.keycloak.factory import (
    FAIL,
    NO_ROLE,
    NONE,
    PASS,
    SKIP,
    good,
    result,
    said,
    silent,
    verdicts,
    with_clients,
    with_realm,
)
from tests.connectors.keycloak.realm import client
from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.keycloak import parsing
from ztassess.connectors.keycloak.snapshot import KeycloakSnapshot
from ztassess.domain.findings import Outcome, Unavailable

GRANTS, SERVICES = "no_direct_grants", "service_clients_use_keys"
TOKENS, SESSIONS = "access_token_lifetime", "session_limits"
SPA = client("spa", implicitFlowEnabled=True)
DIRECT = client("cli", directAccessGrantsEnabled=True)
CLI = client("admin-cli", publicClient=True, directAccessGrantsEnabled=True)


def cut(*read: dict[str, Any]) -> KeycloakSnapshot:
    """The list of clients broke off after these."""
    rows = tuple(parsing.client_of(Row("C", each)) for each in read)
    return replace(good(), clients=Unavailable("partial_data", read=rows))


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),  # a disabled client has both
        (with_clients(DIRECT), FAIL),
        (with_clients(client("spa", implicitFlowEnabled=True)), FAIL),
        (with_clients(CLI, only=True), FAIL),
        (with_clients(client("saml", protocol="saml", directAccessGrantsEnabled=True)), PASS),
        (with_clients(silent("x", "directAccessGrantsEnabled")), SKIP),
        (with_clients(silent("x", "implicitFlowEnabled")), SKIP),
        (with_clients({**silent("x", "implicitFlowEnabled"), "directAccessGrantsEnabled": True}), FAIL),
        (with_clients(client("saml", protocol="saml"), only=True), NONE),
        (replace(good(), clients=NO_ROLE), SKIP),
        (cut(), SKIP),
        (cut(client("a")), SKIP),
        (cut(DIRECT), FAIL),
    ],
)
def test_direct_grants(snapshot: KeycloakSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, GRANTS).outcome is outcome


def test_admin_cli_alone_is_a_near_miss() -> None:
    near = "Only admin-cli has direct grants (it is there by default)."
    (verdict,) = verdicts(with_clients(CLI, only=True), GRANTS)
    assert verdict.near_miss == near
    assert near not in said(with_clients(CLI, DIRECT, only=True), GRANTS)


def service(how: str, **more: Any) -> dict[str, Any]:
    return client("job", serviceAccountsEnabled=True, clientAuthenticatorType=how, **more)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_clients(service("client-x509")), PASS),
        (with_clients(service("client-secret")), FAIL),
        (with_clients(service("client-secret-jwt")), FAIL),
        (with_clients(service("client-secret", enabled=False)), PASS),
        (with_clients(service("federated-jwt")), SKIP),
        (with_clients(service("")), SKIP),
        (with_clients(silent("x", "serviceAccountsEnabled")), SKIP),
        (with_clients(client("portal"), only=True), NONE),
        (replace(good(), clients=NO_ROLE), SKIP),
        (cut(service("client-secret")), FAIL),
        (cut(service("client-jwt")), SKIP),
    ],
)
def test_service_clients(snapshot: KeycloakSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, SERVICES).outcome is outcome


def test_shared_secret_that_signs_is_still_a_shared_secret() -> None:
    assert "client-secret-jwt is still a shared secret." in said(with_clients(service("client-secret-jwt")), SERVICES)


def test_our_own_secret_is_reported_as_ours() -> None:
    own = client("assess", serviceAccountsEnabled=True)
    assert "assess (this assessment uses it), one of 1 service client," in said(with_clients(own, only=True), SERVICES)


def lives(seconds: str, **more: Any) -> dict[str, Any]:
    return client("api", attributes={"access.token.lifespan": seconds}, **more)


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_realm(access_token=900), PASS),
        (with_realm(access_token=901), FAIL),
        (with_realm(access_token=0), FAIL),
        (with_realm(access_token=None), SKIP),
        (with_realm(revoke_refresh=False), FAIL),
        (with_realm(revoke_refresh=None), SKIP),
        (with_realm(reuse=2), PASS),
        # The realm's value alone proves nothing: clients override it.
        (with_clients(lives("901")), FAIL),
        (with_clients(lives("900")), PASS),
        (with_clients(lives("")), PASS),
        (with_clients(lives("-1")), FAIL),  # as long as the session
        (replace(with_clients(lives("-1")), realm=with_realm(session_max=600).realm), PASS),
        (replace(with_clients(lives("-1")), realm=with_realm(session_max=None).realm), FAIL),
        (with_clients(lives("-1", enabled=False)), PASS),
        (with_clients(lives("-1", protocol="saml")), PASS),
        (with_clients(lives("0")), FAIL),
        # The implicit flow has a value of its own.
        (replace(with_realm(access_token_implicit=3600), clients=good().clients), PASS),
        (
            with_clients(SPA, realm=with_realm(access_token_implicit=3600).realm),
            FAIL,
        ),
        (
            with_clients(SPA, realm=with_realm(access_token_implicit=None).realm),
            SKIP,
        ),
        (replace(good(), realm=NO_ROLE), SKIP),
        (replace(good(), clients=NO_ROLE), SKIP),
        (cut(lives("3600")), FAIL),
        (cut(lives("300")), SKIP),
    ],
)
def test_access_tokens(snapshot: KeycloakSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, TOKENS).outcome is outcome


def test_overriding_client_is_named_with_its_seconds() -> None:
    (verdict,) = verdicts(with_clients(lives("3600")), TOKENS)
    assert (verdict.resource, verdict.near_miss) == ("api", "Client api overrides: 3600 s.")
    (verdict,) = verdicts(with_clients(lives("-1")), TOKENS)
    assert verdict.near_miss == "Client api overrides: 36000 s."
    assert "-1: as long as the session, 36000 s" in verdict.reason


def test_lifespan_that_is_no_number_is_refused_as_a_whole() -> None:
    with pytest.raises(BadAnswer):
        parsing.client_of(Row("ClientRepresentation", lives("soon")))


def offline(limited: bool | None, clients: Any = None) -> KeycloakSnapshot:
    return replace(with_realm(offline_limited=limited), clients=good().clients if clients is None else clients)


def read(*found: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(parsing.client_of(Row("C", each)) for each in found)


MAY = {"optionalClientScopes": ["offline_access"]}


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        (good(), PASS),
        (with_realm(session_max=43_200, session_idle=7_200), PASS),
        (with_realm(session_max=43_201), FAIL),
        (with_realm(session_idle=7_201), FAIL),
        (with_realm(session_max=0), FAIL),
        (with_realm(session_max=None), SKIP),
        (with_realm(session_idle=None), SKIP),
        (with_realm(remember_me=True), PASS),  # 0: as other sessions
        (with_realm(remember_me=True, max_remembered=2_592_000), FAIL),
        (with_realm(remember_me=True, idle_remembered=86_400), FAIL),
        (with_realm(remember_me=False, max_remembered=2_592_000), PASS),
        (with_realm(remember_me=None), SKIP),
        (with_realm(remember_me=True, max_remembered=None), SKIP),
        (offline(False), FAIL),
        (offline(False, read(client("a", defaultClientScopes=["offline_access"]))), FAIL),
        (offline(False, read(client("a"))), PASS),
        (offline(False, read(client("a"), client("b", enabled=False, **MAY))), PASS),
        (offline(False, read(silent("a", "optionalClientScopes"))), SKIP),
        (offline(False, NO_ROLE), SKIP),
        (offline(False, Unavailable("partial_data", read=read(client("a", **MAY)))), FAIL),
        (offline(None), SKIP),
        (offline(True, NO_ROLE), PASS),
        (replace(good(), realm=NO_ROLE), SKIP),
    ],
)
def test_sessions(snapshot: KeycloakSnapshot, outcome: Outcome) -> None:
    assert result(snapshot, SESSIONS).outcome is outcome


def test_unlimited_offline_sessions_are_a_near_miss_with_their_clients() -> None:
    words = said(offline(False), SESSIONS)
    assert "Offline sessions have no maximum." in words
    assert "1 of 4 enabled OpenID Connect clients may have them: portal." in words
