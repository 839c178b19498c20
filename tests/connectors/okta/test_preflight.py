"""The connection test: who we are, what we may read, and what is refused."""

from __future__ import annotations

import pytest

from tests.connectors.okta.conftest import MakeContext, no_secret
from tests.connectors.okta.fake import Org
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.okta.preflight import preflight


def test_read_only_app_is_taken_with_what_it_may_not_see(org: Org, context: MakeContext) -> None:
    found = preflight(context())
    assert (found.refused, found.identity) == ("", "0oaclient at localhost (Identity Engine)")
    lacking = {row.part: row for row in found.rows if not row.allowed}
    assert set(lacking) == {"roles", "log_streams"}
    assert "2 checks are not run in full." in lacking["roles"].detail
    assert "could not verify that this credential is read-only" in found.warnings[0]
    no_secret(found)


def test_missing_scope_is_named_with_its_checks(org: Org, context: MakeContext) -> None:
    org.granted -= {"okta.policies.read"}
    rows = {row.part: row for row in preflight(context()).rows}
    assert not rows["access_policies"].allowed
    assert rows["access_policies"].missing_scope == "okta.policies.read"
    assert "okta.policies.read is missing" in rows["access_policies"].detail
    assert rows["users"].allowed


def test_each_part_is_asked_one_small_question(org: Org, context: MakeContext) -> None:
    preflight(context())
    for path in ("/api/v1/apps", "/api/v1/users", "/api/v1/zones", "/api/v1/logs"):
        (asked,) = org.asked(path)
        assert asked.query["limit"] == "1"
    assert not org.asked("/api/v1/users/.*/factors")


def test_writing_scope_and_role_are_refused_by_name(org: Org, context: MakeContext) -> None:
    org.granted |= {"okta.apps.manage"}
    assert "okta.apps.manage" in preflight(context()).refused
    org.granted -= {"okta.apps.manage"}
    org.role = "SUPER_ADMIN"
    assert "SUPER_ADMIN" in preflight(context()).refused


def test_classic_engine_is_named(org: Org, context: MakeContext) -> None:
    org.data["organization"]["pipeline"] = "v1"
    found = preflight(context())
    assert "Classic engine" in found.identity
    assert {row.part for row in found.rows if not row.allowed} >= {"authenticators", "access_policies"}
    assert "this is not a failure" in next(row.detail for row in found.rows if row.part == "devices")


def test_static_token_is_taken_with_a_warning(org: Org, context: MakeContext) -> None:
    found = preflight(context(static=True))
    assert found.refused == ""
    assert found.warnings[0] == "This token acts with all rights of anna@acme.example."
    no_secret(found)


def test_static_token_of_a_super_administrator_is_refused(org: Org, context: MakeContext) -> None:
    org.role = "SUPER_ADMIN"
    assert "acts with all rights of anna@acme.example" in preflight(context(static=True)).refused


def test_unknown_key_is_one_sentence(org: Org, context: MakeContext) -> None:
    made = context()
    made.config["key_id"] = "another"  # type: ignore[index]  a dict underneath
    with pytest.raises(AuthFailed, match="Okta refused the key another"):
        preflight(made)
