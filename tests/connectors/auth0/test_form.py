"""The connect form: one tenant's domain, a key or a secret."""

from __future__ import annotations

import pytest

from tests.connectors.auth0.conftest import PRIVATE
from ztassess.connectors.auth0 import CONNECTOR
from ztassess.connectors.auth0.form import GRANTS, parse_domain
from ztassess.connectors.auth0.scopes import SCOPES, revealing, writing
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import parse_form

GOOD = {"tenant_domain": "acme.eu.auth0.com", "client_id": "abc"}


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("acme.eu.auth0.com", "acme.eu.auth0.com"),
        (" https://ACME.eu.auth0.com/ ", "acme.eu.auth0.com"),
        ("localhost:4433", "localhost:4433"),
    ],
)
def test_domain_of_a_tenant(entered: str, kept: str) -> None:
    assert parse_domain(entered) == kept


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("http://acme.auth0.com", "domain of your tenant"),
        ("https://acme.auth0.com/api/v2/", "without a path"),
        ("https://a@acme.auth0.com", "domain of your tenant"),
        ("https://manage.auth0.com", "That is the dashboard"),
        ("https://", "domain of your tenant"),
        ("acme.auth0.com:x", "domain of your tenant"),
    ],
)
def test_domain_that_is_none(entered: str, said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        parse_domain(entered)


@pytest.mark.parametrize(
    ("entered", "secrets", "wrong"),
    [
        (GOOD, {"private_key": PRIVATE}, set()),
        (GOOD, {"client_secret": "s"}, set()),
        (GOOD, {}, {"client_secret"}),
        (GOOD, {"private_key": PRIVATE, "client_secret": "s"}, {"client_secret"}),
        (GOOD, {"private_key": "{}"}, {"private_key"}),
        ({**GOOD, "client_id": ""}, {"client_secret": "s"}, {"client_id"}),
        ({"client_id": "abc"}, {"client_secret": "s"}, {"tenant_domain"}),
    ],
)
def test_form_as_a_whole(entered: dict[str, str], secrets: dict[str, str], wrong: set[str]) -> None:
    _, problems = parse_form(CONNECTOR, entered, secrets)
    assert set(problems) == wrong
    assert PRIVATE.splitlines()[1] not in repr(problems)


def test_another_tenant_or_application_wipes_the_stored_secret() -> None:
    assert {field.name for field in CONNECTOR.fields if field.binds_target} == {"tenant_domain", "client_id"}


def test_grant_asks_for_reading_only_and_for_no_secrets() -> None:
    assert all(scope in GRANTS[0].text for scope in SCOPES)
    assert writing(SCOPES) == revealing(SCOPES) == ()
    assert writing({"update:users", "read:users", "openid"}) == ("update:users",)
