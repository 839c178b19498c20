"""The connection test: who we are, what we may read, and what is refused."""

from __future__ import annotations

import pytest

from tests.connectors.keycloak.conftest import MakeContext, no_secret
from tests.connectors.keycloak.fake import Server
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.keycloak.preflight import QUESTIONS, UNPROVEN, preflight


def test_read_only_client_is_taken(server: Server, context: MakeContext) -> None:
    found = preflight(context())
    assert (found.identity, found.refused, found.warnings) == ("assess in acme at localhost", "", ())
    assert [row.part for row in found.rows if row.allowed] == list(QUESTIONS)
    no_secret(found)


def test_shared_secret_is_taken_with_a_warning(server: Server, context: MakeContext) -> None:
    (warning,) = preflight(context(secret=True)).warnings
    assert "shared secret" in warning


@pytest.mark.parametrize("kind", ["lightweight", "opaque"])
def test_token_that_names_no_roles_is_no_proof(server: Server, context: MakeContext, kind: str) -> None:
    server.lightweight = True
    if kind == "opaque":
        token = {"access_token": "0pa.qu3", "token_type": "Bearer"}
        server.fault(server.token_path, Answer(token))
        server.tokens = {"0pa.qu3"}
    found = preflight(context())
    assert found.warnings == (UNPROVEN,)
    assert all(row.allowed for row in found.rows)


def test_missing_role_is_named_with_its_checks(server: Server, context: MakeContext) -> None:
    server.roles -= {"view-clients"}
    (row,) = [row for row in preflight(context()).rows if not row.allowed]
    assert (row.part, row.missing_scope) == ("clients", "view-clients")
    assert "lacks realm-management role view-clients. 6 checks are not run in full." in row.detail


def test_each_part_is_asked_one_small_question(server: Server, context: MakeContext) -> None:
    preflight(context())
    for path in ("/users", "/clients"):
        (asked,) = server.asked(server.admin(path))
        assert asked.query["max"] == "1"
    assert not server.asked(server.admin("/users/.*/credentials"))
    assert len(server.requests) == 2 + len(QUESTIONS)


@pytest.mark.parametrize("role", ["manage-clients", "manage-realm", "realm-admin", "impersonation"])
def test_writing_roles_are_refused_by_name(server: Server, context: MakeContext, role: str) -> None:
    server.roles |= {role}
    assert f"its service account has {role}" in preflight(context()).refused


def test_role_over_ones_own_account_is_none_over_the_realm(server: Server, context: MakeContext) -> None:
    # Every service account has manage-account of the client account.
    assert preflight(context()).refused == ""


def test_unknown_key_is_one_sentence(server: Server, context: MakeContext) -> None:
    server.fault(server.token_path, Answer({"error": "invalid_client"}, 400))
    with pytest.raises(AuthFailed, match="Keycloak refused the key of the client assess"):
        preflight(context())
