"""The connect form: what it takes, what it refuses, what it never stores."""

from __future__ import annotations

import json

import pytest

from tests.connectors.google_workspace.fake import ADMIN_EMAIL
from tests.connectors.google_workspace.keys import ACCOUNT, key_file
from ztassess.connectors.google_workspace import CONNECTOR
from ztassess.connectors.google_workspace.credential import key_of
from ztassess.connectors.runner import parse_form

ENTERED = {"admin_email": ADMIN_EMAIL, "service_account_email": ACCOUNT}
KEY = ENTERED | {"auth": "key_file"}
EC_PUBLIC = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"


def test_workload_identity_is_the_default_and_needs_a_token():
    values, problems = parse_form(CONNECTOR, ENTERED, {"access_token": "ya29.abc"})
    assert problems == {}
    assert values["auth"] == "workload_identity"
    assert values["generic_names"] == ("admin", "ops", "dev", "info", "support", "team", "billing", "it")
    assert set(parse_form(CONNECTOR, ENTERED, {})[1]) == {"access_token"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("admin_email", "root"),
        ("admin_email", "root@x"),
        ("admin_email", ""),
        ("service_account_email", "reader@x.io"),
        ("service_account_email", "a/b@p.iam.gserviceaccount.com"),
        ("organization_id", "acme"),
        ("auth", "password"),
    ],
)
def test_wrong_value_is_named_by_its_field(name, text):
    assert set(parse_form(CONNECTOR, ENTERED | {name: text}, {"access_token": "ya29.abc"})[1]) == {name}


@pytest.mark.parametrize(
    "key",
    [
        "",
        "not json",
        "[]",
        json.dumps({"type": "authorized_user", "refresh_token": "x"}),
        key_file(private_key="secret"),
        key_file(private_key=EC_PUBLIC),
        key_file(private_key=7),
        key_file(client_email="other@project-1.iam.gserviceaccount.com"),
        key_file()[:300],
    ],
)
def test_wrong_key_file_is_refused_without_repeating_it(key):
    problems = parse_form(CONNECTOR, KEY, {"service_account_key": key})[1]
    assert set(problems) == {"service_account_key"}
    assert "PRIVATE" not in problems["service_account_key"]
    assert len(problems["service_account_key"]) < 250


@pytest.mark.parametrize("token", ["two words", key_file(), "é"])
def test_wrong_token_is_refused(token):
    assert set(parse_form(CONNECTOR, ENTERED, {"access_token": token})[1]) == {"access_token"}


def test_good_key_file_is_taken_and_never_shown():
    assert parse_form(CONNECTOR, KEY, {"service_account_key": key_file()})[1] == {}
    found = key_of(key_file())
    assert "PRIVATE" not in repr(found)
    assert found.email == ACCOUNT


def test_secrets_follow_the_target_and_the_token_is_deleted_after_use():
    by_name = {field.name: field for field in CONNECTOR.fields}
    assert by_name["admin_email"].binds_target
    assert by_name["service_account_email"].binds_target
    assert by_name["access_token"].single_use
    assert {name for name, field in by_name.items() if field.secret} == {"access_token", "service_account_key"}


def test_grant_asks_for_reading_alone():
    scopes = CONNECTOR.grants[0].text.split(",")
    assert len(scopes) == 9
    assert all(scope.endswith(".readonly") for scope in scopes)
