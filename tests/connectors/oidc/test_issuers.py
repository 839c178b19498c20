"""Two real issuers: what is read of them, tokens minted by key and by secret, rotation, and what never passes."""

from __future__ import annotations

import json
import ssl
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.connectors.oidc.conftest import reading
from tests.fakes.fields import undescribed
from tests.fakes.vendor import authority
from tests.services.issuers import API, SECRET, MachineIssuer
from ztassess.connectors.api import rows
from ztassess.connectors.errors import InputInvalid, OverPrivileged
from ztassess.connectors.oidc import CONNECTOR
from ztassess.connectors.oidc.snapshot import Signature
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Finding, Unavailable


def findings(context: Any) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in judge(CONNECTOR, CONNECTOR.collect(context)).findings:
        found.setdefault(finding.check.partition(".")[2], []).append(finding)
    return found


def outcome(context: Any, check: str) -> tuple[str, int | None]:
    (finding,) = findings(context)[check]
    return finding.verdict.outcome.value, finding.verdict.level


def ask(address: str, path: str, values: dict[str, str], **headers: str) -> Any:
    """POST a form as a browser or a client would, not following the redirect."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    trust = ssl.create_default_context(cafile=authority()[1])
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust), Stay)
    body = urllib.parse.urlencode(values).encode()
    request = urllib.request.Request(f"{address}{path}", body, dict(headers))  # noqa: S310  https, ours
    try:
        with opener.open(request, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as redirected:
        return redirected.headers["location"]


@pytest.fixture
def signed_in(people: str) -> dict[str, str]:
    """The tokens of a person who signed in at oidc-provider-mock."""
    query = urllib.parse.urlencode(
        {
            "client_id": "app",
            "redirect_uri": "https://app.example/back",
            "response_type": "code",
            "scope": "openid email",
            "nonce": "n1",
        }
    )
    back = ask(people, f"/oauth2/authorize?{query}", {"sub": "anna@example.com"})
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]
    values = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example/back"}
    found: dict[str, str] = ask(people, "/oauth2/token", {**values, "client_id": "app", "client_secret": "any"})
    return found


def test_public_metadata_of_a_real_issuer_is_read(people: str) -> None:
    with rows.heard_fields() as heard:
        snapshot = CONNECTOR.collect(reading(people))
        assert undescribed(heard, Path(__file__).parent / "fields.json") == set()
    assert isinstance(snapshot.tokens, Unavailable)
    found = {name: [each.verdict.outcome.value for each in group] for name, group in findings(reading(people)).items()}
    assert found == {
        "access_token_lifetime": ["not_checked"],
        "token_signature_and_audience": ["not_checked"],
        "sender_constraint_offered": ["fail"],
        "phishing_resistant_acr_offered": ["not_checked"],
        "issuer_matches": ["pass"],
        "signing_algorithms_safe": ["pass"],
        "no_private_key_published": ["pass"],
        "key_strength": ["pass"],
        "no_password_or_implicit_grant": ["pass"],
        "pkce_s256_only": ["not_checked"],
        "client_auth_without_shared_secret": ["not_checked"],
    }


def test_real_id_token_never_proves_the_life_of_an_access_token(people: str, signed_in: dict[str, str]) -> None:
    """Its signature holds and it lives 15 minutes; it is still the wrong token."""
    context = reading(people, token=signed_in["id_token"])
    snapshot = CONNECTOR.collect(context)
    assert [sample.signature for sample in snapshot.tokens] == [Signature.VALID]
    for check in ("access_token_lifetime", "token_signature_and_audience"):
        (finding,) = findings(context)[check]
        assert finding.verdict.outcome.value == "not_checked"
        assert "ID token (nonce" in finding.verdict.reason
    assert signed_in["id_token"] not in repr(snapshot)
    assert "anna@example.com" not in repr(snapshot)


def test_real_opaque_token_says_how_its_life_can_be_read(people: str, signed_in: dict[str, str]) -> None:
    context = reading(people, token=f"Bearer {signed_in['access_token']}")
    (finding,) = findings(context)["access_token_lifetime"]
    assert finding.verdict.outcome.value == "not_checked"
    assert finding.verdict.reason.startswith("This looks like an opaque token.")
    assert signed_in["access_token"] not in repr(findings(context))


def test_issuer_that_mints_nothing_for_machines_is_said_and_the_rest_stands(people: str) -> None:
    snapshot = CONNECTOR.collect(reading(people, by="secret"))
    assert isinstance(snapshot.tokens, Unavailable)
    assert "(unsupported_grant_type)" in snapshot.tokens.detail
    assert SECRET not in repr(snapshot)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(900, ("pass", None)), (901, ("fail", 1)), (86_400, ("fail", 1)), (86_401, ("fail", 0))],
)
def test_minted_token_is_measured_from_iat_to_exp(
    machine: MachineIssuer, client_key: Any, seconds: int, expected: tuple[str, int | None]
) -> None:
    machine.seconds = seconds
    context = reading(machine.address, by="key", key=client_key, expected_audience=API)
    assert outcome(context, "access_token_lifetime") == expected


def test_token_minted_by_signed_assertion_passes_and_no_secret_is_kept(machine: MachineIssuer, client_key: Any) -> None:
    context = reading(machine.address, by="key", key=client_key, expected_audience=f"{API}\nhttps://other.example")
    with rows.heard_fields() as heard:
        snapshot = CONNECTOR.collect(context)
        assert undescribed(heard, Path(__file__).parent / "fields.json") == set()
    assert outcome(context, "token_signature_and_audience")[0] == "pass"
    (finding,) = findings(context)["access_token_lifetime"]
    assert "1 of 2 declared APIs was sampled" in finding.verdict.reason
    assert "eyJ" not in repr(snapshot)
    assert machine.key.as_dict(private=False)["n"] not in repr(snapshot)


@pytest.mark.parametrize("offered", [["client_secret_basic"], ["client_secret_post"], None])
def test_secret_is_sent_the_way_the_issuer_offers(machine: MachineIssuer, offered: list[str] | None) -> None:
    machine.document["token_endpoint_auth_methods_supported"] = offered
    machine.client.methods = tuple(offered or ["client_secret_basic"])
    assert outcome(reading(machine.address, by="secret"), "access_token_lifetime") == ("pass", None)


def test_refused_client_is_named_by_the_code_only(machine: MachineIssuer) -> None:
    machine.client.methods = ()
    tested = CONNECTOR.preflight(reading(machine.address, by="secret"))
    (row,) = (row for row in tested.rows if row.part == "tokens")
    assert row.detail == "The issuer refused the client credentials (invalid_client). No token was issued."


def test_opaque_minted_token_lives_as_the_reply_says(machine: MachineIssuer) -> None:
    machine.opaque = True
    assert outcome(reading(machine.address, by="secret"), "access_token_lifetime") == ("pass", None)
    assert outcome(reading(machine.address, by="secret"), "token_signature_and_audience")[0] == "not_checked"
    machine.seconds = 3600
    assert outcome(reading(machine.address, by="secret"), "access_token_lifetime") == ("fail", 1)


def test_rotated_key_is_not_checked(machine: MachineIssuer) -> None:
    machine.keys = [RSAKey.generate_key(2048, {"kid": "2026-12", "use": "sig"}).as_dict(private=False)]
    context = reading(machine.address, by="secret")
    for check in ("access_token_lifetime", "token_signature_and_audience"):
        (finding,) = findings(context)[check]
        assert finding.verdict.outcome.value == "not_checked"
        assert "rotated?" in finding.verdict.reason


def test_expired_token_still_tells_its_life(machine: MachineIssuer) -> None:
    claims = {"iss": machine.address, "aud": API, "iat": 1_700_000_000, "exp": 1_700_000_600, "scope": "read"}
    token = jwt.encode({"alg": "RS256", "kid": "2026-11", "typ": "at+jwt"}, claims, machine.key)
    assert outcome(reading(machine.address, token=token), "access_token_lifetime") == ("pass", None)


@pytest.mark.parametrize(
    ("claims", "check", "expected"),
    [
        ({"exp": None}, "access_token_lifetime", "not_checked"),
        ({"iat": None, "nbf": 1_700_000_000}, "access_token_lifetime", "not_checked"),
        ({"iat": "1700000000"}, "access_token_lifetime", "not_checked"),
        ({"exp": 1_600_000_000}, "access_token_lifetime", "not_checked"),
        ({"iss": "https://other.example"}, "access_token_lifetime", "not_checked"),
        ({"iss": "https://other.example"}, "token_signature_and_audience", "fail"),
        ({"aud": None}, "token_signature_and_audience", "fail"),
        ({"aud": []}, "token_signature_and_audience", "fail"),
        ({"aud": "https://else.example"}, "token_signature_and_audience", "fail"),
        ({"aud": ["x", API]}, "token_signature_and_audience", "pass"),
        ({"token_use": "id"}, "access_token_lifetime", "not_checked"),
        ({"at_hash": "abc"}, "access_token_lifetime", "not_checked"),
        ({"cnf": {"jkt": "thumb"}}, "sender_constraint_offered", "pass"),
        ({"cnf": {}}, "sender_constraint_offered", "fail"),
        ({"nonce": "n", "acr": "phr"}, "phishing_resistant_acr_offered", "pass"),
        ({"nonce": "n", "amr": ["fido", "user"]}, "phishing_resistant_acr_offered", "pass"),
        ({"nonce": "n", "amr": ["pwd", "user"]}, "phishing_resistant_acr_offered", "not_checked"),
        ({"acr": "phr"}, "phishing_resistant_acr_offered", "not_checked"),
    ],
)
def test_claims_of_a_signed_token(machine: MachineIssuer, claims: dict[str, Any], check: str, expected: str) -> None:
    good = {"iss": machine.address, "aud": API, "iat": 1_700_000_000, "exp": 1_700_000_600, "scope": "read"}
    kept = {name: value for name, value in (good | claims).items() if value is not None}
    token = jwt.encode({"alg": "RS256", "kid": "2026-11"}, kept, machine.key)
    assert outcome(reading(machine.address, token=token, expected_audience=API), check)[0] == expected


def test_pasted_token_of_unknown_kind_needs_the_audience(machine: MachineIssuer) -> None:
    """An ID token of a refresh has neither nonce nor at_hash."""
    claims = {"iss": machine.address, "aud": "app", "iat": 1_700_000_000, "exp": 1_700_000_600}
    token = jwt.encode({"alg": "RS256", "kid": "2026-11"}, claims, machine.key)
    assert outcome(reading(machine.address, token=token), "access_token_lifetime")[0] == "not_checked"
    context = reading(machine.address, token=token, expected_audience="app")
    assert outcome(context, "access_token_lifetime")[0] == "pass"


@pytest.mark.parametrize("scope", ["write:orders", "User.ReadWrite.All", "org:admin", "offline_access", "*"])
def test_token_that_can_change_something_is_refused(machine: MachineIssuer, scope: str) -> None:
    machine.claims = {"scope": f"read:status {scope}"}
    context = reading(machine.address, by="secret")
    tested = CONNECTOR.preflight(context)
    assert tested.refused == (f"The sample token carries {scope}. Revoke it now and use one with a harmless scope.")
    with pytest.raises(OverPrivileged, match="Revoke it now"):
        CONNECTOR.collect(context)


def test_preflight_says_that_rights_cannot_be_read_back(machine: MachineIssuer) -> None:
    tested = CONNECTOR.preflight(reading(machine.address, by="secret"))
    assert (tested.refused, [row.allowed for row in tested.rows]) == ("", [True, True, True])
    assert tested.warnings[0].startswith("We could not verify that this credential is read-only.")
    assert CONNECTOR.preflight(reading(machine.address)).warnings == ()


def test_credential_is_sent_to_no_issuer_but_the_one_entered(machine: MachineIssuer) -> None:
    """A document that names another issuer could name another token endpoint as well."""
    machine.document["issuer"] = "https://real.example"
    snapshot = CONNECTOR.collect(reading(machine.address, by="secret"))
    assert isinstance(snapshot.tokens, Unavailable)
    assert "was not sent" in snapshot.tokens.detail
    (finding,) = findings(reading(machine.address))["issuer_matches"]
    assert finding.verdict.near_miss == f"The document says https://real.example; you entered {machine.address}."


def test_slash_more_is_another_issuer(machine: MachineIssuer) -> None:
    (finding,) = findings(reading(f"{machine.address}/"))["issuer_matches"]
    assert finding.verdict.outcome.value == "fail"
    machine.document["issuer"] = f"{machine.address}/"
    assert outcome(reading(f"{machine.address}/"), "issuer_matches")[0] == "pass"


def test_path_that_is_no_issuer_says_what_to_enter(machine: MachineIssuer) -> None:
    with pytest.raises(InputInvalid) as wrong:
        CONNECTOR.collect(reading(f"{machine.address}/login"))
    assert wrong.value.sentence == (
        f"{machine.address}/login has no OpenID configuration. Enter the issuer, not the sign-in page."
    )


def test_weak_and_private_keys_of_a_real_key_set_fail(machine: MachineIssuer) -> None:
    with pytest.warns(Warning, match="2048"):
        weak = RSAKey.generate_key(1024, {"kid": "old"})
    machine.keys = [weak.as_dict(private=False), machine.key.as_dict(private=True)]
    found = findings(reading(machine.address))
    assert found["key_strength"][0].verdict.near_miss == "RSA key old has 1024 bits."
    (private,) = found["no_private_key_published"]
    assert (private.verdict.resource, private.verdict.outcome.value) == ("2026-11", "fail")
    assert machine.key.as_dict(private=True)["d"] not in repr(CONNECTOR.collect(reading(machine.address)))
