"""Checks of credentials by tables: what was seen, what it means, what must never pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.github.factory import (
    BROKEN,
    FORBIDDEN,
    ago,
    app,
    inputs,
    key,
    login,
    result,
    secret,
    settings,
    token,
    verdicts,
)
from tests.fakes.vendor import NOW
from ztassess.connectors.github.snapshot import Authorization, Reading
from ztassess.connectors.github.snapshot_pipelines import SecretLevel, Way, Workflow
from ztassess.domain.findings import Outcome, Severity, Unavailable

PASS, FAIL, UNKNOWN, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
NO_SSO = Unavailable("missing_license", "Organization: Administration", "Classic tokens cannot be listed.")
CLASSIC = Authorization("ben", "personal access token", None, ("repo",))
STATIC = Workflow("shop", "w.yml", (login(Way.STATIC, secrets=("HARMLESS",)),))
LITERAL = Workflow("shop", "w.yml", (login(Way.STATIC),))


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"personal_tokens": (token(expires_at=None),)}, FAIL),
        ({"personal_tokens": (token(expires_at=NOW + timedelta(days=200)),)}, FAIL),
        ({"personal_tokens": (token(expires_at=None, expired=True), token())}, PASS),  # it has ended already
        ({"credential_authorizations": (CLASSIC,)}, FAIL),
        ({"credential_authorizations": (replace(CLASSIC, kind="SSH key"),)}, PASS),
        ({"personal_tokens": ()}, NONE),  # both lists were read: there are none
        ({"personal_tokens": (), "credential_authorizations": NO_SSO}, UNKNOWN),  # classic ones are invisible
        ({"credential_authorizations": NO_SSO}, PASS),
        ({"credential_authorizations": FORBIDDEN}, UNKNOWN),
        ({"personal_tokens": FORBIDDEN}, UNKNOWN),
        ({"personal_tokens": FORBIDDEN, "credential_authorizations": NO_SSO}, UNKNOWN),
        ({"personal_tokens": replace(BROKEN, read=(token(expires_at=None),))}, FAIL),
        ({"personal_tokens": replace(BROKEN, read=(token(),))}, UNKNOWN),
    ],
)
def test_personal_tokens_end_and_none_is_classic(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("personal_tokens_expire", **parts).outcome is outcome


def test_long_life_is_low_and_the_invisible_is_always_noted() -> None:
    (long,) = verdicts("personal_tokens_expire", personal_tokens=(token(expires_at=NOW + timedelta(days=200)),))
    assert long.severity is Severity.LOW
    assert "lives 210 days" in long.reason
    (noted,) = verdicts("personal_tokens_expire", credential_authorizations=NO_SSO)
    assert noted.near_miss == "Only fine-grained tokens are visible; classic tokens may exist."
    assert noted.near_miss in noted.reason


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"deploy_keys": (key(read_only=False),)}, FAIL),
        ({"deploy_keys": (key(created_at=ago(400)),)}, FAIL),
        ({"deploy_keys": (key(last_used=ago(91)),)}, FAIL),
        ({"deploy_keys": (key(last_used=None, created_at=ago(91)),)}, FAIL),
        ({"deploy_keys": (key(last_used=None, created_at=ago(5)),)}, PASS),  # new, its time is still to come
        ({"deploy_keys": ()}, NONE),
        ({"deploy_keys": (key(read_only=False, enabled=False),)}, NONE),
        ({"deploy_keys": FORBIDDEN}, UNKNOWN),
        ({"repositories": FORBIDDEN}, UNKNOWN),
        ({"deploy_keys": replace(BROKEN, read=(key(read_only=False),))}, FAIL),
        ({"deploy_keys": replace(BROKEN, read=(key(),))}, UNKNOWN),
    ],
)
def test_deploy_keys_read_are_young_and_in_use(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("deploy_keys_read_only_and_fresh", **parts).outcome is outcome


def test_old_read_only_key_is_a_near_miss_and_disabled_ones_are_named() -> None:
    old, off = key(created_at=ago(1095)), key(id=2, title="old ci", enabled=False)
    (verdict,) = verdicts("deploy_keys_read_only_and_fresh", deploy_keys=(old,))
    assert verdict.near_miss == "shop: key 'deploy' is read-only but 3.0 years old."
    (passing,) = verdicts("deploy_keys_read_only_and_fresh", deploy_keys=(key(), off))
    assert "Left out, disabled: shop: 'old ci'" in passing.reason
    assert passing.seen == 1


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"organization_secrets": (secret("AWS_ACCESS_KEY_ID", SecretLevel.ORGANIZATION, "acme"),)}, FAIL),
        ({"repository_secrets": (secret("PROD_AWS_SECRET_ACCESS_KEY"),)}, FAIL),
        ({"environment_secrets": (secret("GCP_SA_KEY", SecretLevel.ENVIRONMENT, "shop:production"),)}, FAIL),
        ({"repository_secrets": (secret("HARMLESS"),), "workflows": (STATIC,)}, FAIL),  # a harmless name hides a key
        ({"workflows": (STATIC,)}, PASS),  # the file asks for a secret that nobody stores
        ({"workflows": (LITERAL,)}, FAIL),
        ({"workflows": FORBIDDEN}, UNKNOWN),  # names only prove presence
        ({"workflows": (Workflow("shop", "w.yml", unread="it is not valid YAML"),)}, UNKNOWN),
        ({"environment_secrets": FORBIDDEN}, UNKNOWN),
        ({"environments": FORBIDDEN}, UNKNOWN),
        ({"repository_secrets": BROKEN}, UNKNOWN),
        ({"repository_secrets": replace(BROKEN, read=(secret("AZURE_CREDENTIALS"),))}, FAIL),
        ({"organization_secrets": (), "workflows": ()}, NONE),
        ({"organization_secrets": FORBIDDEN, "workflows": ()}, UNKNOWN),
    ],
)
def test_no_cloud_key_is_stored_under_any_name(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("no_static_cloud_keys_in_secrets", **parts).outcome is outcome


def test_names_alone_are_told_as_names_alone_and_dropped_values_are_reported() -> None:
    found = verdicts("no_static_cloud_keys_in_secrets", workflows=FORBIDDEN)
    assert [each.near_miss for each in found] == ["No telltale names; contents cannot be seen."]
    (dropped,) = verdicts("no_static_cloud_keys_in_secrets", reading=Reading(dropped=("/orgs/acme/x: value",)))
    assert "Values were in the upload and were dropped: /orgs/acme/x: value" in dropped.reason


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"installations": (app("ci", "contents"),)}, FAIL),
        ({"installations": (app("ci", "administration"),)}, FAIL),
        ({"installations": (app("ci", "contents", selection="selected"),)}, PASS),
        ({"installations": (app("ci", "issues"),)}, PASS),
        ({"installations": (app("renovate", "contents"),)}, PASS),
        ({"installations": (app("ci", "contents", suspended=True),)}, NONE),
        ({"installations": ()}, NONE),
        ({"installations": FORBIDDEN}, UNKNOWN),
        ({"inputs": inputs(approved_apps=None), "installations": (app("ci", "contents"),)}, UNKNOWN),
        ({"inputs": inputs(approved_apps=()), "installations": (app("renovate", "contents"),)}, FAIL),
        ({"installations": replace(BROKEN, read=(app("ci", "contents"),))}, FAIL),
    ],
)
def test_apps_with_wide_rights_are_approved(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("apps_least_scope", **parts).outcome is outcome


def test_approved_app_on_all_repositories_is_a_near_miss_and_oauth_is_left_to_a_person() -> None:
    (verdict,) = verdicts("apps_least_scope", installations=(app("renovate", "contents"),))
    assert verdict.near_miss == "renovate is approved, but installed on all repositories."
    assert "a person must attest it" in verdict.reason


def test_denominators_name_what_was_not_seen() -> None:
    (verdict,) = verdicts("deploy_keys_read_only_and_fresh", settings=settings(repositories=5))
    assert "2 repositories read, 3 of 5 not shown to the App." in verdict.reason
    (chosen,) = verdicts("deploy_keys_read_only_and_fresh", reading=Reading(selected=True))
    assert "the App sees selected ones only" in chosen.reason
