"""The connect form: one org's address, a key or a token."""

from __future__ import annotations

import pytest

from tests.connectors.okta.conftest import PRIVATE
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.okta import CONNECTOR
from ztassess.connectors.okta.form import GRANTS, parse_org
from ztassess.connectors.okta.scopes import SCOPES, writing
from ztassess.connectors.runner import parse_form

GOOD = {"org_url": "https://acme.okta.com", "client_id": "0oa1", "key_id": "k"}


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("https://acme.okta.com", "https://acme.okta.com"),
        (" HTTPS://Acme.okta.com/ ", "https://acme.okta.com"),
        ("acme.okta.com", "https://acme.okta.com"),
        ("https://id.acme.example:8443", "https://id.acme.example:8443"),
    ],
)
def test_address_of_an_org(entered: str, kept: str) -> None:
    assert parse_org(entered) == kept


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("http://acme.okta.com", "https address"),
        ("https://acme.okta.com/admin", "without a path"),
        ("https://acme-admin.okta.com", "Enter https://acme.okta.com"),
        ("https://a@acme.okta.com", "https address"),
        ("https://", "https address"),
        ("https://acme.okta.com:x", "address of your org"),
    ],
)
def test_address_that_is_none(entered: str, said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_org(entered)


@pytest.mark.parametrize(
    ("entered", "secrets", "wrong"),
    [
        (GOOD, {"private_key": PRIVATE}, set()),
        ({"org_url": "acme.okta.com"}, {"ssws_token": "00x"}, set()),
        (GOOD, {}, {"private_key"}),
        (GOOD, {"private_key": PRIVATE, "ssws_token": "00x"}, {"ssws_token"}),
        ({"org_url": "acme.okta.com"}, {"private_key": PRIVATE}, {"client_id"}),
        (GOOD, {"private_key": "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"}, {"private_key"}),
        (GOOD, {"private_key": "{}"}, {"private_key"}),
        ({}, {"ssws_token": "00x"}, {"org_url"}),
    ],
)
def test_form_as_a_whole(entered: dict[str, str], secrets: dict[str, str], wrong: set[str]) -> None:
    _, problems = parse_form(CONNECTOR, entered, secrets)
    assert set(problems) == wrong
    assert PRIVATE.splitlines()[1] not in repr(problems)


def test_dpop_is_on_unless_it_is_unticked() -> None:
    assert parse_form(CONNECTOR, GOOD, {"private_key": PRIVATE})[0]["dpop"] is True
    assert parse_form(CONNECTOR, {**GOOD, "dpop": "no"}, {"private_key": PRIVATE})[0]["dpop"] is False


def test_another_address_or_app_wipes_the_stored_secret() -> None:
    assert {field.name for field in CONNECTOR.fields if field.binds_target} == {"org_url", "client_id"}


def test_grant_asks_for_reading_only() -> None:
    assert all(scope in GRANTS[0].text for scope in SCOPES)
    assert writing(frozenset(SCOPES)) == ()
    assert writing(frozenset({"okta.users.manage", "okta.users.read", "openid"})) == ("okta.users.manage",)
    assert "SUPER" not in GRANTS[0].text.upper().replace("SUPER ADMINISTRATOR", "")
