"""An issuer's checks by tables, with documents as vendors publish them for the traps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.vendor import NOW
from ztassess.connectors.oidc.rules import CHECKS
from ztassess.connectors.oidc.snapshot import Metadata, OidcSnapshot, Sample, Signature, SigningKey, Source
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome, Unavailable

PASS, FAIL = Outcome.PASS, Outcome.FAIL
NOT_CHECKED = Outcome.NOT_CHECKED
ISSUER, API = "https://id.example.com", "https://api.example.com"
NO = Unavailable("unreachable", detail="Could not reach the host.")
GOOD = Metadata(
    ISSUER,
    f"{ISSUER}/jwks",
    f"{ISSUER}/token",
    grants=("authorization_code", "refresh_token"),
    signing=("RS256", "ES256"),
    pkce=("S256",),
    client_auth=("private_key_jwt",),
    dpop=("ES256",),
    bound_by_certificate=True,
    acr=("phr", "phrh"),
)
KEY = SigningKey("2026-11", "RSA", bits=2048)
TOKEN = Sample(
    Source.PASTED, Signature.VALID, "RS256", "2026-11", ISSUER, (API,), 1000.0, 1600.0, access_marks=("typ=at+jwt",)
)
WHOLE = OidcSnapshot(NOW, ISSUER, (API,), (GOOD,), (KEY,), (TOKEN,))


def findings(check: str, **parts: Any) -> list[Finding]:
    found = evaluate([CHECKS[f"oidc.{check}"]], replace(WHOLE, **parts))
    assert all(finding.verdict.outcome is not Outcome.ERROR for finding in found), found
    return found


def outcome(check: str, **parts: Any) -> Outcome:
    return fold(check, findings(check, **parts)).outcome


def document(**changes: Any) -> dict[str, Any]:
    return {"metadata": (replace(GOOD, **changes),)}


def token(**changes: Any) -> dict[str, Any]:
    return {"tokens": (replace(TOKEN, **changes),)}


def test_ids_severities_and_controls_are_the_stable_ones() -> None:
    assert {
        check.id.partition(".")[2]: (check.severity.value, [(v.control, v.level, v.supporting) for v in check.verifies])
        for check in CHECKS
    } == {
        "access_token_lifetime": ("high", [("credentials.short-access-tokens", 2, False)]),
        "token_signature_and_audience": (
            "high",
            [("mesh.service-auth", 2, True), ("credentials.short-access-tokens", 2, True)],
        ),
        "issuer_matches": ("high", [("identity.single-idp", 1, True)]),
        "signing_algorithms_safe": ("critical", [("identity.single-idp", 1, True)]),
        "no_private_key_published": (
            "critical",
            [("identity.single-idp", 1, True), ("credentials.no-secrets-in-code", 1, True)],
        ),
        "key_strength": ("medium", [("identity.single-idp", 1, True)]),
        "no_password_or_implicit_grant": ("medium", [("mfa.no-bypass", 1, True)]),
        "pkce_s256_only": ("medium", [("credentials.short-access-tokens", 2, True)]),
        "client_auth_without_shared_secret": ("low", [("identity.workload-identity", 2, True)]),
        "sender_constraint_offered": ("low", [("credentials.short-access-tokens", 2, True)]),
        "phishing_resistant_acr_offered": ("low", [("mfa.phishing-resistant", 1, True)]),
    }


@pytest.mark.parametrize(
    ("parts", "word", "level"),
    [
        ({}, PASS, None),
        (token(expires=1900.0), PASS, None),
        (token(expires=1901.0), FAIL, 1),
        (token(expires=1000.0 + 86_400), FAIL, 1),
        (token(expires=1000.0 + 86_401), FAIL, 0),
        (token(expires=None), NOT_CHECKED, None),
        (token(issued=None), NOT_CHECKED, None),
        (token(expires=900.0), NOT_CHECKED, None),
        (token(id_marks=("nonce",)), NOT_CHECKED, None),
        (token(iss="https://else.example"), NOT_CHECKED, None),
        (token(access_marks=(), audience=("app",)), NOT_CHECKED, None),
        *((token(signature=each), NOT_CHECKED, None) for each in Signature if each not in ("valid", "claimed")),
        (token(signature=Signature.CLAIMED, source=Source.CLAIMED), PASS, None),
        ({"tokens": NO}, NOT_CHECKED, None),
        ({"tokens": ()}, NOT_CHECKED, None),
        ({"tokens": replace(NO, read=(TOKEN,))}, NOT_CHECKED, None),
        ({"tokens": replace(NO, read=(replace(TOKEN, expires=9000.0),))}, FAIL, 1),
        ({"tokens": (Sample(Source.MINTED, Signature.OPAQUE, stated_lifetime=600),)}, PASS, None),
        ({"tokens": (Sample(Source.MINTED, Signature.OPAQUE, stated_lifetime=3600),)}, FAIL, 1),
        ({"tokens": (Sample(Source.MINTED, Signature.OPAQUE, stated_lifetime=600, cached=True),)}, NOT_CHECKED, None),
        ({"tokens": (Sample(Source.PASTED, Signature.OPAQUE),)}, NOT_CHECKED, None),
    ],
)
def test_access_token_lifetime(parts: dict[str, Any], word: Outcome, level: int | None) -> None:
    result = fold("x", findings("access_token_lifetime", **parts))
    assert (result.outcome, result.level) == (word, level)


def test_longer_token_is_named_with_its_api_and_minutes() -> None:
    (finding,) = findings("access_token_lifetime", **token(expires=4600.0), audiences=(API, "b", "c"))
    assert finding.verdict.near_miss == f"Tokens for {API} live 60 min. Above 15 min, at most 24 h: level 1."
    assert "1 of 3 declared APIs was sampled." in finding.verdict.reason


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({}, PASS),
        ({"audiences": ()}, PASS),
        (token(signature=Signature.UNSAFE, alg="none"), FAIL),
        (token(signature=Signature.UNSAFE, alg="HS256"), FAIL),
        (token(audience=()), FAIL),
        (token(audience=("https://else.example",)), FAIL),
        (token(iss=f"{ISSUER}/"), FAIL),
        (token(signature=Signature.INVALID), NOT_CHECKED),
        (token(signature=Signature.INVALID, source=Source.MINTED), FAIL),
        (token(signature=Signature.UNKNOWN_KEY), NOT_CHECKED),
        (token(signature=Signature.UNLISTED, alg="ES512"), NOT_CHECKED),
        (token(signature=Signature.NO_KEYS), NOT_CHECKED),
        (token(signature=Signature.CLAIMED), NOT_CHECKED),
        (token(id_marks=("nonce",)), NOT_CHECKED),
        ({"tokens": NO}, NOT_CHECKED),
    ],
)
def test_token_signature_and_audience(parts: dict[str, Any], word: Outcome) -> None:
    assert outcome("token_signature_and_audience", **parts) is word


def test_unsigned_token_is_critical_and_a_missing_audience_the_near_miss() -> None:
    (unsigned,) = findings("token_signature_and_audience", **token(signature=Signature.UNSAFE, alg="none"))
    assert unsigned.severity.value == "critical"
    (unbound,) = findings("token_signature_and_audience", **token(audience=()))
    assert unbound.verdict.near_miss.startswith("The token is signed but has no audience")


@pytest.mark.parametrize(
    ("found", "entered", "word"),
    [
        (ISSUER, ISSUER, PASS),
        (f"{ISSUER}/", ISSUER, FAIL),
        (ISSUER, f"{ISSUER}/", FAIL),
        ("https://ID.example.com", ISSUER, FAIL),
        ("http://id.example.com", "http://id.example.com", FAIL),
        (ISSUER, "", NOT_CHECKED),
        # Microsoft's document for all tenants has a placeholder where the tenant should be.
        ("https://login.microsoftonline.com/{tenantid}/v2.0", "https://login.microsoftonline.com/common/v2.0", FAIL),
        # Auth0's issuers end with a slash.
        ("https://acme.eu.auth0.com/", "https://acme.eu.auth0.com/", PASS),
    ],
)
def test_issuer_matches_byte_for_byte(found: str, entered: str, word: Outcome) -> None:
    assert outcome("issuer_matches", **document(issuer=found), issuer=entered) is word


@pytest.mark.parametrize("check", ["issuer_matches", "signing_algorithms_safe", "pkce_s256_only"])
def test_unread_document_is_not_checked(check: str) -> None:
    assert outcome(check, metadata=NO) is NOT_CHECKED


@pytest.mark.parametrize(
    ("signing", "word"),
    [
        (("RS256",), PASS),
        (("RS256", "HS256"), PASS),
        (("RS256", "none"), FAIL),
        (("RS256", "None"), FAIL),
        (("none",), FAIL),
        (("HS256", "HS512"), FAIL),
        (None, NOT_CHECKED),
        ((), NOT_CHECKED),
    ],
)
def test_signing_algorithms_safe(signing: Any, word: Outcome) -> None:
    assert outcome("signing_algorithms_safe", **document(signing=signing)) is word


EC, OKP = SigningKey("ec", "EC", curve="P-256"), SigningKey("ed", "OKP", curve="Ed25519")


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ((KEY, EC), PASS),
        ((KEY, replace(EC, private=("d",))), FAIL),
        ((SigningKey("s", "oct", private=("k",)),), FAIL),
        ((SigningKey("s", "oct"),), FAIL),
        ((), NOT_CHECKED),
        (NO, NOT_CHECKED),
    ],
)
def test_no_private_key_published(keys: Any, word: Outcome) -> None:
    assert outcome("no_private_key_published", keys=keys) is word


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ((KEY, EC, OKP), PASS),
        ((replace(KEY, kid=""),), PASS),
        ((KEY, replace(KEY, bits=1024, kid="enc", encrypts=True)), PASS),
        ((replace(KEY, bits=1024),), FAIL),
        ((KEY, KEY), FAIL),
        ((KEY, replace(EC, kid="")), FAIL),
        ((replace(EC, curve="secp256k1"),), FAIL),
        ((SigningKey("s", "oct"),), FAIL),
        ((replace(KEY, bits=None),), NOT_CHECKED),
        ((SigningKey("q", "AKP"),), NOT_CHECKED),
        ((replace(KEY, encrypts=True),), NOT_CHECKED),
        ((), NOT_CHECKED),
        (NO, NOT_CHECKED),
    ],
)
def test_key_strength(keys: Any, word: Outcome) -> None:
    assert outcome("key_strength", keys=keys) is word


@pytest.mark.parametrize(
    ("check", "changes", "word"),
    [
        ("no_password_or_implicit_grant", {}, PASS),
        ("no_password_or_implicit_grant", {"grants": ("authorization_code", "password")}, FAIL),
        ("no_password_or_implicit_grant", {"grants": ("authorization_code", "implicit")}, FAIL),
        ("no_password_or_implicit_grant", {"grants": None}, NOT_CHECKED),
        ("no_password_or_implicit_grant", {"grants": ()}, NOT_CHECKED),
        ("pkce_s256_only", {}, PASS),
        ("pkce_s256_only", {"pkce": ("plain", "S256")}, FAIL),
        ("pkce_s256_only", {"pkce": ("plain",)}, FAIL),
        ("pkce_s256_only", {"pkce": None}, NOT_CHECKED),
        ("client_auth_without_shared_secret", {}, NOT_CHECKED),
        ("client_auth_without_shared_secret", {"client_auth": ("client_secret_basic", "tls_client_auth")}, NOT_CHECKED),
        ("client_auth_without_shared_secret", {"client_auth": ("client_secret_basic", "none")}, FAIL),
        ("client_auth_without_shared_secret", {"client_auth": ("client_secret_jwt",)}, FAIL),
        ("client_auth_without_shared_secret", {"client_auth": ("attest_jwt_client_auth",)}, NOT_CHECKED),
        ("client_auth_without_shared_secret", {"client_auth": None}, NOT_CHECKED),
        ("sender_constraint_offered", {}, NOT_CHECKED),
        ("sender_constraint_offered", {"dpop": None}, NOT_CHECKED),
        ("sender_constraint_offered", {"bound_by_certificate": False}, NOT_CHECKED),
        ("sender_constraint_offered", {"dpop": None, "bound_by_certificate": None}, FAIL),
        ("sender_constraint_offered", {"dpop": (), "bound_by_certificate": False}, FAIL),
        ("phishing_resistant_acr_offered", {}, NOT_CHECKED),
        ("phishing_resistant_acr_offered", {"acr": None}, NOT_CHECKED),
        ("phishing_resistant_acr_offered", {"acr": ("1",)}, NOT_CHECKED),
    ],
)
def test_offers_never_pass_for_enforcement(check: str, changes: dict[str, Any], word: Outcome) -> None:
    assert outcome(check, **document(**changes)) is word


@pytest.mark.parametrize(
    ("check", "sample", "word"),
    [
        ("sender_constraint_offered", {"bound": True}, PASS),
        ("sender_constraint_offered", {"bound": True, "signature": Signature.INVALID}, NOT_CHECKED),
        ("sender_constraint_offered", {"bound": True, "signature": Signature.CLAIMED}, NOT_CHECKED),
        ("phishing_resistant_acr_offered", {"acr": "phrh", "id_marks": ("nonce",)}, PASS),
        ("phishing_resistant_acr_offered", {"amr": ("swk", "user"), "id_marks": ("nonce",)}, PASS),
        ("phishing_resistant_acr_offered", {"amr": ("swk",), "id_marks": ("nonce",)}, NOT_CHECKED),
        ("phishing_resistant_acr_offered", {"acr": "phr"}, NOT_CHECKED),
        (
            "phishing_resistant_acr_offered",
            {"acr": "phr", "id_marks": ("nonce",), "iss": "https://else.example"},
            NOT_CHECKED,
        ),
        (
            "phishing_resistant_acr_offered",
            {"acr": "phr", "id_marks": ("nonce",), "signature": Signature.UNKNOWN_KEY},
            NOT_CHECKED,
        ),
    ],
)
def test_one_token_proves_itself_only_if_its_signature_holds(check: str, sample: dict[str, Any], word: Outcome) -> None:
    assert outcome(check, **token(**sample)) is word


@pytest.mark.parametrize(
    ("check", "parts", "text"),
    [
        ("signing_algorithms_safe", document(signing=("RS256", "none")), "'none' is listed next to RS256."),
        ("no_password_or_implicit_grant", document(grants=("password",)), "'password' is offered."),
        ("pkce_s256_only", document(pkce=("plain", "S256")), "'plain' is offered next to S256."),
        ("client_auth_without_shared_secret", {}, "Offered, not proven in use."),
        ("sender_constraint_offered", {}, "the sample token carries no cnf claim."),
        ("issuer_matches", document(issuer="https://x.example"), "The document says https://x.example; you entered"),
    ],
)
def test_near_misses_say_what_is_there_and_what_it_lacks(check: str, parts: dict[str, Any], text: str) -> None:
    (finding,) = findings(check, **parts)
    assert text in finding.verdict.near_miss
