"""Owns turning Keycloak's objects into values of the snapshot; what is not named here never enters it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.keycloak.snapshot import (
    OPENID,
    Action,
    Broker,
    Client,
    Credentials,
    Flow,
    Realm,
    Step,
    User,
)

LIFESPAN: Final = ("attributes", "access.token.lifespan")
OFFLINE: Final = "offline_access"
CONDITION_ON_CREDENTIALS: Final = "conditional-credential"
SIGNS_PEOPLE_IN: Final = frozenset({"USER_AUTHENTICATION", "ANY"})
_DEEPEST: Final = 20


def realm_of(row: Row) -> Realm:
    """RealmRepresentation. Keys, mail and theme settings are left behind."""
    return Realm(
        name=row.text("realm"),
        access_token=row.number("accessTokenLifespan", None),
        access_token_implicit=row.number("accessTokenLifespanForImplicitFlow", None),
        revoke_refresh=row.flag("revokeRefreshToken", None),
        reuse=row.number("refreshTokenMaxReuse", None),
        session_idle=row.number("ssoSessionIdleTimeout", None),
        session_max=row.number("ssoSessionMaxLifespan", None),
        remember_me=row.flag("rememberMe", None),
        idle_remembered=row.number("ssoSessionIdleTimeoutRememberMe", None),
        max_remembered=row.number("ssoSessionMaxLifespanRememberMe", None),
        offline_limited=row.flag("offlineSessionMaxLifespanEnabled", None),
        offline_max=row.number("offlineSessionMaxLifespan", None),
        browser_flow=row.text("browserFlow", ""),
        passkey_verification=row.text("webAuthnPolicyPasswordlessUserVerificationRequirement", ""),
    )


def client_of(row: Row) -> Client:
    """ClientRepresentation. Secret, registration token, keys and mappers are left behind."""
    overrides = row.row("authenticationFlowBindingOverrides", None)
    scopes = (row.texts("defaultClientScopes", None), row.texts("optionalClientScopes", None))
    listed = [scope for found in scopes if found is not None for scope in found]
    return Client(
        id=row.text("id"),
        name=row.text("clientId"),
        enabled=row.flag("enabled"),
        protocol=row.text("protocol", "") or OPENID,
        public=row.flag("publicClient", None),
        service_account=row.flag("serviceAccountsEnabled", None),
        authenticator=row.text("clientAuthenticatorType", ""),
        direct_grants=row.flag("directAccessGrantsEnabled", None),
        implicit=row.flag("implicitFlowEnabled", None),
        token_life=_life(row),
        browser_flow="" if overrides is None else overrides.text("browser", ""),
        offline=True if OFFLINE in listed else (None if None in scopes else False),
    )


def _life(row: Row) -> int | None:
    """Attributes are text; an empty one inherits the realm's (Keycloak, ``TokenManager.getTokenExpiration``)."""
    found = row.row("attributes", None)
    if found is None or not row.has(LIFESPAN) or row.value["attributes"][LIFESPAN[1]] == "":
        return None
    return row.number(LIFESPAN)


def flow_of(row: Row) -> Flow:
    """AuthenticationFlowRepresentation."""
    return Flow(row.text("id"), row.text("alias"))


def step_of(row: Row, flow: str) -> Step:
    """AuthenticationExecutionInfoRepresentation."""
    subflow = row.flag("authenticationFlow", absent=False)
    provider = "" if subflow else row.text("providerId")
    name = row.text("displayName", "") or row.text("alias", "") or provider
    return Step(flow, row.number("level"), row.text("requirement"), provider, name, subflow)


def ordered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of one flow, if their levels make a tree.

    Raises:
        BadAnswer: a level without a sub-flow above it.
    """
    deepest = 0
    for step in steps:
        if not 0 <= step.level <= min(deepest, _DEEPEST):
            raise BadAnswer(f"The levels of the flow {step.flow} make no tree.")
        deepest = step.level + 1 if step.subflow else step.level
    return tuple(steps)


def passed_by(row: Row) -> tuple[str, ...] | None:
    """AuthenticatorConfigRepresentation of a condition on credentials: those whose use leaves the sub-flow out.

    Keycloak, ``ConditionalCredentialAuthenticator``: names joined by ``##``; with ``included`` it is the other way
    round, which we take as not known.
    """
    config = row.row("config", None)
    if config is None or config.text("included", "").lower() == "true":
        return None
    return tuple(name for name in config.text("credentials", "").split("##") if name)


def with_passed_by(step: Step, names: tuple[str, ...] | None) -> Step:
    """The step, with what its condition is about."""
    return replace(step, passed_by=names)


def action_of(row: Row) -> Action:
    """RequiredActionProviderRepresentation."""
    alias = row.text("alias")
    return Action(alias, row.text("providerId", "") or alias, row.flag("enabled"), row.flag("defaultAction"))


def user_of(row: Row) -> User:
    """UserRepresentation. Names, attributes and contents of credentials are left behind."""
    name = row.text("username").lower()
    made = row.number("createdTimestamp", None)
    return User(
        row.text("id", "") or name,
        name,
        row.text("email", "").lower(),
        row.flag("enabled"),
        row.flag("totp", None),
        None if made is None else _moment(made),
    )


def _moment(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError) as problem:
        raise BadAnswer("UserRepresentation.createdTimestamp is no point in time.") from problem


def credentials_of(user_id: str, rows: Sequence[Row]) -> Credentials:
    """CredentialRepresentation: only the kind of each; hashes and seeds are left behind."""
    return Credentials(user_id, tuple(row.text("type") for row in rows))


def broker_of(row: Row) -> Broker:
    """IdentityProviderRepresentation. Its config, client secret included, is left behind."""
    kinds = row.texts("types", None)
    people = kinds is None or bool(SIGNS_PEOPLE_IN & set(kinds))
    return Broker(
        row.text("alias"),
        row.text("providerId", ""),
        row.flag("enabled"),
        people and not row.flag("linkOnly", absent=False),
        row.text("postBrokerLoginFlowAlias", ""),
    )
