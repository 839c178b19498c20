"""The connection test: what we may read, and what cannot be proven; and the form before it."""

from __future__ import annotations

import pytest

from tests.connectors.kandji.conftest import MakeContext, no_secret
from tests.connectors.kandji.fake import DETAILS, DEVICES, LIST, Tenant
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.kandji import CONNECTOR
from ztassess.connectors.kandji.form import address_of
from ztassess.connectors.kandji.preflight import preflight
from ztassess.connectors.runner import parse_form


def test_token_is_taken_with_what_cannot_be_proven(tenant: Tenant, context: MakeContext) -> None:
    found = preflight(context())
    assert (found.refused, found.identity) == ("", "API token at acme")
    assert {row.part: row.allowed for row in found.rows} == {"devices": True, "file_vault": True}
    assert found.warnings[0].startswith("We could not verify that this credential is read-only")
    no_secret(found)


def test_each_part_is_asked_one_small_question(tenant: Tenant, context: MakeContext) -> None:
    preflight(context())
    (listed,) = tenant.asked(DEVICES)
    assert listed.query["limit"] == "1"
    assert len(tenant.asked(f"{DEVICES}/.*")) == 1


@pytest.mark.parametrize(
    ("permissions", "lacking"), [({LIST}, {"file_vault"}), (set(), {"devices", "file_vault"}), ({DETAILS}, {"devices"})]
)
def test_missing_permission_is_named(
    tenant: Tenant, context: MakeContext, permissions: set[str], lacking: set[str]
) -> None:
    tenant.permissions = permissions
    rows = {row.part: row for row in preflight(context()).rows if not row.allowed}
    assert lacking <= set(rows)
    for part, row in rows.items():
        assert row.missing_scope in (LIST, DETAILS)
        assert row.missing_scope in row.detail, part


def test_empty_tenant_is_no_problem(tenant: Tenant, context: MakeContext) -> None:
    tenant.devices = []
    assert all(row.allowed for row in preflight(context()).rows)


def test_wrong_token_is_one_sentence(tenant: Tenant, context: MakeContext) -> None:
    with pytest.raises(AuthFailed):
        preflight(context(token="wrong"))


@pytest.mark.parametrize(
    ("entered", "region", "address"),
    [
        ("acme", "us", "https://acme.api.kandji.io"),
        ("Acme", "eu", "https://acme.api.eu.kandji.io"),
        ("https://acme.kandji.io/", "us", "https://acme.api.kandji.io"),
        ("acme.iru.com", "us", "https://acme.api.kandji.io"),
        ("https://acme.api.eu.kandji.io", "eu", "https://acme.api.eu.kandji.io"),
    ],
)
def test_tenant_becomes_an_address(entered: str, region: str, address: str) -> None:
    values, problems = parse_form(CONNECTOR, {"subdomain": entered, "region": region}, {"api_token": "x"})
    assert problems == {}
    assert address_of(values) == address


@pytest.mark.parametrize(
    "entered", ["", "acme.example.com", "evil.example/acme", "a b", "-acme", "acme@evil", "x" * 80]
)
def test_what_is_no_tenant_is_one_sentence(entered: str) -> None:
    _, problems = parse_form(CONNECTOR, {"subdomain": entered}, {"api_token": "x"})
    assert set(problems) == {"subdomain"}
