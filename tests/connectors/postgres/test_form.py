"""What the connect form accepts, and how it refuses."""

from __future__ import annotations

import pytest
import trustme

from ztassess.connectors.contract import Connector
from ztassess.connectors.database_form import parse_host
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.postgres import CONNECTOR, form
from ztassess.connectors.runner import parse_form


def parsed(**entered: str) -> tuple[dict[str, object], dict[str, str]]:
    return parse_form(CONNECTOR, {"host": "db.example.com", **entered}, {"password": "x"})


def test_defaults_read_everything_as_the_scripts_role() -> None:
    values, problems = parsed()
    assert problems == {}
    assert values["port"] == 5432
    assert values["databases"] == ()
    assert values["user"] == "zt_auditor"
    assert values["administrators"] == ("postgres",)
    assert values["grant_matrix"] == ()


def test_a_changed_target_drops_the_stored_password() -> None:
    assert {field.name for field in CONNECTOR.fields if field.binds_target} == {"host", "port"}


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:p@db/shop",
        "db.example.com:5432",
        "a.example.com,b.example.com",
        "/var/run/postgresql",
        "host=db",
        "me@db",
        "",
        "a b",
        "db\0",
    ],
)
def test_a_host_is_one_host(text: str) -> None:
    with pytest.raises(InputInvalid):
        parse_host(text)


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "5432.0", "٥"])
def test_a_port_is_a_number(text: str) -> None:
    with pytest.raises(InputInvalid, match="1 to 65535"):
        form.parse_port(text)


@pytest.mark.parametrize("text", ["all, shop", "a=b", "/socket", "@x", "x" * 64])
def test_database_names_cannot_smuggle_options(text: str) -> None:
    with pytest.raises(InputInvalid):
        form.parse_databases(text)


def test_databases_come_by_line_or_comma() -> None:
    assert form.parse_databases("shop, billing\nshop") == ("shop", "billing")
    assert form.parse_databases("ALL") == ()


def test_certificate_must_be_one() -> None:
    authority = trustme.CA()
    pem = authority.cert_pem.bytes().decode()
    assert form.parse_certificate(pem).startswith("-----BEGIN CERTIFICATE")
    with pytest.raises(InputInvalid, match="PEM"):
        form.parse_certificate("hello")
    with pytest.raises(InputInvalid, match="private key"):
        form.parse_certificate(authority.private_key_pem.bytes().decode() + pem)


def test_roles_of_people_name_their_person() -> None:
    assert form.parse_humans("anna=anna@example.com\nbob") == ("anna=anna@example.com", "bob")
    with pytest.raises(InputInvalid, match="its person"):
        form.parse_humans("=anna@example.com")


def test_a_role_is_a_service_or_a_persons() -> None:
    _, problems = parsed(grant_matrix="anna: public.orders=SELECT", human_roles="anna=anna@example.com")
    assert "anna" in problems["human_roles"]


def test_every_check_of_the_page_is_there_once() -> None:
    assert isinstance(CONNECTOR, Connector)
    assert {check.id.removeprefix("postgres.") for check in CONNECTOR.checks} == {
        "grants_match_matrix",
        "no_public_grants",
        "default_privileges_safe",
        "no_superuser_logins",
        "no_broad_builtin_roles",
        "definer_functions_reviewed",
        "one_role_per_service",
        "grants_exported",
        "people_have_own_roles",
        "people_cannot_browse",
        "passwords_short_lived",
        "authentication_methods_safe",
        "tls_required",
        "client_certificates_required",
    }
