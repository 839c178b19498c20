"""Reading the organization: every field is GitHub's own, pages are whole, what is hidden is never empty."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests.connectors.github.answers import (
    STATIC,
    Repo,
    alert,
    deploy_key,
    environment,
    installed,
    refused,
    token,
    user,
)
from tests.connectors.github.conftest import Open, judged, outcomes, partly
from tests.connectors.github.fake import GitHub
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.github import CONNECTOR
from ztassess.connectors.github.permissions import title_of
from ztassess.connectors.github.snapshot import GitHubSnapshot
from ztassess.domain.findings import Outcome, Unavailable

FIELDS, PATHS = Path(__file__).with_name("fields.json"), Path(__file__).with_name("paths.json")
SETS_ONLY = {"saml_sso_enforced"}  # GitHub never tells that SAML is required


def unread(snapshot: GitHubSnapshot) -> dict[str, str]:
    """Reasons by part of what was not read."""
    parts = {each.name: getattr(snapshot, each.name) for each in fields(snapshot)}
    return {name: part.reason for name, part in parts.items() if isinstance(part, Unavailable)}


def test_company_that_does_it_well_passes(github: GitHub, opened: Open) -> None:
    found = CONNECTOR.collect(opened())
    assert unread(found) == {"without_two_factor": "forbidden_role"}
    assert {name for name, outcome in outcomes(found).items() if outcome is not Outcome.PASS} == SETS_ONLY
    assert len(CONNECTOR.checks) == 16


def spoil(github: GitHub) -> None:
    """A company that does nothing well."""
    github.owner = True
    github.profile["two_factor_requirement_enabled"] = False
    github.lacking, github.identities = ["cleo", "dora"], github.identities[:1]
    github.members += [user(f"guest{number}", 100 + number) for number in range(9)]
    github.owners += [f"guest{number}" for number in range(9)]
    github.members.append(user("zoe", 99))
    github.tokens.append(token("ben", token_expires_at=None))
    github.authorizations = [
        {
            "login": "ben",
            "credential_type": "personal access token",
            "authorized_credential_expires_at": None,
            "scopes": ["repo"],
            "token_last_eight": CANARY,
        }
    ]
    github.apps.append(installed("everything", {"contents": "write", "administration": "write"}))
    github.org_default = "write"
    shop = github.repos["shop"]
    shop.keys.append(deploy_key(2, read_only=False))
    shop.secrets = ["AWS_ACCESS_KEY_ID", "DEPLOY_ONE"]
    shop.files[".github/workflows/old.yml"] = STATIC
    shop.files[".github/CODEOWNERS"] += "/mesh/\n"
    shop.protection = refused(404, "Branch not protected")
    shop.review_ruleset(5, [], act=False)
    shop.environments = [environment("production", {"id": 1, "type": "wait_timer", "wait_timer": 30})]
    shop.row["security_and_analysis"]["secret_scanning_push_protection"] = {"status": "disabled"}
    github.alerts = [
        alert("shop", 1, "2026-11-01T00:00:00Z"),
        alert("api", 2, "2026-01-01T00:00:00Z", "resolved", "wont_fix"),
    ]


def test_company_that_does_nothing_well_fails_everywhere(github: GitHub, opened: Open) -> None:
    spoil(github)
    found = CONNECTOR.collect(opened())
    assert unread(found) == {}
    assert {name for name, outcome in outcomes(found).items() if outcome is not Outcome.FAIL} == set()
    near = [finding.verdict.near_miss for group in judged(found).values() for finding in group]
    assert "shop: the ruleset rules 5 (evaluate) does not act." in near
    assert "CODEOWNERS exists; a later line without an owner cancels the match." in near


def test_every_field_is_in_the_published_description(github: GitHub, opened: Open) -> None:
    with heard_fields() as heard:
        CONNECTOR.collect(opened())
        spoil(github)
        github.selected = ["shop"]
        github.repos["shop"].review_ruleset(6, [{"actor_id": 3, "actor_type": "Team", "bypass_mode": "always"}])
        CONNECTOR.collect(opened())
        allowed = {"users": [user("x", 1)], "teams": [{"slug": "t"}], "apps": [{"slug": "a"}]}
        github.repos["shop"].environments.append(environment("live", policy="custom"))
        github.repos["shop"].branch_policies["live"] = ["main"]
        github.repos["shop"].protection = {
            "required_pull_request_reviews": {"bypass_pull_request_allowances": allowed},
        }
        CONNECTOR.collect(opened())
        github.fault("/graphql", change=lambda good: type(good)({"errors": [{"type": "FORBIDDEN"}]}))
        CONNECTOR.collect(opened())
    assert len(heard) > 80
    assert undescribed(heard, FIELDS) == set()


def test_every_question_is_in_the_published_description(github: GitHub, opened: Open) -> None:
    """Paths and the names of parameters; a path that GitHub does not have would be a 404 that we take for an answer."""
    described = [(template(path), names) for path, names in json.loads(PATHS.read_text())["paths"].items()]
    spoil(github)
    partly(opened(), "repositories", "protections")
    github.repos["shop"].review_ruleset(6, [])
    github.repos["shop"].environments.append(environment("live", policy="custom"))
    github.selected = ["shop"]
    CONNECTOR.collect(opened())
    asked = [request for request in github.requests if request.method == "GET"]
    unknown = set()
    for request in asked:
        fitting = [set(names) for pattern, names in described if pattern.fullmatch(request.path)]
        if not any(set(request.query) <= names for names in fitting):
            unknown.add((request.path, *request.query))
    assert unknown == set()
    used = {pattern for pattern, _ in described if any(pattern.fullmatch(request.path) for request in asked)}
    assert len(used) == len(described), "every described path was asked for"


def template(path: str) -> re.Pattern[str]:
    """A path with its placeholders; only ``{path}`` of a file holds slashes."""
    pieces = re.split(r"(\{\w+\})", path)
    made = "".join("[^/]+" if piece.startswith("{") else re.escape(piece) for piece in pieces)
    return re.compile(made.removesuffix("[^/]+") + ".+" if path.endswith("{path}") else made)


def test_nothing_secret_is_kept_or_told(github: GitHub, opened: Open) -> None:
    spoil(github)
    context = opened()
    found = CONNECTOR.collect(context)
    told = repr(found) + repr(context) + repr(judged(found))
    assert CANARY not in told
    assert "BEGIN RSA" not in told
    assert "aws s3 sync" not in told, "the text of a workflow is not kept"


def test_lists_are_followed_to_their_end(github: GitHub, opened: Open) -> None:
    github.most = 1
    found = CONNECTOR.collect(opened())
    assert unread(found) == {"without_two_factor": "forbidden_role"}
    assert len(found.members) == len(found.linked_identities) == 3
    assert len(github.asked("/orgs/acme/members")) == 3 + 2 + 1, "members, owners, one refused filter"
    assert len(github.asked("/graphql")) == 3


def test_archived_repositories_are_counted_and_left_alone(github: GitHub, opened: Open) -> None:
    github.repos["old"] = Repo("old", "acme", archived=True)
    found = partly(opened(), "settings", "repositories", "protections")
    assert github.asked("/repos/acme/old/.*") == []
    (verdict,) = [each.verdict for each in judged(found)["github.protected_default_branches"]]
    assert "2 repositories read, 1 archived left out" in verdict.reason


def test_repository_without_a_branch_is_named_and_not_judged(github: GitHub, opened: Open) -> None:
    github.repos["api"].protection = refused(404, "Branch not found")
    (verdict,) = [
        each.verdict
        for each in judged(partly(opened(), "repositories", "protections"))["github.protected_default_branches"]
    ]
    assert verdict.outcome is Outcome.PASS
    assert "Left out, without a branch yet: api" in verdict.reason


def test_plan_without_protection_is_not_checked_for_that_repository(github: GitHub, opened: Open) -> None:
    said = "Upgrade to GitHub Pro or make this repository public to enable this feature."
    github.repos["api"].protection = refused(403, said)
    (verdict,) = [
        each.verdict
        for each in judged(partly(opened(), "repositories", "protections"))["github.protected_default_branches"]
    ]
    assert (verdict.outcome, verdict.reason_code, verdict.resource) == (
        Outcome.NOT_CHECKED,
        "missing_license",
        "acme/api",
    )


def test_hidden_bypass_list_is_not_checked_and_shown_to_owners(github: GitHub, opened: Open) -> None:
    for repo in github.repos.values():
        repo.protection = refused(404, "Branch not protected")
        repo.review_ruleset(7, [])
    assert (
        outcomes(partly(opened(), "repositories", "protections"))["protected_default_branches"] is Outcome.NOT_CHECKED
    )
    github.owner = True
    assert outcomes(partly(opened(), "repositories", "protections"))["protected_default_branches"] is Outcome.PASS
    github.repos["api"].rulesets[7]["bypass_actors"] = [{"actor_id": 4, "actor_type": "RepositoryRole"}]
    assert outcomes(partly(opened(), "repositories", "protections"))["protected_default_branches"] is Outcome.FAIL


HIDDEN = [
    # permissions that are missing at once, parts that nobody could read, checks that say so
    (
        ("organization_administration", "secrets"),
        {"installations", "credential_authorizations", "organization_workflow_defaults", "repository_secrets"},
        {"two_factor_required", "apps_least_scope", "personal_tokens_expire", "no_static_cloud_keys_in_secrets"},
    ),
    (
        ("members", "administration"),
        {"members", "owners", "outside_collaborators", "identity_providers", "deploy_keys", "protections"},
        {"owner_count", "leavers_removed", "member_inventory", "protected_default_branches", "saml_sso_enforced"},
    ),
    (
        ("organization_personal_access_tokens", "actions", "secret_scanning_alerts"),
        {"personal_tokens", "environments", "open_alerts"},
        {"personal_tokens_expire", "deploy_environments_reviewed", "secret_alerts_closed"},
    ),
    (("organization_secrets",), {"organization_secrets"}, {"no_static_cloud_keys_in_secrets"}),
    (("environments",), {"environment_secrets"}, {"no_static_cloud_keys_in_secrets"}),
    (("metadata",), {"repositories"}, {"secret_scanning_on", "protected_default_branches"}),
]


@pytest.mark.parametrize(("permissions", "parts", "checks"), HIDDEN)
def test_missing_permission_is_named_and_passes_nothing(
    github: GitHub, opened: Open, permissions: tuple[str, ...], parts: set[str], checks: set[str]
) -> None:
    for permission in permissions:
        del github.granted[permission]
    found = CONNECTOR.collect(opened())
    assert parts <= unread(found).keys()
    assert {unread(found)[part] for part in parts} == {"missing_scope"}
    titles = {title_of(permission) for permission in permissions}
    assert {getattr(found, part).missing_scope for part in parts} <= titles
    got = outcomes(found)
    assert {name: got[name] for name in checks} == dict.fromkeys(checks, Outcome.NOT_CHECKED)


def test_without_contents_nothing_else_suffers(github: GitHub, opened: Open) -> None:
    del github.granted["contents"]
    suffers = {name for name, outcome in outcomes(CONNECTOR.collect(opened())).items() if outcome is not Outcome.PASS}
    assert suffers == SETS_ONLY | {
        "workflows_use_oidc",
        "mesh_policy_has_code_owners",
        "no_static_cloud_keys_in_secrets",  # names alone prove nothing
    }


def test_one_question_is_enough_to_hear_a_refusal_of_all_repositories(github: GitHub, opened: Open) -> None:
    for number in range(30):
        github.repos[f"r{number}"] = Repo(f"r{number}", "acme")
    del github.granted["administration"]
    partly(opened(), "repositories", "deploy_keys")
    assert len(github.asked("/repos/acme/[a-z0-9]+/keys")) == 1


def test_repositories_that_were_not_chosen_are_not_asked_about(github: GitHub, opened: Open) -> None:
    github.selected = ["shop"]
    found = partly(opened(), "settings", "repositories", "protections")
    assert [each.name for each in found.repositories] == ["shop"]
    assert github.asked("/repos/acme/api/.*") == []
    (verdict,) = [each.verdict for each in judged(found)["github.protected_default_branches"]]
    assert "1 repository read, 1 of 2 not shown to the App" in verdict.reason


def test_pattern_for_every_branch_chooses_none(github: GitHub, opened: Open) -> None:
    shop = github.repos["shop"]
    shop.environments = [environment("prod", policy="custom"), environment("live", policy="protected")]
    told = []
    for patterns in (["main", "release/*"], ["main", "*"], ["**/*"]):
        shop.branch_policies["prod"] = patterns
        told.append(outcomes(partly(opened(), "repositories", "environments"))["deploy_environments_reviewed"])
    assert told == [Outcome.PASS, Outcome.FAIL, Outcome.FAIL]
    github.fault("/repos/acme/shop/environments/prod/deployment-branch-policies", refused(404, "Not Found"))
    told = outcomes(partly(opened(), "repositories", "environments"))
    assert told["deploy_environments_reviewed"] is Outcome.NOT_CHECKED


def test_classic_tokens_are_invisible_without_single_sign_on(github: GitHub, opened: Open) -> None:
    github.authorizations, github.tokens = None, []
    found = partly(opened(), "personal_tokens", "credential_authorizations")
    assert unread(found) == {"credential_authorizations": "missing_license"}
    assert outcomes(found)["personal_tokens_expire"] is Outcome.NOT_CHECKED


def test_parts_are_read_side_by_side(github: GitHub, opened: Open) -> None:
    github.latency = 0.02
    CONNECTOR.collect(opened())
    assert github.most_at_once > 4
    assert github.most_at_once <= 10
