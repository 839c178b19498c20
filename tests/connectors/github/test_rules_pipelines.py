"""Checks of pipelines and code by tables: what was seen, what it means, what must never pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.github.factory import (
    BROKEN,
    FORBIDDEN,
    ago,
    inputs,
    login,
    picture,
    result,
    verdicts,
)
from ztassess.connectors.github.snapshot import Alert, Repository
from ztassess.connectors.github.snapshot_pipelines import (
    Branches,
    Bypass,
    ClassicProtection,
    CodeOwners,
    Environment,
    OidcSubject,
    Protection,
    ReviewRule,
    Way,
    Workflow,
    WorkflowDefault,
)
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, UNKNOWN, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
PLAN = Unavailable("missing_license", detail="Your plan does not offer this.")
REVIEWS = ("required_reviewers",)


def file(*logins: Any, **more: Any) -> tuple[Workflow, ...]:
    return (replace(Workflow("shop", "ship.yml", logins), **more),)


def branch(classic: ClassicProtection | None = None, *bypass: Any, **more: Any) -> tuple[Protection, ...]:
    rules = tuple(ReviewRule(7, "acme/shop", 1, who) for who in bypass)
    return (replace(Protection("shop", "main", classic, rules), **more),)


def gate(name: str, rules: tuple[str, ...] = (), wait: int = 0, branches: Branches = Branches.ANY) -> Environment:
    return Environment("shop", name, rules, wait, branches)


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"workflows": file(login(Way.STATIC))}, FAIL),
        ({"workflows": file(login(), login(Way.STATIC, job="old"))}, FAIL),  # both forms in one file
        ({"workflows": file(login(token=False))}, UNKNOWN),
        ({"workflows": file(login(token=None), reusable=True)}, UNKNOWN),
        ({"workflows": file(login(), login(Way.UNCLEAR))}, UNKNOWN),
        ({"workflows": file(login(), calls=("other/repo/.github/workflows/x.yml",))}, UNKNOWN),
        ({"workflows": file(login(), calls=("acme/api/.github/workflows/x.yml",))}, PASS),  # read as a file of its own
        ({"workflows": file(unread="it is not valid YAML")}, UNKNOWN),
        ({"workflows": file()}, NONE),
        ({"workflows": ()}, NONE),
        ({"workflows": FORBIDDEN}, UNKNOWN),
        ({"workflows": replace(BROKEN, read=file(login(Way.STATIC)))}, FAIL),
        ({"workflows": replace(BROKEN, read=file(login()))}, UNKNOWN),
        ({"repositories": BROKEN}, UNKNOWN),
    ],
)
def test_workflows_enter_clouds_by_identity_token_only(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("workflows_use_oidc", **parts).outcome is outcome


def test_mixed_file_is_a_near_miss_and_a_vague_subject_is_told() -> None:
    (mixed,) = verdicts("workflows_use_oidc", workflows=file(login(), login(Way.STATIC, job="old", secrets=("K",))))
    assert mixed.near_miss == "shop/ship.yml uses OIDC in one job and a static key in another."
    assert mixed.evidence[0].observed == "K"
    (vague,) = verdicts("workflows_use_oidc", oidc_subjects=(OidcSubject("shop", default=False, claims=("actor",)),))
    assert "names no repository" in vague.near_miss
    (fine,) = verdicts(
        "workflows_use_oidc", oidc_subjects=(OidcSubject("shop", default=False, claims=("repo", "context")),)
    )
    assert fine.near_miss == ""


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"organization_workflow_defaults": (WorkflowDefault("acme", "write"),)}, FAIL),
        ({"repository_workflow_defaults": (WorkflowDefault("shop", "write"),)}, FAIL),
        ({"organization_workflow_defaults": FORBIDDEN}, UNKNOWN),
        ({"repository_workflow_defaults": FORBIDDEN}, UNKNOWN),
        ({"repository_workflow_defaults": replace(BROKEN, read=(WorkflowDefault("shop", "write"),))}, FAIL),
        ({"organization_workflow_defaults": (), "repository_workflow_defaults": ()}, NONE),
    ],
)
def test_pipelines_start_with_rights_to_read(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("default_workflow_permissions_read", **parts).outcome is outcome


def test_override_of_a_repository_is_a_near_miss() -> None:
    (verdict,) = verdicts(
        "default_workflow_permissions_read", repository_workflow_defaults=(WorkflowDefault("shop", "write"),)
    )
    assert verdict.near_miss == "Read at the organization, write in 1 repository."


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"environments": (gate("prod-eu"),)}, FAIL),
        ({"environments": (gate("live", ("wait_timer",), 30),)}, FAIL),
        ({"environments": (gate("Production", ("branch_policy",), branches=Branches.CHOSEN),)}, PASS),
        ({"environments": (gate("live", branches=Branches.PROTECTED),)}, PASS),
        ({"environments": (gate("live", branches=Branches.PROTECTED),), "protections": branch(None)}, UNKNOWN),
        ({"environments": (gate("live", branches=Branches.PROTECTED),), "protections": FORBIDDEN}, UNKNOWN),
        ({"environments": (gate("live", branches=Branches.UNREAD),)}, UNKNOWN),
        ({"environments": (gate("live", REVIEWS, branches=Branches.UNREAD),)}, PASS),
        ({"environments": (gate("production", branches=Branches.ANY),)}, FAIL),
        ({"environments": (gate("test"),)}, NONE),
        ({"environments": ()}, NONE),
        ({"environments": (gate("shop-eu"),), "inputs": inputs(production=("shop-eu",))}, FAIL),
        ({"environments": (gate("test"),), "inputs": inputs(production=("shop-eu",))}, UNKNOWN),  # declared, not there
        ({"environments": FORBIDDEN}, UNKNOWN),
        ({"environments": replace(BROKEN, read=(gate("prod"),))}, FAIL),
        ({"environments": replace(BROKEN, read=(gate("prod", REVIEWS),))}, UNKNOWN),
        ({"repositories": FORBIDDEN}, UNKNOWN),
    ],
)
def test_production_needs_a_reviewer_or_chosen_branches(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("deploy_environments_reviewed", **parts).outcome is outcome


def test_waiting_is_a_near_miss() -> None:
    (verdict,) = verdicts("deploy_environments_reviewed", environments=(gate("live", ("wait_timer",), 30),))
    assert verdict.near_miss == "'live' waits 30 minutes but asks nobody."


@pytest.mark.parametrize(
    ("protections", "outcome"),
    [
        (branch(ClassicProtection(1, admins_bound=True)), PASS),
        (branch(None), FAIL),  # 404 "Branch not protected"
        (branch(ClassicProtection(0, admins_bound=True)), FAIL),
        (branch(ClassicProtection(2, admins_bound=False)), FAIL),  # administrators may bypass
        (branch(ClassicProtection(1, admins_bound=None)), UNKNOWN),
        (branch(None, ()), PASS),
        (branch(None, (Bypass("Team", 3, "always"),)), PASS),
        (branch(None, (Bypass("RepositoryRole", 4, "always"),)), FAIL),  # everyone who can write
        (branch(None, (Bypass("OrganizationAdmin", None, "pull_request"),)), FAIL),
        (branch(None, None), UNKNOWN),  # the bypass list is not shown
        (branch(ClassicProtection(1, admins_bound=False), ()), PASS),  # the ruleset holds where the protection does not
        (branch(ClassicProtection(1, admins_bound=False), None), UNKNOWN),
        (branch(None, passive=("reviews (evaluate)",)), FAIL),  # evaluate mode is off
        (branch(unread=PLAN), UNKNOWN),
        (branch(empty=True), NONE),
        ((), NONE),
        (FORBIDDEN, UNKNOWN),
        (replace(BROKEN, read=branch(None)), FAIL),
        (replace(BROKEN, read=branch(ClassicProtection(1, admins_bound=True))), UNKNOWN),
        ((*branch(ClassicProtection(1, admins_bound=True)), *branch(unread=PLAN, repository="api")), UNKNOWN),
    ],
)
def test_default_branches_need_a_review_that_no_role_passes_by(protections: Any, outcome: Outcome) -> None:
    assert result("protected_default_branches", protections=protections).outcome is outcome


def test_bypass_and_evaluate_mode_are_near_misses_and_exemptions_are_named() -> None:
    (admins,) = verdicts("protected_default_branches", protections=branch(ClassicProtection(1, admins_bound=False)))
    assert admins.near_miss == "shop: reviews required, administrators may bypass."
    (everyone,) = verdicts(
        "protected_default_branches", protections=branch(None, (Bypass("RepositoryRole", 4, "always"),))
    )
    assert everyone.near_miss == "shop: reviews required, everyone who can write may bypass."
    (passive,) = verdicts("protected_default_branches", protections=branch(None, passive=("r (evaluate)",)))
    assert passive.near_miss == "shop: the ruleset r (evaluate) does not act."
    exempt = ClassicProtection(1, admins_bound=True, exempt=("app release-bot",))
    (named,) = verdicts("protected_default_branches", protections=branch(exempt, (Bypass("Team", 3, "always"),)))
    assert "Named exemptions: shop (app release-bot, Team 3)" in named.reason


def repository(scanning: str | None, push: str | None, *, archived: bool = False) -> tuple[Repository, ...]:
    return (
        Repository(
            "shop", private=True, archived=archived, default_branch="main", scanning=scanning, push_protection=push
        ),
    )


@pytest.mark.parametrize(
    ("repositories", "outcome"),
    [
        (repository("enabled", "enabled"), PASS),
        (repository("enabled", "disabled"), FAIL),
        (repository("disabled", None), FAIL),
        (repository(None, None), UNKNOWN),  # an absent field is not "off" and not "on"
        (repository("enabled", None), UNKNOWN),
        ((*repository("enabled", "enabled"), *repository(None, None)), UNKNOWN),
        (repository("disabled", "disabled", archived=True), NONE),
        ((), NONE),
        (FORBIDDEN, UNKNOWN),
        (replace(BROKEN, read=repository("enabled", "enabled")), UNKNOWN),
        (replace(BROKEN, read=repository("disabled", "disabled")), FAIL),
    ],
)
def test_secret_scanning_is_on_with_push_protection(repositories: Any, outcome: Outcome) -> None:
    assert result("secret_scanning_on", repositories=repositories).outcome is outcome


def test_scanning_without_push_protection_is_a_near_miss() -> None:
    (verdict,) = verdicts("secret_scanning_on", repositories=repository("enabled", "disabled"))
    assert verdict.near_miss == "Scanning is on, push protection is off in 1."


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"open_alerts": (Alert("shop", 1, ago(2)),)}, FAIL),
        ({"open_alerts": (Alert("shop", 1, ago(0.5)),)}, UNKNOWN),
        ({"repositories": repository("disabled", "disabled")}, UNKNOWN),  # zero alerts where nobody looks
        ({"repositories": repository(None, None)}, UNKNOWN),
        ({"repositories": repository("disabled", "disabled"), "open_alerts": (Alert("shop", 1, ago(2)),)}, FAIL),
        ({"repositories": ()}, NONE),
        ({"open_alerts": FORBIDDEN}, UNKNOWN),
        ({"open_alerts": replace(BROKEN, read=(Alert("shop", 1, ago(2)),))}, FAIL),
        ({"dismissed_alerts": FORBIDDEN}, PASS),  # only a note
    ],
)
def test_no_alert_is_open_where_scanning_looks(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("secret_alerts_closed", **parts).outcome is outcome


def test_dismissed_alerts_are_a_near_miss() -> None:
    (verdict,) = verdicts("secret_alerts_closed", dismissed_alerts=(Alert("shop", 1, ago(2)),))
    assert verdict.near_miss == "1 alert closed as 'won't fix'."


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"code_owners": (CodeOwners("shop", "mesh"),)}, FAIL),  # no file
        ({"code_owners": (CodeOwners("shop", "mesh", "CODEOWNERS"),)}, FAIL),
        ({"code_owners": (CodeOwners("shop", "mesh", "CODEOWNERS", ("@a",), 3),)}, FAIL),
        ({"code_owners": (CodeOwners("shop", "mesh", unread=PLAN),)}, UNKNOWN),
        ({"code_owners": FORBIDDEN}, UNKNOWN),
        ({"inputs": inputs(policy_folders=())}, UNKNOWN),
        ({"code_owners": ()}, NONE),
    ],
)
def test_policy_folders_have_owners(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("mesh_policy_has_code_owners", **parts).outcome is outcome


def test_canceled_line_is_a_near_miss() -> None:
    (verdict,) = verdicts("mesh_policy_has_code_owners", code_owners=(CodeOwners("shop", "mesh", "C", (), 3),))
    assert verdict.near_miss == "CODEOWNERS exists; a later line without an owner cancels the match."
    assert picture().live_repositories()[0].name == "shop"
