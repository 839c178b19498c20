"""The connection test: who we are, what we may read, and what is refused."""

from __future__ import annotations

import pytest

from tests.connectors.auth0.conftest import MakeContext, no_secret
from tests.connectors.auth0.fake import TOKEN_PATH, Tenant
from tests.fakes.vendor import Answer
from ztassess.connectors.auth0.preflight import QUESTIONS, REPORTED, UNPROVEN, preflight
from ztassess.connectors.errors import AuthFailed, ConnectorError


def test_read_only_application_is_taken(tenant: Tenant, context: MakeContext) -> None:
    found = preflight(context())
    assert (found.identity, found.refused, found.warnings) == ("assess at localhost", "", ())
    assert [row.part for row in found.rows if row.allowed] == list(QUESTIONS)
    no_secret(found)


def test_secret_is_taken_with_a_warning(tenant: Tenant, context: MakeContext) -> None:
    assert preflight(context(secret=True)).warnings == (REPORTED,)


def test_token_without_scopes_is_no_proof(tenant: Tenant, context: MakeContext) -> None:
    tenant.silent = True
    found = preflight(context())
    assert found.warnings == (UNPROVEN,)
    assert "could not verify that this credential is read-only" in UNPROVEN


def test_scope_that_reveals_secrets_is_warned_about(tenant: Tenant, context: MakeContext) -> None:
    assert tenant.granted is not None
    tenant.granted |= {"read:client_keys"}
    (warning,) = preflight(context()).warnings
    assert "may read secrets (read:client_keys)" in warning


def test_missing_scope_is_named_with_its_checks(tenant: Tenant, context: MakeContext) -> None:
    assert tenant.granted is not None
    tenant.granted -= {"read:clients"}
    (row,) = [row for row in preflight(context()).rows if not row.allowed]
    assert (row.part, row.missing_scope) == ("clients", "read:clients")
    assert "read:clients is missing" in row.detail
    assert "2 checks are not run in full." in row.detail


def test_each_part_is_asked_one_small_question(tenant: Tenant, context: MakeContext) -> None:
    preflight(context())
    for path in ("users", "clients", "resource-servers"):
        (asked,) = tenant.asked(f"/api/v2/{path}")
        assert asked.query["per_page"] == "1"
    assert len(tenant.requests) == 1 + len(QUESTIONS)


@pytest.mark.parametrize("scope", ["create:clients", "update:tenant_settings", "delete:users"])
def test_writing_scopes_are_refused_by_name(tenant: Tenant, context: MakeContext, scope: str) -> None:
    assert tenant.granted is not None
    tenant.granted |= {scope}
    assert f"can change your tenant ({scope})" in preflight(context()).refused


def test_refused_sign_in_is_one_sentence(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault(TOKEN_PATH, Answer({"error": "invalid_client"}, 401))
    with pytest.raises(AuthFailed, match="Auth0 refused the key of the application assess"):
        preflight(context())
    tenant.faults.clear()
    tenant.fault(TOKEN_PATH, Answer(None, 500))
    with pytest.raises(ConnectorError):
        preflight(context())
