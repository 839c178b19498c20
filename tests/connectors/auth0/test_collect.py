"""Reading a whole tenant: by key and by secret, over all pages, and what it may not see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.connectors.auth0.conftest import MakeContext, no_secret
from tests.connectors.auth0.fake import TOKEN_PATH, Tenant
from tests.connectors.auth0.tenant import FACTORS, client, user
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.auth0 import CONNECTOR
from ztassess.connectors.auth0.collect import collect
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, OverPrivileged
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).parent / "fields.json"


def outcomes(snapshot) -> dict[str, Outcome]:
    return {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}


@pytest.mark.parametrize("secret", [False, True])
def test_well_kept_tenant_passes_every_check(tenant: Tenant, context: MakeContext, secret: bool) -> None:
    snapshot = collect(context(secret=secret))
    assert {part.name: part.seen for part in parts_of(snapshot) if isinstance(part.seen, Unavailable)} == {}
    found = outcomes(snapshot)
    assert set(found.values()) == {Outcome.PASS}, found
    assert len(found) == 5
    assert [each.name for each in snapshot.clients] == ["Portal", "assess"], "the global one is no application"
    no_secret(snapshot, judge(CONNECTOR, snapshot))


def test_every_field_and_question_is_described_by_auth0(tenant: Tenant, context: MakeContext) -> None:
    with heard_fields() as heard:
        collect(context())
    assert len(heard) > 30
    assert undescribed(heard, FIELDS) == set()
    described = json.loads(FIELDS.read_text())["paths"]
    asked = [request for request in tenant.requests if request.method == "GET"]
    assert {request.path for request in asked} == set(described)
    assert all(set(request.all) <= set(described[request.path]) for request in asked)


def test_words_that_the_rules_know_are_auth0s_own() -> None:
    words = json.loads(FIELDS.read_text())["words"]
    assert set(words["GuardianFactorNameEnum"]) == set(FACTORS)
    assert undescribed({("Client", "favoriteColor")}, FIELDS) == {"Client.favoriteColor"}


def test_only_fields_that_are_needed_are_asked_for(tenant: Tenant, context: MakeContext) -> None:
    collect(context())
    for path in ("clients", "users", "tenants/settings"):
        (asked,) = tenant.asked(f"/api/v2/{path}")
        assert "secret" not in asked.query["fields"]
        assert asked.query["include_fields"] == "true"


def test_only_the_token_endpoint_is_posted_to(tenant: Tenant, context: MakeContext) -> None:
    collect(context())
    assert {request.path for request in tenant.requests if request.method != "GET"} == {TOKEN_PATH}


def test_lists_are_read_over_all_pages(tenant: Tenant, context: MakeContext) -> None:
    tenant.data["clients"] += [client(f"x{number}", "authorization_code") for number in range(250)]
    tenant.data["users"] += [user(f"x{number}") for number in range(250)]
    snapshot = collect(context())
    assert (len(snapshot.clients), len(snapshot.users)) == (252, 253)
    assert sorted(request.query["page"] for request in tenant.asked("/api/v2/users")) == ["0", "1", "2"]


@pytest.mark.parametrize(("users", "whole"), [(999, True), (1000, False), (1001, False), (1250, False)])
def test_users_end_at_1000(tenant: Tenant, context: MakeContext, users: int, whole: bool) -> None:
    tenant.data["users"] = [user(f"x{number}") for number in range(users)]
    found = collect(context()).users
    if whole:
        assert len(found) == users
        return
    assert isinstance(found, Unavailable)
    assert (found.reason, len(found.read)) == ("partial_data", 1000)
    assert "at most 1,000 users" in found.detail
    assert len(tenant.asked("/api/v2/users")) == 10, "Auth0 refuses the page after that"


@pytest.mark.parametrize(
    ("scope", "part"),
    [
        ("read:mfa_policies", "policies"),
        ("read:guardian_factors", "factors"),
        ("read:resource_servers", "apis"),
        ("read:clients", "clients"),
        ("read:tenant_settings", "sessions"),
        ("read:users", "users"),
    ],
)
def test_scope_that_is_missing_costs_its_part_only(tenant: Tenant, context: MakeContext, scope: str, part: str) -> None:
    assert tenant.granted is not None
    tenant.granted -= {scope}
    snapshot = collect(context())
    missing = {each.name: each.seen for each in parts_of(snapshot) if isinstance(each.seen, Unavailable)}
    assert set(missing) == {part}
    assert (missing[part].reason, missing[part].missing_scope) == ("missing_scope", scope)
    found = outcomes(snapshot)
    assert all(found[check.id] is Outcome.NOT_CHECKED for check in CONNECTOR.checks if part in check.parts)


@pytest.mark.parametrize("scope", ["create:users", "update:clients", "delete:guardian_enrollments", "blacklist:tokens"])
def test_scopes_that_write_are_refused_by_name(tenant: Tenant, context: MakeContext, scope: str) -> None:
    assert tenant.granted is not None
    tenant.granted |= {scope}
    with pytest.raises(OverPrivileged, match=scope):
        collect(context())
    assert not tenant.asked("/api/v2/.*")


def test_expired_token_is_renewed_with_a_new_assertion(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault("/api/v2/clients", Answer({"statusCode": 401}, 401), times=1)
    assert isinstance(collect(context()).clients, tuple)
    first, second = tenant.asked(TOKEN_PATH)
    assert first.form()["client_assertion"] != second.form()["client_assertion"]


@pytest.mark.parametrize(
    ("secret", "said"),
    [(False, "refused the key of the application assess"), (True, "refused the secret of the application assess")],
)
def test_refused_credential_is_named(tenant: Tenant, context: MakeContext, secret: bool, said: str) -> None:
    tenant.fault(TOKEN_PATH, Answer({"error": "access_denied", "error_description": "Unauthorized"}, 401))
    with pytest.raises(AuthFailed, match=said):
        collect(context(secret=secret))


def test_application_without_a_grant_is_told_what_to_do(tenant: Tenant, context: MakeContext) -> None:
    tenant.granted = None
    with pytest.raises(AuthFailed, match="Authorize the application assess for the Auth0 Management API"):
        collect(context())


def test_independent_questions_run_side_by_side(tenant: Tenant, context: MakeContext) -> None:
    tenant.latency = 0.01
    collect(context())
    assert 1 < tenant.most_at_once <= 4
