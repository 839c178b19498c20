"""Owns signing in to Vault, and giving our token back: the one change we make, to our own token only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession, Pace, api_session, row_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, ConnectorError, Refused
from ztassess.connectors.netguard import Budget
from ztassess.connectors.vault.client import CAPABILITIES, REVOKE, refusal, refuse_closed

VENDOR: Final = "Vault"
PACE: Final = Pace(width=4, per_second=5.0)
_REVOKE_SECONDS: Final = 10.0


@dataclass(slots=True)
class Visit:
    """One signed-in conversation.

    Attributes:
        version: of the server.
        revoked: after the visit: whether our token was given back.
    """

    session: ApiSession
    version: str
    revoked: bool = False


@contextmanager
def signed_in(context: ReadContext) -> Iterator[Visit]:
    """Look whether Vault is open, sign in, and revoke our token at the end, also after a failure or a cancel.

    Raises:
        AuthFailed: the credentials were refused.
        ConnectorError: sealed, a standby of another cluster, nothing answered.
    """
    address, authority = context.config["address"], context.config.get("ca_certificate") or ""
    base, prefix = f"{address}/v1", re.escape(urlsplit(address).path + "/v1")
    namespace = {"x-vault-namespace": name} if (name := context.config.get("namespace")) else {}
    with api_session(
        context, VENDOR, base, pace=PACE, posts=(f"{prefix}/auth/.+/login",), authority=authority, refusal=refusal
    ) as door:
        version = refuse_closed(door)
        token = _token(door, namespace)
    headers = {**namespace, "x-vault-token": token}

    def authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
        if renew:
            raise AuthFailed("Vault refused our token in the middle of the reading. Start it again.")
        return headers

    try:
        with api_session(
            context,
            VENDOR,
            base,
            authorize=authorize,
            pace=PACE,
            posts=(prefix + re.escape(CAPABILITIES),),
            authority=authority,
            refusal=refusal,
        ) as session:
            visit = Visit(session, version)
            yield visit
    finally:
        gone = _revoke(context, base, prefix, authority, headers)
    visit.revoked = gone


def _token(door: ApiSession, namespace: Mapping[str, str]) -> str:
    """Sign in by AppRole or JWT (POST auth/:mount/login). Raises AuthFailed."""
    config, secrets = door.context.config, door.context.secrets
    by_token = bool(config.get("jwt_role"))
    mount = config.get("auth_mount") or ("jwt" if by_token else "approle")
    if by_token:
        values = {"role": config["jwt_role"], "jwt": secrets.get("jwt", "").strip()}
    else:
        values = {"role_id": config["role_id"], "secret_id": secrets.get("secret_id", "").strip()}
    body = json.dumps(values).encode()
    try:
        reply = door.post(f"/auth/{mount}/login", body, headers=namespace, signed=False)
    except Refused as problem:
        what = "JWT" if by_token else "role id and secret id"
        raise AuthFailed(
            f"Vault refused the {what} at auth/{mount} (status {problem.status}). "
            "Check that they are still valid, and the namespace and sign-in path."
        ) from problem
    return row_of(reply.value, "Login").text("auth.client_token")


def _revoke(context: ReadContext, base: str, prefix: str, authority: str, headers: Mapping[str, str]) -> bool:
    """Give our token back, with limits of its own: the run's may be used up, or the run canceled."""
    ours = replace(context, budget=Budget(seconds=_REVOKE_SECONDS))
    try:
        with api_session(
            ours, VENDOR, base, pace=Pace(tries=2), posts=(prefix + re.escape(REVOKE),), authority=authority
        ) as door:
            door.post(REVOKE, b"", headers=headers, signed=False)
    except ConnectorError:
        return False
    return True
