"""Assertions verify with the public half, and a key that cannot be used is refused in words."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from tests.fakes.vendor import NOW
from ztassess.connectors.api.signing import client_assertion, private_key
from ztassess.connectors.errors import InputInvalid

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: object, password: bytes | None = None) -> str:
    kept = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept).decode()  # type: ignore[attr-defined,no-any-return]


JWK = json.dumps(RSAKey.import_key(pem(RSA)).as_dict(private=True))
KEYS = {
    "rsa": (pem(RSA), "RS256"),
    "p256": (pem(ec.generate_private_key(ec.SECP256R1())), "ES256"),
    "p384": (pem(ec.generate_private_key(ec.SECP384R1())), "ES384"),
    "ed25519": (pem(ed25519.Ed25519PrivateKey.generate()), "EdDSA"),
    "jwk": (JWK, "RS256"),
}


@pytest.mark.parametrize("name", KEYS)
def test_an_assertion_verifies_with_the_public_half(name: str) -> None:
    text, algorithm = KEYS[name]
    key = private_key(f"\n{text}\n")
    token = client_assertion(key, issuer="client", audience="https://v/token", now=NOW, header={"kid": "k1"}, scope="r")
    public = import_key(key.as_dict(private=False))
    assert isinstance(public, RSAKey | ECKey | OKPKey)
    read = jwt.decode(token, public, algorithms=[algorithm])
    assert read.header == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    assert {name: read.claims[name] for name in ("iss", "sub", "aud", "scope")} == {
        "iss": "client",
        "sub": "client",
        "aud": "https://v/token",
        "scope": "r",
    }
    assert read.claims["exp"] - read.claims["iat"] == 300
    assert read.claims["iat"] == int(NOW.timestamp())


def test_no_two_assertions_are_the_same() -> None:
    key = private_key(pem(RSA))
    made = {client_assertion(key, issuer="c", audience="a", now=NOW) for _ in range(3)}
    assert len(made) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "PEM or JWK"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "PEM or JWK"),
        ("{", "PEM or JWK"),
        ('{"kty": "oct", "k": "c2VjcmV0"}', "PEM or JWK"),
        (json.dumps(RSAKey.import_key(pem(RSA)).as_dict(private=False)), "public half"),
        (
            RSA.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            "public half",
        ),
        (pem(RSA, b"secret"), "protected by a password"),
        (pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "2048 bits"),  # noqa: S505  refused
    ],
    ids=["nothing", "garbage", "half-json", "shared-secret", "public-jwk", "public-pem", "encrypted", "short"],
)
def test_what_is_no_usable_private_key_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(InputInvalid, match=words) as refused:
        private_key(text)
    assert "AAAA" not in str(refused.value)
