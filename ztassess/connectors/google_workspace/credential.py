"""Owns the service account's key: what of the key file is used, and how an assertion is signed without or with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from joserfc.jwk import Key

from ztassess.connectors.api.signing import private_key, signed_token
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.netguard import parse_json

AUDIENCE = "https://oauth2.googleapis.com/token"
LIFETIME_SECONDS = 3600
"""The longest that Google takes: a token may have to be renewed late in a long reading."""
KEY_FILE, WORKLOAD = "key_file", "workload_identity"
_NOT_A_KEY = (
    "The key is not the JSON key file of a service account (it has client_email and private_key). It was not stored."
)


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """A key file. Its ``token_uri`` is not read: an assertion goes to Google's own address only."""

    email: str
    id: str
    key: Key = field(repr=False)

    def sign(self, claims: dict[str, Any]) -> str:
        """A compact JWT over these claims."""
        return signed_token(self.key, claims, {"kid": self.id} if self.id else None)


def key_of(text: str) -> ServiceAccountKey:
    """Parse a key file as a person pastes it.

    Raises:
        InputInvalid: it is none, or its key cannot sign.
    """
    try:
        value = parse_json(text.strip().encode())
    except BadAnswer as problem:
        raise InputInvalid(_NOT_A_KEY) from problem
    if not isinstance(value, dict) or value.get("type") != "service_account":
        raise InputInvalid(_NOT_A_KEY)
    email, pem, key_id = (value.get(name) for name in ("client_email", "private_key", "private_key_id"))
    if not isinstance(email, str) or not isinstance(pem, str) or "PRIVATE KEY" not in pem:
        raise InputInvalid(_NOT_A_KEY)
    return ServiceAccountKey(email.strip().lower(), key_id if isinstance(key_id, str) else "", private_key(pem))


def claims(context: ReadContext, scopes: tuple[str, ...], *, delegated: bool) -> dict[str, Any]:
    """What an assertion says (Google, "Using OAuth 2.0 for server to server applications").

    Parameters:
        delegated: in the name of the administrator; else the service account speaks for itself.
    """
    issued = int(context.now.timestamp())
    found: dict[str, Any] = {
        "iss": context.config["service_account_email"],
        "scope": " ".join(scopes),
        "aud": AUDIENCE,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
    }
    return found | ({"sub": context.config["admin_email"]} if delegated else {})


def made_at(pem: str) -> datetime:
    """When a key was made: its public certificate begins then.

    Raises:
        BadAnswer: that is no certificate.
    """
    try:
        return x509.load_pem_x509_certificate(pem.encode()).not_valid_before_utc
    except ValueError as problem:
        raise BadAnswer("Google sent something that is no certificate.") from problem
