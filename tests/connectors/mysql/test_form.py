"""What the connect form accepts, how it refuses, and what the grants to copy name."""

from __future__ import annotations

from typing import Any

import pytest
import trustme

from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.mysql import CONNECTOR, form
from ztassess.connectors.mysql.privileges import DIALECT, hidden_rights, matrix_lines, parse_matrix
from ztassess.connectors.mysql.snapshot import TableId
from ztassess.connectors.runner import parse_form


def parsed(**entered: str) -> tuple[dict[str, Any], dict[str, str]]:
    return parse_form(CONNECTOR, {"host": "db.example.com", **entered}, {"password": "x"})


def test_defaults_read_as_the_scripts_account() -> None:
    values, problems = parsed()
    assert problems == {}
    assert (values["port"], values["user"], values["administrators"]) == (3306, "zt_auditor", ("root",))


def test_a_changed_target_drops_the_stored_password() -> None:
    assert {field.name for field in CONNECTOR.fields if field.binds_target} == {"host", "port"}
    assert [field.name for field in CONNECTOR.fields if field.secret] == ["password"]


@pytest.mark.parametrize("text", ["mysql://u:p@db/shop", "db:3306", "a,b", "/run/mysqld.sock", "me@db", "", "a b"])
def test_a_host_is_one_host(text: str) -> None:
    assert "host" in parse_form(CONNECTOR, {"host": text}, {"password": "x"})[1]


@pytest.mark.parametrize("text", ["0", "65536", "mysql", "-1"])
def test_a_port_is_a_number(text: str) -> None:
    with pytest.raises(InputInvalid, match="3306"):
        form.parse_port(text)


@pytest.mark.parametrize("text", ["zt@%", "a'b", "x" * 129, "a`b"])
def test_a_user_is_a_name_without_host(text: str) -> None:
    with pytest.raises(InputInvalid, match="without @host"):
        form.parse_user(text)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("services", "checkout", "checkout=app"),
        ("services", "=app", "checkout=app"),
        ("human_roles", "=anna@example.com", "anna=anna@example.com"),
        ("human_roles", "anna=anna", "anna=anna@example.com"),
        ("ca_certificate", "hello", "PEM"),
        ("ca_certificate", trustme.CA().private_key_pem.bytes().decode(), "private key"),
        ("grant_matrix", "app: orders=SELECT", "shop.orders"),
        ("grant_matrix", "app: shop/public.orders=SELECT", "database and a schema"),
        ("grant_matrix", "app: shop.orders=LOOK", "SHOW_VIEW"),
        ("grant_matrix", "app: pg_read_all_data", "no verb"),
        ("grant_matrix", "app: shop.*=GRANT_OPTION", "not a verb"),
    ],
)
def test_a_line_that_says_nothing_is_refused_in_a_sentence(field: str, text: str, said: str) -> None:
    assert said in parsed(**{field: text})[1][field]


def test_an_account_is_a_service_or_a_persons() -> None:
    matrix = parsed(grant_matrix="anna: shop.orders=SELECT", human_roles="anna=anna@example.com")[1]
    services = parsed(services="checkout=anna", human_roles="anna=anna@example.com")[1]
    assert "anna" in matrix["human_roles"]
    assert "anna" in services["human_roles"]


@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        ("app: shop.orders=SELECT", {"SELECT"}),
        ("app: shop.*=READ", {"SELECT"}),
        ("app: *=WRITE", {"INSERT", "UPDATE", "DELETE"}),
        ("app: shop.orders=SHOW_VIEW+create_view", {"SHOW VIEW", "CREATE VIEW"}),
        ("app: shop.orders=ALL", set(DIALECT.verbs)),
        ("app: Shop.Orders=SELECT", {"SELECT"}),
        ("app: shop.users=SELECT", set()),
        ("app:", set()),
    ],
)
def test_the_matrix_speaks_mysqls_verbs(text: str, verbs: set[str]) -> None:
    matrix = parse_matrix(matrix_lines(text))
    place = TableId("shop", "orders")
    assert {verb for entry in matrix.of("app") if entry.covers(place) for verb in entry.verbs} == verbs


def test_an_entry_about_a_table_says_nothing_about_its_schema() -> None:
    matrix = parse_matrix(matrix_lines('"app@10.%": shop.orders=SELECT'))
    assert matrix.roles == ("app@10.%",)
    assert not matrix.entries[0].covers(TableId("shop", "*"))


def test_no_grant_to_copy_names_a_hash_or_a_write() -> None:
    for grant in CONNECTOR.grants:
        statements = [part for part in grant.text.split(";\n") if part.strip().startswith("GRANT")]
        assert statements
        for statement in statements:
            assert statement.split(" ON ")[0].startswith(("GRANT SELECT", "GRANT SHOW DATABASES")), statement
            granted = statement.split(" ON mysql.user")[0]
            assert not {"authentication_string", "Password", "User_attributes"} & set(granted.replace(",", " ").split())
        assert "ON mysql.*" not in grant.text


@pytest.mark.parametrize(
    ("number", "rights"),
    [
        ("0", set()),
        (str(1 << 30), {"SET USER"}),
        (str((1 << 38) | 1), {"SLAVE MONITOR"}),
        (str(1 << 50), {"right number 50"}),
    ],
)
def test_rights_without_a_column_are_read_from_their_bit(number: str, rights: set[str]) -> None:
    assert hidden_rights(number) == rights


def test_all_privileges_hold_every_right_without_a_column() -> None:
    assert "SET USER" in hidden_rights((1 << 64) - 1)
    assert not any(right.startswith("right number") for right in hidden_rights((1 << 64) - 1))


def test_every_check_of_the_page_is_there_once() -> None:
    assert [check.id.removeprefix("mysql.") for check in CONNECTOR.checks] == [
        "grants_match_matrix",
        "no_global_rights",
        "grants_exported",
        "hosts_restricted",
        "no_anonymous_or_passwordless",
        "one_account_per_service",
        "iam_or_certificate_authentication",
        "people_have_own_accounts",
        "people_cannot_browse",
        "tls_required",
        "client_certificates_required",
    ]
