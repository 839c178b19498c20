"""A realm export: the same verdicts as a live reading, its secrets gone, and never a pass from what is not in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.keycloak.conftest import MakeContext, no_secret
from tests.connectors.keycloak.fake import Server
from tests.connectors.keycloak.realm import broker, client, export, good_realm, optional, step
from tests.connectors.keycloak.test_collect import FIELDS
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.keycloak import CONNECTOR
from ztassess.connectors.keycloak.collect import collect
from ztassess.connectors.keycloak.upload import UPLOADS, parse_upload
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, SKIP = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED
NESTED = optional(
    step(2, "REQUIRED", "conditional-credential", "Condition - credential", "cfg-passkey"),
    step(2, "ALTERNATIVE", "auth-otp-form", "OTP Form"),
    step(2, "ALTERNATIVE", "webauthn-authenticator", "WebAuthn"),
)


def file(value: Any, name: str = "realm-export.json") -> UploadedFile:
    return UploadedFile(name, json.dumps(value).encode())


def context(realm: str = "", **more: Any) -> ReadContext:
    return context_for(CONNECTOR, {"realm": realm} if realm else {}, for_upload=True, **more)


def outcomes(*uploaded: UploadedFile, **more: Any) -> dict[str, Outcome]:
    found = judge(CONNECTOR, parse_upload(uploaded, context(**more))).results
    return {each.check.removeprefix("keycloak."): each.outcome for each in found}


def test_export_with_users_passes_like_a_live_reading() -> None:
    snapshot = parse_upload([file(export())], context())
    found = {each.check: each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert set(found.values()) == {PASS}, found
    assert snapshot.where == "acme"
    assert len(snapshot.users) == 4, "the service account is no person"


@pytest.mark.parametrize("flow", [None, NESTED, NESTED[:-2]])
def test_export_and_live_reading_say_the_same(server: Server, context: MakeContext, flow: Any) -> None:
    if flow is not None:
        server.data["executions"]["browser"] = flow
    live = judge(CONNECTOR, collect(context())).results
    uploaded = judge(CONNECTOR, parse_upload([file(export(server.data))], context())).results
    assert [(each.check, each.outcome) for each in live] == [(each.check, each.outcome) for each in uploaded]


def test_every_field_of_an_export_is_described_by_keycloak() -> None:
    data = good_realm()
    data["executions"]["browser"] = NESTED
    data["brokers"] = [broker("partner")]
    with heard_fields() as heard:
        parse_upload([file(export(data))], context())
    assert len(heard) > 50
    assert undescribed(heard, FIELDS) == set()


def test_secrets_are_removed_and_the_person_is_told_where_they_stood() -> None:
    told: list[tuple[str, int]] = []
    data = {**good_realm(), "brokers": [broker("partner", enabled=False)]}
    snapshot = parse_upload([file(export(data))], context(progress=lambda part, seen: told.append((part, seen))))
    reading = judge(CONNECTOR, snapshot)
    no_secret(snapshot, reading)
    assert ("secrets_removed", len(snapshot.secrets_removed)) in told
    for place in ("realm acme: password", "client portal: secret", "partner: clientSecret", "rsa: privateKey",
                  "user anna@acme.example: secretData"):  # fmt: skip
        assert place in snapshot.secrets_removed
    words = next(each.verdict.reason for each in reading.findings if each.check.endswith("service_clients_use_keys"))
    assert "secrets, removed on receipt: " in words
    assert {part.name: part.seen for part in reading.parts}["secrets_removed"] == len(snapshot.secrets_removed)


def test_partial_export_holds_stars_and_no_people() -> None:
    stars = json.loads(json.dumps(export()).replace(CANARY, "**********"))
    stars["users"] = [each for each in stars["users"] if "serviceAccountClientId" in each]
    snapshot = parse_upload([file(stars)], context())
    assert snapshot.secrets_removed == ()
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == "input_missing"
    assert outcomes(file(stars))["second_factor_required"] is PASS


@pytest.mark.parametrize(
    ("lacking", "skipped"),
    [
        ("clients", {"second_factor_required", "phishing_resistant_flow", "access_token_lifetime", "no_direct_grants",
                     "service_clients_use_keys"}),
        ("authenticationFlows", {"second_factor_required", "phishing_resistant_flow"}),
        ("identityProviders", {"second_factor_required", "phishing_resistant_flow"}),
        ("ssoSessionMaxLifespan", {"session_limits"}),
    ],
)  # fmt: skip
def test_what_is_not_in_the_export_is_not_checked(lacking: str, skipped: set[str]) -> None:
    found = outcomes(file({name: value for name, value in export().items() if name != lacking}))
    assert {check for check, outcome in found.items() if outcome is SKIP} == skipped


def test_offer_without_users_in_the_export_is_not_checked() -> None:
    data = good_realm()
    data["executions"]["browser"] = optional(step(2, "ALTERNATIVE", "webauthn-authenticator", "WebAuthn"))
    assert outcomes(file(export(data)))["second_factor_required"] is PASS
    assert outcomes(file(export(data, users=False)))["second_factor_required"] is SKIP
    data["actions"] = []
    assert outcomes(file(export(data, users=False)))["second_factor_required"] is FAIL


def test_users_in_files_of_their_own_are_whole_only_if_it_is_said() -> None:
    data = good_realm()
    data["executions"]["browser"] = optional(step(2, "ALTERNATIVE", "webauthn-authenticator", "WebAuthn"))
    users = file({"realm": "acme", "users": data["users"]}, "acme-users-0.json")
    realm = file(export(data, users=False), "acme-realm.json")
    assert outcomes(realm, users)["second_factor_required"] is SKIP
    about = file({"complete": True, "taken_at": "2026-11-01T00:00:00Z"}, "export.json")
    assert outcomes(realm, users, about)["second_factor_required"] is PASS


def test_flow_that_holds_itself_or_one_that_is_not_there_is_refused() -> None:
    for inner in ("browser", "gone"):
        value = export()
        value["authenticationFlows"][0]["authenticationExecutions"].append(
            {"flowAlias": inner, "requirement": "REQUIRED", "priority": 99}
        )
        with pytest.raises(InputInvalid, match="nothing was judged"):
            parse_upload([file(value)], context())


def test_export_bears_the_date_that_was_said() -> None:
    old = datetime(2025, 1, 1, tzinfo=UTC)
    assert parse_upload([file(export())], context(exported_at=old)).taken_at == old
    about = file({"taken_at": "2024-05-01T00:00:00Z"}, "export.json")
    assert parse_upload([file(export()), about], context()).taken_at.year == 2024


@pytest.mark.parametrize(
    ("uploaded", "said"),
    [
        ([], "No realm export"),
        ([UploadedFile("realm-export.json", b'{"realm": "acme", "clie')], "may be cut off"),
        ([UploadedFile("realm-export.json", b"<html>Sign in</html>")], "not valid JSON"),
        ([UploadedFile("realm-export.json", b"")], "empty"),
        ([file([export()])], "not an export of one realm"),
        ([file({"id": "1", "clientId": "x"})], "names no realm"),
        ([file({"realm": "acme"})], "holds no settings"),
        ([file(export()), file(export(), "b.json")], "two realm exports"),
        ([file(export()), file({"realm": "other", "users": []}, "u.json")], "different realms"),
        ([file({"realm": "acme", "users": []}, "u.json")], "No realm export"),
        ([file({**export(), "clients": {"a": 1}})], "nothing was judged"),
        ([file({**export(), "clients": [{"id": "1", "clientId": "x"}]})], "nothing was judged"),
        ([file({**export(), "accessTokenLifespan": "soon"})], "nothing was judged"),
        ([file({**export(), "clients": [client("x", attributes={"access.token.lifespan": "soon"})]})], "nothing was"),
        ([file(export()), file({"taken_at": "2031-01-01T00:00:00Z"}, "export.json")], "still to come"),
    ],
)
def test_file_that_cannot_be_used_is_one_sentence(uploaded: list[UploadedFile], said: str) -> None:
    with pytest.raises(InputInvalid, match=said) as problem:
        parse_upload(uploaded, context())
    no_secret(problem.value.sentence)


def test_export_of_another_realm_is_refused() -> None:
    with pytest.raises(InputInvalid, match="of the realm acme, but this connection is to other"):
        parse_upload([file(export())], context("other"))


def test_person_is_told_before_that_secrets_are_removed() -> None:
    assert "removed on receipt" in UPLOADS[0].note
