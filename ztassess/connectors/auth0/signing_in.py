"""Owns signing in to an Auth0 tenant: by key (private_key_jwt) or by client secret."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession, Pace, api_session, row_of
from ztassess.connectors.api.signing import client_assertion, private_key
from ztassess.connectors.auth0.scopes import writing
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, BadAnswer, ConnectorError, Forbidden, OverPrivileged
from ztassess.connectors.netguard import Answer

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105  a path, not a password
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Auth0 allows the smallest plan 2 requests per second to the Management API, with bursts of 10;
# what a burst leaves is for the customer's own traffic.
PACE: Final = Pace(
    width=4,
    per_second=2.0,
    burst=6,
    remaining="x-ratelimit-remaining",
    limit="x-ratelimit-limit",
    reset="x-ratelimit-reset",
)
SCOPES: Final = "auth0 granted scopes"
FAILURE: Final = "auth0 sign-in failed"
LACKS_SCOPE: Final = "insufficient_scope"
SIGN_IN_REFUSED: Final = (400, 401, 403)


class RoleForbidden(Forbidden):
    """The scope is not what is missing: the tenant does not let this be read."""

    reason = "forbidden_role"


@contextmanager
def auth0_session(context: ReadContext) -> Iterator[ApiSession]:
    """One session with the tenant of the connect form. Nothing is sent before the first request."""
    context.kept.pop(FAILURE, None)
    with api_session(
        context,
        "Auth0",
        f"https://{context.config['tenant_domain']}",
        authorize=_authorize(context),
        pace=PACE,
        posts=(re.escape(TOKEN_PATH),),
        refusal=_refusal(context),
    ) as session:
        yield session


def granted(context: ReadContext) -> frozenset[str] | None:
    """The scopes that Auth0 said our token has; None if it did not say."""
    found = context.kept.get(SCOPES)
    return found if isinstance(found, frozenset) else None


def fail_if_refused(context: ReadContext) -> None:
    """Raise the `ConnectorError` with which signing in failed, if it did."""
    problem = context.kept.get(FAILURE)
    if isinstance(problem, ConnectorError):
        raise problem


def _authorize(context: ReadContext) -> Callable[[ApiSession, bool], Mapping[str, str]]:
    began = time.monotonic()
    client, tenant = str(context.config["client_id"]), f"https://{context.config['tenant_domain']}/"
    text = context.secrets.get("private_key", "").strip()
    key = private_key(text) if text else None
    header = {"kid": context.config["key_id"]} if context.config.get("key_id") else {}

    def sign_in(session: ApiSession) -> Mapping[str, str]:
        form = {"grant_type": "client_credentials", "client_id": client, "audience": f"{tenant}api/v2/"}
        if key is None:
            form["client_secret"] = context.secrets.get("client_secret", "").strip()
        else:
            now = context.now + timedelta(seconds=time.monotonic() - began)
            form["client_assertion_type"] = ASSERTION_TYPE
            # Auth0 wants the tenant itself as the audience, with its slash.
            form["client_assertion"] = client_assertion(key, issuer=client, audience=tenant, now=now, header=header)
        reply = row_of(session.post_form(TOKEN_PATH, form).value, "AccessTokenResponse")
        return _signature(context, reply.text("access_token"), reply.text("token_type"), reply.text("scope", ""))

    def authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
        # Every part asks for a token of its own accord; one refusal is enough for all.
        fail_if_refused(context)
        try:
            return sign_in(session)
        except ConnectorError as problem:
            context.kept[FAILURE] = problem
            raise

    return authorize


def _signature(context: ReadContext, token: str, kind: str, scope: str) -> Mapping[str, str]:
    if kind.lower() != "bearer" or not token.isascii() or not token.isprintable():
        raise BadAnswer("Auth0 gave a token of a kind that we do not know.")
    scopes = frozenset(scope.split())
    if writing(scopes):
        raise OverPrivileged(
            f"This application can change your tenant ({', '.join(writing(scopes))}). Take these permissions away; "
            "only read: is needed."
        )
    context.kept[SCOPES] = scopes or None
    return {"authorization": f"Bearer {token}"}


def _refusal(context: ReadContext) -> Callable[[Answer, Any, str], Exception | None]:
    """Auth0's refusals in our words. Only the token endpoint is asked without a scope."""
    client = str(context.config["client_id"])

    def named(answer: Answer, value: Any, scope: str) -> Exception | None:
        value = value if isinstance(value, dict) else {}
        error = value.get("error")
        if not scope and answer.status in SIGN_IN_REFUSED and isinstance(error, str):
            if "client-grant" in str(value.get("error_description", "")) or error == "unauthorized_client":
                return AuthFailed(f"Authorize the application {client} for the Auth0 Management API.")
            how = "key" if context.secrets.get("private_key", "").strip() else "secret"
            return AuthFailed(
                f"Auth0 refused the {how} of the application {client} ({error[:40]}). Check that it is still its own, "
                "and that the domain is the tenant's own."
            )
        if scope and answer.status == 403:  # noqa: PLR2004  HTTP's own number
            return _forbidden(scope, str(value.get("errorCode", ""))[:40])
        return None

    return named


def _forbidden(scope: str, code: str) -> Forbidden:
    if code in (LACKS_SCOPE, ""):
        sentence = f"Connected, but {scope} is missing. Grant it under APIs, Auth0 Management API, in the dashboard."
        return Forbidden(sentence, status=403, word=code, scope=scope)
    sentence = f"Connected, but Auth0 does not show this ({code}). Your plan or tenant may lack it; not checked."
    return RoleForbidden(sentence, status=403, word=code)


def tenant_host(context: ReadContext) -> str:
    """The host of the tenant, for people."""
    return urlsplit(f"https://{context.config.get('tenant_domain') or ''}").hostname or ""
