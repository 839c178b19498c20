"""Owns finding a realm and signing in to it: by key (private_key_jwt) or by client secret."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from ztassess.connectors.api import ApiSession, Pace, api_session, row_of
from ztassess.connectors.api.signing import client_assertion, private_key
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Forbidden,
    InputInvalid,
    NotFound,
    OverPrivileged,
    Refused,
)
from ztassess.connectors.keycloak.rights import administrative_roles, writing
from ztassess.connectors.netguard import Answer

VENDOR: Final = "Keycloak"
OLD_PREFIX: Final = "/auth"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Keycloak publishes no limit; it is the customer's own server, so we ask at a walk.
PACE: Final = Pace(width=4, per_second=5.0)
ROLES: Final = "keycloak roles of the token"
FAILURE: Final = "keycloak sign-in failed"
SIGN_IN_REFUSED: Final = (400, 401, 403)


class RoleMissing(Forbidden):
    """The service account lacks a role of the client realm-management."""

    def __init__(self, role: str, status: int = 403) -> None:
        sentence = f"The service account lacks realm-management role {role}."
        super().__init__(sentence, status=status, scope=role)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a realm was found.

    Attributes:
        base: address with the path prefix of this server.
        issuer: what the realm calls itself.
    """

    base: str
    issuer: str


@contextmanager
def keycloak_session(context: ReadContext) -> Iterator[ApiSession]:
    """One session with the realm of the connect form.

    Raises:
        InputInvalid: there is no such realm at this address.
        ConnectorError: nothing answers.
    """
    context.kept.pop(FAILURE, None)
    place = find_realm(context)
    path = _realm_path(context) + "/protocol/openid-connect/token"
    with api_session(
        context,
        VENDOR,
        place.base,
        authorize=_authorize(context, place, path),
        pace=PACE,
        posts=(re.escape(urlsplit(place.base).path + path),),
        refusal=_refusal(context, path),
    ) as session:
        yield session


def admin_path(session: ApiSession) -> str:
    """The path of the realm's administration, below the session's base."""
    return f"/admin{_realm_path(session.context)}"


def _realm_path(context: ReadContext) -> str:
    return f"/realms/{quote(str(context.config['realm']), safe='')}"


def find_realm(context: ReadContext) -> Place:
    """The realm, with or without the path prefix that servers before version 17 have."""
    entered = str(context.config["base_url"])
    other = entered.removesuffix(OLD_PREFIX) if entered.endswith(OLD_PREFIX) else entered + OLD_PREFIX
    problems: list[Refused | BadAnswer] = []
    with api_session(context, VENDOR, entered.removesuffix(OLD_PREFIX), pace=PACE) as session:
        for base in (entered, other):
            try:
                reply = session.get(f"{base}{_realm_path(context)}/.well-known/openid-configuration")
                return Place(base, row_of(reply.value, "OpenIdProviderMetadata").text("issuer"))
            except (Refused, BadAnswer) as problem:
                problems.append(problem)
    strange = next((problem for problem in problems if not isinstance(problem, NotFound)), None)
    if strange is not None:
        raise strange
    raise InputInvalid(
        f"There is no realm {context.config['realm']} at {entered}, with or without {OLD_PREFIX}. Check both."
    )


def token_roles(context: ReadContext) -> frozenset[str] | None:
    """The administrative roles that our token named; None if it named none."""
    found = context.kept.get(ROLES)
    return found if isinstance(found, frozenset) else None


def _authorize(context: ReadContext, place: Place, path: str) -> Callable[[ApiSession, bool], Mapping[str, str]]:
    began = time.monotonic()
    client = str(context.config["client_id"])
    text = context.secrets.get("private_key", "").strip()
    key = private_key(text) if text else None
    if key is not None:
        _audience_is_ours(context, place)
    header = {"kid": context.config["key_id"]} if context.config.get("key_id") else {}

    def sign_in(session: ApiSession) -> Mapping[str, str]:
        form = {"grant_type": "client_credentials", "client_id": client}
        if key is None:
            form["client_secret"] = context.secrets.get("client_secret", "").strip()
        else:
            now = context.now + timedelta(seconds=time.monotonic() - began)
            form["client_assertion_type"] = ASSERTION_TYPE
            form["client_assertion"] = client_assertion(
                key, issuer=client, audience=place.issuer, now=now, header=header
            )
        reply = row_of(session.post_form(path, form).value, "TokenResponseRaw")
        return _signature(context, reply.text("access_token"), reply.text("token_type"))

    def authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
        # Every part asks for a token of its own accord; one refusal is enough for all.
        fail_if_refused(context)
        try:
            return sign_in(session)
        except ConnectorError as problem:
            context.kept[FAILURE] = problem
            raise

    return authorize


def fail_if_refused(context: ReadContext) -> None:
    """Raise the `ConnectorError` with which signing in failed, if it did."""
    problem = context.kept.get(FAILURE)
    if isinstance(problem, ConnectorError):
        raise problem


def _audience_is_ours(context: ReadContext, place: Place) -> None:
    """An assertion names the server it is for. One for another server could be used there by whoever asked for it."""
    expected = place.base + _realm_path(context)
    if place.issuer.rstrip("/") != expected:
        raise InputInvalid(
            f"The realm at {expected} calls itself {place.issuer[:200]}. Enter the address it calls itself by."
        )


def _signature(context: ReadContext, token: str, kind: str) -> Mapping[str, str]:
    if kind.lower() != "bearer" or not token.isascii() or not token.isprintable():
        raise BadAnswer("Keycloak gave a token of a kind that we do not know.")
    roles = administrative_roles(token, str(context.config["realm"]))
    wrong = writing(roles or ())
    if wrong:
        raise OverPrivileged(
            f"This client can change your realm: its service account has {', '.join(wrong)}. Take that away; "
            "view roles are enough."
        )
    context.kept[ROLES] = roles
    return {"authorization": f"Bearer {token}"}


def _refusal(context: ReadContext, token_path: str) -> Callable[[Answer, Any, str], Exception | None]:
    client = str(context.config["client_id"])

    def named(answer: Answer, value: Any, scope: str) -> Exception | None:
        value = value if isinstance(value, dict) else {}
        error = value.get("error")
        if not scope and answer.status in SIGN_IN_REFUSED and isinstance(error, str):
            # Only the token endpoint is asked without a role.
            if "service account" in str(value.get("error_description", "")).lower():
                return AuthFailed(f"Turn on 'Service accounts roles' for the client {client} in Keycloak.")
            how = "key" if context.secrets.get("private_key", "").strip() else "secret"
            return AuthFailed(
                f"Keycloak refused the {how} of the client {client} ({error[:40]}). Check that it is still registered."
            )
        if scope and answer.status == 403:  # noqa: PLR2004  HTTP's own number
            return RoleMissing(scope)
        return None

    return named


def where(context: ReadContext) -> str:
    """Realm and host, for people."""
    host = urlsplit(str(context.config.get("base_url") or "")).hostname or ""
    realm = str(context.config.get("realm") or "realm")
    return f"{realm} at {host}" if host else realm
