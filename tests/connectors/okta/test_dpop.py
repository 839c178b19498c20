"""Proofs of possession by the letter of RFC 9449."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, import_key

from tests.fakes.vendor import NOW
from ztassess.connectors.netguard import Answer
from ztassess.connectors.okta.dpop import DpopProver

URL = "https://acme.okta.com/api/v1/users?limit=200&after=x#y"
REGISTRY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def opened(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, its signature checked with the key that it names."""
    head = jws.extract_compact(proof.encode(), registry=REGISTRY).headers()
    token = jwt.decode(proof, import_key(head["jwk"]), registry=REGISTRY)
    return dict(token.header), dict(token.claims)


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(URL, status, named, body, truncated=False, address="")


@pytest.fixture
def prover() -> DpopProver:
    return DpopProver(lambda: NOW)


def test_proof_of_a_resource_is_bound_to_method_address_and_token(prover: DpopProver) -> None:
    head, claims = opened(prover.headers("GET", URL, {"authorization": "DPoP abc"})["dpop"])
    assert (head["typ"], head["alg"]) == ("dpop+jwt", "ES256")
    assert set(head["jwk"]) == {"kty", "crv", "x", "y"}, "nothing but the public half"
    assert isinstance(import_key(head["jwk"]), ECKey)
    assert (claims["htm"], claims["htu"]) == ("GET", "https://acme.okta.com/api/v1/users")
    assert claims["ath"] == base64.urlsafe_b64encode(hashlib.sha256(b"abc").digest()).rstrip(b"=").decode()
    assert claims["iat"] == int(NOW.timestamp())
    assert "nonce" not in claims


def test_proof_of_the_token_endpoint_has_no_token(prover: DpopProver) -> None:
    _, claims = opened(prover.headers("POST", URL, {})["dpop"])
    assert claims["htm"] == "POST"
    assert "ath" not in claims


def test_each_proof_is_new_and_all_are_of_one_key(prover: DpopProver) -> None:
    first, second = (opened(prover.headers("GET", URL, {"authorization": "DPoP abc"})["dpop"]) for _ in "ab")
    assert first[1]["jti"] != second[1]["jti"]
    assert first[0]["jwk"] == second[0]["jwk"]


def test_bearer_token_gets_no_proof(prover: DpopProver) -> None:
    assert prover.headers("GET", URL, {"authorization": "Bearer abc"}) == {}


@pytest.mark.parametrize(
    ("heard", "again", "nonce"),
    [
        (answer(401, www_authenticate='DPoP error="use_dpop_nonce"', dpop_nonce="n1"), True, "n1"),
        (answer(400, b'{"error":"use_dpop_nonce"}', dpop_nonce="n1"), True, "n1"),
        (answer(200, dpop_nonce="n1"), False, "n1"),  # for the next request
        (answer(401, www_authenticate='DPoP error="invalid_token"', dpop_nonce="n1"), False, "n1"),
        (answer(401, www_authenticate='DPoP error="use_dpop_nonce"'), False, None),
        (answer(400, b'{"error":"use_dpop_nonce"}', dpop_nonce="n" * 2000), False, None),
        (answer(200), False, None),
    ],
)
def test_nonce_is_learned(prover: DpopProver, heard: Answer, again: bool, nonce: str | None) -> None:
    assert prover.asks_again(heard) is again
    _, claims = opened(prover.headers("GET", URL, {"authorization": "DPoP abc"})["dpop"])
    assert claims.get("nonce") == nonce
