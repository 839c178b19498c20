"""What a person enters, saves and uploads; and the command line against a real issuer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from joserfc.jwk import RSAKey

from tests.fakes.vendor import CANARY, NOW, authority, context_for
from tests.services.issuers import API, CLIENT, SECRET, MachineIssuer
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.oidc import CONNECTOR
from ztassess.connectors.runner import parse_form, read_upload

ISSUER = "https://id.example.com"
KEY = RSAKey.generate_key(2048, {"kid": "2026-11", "use": "sig"})
PEM = KEY.as_pem(private=True).decode()


@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/", "https://id.example.com/tenant", "https://ID.example.com"])
def test_issuer_is_kept_byte_for_byte(issuer: str) -> None:
    values, problems = parse_form(CONNECTOR, {"issuer": f" {issuer} "}, {})
    assert (values["issuer"], problems) == (issuer, {})


@pytest.mark.parametrize(
    ("entered", "secrets", "field"),
    [
        ({"issuer": "http://id.example.com"}, {}, "issuer"),
        ({"issuer": "id.example.com"}, {}, "issuer"),
        ({"issuer": f"{ISSUER}?a=b"}, {}, "issuer"),
        ({"issuer": f"{ISSUER}/.well-known/openid-configuration"}, {}, "issuer"),
        ({}, {"client_secret": "s"}, "client_id"),
        ({"client_id": "c"}, {}, "client_private_key"),
        ({"client_id": "c"}, {"client_secret": "s", "client_private_key": PEM}, "client_secret"),
        ({"client_id": "c"}, {"client_private_key": "nonsense"}, "client_private_key"),
        ({"client_id": "c"}, {"client_private_key": KEY.as_pem(private=False).decode()}, "client_private_key"),
    ],
)
def test_wrong_entry_is_named_at_its_field(entered: dict[str, str], secrets: dict[str, str], field: str) -> None:
    assert field in parse_form(CONNECTOR, {"issuer": ISSUER, **entered}, secrets)[1]


def test_sample_token_is_a_secret_that_is_deleted_after_its_scan() -> None:
    field = next(field for field in CONNECTOR.fields if field.name == "sample_token")
    assert (field.secret, field.single_use) == (True, True)


def good() -> dict[str, Any]:
    return {
        "openid-configuration": {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/jwks",
            "grant_types_supported": ["authorization_code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        },
        "jwks": {"keys": [KEY.as_dict(private=False)]},
        "token": {"alg": "RS256", "kid": "2026-11", "iss": ISSUER, "aud": API, "iat": 1000, "exp": 1600},
    }


def upload(documents: dict[str, Any], **entered: str) -> dict[str, str]:
    files = [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in documents.items()]
    found = read_upload(CONNECTOR, files, context_for(CONNECTOR, entered, for_upload=True))
    assert CANARY not in repr(found)
    return {result.check.partition(".")[2]: result.outcome.value for result in found.results}


def test_saved_documents_feed_every_check_of_metadata_and_keys() -> None:
    found = upload(good(), issuer=ISSUER)
    assert {name for name, word in found.items() if word == "pass"} == {
        "access_token_lifetime",
        "issuer_matches",
        "signing_algorithms_safe",
        "no_private_key_published",
        "key_strength",
        "no_password_or_implicit_grant",
        "pkce_s256_only",
    }
    assert found["token_signature_and_audience"] == "not_checked"  # claimed facts prove no signature


def test_documents_of_another_tenant_fail_against_the_issuer_entered() -> None:
    assert upload(good(), issuer="https://other.example.com")["issuer_matches"] == "fail"
    assert upload(good())["issuer_matches"] == "not_checked"


@pytest.mark.parametrize(
    ("change", "check"),
    [("jwks", "key_strength"), ("token", "access_token_lifetime")],
)
def test_missing_file_is_not_checked(change: str, check: str) -> None:
    documents = good()
    del documents[change]
    assert upload(documents, issuer=ISSUER)[check] == "not_checked"


@pytest.mark.parametrize(
    "documents",
    [
        {"jwks": {"keys": []}},
        {"openid-configuration": []},
        {"openid-configuration": {"issuer": ISSUER}},
        {**good(), "jwks": []},
        {**good(), "jwks": {"keys": [{"n": "x"}]}},
        {**good(), "token": "eyJhbGciOiJSUzI1NiJ9.e30.x"},
        {**good(), "token": {"iat": 1}},
        {**good(), "token": {"alg": "RS256", "iat": 1, "exp": 2, "token": "eyJhbGciOiJSUzI1NiJ9.e30.x"}},
        {**good(), "users": {}},
    ],
)
def test_wrong_file_is_refused(documents: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid):
        upload(documents, issuer=ISSUER)


def test_cut_off_and_dated_exports() -> None:
    context = context_for(CONNECTOR, {"issuer": ISSUER}, for_upload=True)
    with pytest.raises(InputInvalid, match="cut off"):
        read_upload(CONNECTOR, [UploadedFile("openid-configuration.json", b'{"issuer": "https')], context)
    old = datetime(2024, 5, 6, tzinfo=UTC)
    assert CONNECTOR.parse_upload
    documents = {**good(), "export": {"taken_at": old.isoformat()}}
    files = [UploadedFile(f"{name}.json", json.dumps(value).encode()) for name, value in documents.items()]
    assert CONNECTOR.parse_upload(files, context).taken_at == old
    tomorrow = json.dumps({"taken_at": (NOW + timedelta(days=1)).isoformat()}).encode()
    with pytest.raises(InputInvalid, match="still to come"):
        CONNECTOR.parse_upload([*files[:-1], UploadedFile("export.json", tomorrow)], context)


def run(tmp_path: Path, issuer: str, secret: str, *more: str) -> tuple[int, str]:
    file = tmp_path / "secret"
    file.write_text(secret)
    out, err = StringIO(), StringIO()
    sets = ["--set", f"issuer={issuer}", "--set", f"client_id={CLIENT}", "--set", f"expected_audience={API}"]
    with pytest.raises(SystemExit) as ended:
        call_command("check_system", "oidc", *sets, "--secret", f"client_secret=@{file}", *more, stdout=out, stderr=err)
    assert secret not in out.getvalue() + err.getvalue()
    return int(ended.value.code or 0), out.getvalue() + err.getvalue()


def test_command_line_says_by_its_code_whether_something_failed(
    machine: MachineIssuer, tmp_path: Path, settings
) -> None:
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
    machine.document["dpop_signing_alg_values_supported"] = ["ES256"]
    code, text = run(tmp_path, machine.address, SECRET, "--json")
    assert code == 0, text
    assert len({finding["check"] for finding in json.loads(text)["findings"]}) == 11
    machine.seconds = 3600
    code, text = run(tmp_path, machine.address, SECRET)
    assert (code, "live 60 min" in text) == (1, True)
    code, text = run(tmp_path, f"{machine.address}/nothing", SECRET)
    assert (code, "has no OpenID configuration" in text) == (2, True)
