"""Owns the questions to Keycloak: one function per endpoint, each reply parsed at once into values of the snapshot.

Titles are those of the Keycloak Admin REST API.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

from ztassess.connectors.api import ApiSession, Row, fan_out, row_of, rows_of
from ztassess.connectors.errors import BudgetExceeded, Incomplete, Refused
from ztassess.connectors.keycloak import parsing, rights
from ztassess.connectors.keycloak.signing_in import RoleMissing, admin_path, token_roles
from ztassess.connectors.keycloak.snapshot import Action, Broker, Client, Credentials, Flow, Realm, Step, User

PAGE: Final = 100
MOST_CREDENTIAL_READS: Final = 300


def realm(session: ApiSession) -> Iterator[Realm]:
    """Settings of the realm ("Get the top-level representation of the realm").

    Raises:
        RoleMissing: Keycloak shows a shortened realm to those who lack view-realm.
    """
    row = row_of(session.get(admin_path(session), scope=rights.REALM).value, "RealmRepresentation")
    if not row.has("accessTokenLifespan"):
        raise RoleMissing(rights.REALM)
    yield parsing.realm_of(row)


def clients(session: ApiSession, limit: int | None = None) -> Iterator[Client]:
    """All clients ("Get clients belonging to the realm"); without ``max`` they come in one reply.

    Raises:
        RoleMissing: Keycloak shows shortened clients, or none, to those who lack view-clients; a realm always has some.
    """
    asked = {} if limit is None else {"first": 0, "max": limit}
    reply = session.get(f"{admin_path(session)}/clients", asked, scope=rights.CLIENTS)
    rows = rows_of(reply.value, "ClientRepresentation")
    if not rows or not all(row.has("enabled") for row in rows):
        raise RoleMissing(rights.CLIENTS)
    yield from map(parsing.client_of, rows)


def flows(session: ApiSession) -> Iterator[Flow]:
    """Top-level flows ("Get authentication flows").

    Raises:
        Incomplete: none was listed, but every realm has some.
    """
    reply = session.get(f"{admin_path(session)}/authentication/flows", scope=rights.REALM)
    rows = rows_of(reply.value, "AuthenticationFlowRepresentation")
    if not rows:
        raise Incomplete("Keycloak listed no flow, but every realm has some.")
    yield from map(parsing.flow_of, rows)


def executions(session: ApiSession, aliases: Iterable[str]) -> Iterator[Step]:
    """Steps of flows ("Get authentication executions for a flow"), each flow whole."""

    def one(alias: str) -> tuple[Step, ...]:
        path = f"{admin_path(session)}/authentication/flows/{quote(alias, safe='')}/executions"
        rows = rows_of(session.get(path, scope=rights.REALM).value, "AuthenticationExecutionInfoRepresentation")
        return parsing.ordered([_step(session, row, alias) for row in rows])

    for steps in fan_out(session, dict.fromkeys(aliases), one):
        yield from steps


def _step(session: ApiSession, row: Row, alias: str) -> Step:
    step = parsing.step_of(row, alias)
    config = row.text("authenticationConfig", "")
    if step.provider != parsing.CONDITION_ON_CREDENTIALS or not config:
        return step
    return parsing.with_passed_by(step, _passed_by(session, config))


def _passed_by(session: ApiSession, config: str) -> tuple[str, ...] | None:
    """What a condition is about ("Get authenticator configuration"); None where Keycloak does not show it."""
    path = f"{admin_path(session)}/authentication/config/{quote(config, safe='')}"
    try:
        reply = session.get(path, scope=rights.REALM)
    except Refused:
        return None
    return parsing.passed_by(row_of(reply.value, "AuthenticatorConfigRepresentation"))


def actions(session: ApiSession) -> Iterator[Action]:
    """Required actions ("Get required actions")."""
    reply = session.get(f"{admin_path(session)}/authentication/required-actions", scope=rights.REALM)
    yield from (parsing.action_of(row) for row in rows_of(reply.value, "RequiredActionProviderRepresentation"))


def users(session: ApiSession, limit: int = PAGE) -> Iterator[User]:
    """All users ("Get users"), in pages; service accounts are not among them. Keycloak states no total.

    Raises:
        RoleMissing: nobody was listed, which is what those see who have query-users but not view-users.
        Incomplete: a page brought nothing new, so that its end cannot be told.
    """
    seen: set[str] = set()
    first = 0
    while True:
        asked = {"first": first, "max": limit, "briefRepresentation": False}
        rows = rows_of(
            session.get(f"{admin_path(session)}/users", asked, scope=rights.USERS).value, "UserRepresentation"
        )
        fresh = [user for user in map(parsing.user_of, rows) if user.id not in seen]
        if rows and not fresh:
            raise Incomplete("Keycloak sent the same page of users again; what was read is not complete.")
        seen.update(user.id for user in fresh)
        yield from fresh
        if not seen and rights.USERS not in (token_roles(session.context) or ()):
            raise RoleMissing(rights.USERS)
        if len(rows) < limit:
            return
        first += limit
        session.context.budget.spend_page()


def credentials(session: ApiSession, found: Iterable[User]) -> Iterator[Credentials]:
    """Kinds of credentials ("Get credentials"), of enabled users whose listing shows no one-time password.

    Raises:
        BudgetExceeded: there are more than one run may ask for.
    """
    asked = [user for user in found if user.enabled and not user.otp]

    def one(user: User) -> Credentials:
        path = f"{admin_path(session)}/users/{quote(user.id, safe='')}/credentials"
        rows = rows_of(session.get(path, scope=rights.USERS).value, "CredentialRepresentation")
        return parsing.credentials_of(user.id, rows)

    yield from fan_out(session, asked[:MOST_CREDENTIAL_READS], one)
    if len(asked) > MOST_CREDENTIAL_READS:
        raise BudgetExceeded(
            f"The credentials of {MOST_CREDENTIAL_READS} of {len(asked)} users were read; one run asks for no more."
        )


def brokers(session: ApiSession) -> Iterator[Broker]:
    """Identity providers ("Get identity providers"); without ``max`` they come in one reply."""
    reply = session.get(f"{admin_path(session)}/identity-provider/instances", scope=rights.PROVIDERS)
    yield from (parsing.broker_of(row) for row in rows_of(reply.value, "IdentityProviderRepresentation"))
