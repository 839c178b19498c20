"""Owns signed client assertions: how we prove ourselves by a key that never leaves this machine (RFC 7523)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.netguard import parse_json

LIFETIME_SECONDS = 300
FEWEST_RSA_BITS = 2048
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA")
# Vendors name headers of their own, such as x5t#S256.
_REGISTRY = jws.JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)
_UNUSABLE = "The private key is not a PEM or JWK private key that can be used; it was not stored."


def private_key(text: str) -> Key:
    """A private key as a person pastes it: PEM, or a JWK object.

    Raises:
        InputInvalid: a public key, an encrypted or too short one, or something else.
    """
    text = text.strip()
    try:
        key: Any = import_key(parse_json(text.encode())) if text.startswith("{") else _from_pem(text)
    except InputInvalid:
        raise
    except Exception as problem:
        raise InputInvalid(_UNUSABLE) from problem
    if not isinstance(key, RSAKey | ECKey | OKPKey):
        raise InputInvalid(_UNUSABLE)
    if not key.is_private:
        raise InputInvalid("That is the public half of the key. The private half is needed here; it stays sealed.")
    if isinstance(key, RSAKey) and key.private_key is not None and key.private_key.key_size < FEWEST_RSA_BITS:
        raise InputInvalid(f"RSA keys need at least {FEWEST_RSA_BITS} bits; make a new one.")
    return key


def key_or_secret(entered: Mapping[str, str], *, neither: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with the two ways a client may prove itself: ``private_key`` or ``client_secret``, by field.

    Parameters:
        neither: what to say where neither was entered.
    """
    key, secret = entered.get("private_key", "").strip(), entered.get("client_secret", "").strip()
    if key and secret:
        return {"client_secret": "Enter the private key or the client secret, not both. Prefer the key."}
    if not key and not secret:
        return neither
    if key:
        try:
            private_key(key)
        except InputInvalid as problem:
            return {"private_key": problem.sentence}
    return {}


def _from_pem(text: str) -> Key:
    if "ENCRYPTED" in text:
        raise InputInvalid("The private key is protected by a password. Enter it without one; it is sealed here.")
    if "PUBLIC KEY" in text and "PRIVATE" not in text:
        raise InputInvalid("That is the public half of the key. The private half is needed here; it stays sealed.")
    loaded = load_pem_private_key(text.encode(), None)
    if isinstance(loaded, rsa.RSAPrivateKey):
        return RSAKey.import_key(loaded)  # not the text again: proving two numbers prime takes 40 ms each time
    if isinstance(loaded, ec.EllipticCurvePrivateKey):
        return ECKey.import_key(text)
    return OKPKey.import_key(text)


def algorithm_of(key: Key) -> str:
    """The usual signature algorithm of a key (RFC 7518, 3.1)."""
    if isinstance(key, RSAKey):
        return "RS256"
    if isinstance(key, ECKey) and key.private_key is not None:
        return _CURVES.get(key.private_key.curve.name, "ES256")
    return "EdDSA"


def signed_token(key: Key, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """A compact JWT.

    Raises:
        InputInvalid: the key cannot sign.
    """
    head = {"alg": algorithm_of(key), "typ": "JWT", **(header or {})}
    try:
        return jwt.encode(
            head, dict(claims), key, registry=jws.JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)
        )
    except (JoseError, ValueError) as problem:
        raise InputInvalid(_UNUSABLE) from problem


def client_assertion(
    key: Key, *, issuer: str, audience: str, now: datetime, header: Mapping[str, Any] | None = None, **more: Any
) -> str:
    """A client assertion of five minutes (RFC 7523, 3).

    Parameters:
        issuer: the client id, also the subject unless ``sub`` is given.
        audience: the token endpoint, as the vendor wants it.
        more: further claims, such as ``scope``.
    """
    issued = int(now.timestamp())
    claims = {
        "iss": issuer,
        "sub": issuer,
        "aud": audience,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
        "jti": secrets.token_urlsafe(16),
        **more,
    }
    return signed_token(key, claims, header)
