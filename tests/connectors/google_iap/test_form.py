"""The connect form: projects with labels, no key files, one way of signing in at a time."""

from __future__ import annotations

import pytest

from tests.connectors.google_iap.conftest import form, pem
from tests.connectors.google_iap.rows import DEV, PROD
from ztassess.connectors.google_iap import CONNECTOR, permissions
from ztassess.connectors.google_iap.credential import NOT_ACCEPTED
from ztassess.connectors.google_iap.snapshot import OTHER, PRODUCTION, AppAddress, DeclaredProject
from ztassess.connectors.runner import parse_form

KEY_FILE = '{"type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "private_key": "x"}'


def test_good_form():
    values, problems = parse_form(CONNECTOR, form(apps="Admin.acme.example=admin-be"), {"federation_key": pem()})
    assert problems == {}
    assert values["projects"] == (DeclaredProject(PROD, PRODUCTION), DeclaredProject(DEV, OTHER))
    assert values["apps"] == (AppAddress("admin.acme.example", "admin-be"),)


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"projects": ""}, "projects"),
        ({"projects": "Not A Project"}, "projects"),
        ({"projects": "acme-prod/../x"}, "projects"),
        ({"organization_id": "acme"}, "organization_id"),
        ({"service_account_email": "me@example.com"}, "service_account_email"),
        ({"identity_provider": "pool"}, "identity_provider"),
        ({"identity_provider": ""}, "identity_provider"),
        ({"issuer": "http://x.example"}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"apps": "admin.acme.example"}, "apps"),
        ({"auth": "key_file"}, "auth"),
    ],
)
def test_wrong_entries_are_told_at_their_field(entered, field):
    assert field in parse_form(CONNECTOR, form(**entered), {"federation_key": pem()})[1]


def test_projects_without_label_and_lines_of_the_command_line():
    values, _ = parse_form(CONNECTOR, form(projects="acme-prod=live, acme-tools"), {"federation_key": pem()})
    assert values["projects"] == (DeclaredProject(PROD, PRODUCTION), DeclaredProject("acme-tools", ""))


@pytest.mark.parametrize(("auth", "name"), [("workload_identity", "federation_key"), ("impersonation", "access_token")])
def test_key_files_are_not_accepted_anywhere(auth, name):
    problems = parse_form(CONNECTOR, form(auth=auth), {name: KEY_FILE})[1]
    assert problems == {name: NOT_ACCEPTED}


@pytest.mark.parametrize("token", ["", "two words", '{"a": 1}', "\xfc"])
def test_access_token_is_one_word(token):
    assert "access_token" in parse_form(CONNECTOR, form(auth="impersonation"), {"access_token": token})[1]


def test_missing_signing_key_is_told():
    assert "federation_key" in parse_form(CONNECTOR, form(), {})[1]
    assert "federation_key" in parse_form(CONNECTOR, form(), {"federation_key": "x"})[1]


def test_grant_holds_reading_permissions_only():
    role = permissions.role_yaml()
    verbs = {line.rpartition(".")[2] for line in role.splitlines() if line.startswith("- ")}
    assert verbs == {"get", "list", "getIamPolicy", "searchAllIamPolicies"}
    assert not set(permissions.ROLE) & {*permissions.WRITING, *permissions.MORE_WRITING}
    assert role in CONNECTOR.grants[0].text


def test_secret_of_one_scan_is_deleted_after_it():
    (token,) = [field for field in CONNECTOR.fields if field.name == "access_token"]
    assert token.secret
    assert token.single_use
