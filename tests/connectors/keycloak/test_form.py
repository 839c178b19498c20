"""The connect form: one server's address, one realm, a key or a secret."""

from __future__ import annotations

import pytest

from tests.connectors.keycloak.conftest import PRIVATE
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.keycloak import CONNECTOR
from ztassess.connectors.keycloak.form import GRANTS, parse_base, parse_realm
from ztassess.connectors.keycloak.rights import GRANTED_ROLES, writing
from ztassess.connectors.runner import parse_form

GOOD = {"base_url": "https://sso.acme.example", "realm": "acme", "client_id": "assess"}


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("https://sso.acme.example", "https://sso.acme.example"),
        (" SSO.acme.example/ ", "https://sso.acme.example"),
        ("https://sso.acme.example:8443/auth/", "https://sso.acme.example:8443/auth"),
        ("https://sso.acme.example//kc//auth", "https://sso.acme.example/kc/auth"),
    ],
)
def test_address_of_a_server(entered: str, kept: str) -> None:
    assert parse_base(entered) == kept


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("http://sso.acme.example", "https address"),
        ("https://a@sso.acme.example", "https address"),
        ("https://", "https address"),
        ("https://sso.acme.example:x", "address of your Keycloak"),
        ("https://sso.acme.example/realms/acme", "without realm or page"),
        ("https://sso.acme.example/admin/acme/console", "without realm or page"),
        ("https://sso.acme.example?x=1", "without realm or page"),
    ],
)
def test_address_that_is_none(entered: str, said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_base(entered)


@pytest.mark.parametrize("name", ["a/b", "..", "a?b", "a%2fb", "a\\b"])
def test_name_of_a_realm_is_no_path(name: str) -> None:
    with pytest.raises(InputInvalid):
        parse_realm(name)
    assert parse_realm(" My realm ") == "My realm"


@pytest.mark.parametrize(
    ("entered", "secrets", "wrong"),
    [
        (GOOD, {"private_key": PRIVATE}, set()),
        (GOOD, {"client_secret": "s"}, set()),
        (GOOD, {}, {"private_key"}),
        (GOOD, {"private_key": PRIVATE, "client_secret": "s"}, {"client_secret"}),
        (GOOD, {"private_key": "{}"}, {"private_key"}),
        ({**GOOD, "realm": ""}, {"client_secret": "s"}, {"realm"}),
        ({**GOOD, "client_id": ""}, {"client_secret": "s"}, {"client_id"}),
        ({**GOOD, "base_url": ""}, {"client_secret": "s"}, {"base_url"}),
    ],
)
def test_form_as_a_whole(entered: dict[str, str], secrets: dict[str, str], wrong: set[str]) -> None:
    _, problems = parse_form(CONNECTOR, entered, secrets)
    assert set(problems) == wrong
    assert PRIVATE.splitlines()[1] not in repr(problems)


def test_another_server_realm_or_client_wipes_the_stored_secret() -> None:
    assert {field.name for field in CONNECTOR.fields if field.binds_target} == {"base_url", "realm", "client_id"}


def test_grant_asks_for_reading_only() -> None:
    assert all(role in grant.text for role in GRANTED_ROLES for grant in GRANTS)
    assert writing(GRANTED_ROLES) == ()
    assert writing({"manage-users", "view-users", "realm-admin"}) == ("manage-users", "realm-admin")
