"""Owns signing in to Tailscale: as an OAuth client or a federated identity, never with a person's key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ztassess.connectors.api import ApiSession, Pace, api_session, row_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, BadAnswer, Forbidden, NotFound, OverPrivileged, Refused
from ztassess.connectors.netguard import Answer
from ztassess.connectors.tailscale.scopes import ATTRIBUTES, CHANGES, writing

ORIGIN: Final = "https://api.tailscale.com"
API: Final = "/api/v2"
TOKEN: Final = f"{API}/oauth/token"
EXCHANGE: Final = f"{API}/oauth/token-exchange"
# No rate is published; two requests per second leave the customer's own tools alone.
PACE: Final = Pace(width=4, per_second=2.0)
GRANTED: Final = "tailscale granted scopes"
REVOKED: Final = "Tailscale refused the client; it may have been revoked."
FORBIDDEN, NOT_FOUND = 403, 404


@contextmanager
def tailscale_session(context: ReadContext) -> Iterator[ApiSession]:
    """One session. Nothing is sent before the first request."""
    with api_session(
        context,
        "Tailscale",
        ORIGIN,
        authorize=_authorize,
        pace=PACE,
        posts=(re.escape(TOKEN), re.escape(EXCHANGE)),
        refusal=_refusal(context),
    ) as session:
        yield session


def is_federated(context: ReadContext) -> bool:
    """The identity provider's token is exchanged; no secret of Tailscale is used."""
    return context.config.get("auth") == "federated"


def granted(context: ReadContext) -> frozenset[str] | None:
    """The scopes that Tailscale said the token has; None if it did not say, or before signing in."""
    found = context.kept.get(GRANTED)
    return found if isinstance(found, frozenset) else None


def refuse_writing(context: ReadContext, scopes: frozenset[str] | None) -> None:
    """Stop if a scope is not for reading.

    Raises:
        OverPrivileged: with the scopes.
    """
    found = writing(scopes or ())
    if found:
        raise OverPrivileged(
            f"This credential can change your tailnet ({', '.join(found)}). Give it only scopes that end in :read."
        )


def _authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
    """Ask for a token without naming scopes: then it has all that the credential has, so we see what that is."""
    context = session.context
    client_id = str(context.config.get("oauth_client_id") or "")
    if is_federated(context):
        path, form = EXCHANGE, {"client_id": client_id, "jwt": context.secrets.get("identity_token", "").strip()}
    else:
        secret = context.secrets.get("oauth_client_secret", "").strip()
        path, form = TOKEN, {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    try:
        reply = row_of(session.post_form(path, form).value, "TokenResponse")
    except (AuthFailed, Refused) as problem:
        raise AuthFailed(REVOKED) from problem
    token = reply.text("access_token")
    if reply.text("token_type", "Bearer").lower() != "bearer" or not token.isascii() or not token.isprintable():
        raise BadAnswer("Tailscale gave a token of a kind that we do not know.")
    scope = reply.text("scope", "")
    if scope:
        context.kept[GRANTED] = frozenset(scope.replace(",", " ").split())
    refuse_writing(context, granted(context))
    return {"authorization": f"Bearer {token}"}


def _refusal(context: ReadContext) -> Callable[[Answer, Any, str], Refused | None]:
    tailnet = str(context.config.get("tailnet") or "-")

    def named(answer: Answer, value: Any, scope: str) -> Refused | None:
        if answer.status == FORBIDDEN and scope:
            return Forbidden(f"Scope {scope} is missing.", status=FORBIDDEN, scope=scope)
        if answer.status == NOT_FOUND and scope == CHANGES:
            sentence = "Tailscale does not offer the audit log here; your plan may lack it."
            return NotFound(sentence, status=NOT_FOUND, scope=scope)
        if answer.status == NOT_FOUND and scope and scope != ATTRIBUTES:
            sentence = f"Tailnet {tailnet} is not visible to this credential."
            return NotFound(sentence, status=NOT_FOUND, scope=scope)
        return None

    return named
