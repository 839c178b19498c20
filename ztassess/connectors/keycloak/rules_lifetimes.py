"""Owns the checks of what ends by itself: access tokens and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, names, never_empty, rows_read
from ztassess.connectors.keycloak.rules_clients import NO_CLIENT, openid_clients
from ztassess.connectors.keycloak.rules_clients import SOURCE as CLIENTS
from ztassess.connectors.keycloak.snapshot import Client, KeycloakSnapshot, Realm
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[KeycloakSnapshot] = Checks("keycloak")
SOURCE: Final = "GET /admin/realms/{realm}"
LONGEST_TOKEN, LONGEST_SESSION, LONGEST_IDLE = 900, 43_200, 7_200
WITH_SESSION: Final = -1  # Keycloak, TokenManager.getTokenExpiration: ends with the session, does not inherit
DAY: Final = 86_400


@CHECKS.check(
    "keycloak.access_token_lifetime",
    title="Access tokens end within 15 minutes",
    verifies=(Verifies("credentials.short-access-tokens", level=2),),
    severity=Severity.HIGH,
    parts=("realm", "clients"),
)
def access_token_lifetime(snapshot: KeycloakSnapshot) -> Iterator[Verdict]:
    """The realm's value, and each client's own, which overrides it."""
    realms, clients = rows_read(snapshot.realm), openid_clients(snapshot)
    implicit = any(client.implicit for client in clients)
    problems = [verdict for realm in realms for verdict in _realm_tokens(realm, implicit)]
    longest = next((realm.session_max for realm in realms), None)
    problems += [verdict for client in clients for verdict in _client_tokens(client, longest, len(clients))]
    own = sum(client.token_life is not None for client in clients)
    reuse = next((realm.reuse for realm in realms if realm.reuse), 0)
    again = f" A refresh token may be used {count(reuse, 'more time')} after its first use." if reuse else ""
    yield from conclude(
        snapshot.where,
        problems,
        of=(snapshot.realm, never_empty(snapshot.clients, NO_CLIENT)),
        seen=len(realms) + len(clients),
        good=f"Access tokens of the realm and of {count(len(clients), 'enabled OpenID Connect client')} ({own} with a "
        f"value of their own) end within {LONGEST_TOKEN} s, and refresh tokens are revoked at use.{again}",
        nothing="No realm was read.",
        evidence=tuple(line for realm in realms for line in _tokens(realm)),
    )


def _tokens(realm: Realm) -> tuple[Evidence, ...]:
    return (
        Evidence(SOURCE, realm.name, "accessTokenLifespan", _said(realm.access_token), f"1-{LONGEST_TOKEN}"),
        Evidence(SOURCE, realm.name, "revokeRefreshToken", _said(realm.revoke_refresh), "true"),
    )


def _said(value: object) -> str:
    return "absent" if value is None else str(value).lower()


def _realm_tokens(realm: Realm, implicit: bool) -> Iterator[Verdict]:
    lives = [("access tokens", realm.access_token)]
    if implicit:
        lives.append(("access tokens of the implicit flow", realm.access_token_implicit))
    wrong = [f"{what} live {life} s" for what, life in lives if life is not None and not 0 < life <= LONGEST_TOKEN]
    if realm.revoke_refresh is False:
        wrong.append("refresh tokens are not revoked at use")
    if wrong:
        yield failed(realm.name, f"In the realm {realm.name}, {names(wrong)}.", evidence=_tokens(realm))
    elif realm.revoke_refresh is None or any(life is None for _, life in lives):
        text = f"Keycloak did not say how long tokens of the realm {realm.name} live, or whether they are revoked."
        yield not_checked(realm.name, "partial_data", text, seen=1)


def _client_tokens(client: Client, session_max: int | None, of: int) -> Iterator[Verdict]:
    if client.token_life is None:
        return
    life = session_max if client.token_life == WITH_SESSION else client.token_life
    if life is not None and 0 < life <= LONGEST_TOKEN:
        return
    line = Evidence(CLIENTS, client.name, "attributes.access.token.lifespan", str(client.token_life), "1-900 or absent")
    how = f"{client.token_life} s"
    if client.token_life == WITH_SESSION:
        how = "-1: as long as the session" + (f", {life} s" if life is not None else "")
    reason = f"{client.name}, one of {count(of, 'enabled OpenID Connect client')}, overrides the realm's value: {how}."
    near_miss = f"Client {client.name} overrides: {life if life is not None else client.token_life} s."
    yield failed(client.name, reason, seen=of, evidence=(line,), near_miss=near_miss)


@CHECKS.check(
    "keycloak.session_limits",
    title="Sessions end",
    verifies=(Verifies("credentials.human-sessions", level=2),),
    severity=Severity.MEDIUM,
    parts=("realm", "clients"),
)
def session_limits(snapshot: KeycloakSnapshot) -> Iterator[Verdict]:
    """Sessions, remembered ones too, and offline sessions unless no client may have any."""
    realms, clients = rows_read(snapshot.realm), openid_clients(snapshot)
    problems = [verdict for realm in realms for verdict in _sessions(realm)]
    problems += [verdict for realm in realms for verdict in _offline(realm, clients)]
    limited = all(realm.offline_limited for realm in realms)
    life = next((realm.offline_max for realm in realms if realm.offline_limited and realm.offline_max), None)
    offline = f"offline sessions end after {life // DAY} days" if life else "offline sessions are limited"
    yield from conclude(
        snapshot.where,
        problems,
        of=(snapshot.realm,) if limited else (snapshot.realm, never_empty(snapshot.clients, NO_CLIENT)),
        seen=len(realms),
        good=f"Sessions end within {LONGEST_SESSION} s, idle ones within {LONGEST_IDLE} s; "
        f"{offline if limited else 'no client may have offline sessions'}.",
        nothing="No realm was read.",
        evidence=tuple(line for realm in realms for line in _limits(realm)),
    )


def _limits(realm: Realm) -> tuple[Evidence, ...]:
    return (
        Evidence(SOURCE, realm.name, "ssoSessionMaxLifespan", _said(realm.session_max), f"1-{LONGEST_SESSION}"),
        Evidence(SOURCE, realm.name, "ssoSessionIdleTimeout", _said(realm.session_idle), f"1-{LONGEST_IDLE}"),
        Evidence(SOURCE, realm.name, "offlineSessionMaxLifespanEnabled", _said(realm.offline_limited), "true"),
    )


def _sessions(realm: Realm) -> Iterator[Verdict]:
    limits = [("sessions", realm.session_max, LONGEST_SESSION), ("idle sessions", realm.session_idle, LONGEST_IDLE)]
    if realm.remember_me:
        # 0 is "as other sessions", so only another value counts.
        limits += [
            (f"remembered {what}", value, most)
            for what, value, most in (
                ("sessions", realm.max_remembered, LONGEST_SESSION),
                ("idle sessions", realm.idle_remembered, LONGEST_IDLE),
            )
            if value != 0
        ]
    wrong = [f"{what} last {value} s" for what, value, most in limits if value is not None and not 0 < value <= most]
    if wrong:
        reason = f"In the realm {realm.name}, {names(wrong)} (limits: {LONGEST_SESSION} s, idle {LONGEST_IDLE} s)."
        yield failed(realm.name, reason, evidence=_limits(realm))
    elif realm.remember_me is None or any(value is None for _, value, _ in limits):
        yield not_checked(
            realm.name, "partial_data", f"Keycloak did not say when sessions of {realm.name} end.", seen=1
        )


def _offline(realm: Realm, clients: tuple[Client, ...]) -> Iterator[Verdict]:
    if realm.offline_limited:
        return
    users = [client.name for client in clients if client.offline]
    resource = f"{realm.name}/offline"
    if realm.offline_limited is None:
        yield not_checked(
            resource, "partial_data", "Keycloak did not say whether offline sessions are limited.", seen=1
        )
    elif users:
        near_miss = "Offline sessions have no maximum."
        reason = (
            f"Offline sessions have no maximum, and {len(users)} of "
            f"{count(len(clients), 'enabled OpenID Connect client')} may have them: {names(users)}."
        )
        yield failed(resource, reason, seen=len(clients), evidence=_limits(realm)[2:], near_miss=near_miss)
    elif any(client.offline is None for client in clients):
        text = "Offline sessions have no maximum; whether a client may have them was not shown."
        yield not_checked(resource, "partial_data", text, seen=1)
