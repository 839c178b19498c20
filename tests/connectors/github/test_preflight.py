"""The connection test: who we are, what may be read, what is refused."""

from __future__ import annotations

from tests.connectors.github.conftest import Open
from tests.connectors.github.factory import picture
from tests.connectors.github.fake import GitHub
from ztassess.connectors.contract import parts_of
from ztassess.connectors.github import CONNECTOR


def test_everything_granted_is_allowed_but_what_owners_only_are_told(github: GitHub, opened: Open) -> None:
    found = CONNECTOR.preflight(opened())
    assert found.identity == "App our-reader in acme"
    assert found.refused == ""
    assert found.warnings == ()
    refused = {row.part: row.detail for row in found.rows if not row.allowed}
    assert refused == {
        "without_two_factor": "Only owners may list this; the organization setting was judged without names."
    }
    assert {row.part for row in found.rows} <= {part.name for part in parts_of(picture())}
    assert len(github.requests) < 30


def test_missing_permission_is_named_by_part(github: GitHub, opened: Open) -> None:
    for permission in ("organization_secrets", "environments", "contents", "administration", "members"):
        del github.granted[permission]
    rows = {row.part: row.missing_scope for row in CONNECTOR.preflight(opened()).rows if not row.allowed}
    assert rows == {
        "organization_secrets": "Organization: Secrets",
        "environment_secrets": "Repository: Environments",
        "workflows": "Repository: Contents",
        "code_owners": "Repository: Contents",
        "deploy_keys": "Repository: Administration",
        "protections": "Repository: Administration",
        "repository_workflow_defaults": "Repository: Administration",
        "members": "Organization: Members",
        "without_two_factor": "Organization: Members",
        "identity_providers": "Organization: Members",
    }


def test_app_that_may_write_is_refused(github: GitHub, opened: Open) -> None:
    github.granted["administration"] = "write"
    found = CONNECTOR.preflight(opened())
    assert found.refused == "The App installation may change Repository: Administration (write). Use the read-only App."
    assert found.rows == ()


def test_selected_repositories_are_warned_about(github: GitHub, opened: Open) -> None:
    github.selected = []
    found = CONNECTOR.preflight(opened())
    assert "selected repositories only" in found.warnings[0]
    assert "deploy_keys" not in {row.part for row in found.rows}, "there is none to try it on"
