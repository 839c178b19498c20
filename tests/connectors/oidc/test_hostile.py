"""Issuers that lie, break and forge: none of it ends in a pass, and no token is kept anywhere."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.fakes.vendor import CANARY, Answer, Request, Vendor, context_for
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.oidc import CONNECTOR
from ztassess.connectors.oidc.snapshot import OidcSnapshot, Signature
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

RSA = RSAKey.generate_key(2048, {"kid": "r", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "e", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "d", "use": "sig"})
API = "https://api.example.com"
BROKEN: dict[str, Answer] = {
    "401": Answer({"error": CANARY}, 401),
    "403": Answer({"error": CANARY}, 403),
    "404": Answer({}, 404),
    "429": Answer({}, 429),
    "429 with Retry-After": Answer({}, 429, {"retry-after": "900"}),
    "500": Answer({"error": CANARY}, 500),
    "page": Answer(raw=f"<html>{CANARY}</html>".encode(), kind="text/html"),
    "cut": Answer(raw=b'{"keys": [{"kty": "RSA", "n": "'),
    "list": Answer([CANARY]),
    "null": Answer(None),
    "wrong types": Answer({"keys": "x", "issuer": 7, "jwks_uri": []}),
    "no fields": Answer({"keys": [{}]}),
    "redirect": Answer(status=302, headers={"location": "http://169.254.169.254/"}, raw=b""),
    "NaN": Answer(raw=b'{"keys": [NaN]}'),
    "twice": Answer(raw=b'{"issuer": "a", "issuer": "b", "keys": [], "keys": []}'),
    "deep": Answer(raw=b'{"keys":' + b"[" * 9_000),
    "huge": Answer(raw=b'{"keys": "' + b"x" * (65 << 20) + b'"}'),
}


class Issuer(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.route("GET", "/.well-known/openid-configuration")(self._document)
        self.route("GET", "/jwks")(lambda _: Answer({"keys": self.keys}))
        self.route("POST", "/token")(lambda _: self.token)
        self.reset()

    def reset(self) -> None:
        self.faults.clear()
        self.requests.clear()
        self.changes: dict[str, Any] = {}
        self.keys = [key.as_dict(private=False) for key in (RSA, EC, ED)]
        self.token = Answer({"access_token": f"opaque-{CANARY}", "expires_in": 600, "token_type": "Bearer"})

    def _document(self, request: Request) -> Answer:
        found = {"issuer": self.base, "jwks_uri": f"{self.base}/jwks", "token_endpoint": f"{self.base}/token"}
        return Answer(found | self.changes)


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with Issuer() as made:
        yield made


@pytest.fixture
def issuer(running: Issuer) -> Issuer:
    running.reset()
    return running


def claims(issuer: Issuer) -> dict[str, Any]:
    return {
        "iss": issuer.base,
        "aud": API,
        "iat": 1000,
        "exp": 1600,
        "scope": "read",
        "sub": f"anna-{CANARY}",
        "email": f"{CANARY}@example.com",
    }


def collected(issuer: Issuer, token: str = "", *, minting: bool = False) -> OidcSnapshot:
    secrets = {"sample_token": token} if token else {}
    fields = {"issuer": issuer.base, "expected_audience": API}
    if minting:
        fields["client_id"], secrets["client_secret"] = "c", CANARY
    snapshot = CONNECTOR.collect(context_for(CONNECTOR, fields, secrets))
    assert isinstance(snapshot, OidcSnapshot)
    text = repr(snapshot) + repr(judge(CONNECTOR, snapshot))
    assert CANARY not in text
    assert not token or (token not in text and token.split(".")[1] not in text)
    return snapshot


def outcomes(snapshot: OidcSnapshot) -> dict[str, str]:
    return {result.check.partition(".")[2]: result.outcome.value for result in judge(CONNECTOR, snapshot).results}


@pytest.mark.parametrize("error", BROKEN)
def test_broken_document_ends_the_reading_with_a_sentence(issuer: Issuer, error: str) -> None:
    issuer.fault("/.well-known/openid-configuration", BROKEN[error])
    with pytest.raises(ConnectorError) as broken:
        collected(issuer)
    assert CANARY not in broken.value.sentence
    if error == "page":
        assert broken.value.sentence == "The address answered with a web page, not JSON."


@pytest.mark.parametrize("error", BROKEN)
def test_broken_key_set_proves_no_token(issuer: Issuer, error: str) -> None:
    issuer.fault("/jwks", BROKEN[error])
    token = jwt.encode({"alg": "RS256", "kid": "r"}, claims(issuer), RSA)
    fields = {"issuer": issuer.base, "expected_audience": API}
    snapshot = CONNECTOR.collect(context_for(CONNECTOR, fields, {"sample_token": token}))
    assert isinstance(snapshot.keys, Unavailable)
    found = outcomes(snapshot)
    for check in ("access_token_lifetime", "token_signature_and_audience", "key_strength", "no_private_key_published"):
        assert found[check] == "not_checked"


@pytest.mark.parametrize("error", [name for name in BROKEN if name != "huge"])
def test_broken_token_endpoint_leaves_the_rest(issuer: Issuer, error: str) -> None:
    issuer.fault("/token", BROKEN[error])
    fields = {"issuer": issuer.base, "client_id": "c"}
    snapshot = CONNECTOR.collect(context_for(CONNECTOR, fields, {"client_secret": "s"}))
    assert isinstance(snapshot.tokens, Unavailable)
    assert CANARY not in snapshot.tokens.detail
    assert outcomes(snapshot)["access_token_lifetime"] == "not_checked"
    assert outcomes(snapshot)["key_strength"] == "pass"


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"jwks_uri": "http://id.example.com/jwks"}, "keys"),
        ({"jwks_uri": "https://169.254.169.254/jwks"}, "keys"),
        ({"jwks_uri": "https://10.0.0.1/jwks"}, "keys"),
        ({"jwks_uri": "file:///etc/passwd"}, "keys"),
        ({"token_endpoint": "http://id.example.com/token"}, "tokens"),
        ({"token_endpoint": "https://10.0.0.1/token"}, "tokens"),
    ],
)
def test_document_cannot_lead_us_elsewhere(issuer: Issuer, changes: dict[str, str], part: str) -> None:
    issuer.changes = changes
    snapshot = collected(issuer, minting=True)
    assert isinstance(getattr(snapshot, part), Unavailable)
    if changes.get("jwks_uri", "").startswith("https://10."):
        assert snapshot.keys.detail == "The key set at 10.0.0.1 is not public; token signatures cannot be checked."


def unsigned(header: dict[str, Any], body: dict[str, Any], signature: str = "") -> str:
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, body)]
    return ".".join([*encoded, signature])


@pytest.mark.parametrize(("alg", "key"), [("RS256", RSA), ("PS384", RSA), ("ES256", EC), ("EdDSA", ED)])
def test_every_listed_algorithm_is_verified(issuer: Issuer, alg: str, key: Any) -> None:
    registry = jws.JWSRegistry(algorithms=[alg])
    token = jwt.encode({"alg": alg, "kid": key.kid}, claims(issuer), key, registry=registry)
    snapshot = collected(issuer, token)
    assert [sample.signature for sample in snapshot.tokens] == [Signature.VALID]
    assert outcomes(snapshot)["access_token_lifetime"] == "pass"


@pytest.mark.parametrize("alg", ["none", "None", "NONE"])
def test_unsigned_token_is_a_critical_fail(issuer: Issuer, alg: str) -> None:
    snapshot = collected(issuer, unsigned({"alg": alg, "kid": "r"}, claims(issuer)))
    assert outcomes(snapshot)["token_signature_and_audience"] == "fail"
    assert outcomes(snapshot)["access_token_lifetime"] == "not_checked"


def test_public_key_used_as_a_shared_secret_is_a_fail(issuer: Issuer) -> None:
    """The old confusion of algorithms: HS256 with the text of the public key."""
    signed = unsigned({"alg": "HS256", "kid": "r"}, claims(issuer)).rstrip(".")
    mark = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
    token = f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"
    snapshot = collected(issuer, token)
    assert [sample.signature for sample in snapshot.tokens] == [Signature.UNSAFE]
    assert outcomes(snapshot)["token_signature_and_audience"] == "fail"


@pytest.mark.parametrize(
    ("change", "signature"),
    [
        (lambda token: token[:-8] + "AAAAAAAA", Signature.INVALID),
        (lambda token: token[:-4], Signature.INVALID),
        (lambda token: token.rpartition(".")[0] + ".", Signature.INVALID),
    ],
)
def test_changed_or_cut_token_proves_nothing(issuer: Issuer, change: Any, signature: Signature) -> None:
    token = change(jwt.encode({"alg": "RS256", "kid": "r"}, claims(issuer), RSA))
    snapshot = collected(issuer, token)
    assert [sample.signature for sample in snapshot.tokens] == [signature]
    assert outcomes(snapshot)["access_token_lifetime"] == "not_checked"


def test_token_of_another_key_with_a_borrowed_kid_proves_nothing(issuer: Issuer) -> None:
    other = RSAKey.generate_key(2048, {"kid": "r"})
    snapshot = collected(issuer, jwt.encode({"alg": "RS256", "kid": "r"}, claims(issuer), other))
    assert [sample.signature for sample in snapshot.tokens] == [Signature.INVALID]


def test_key_in_the_token_itself_is_not_trusted(issuer: Issuer) -> None:
    other = RSAKey.generate_key(2048, {"kid": "mine"})
    header = {"alg": "RS256", "kid": "mine", "jwk": other.as_dict(private=False)}
    snapshot = collected(issuer, jwt.encode(header, claims(issuer), other))
    assert [sample.signature for sample in snapshot.tokens] == [Signature.UNKNOWN_KEY]


@pytest.mark.parametrize("use", ["enc", "sig"])
def test_key_for_encryption_verifies_no_signature(issuer: Issuer, use: str) -> None:
    issuer.keys = [{**RSA.as_dict(private=False), "use": use}]
    snapshot = collected(issuer, jwt.encode({"alg": "RS256", "kid": "r"}, claims(issuer), RSA))
    expected = Signature.VALID if use == "sig" else Signature.UNKNOWN_KEY
    assert [sample.signature for sample in snapshot.tokens] == [expected]


def test_unknown_critical_header_is_not_understood_and_proves_nothing(issuer: Issuer) -> None:
    token = unsigned({"alg": "RS256", "kid": "r", "crit": ["exp2"], "exp2": 1}, claims(issuer), "AAAA")
    assert outcomes(collected(issuer, token))["access_token_lifetime"] == "not_checked"


@pytest.mark.parametrize(
    "token",
    ["v4-opaque-token", "a.b.c", "eyJ.eyJ.x", "a.b.c.d.e", "x" * 100_000, "..", "eyJhbGciOiJSUzI1NiJ9.W10.AAAA"],
)
def test_what_is_no_token_is_opaque(issuer: Issuer, token: str) -> None:
    snapshot = CONNECTOR.collect(context_for(CONNECTOR, {"issuer": issuer.base}, {"sample_token": token}))
    assert [sample.signature for sample in snapshot.tokens] == [Signature.OPAQUE]
    assert outcomes(snapshot)["access_token_lifetime"] == "not_checked"


def test_cached_opaque_token_never_passes(issuer: Issuer) -> None:
    """expires_in of a cached token is what is left of it; the fake gives the same one twice."""
    snapshot = collected(issuer, minting=True)
    assert len(issuer.asked("/token")) == 2
    assert outcomes(snapshot)["access_token_lifetime"] == "not_checked"


def test_refresh_token_for_a_machine_is_a_warning(issuer: Issuer) -> None:
    issuer.token = Answer({"access_token": f"o-{CANARY}", "expires_in": 600, "refresh_token": f"r-{CANARY}"})
    made = context_for(CONNECTOR, {"issuer": issuer.base, "client_id": "c"}, {"client_secret": CANARY})
    tested = CONNECTOR.preflight(made)
    assert "The client also got a refresh token; turn that grant off for it." in tested.warnings
    assert CANARY not in repr(tested)


def test_two_public_requests_and_nothing_else_without_a_client(issuer: Issuer) -> None:
    collected(issuer)
    assert [(request.method, request.path) for request in issuer.requests] == [
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/jwks"),
    ]
