"""A small snapshot that passes every check that can pass; tests change single parts of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.connectors.github.conftest import judged
from tests.fakes.vendor import NOW
from ztassess.connectors.github.snapshot import (
    DeployKey,
    GitHubSnapshot,
    IdentityProvider,
    Inputs,
    InstalledApp,
    LinkedIdentity,
    Person,
    PersonalToken,
    Reading,
    Repository,
    Settings,
)
from ztassess.connectors.github.snapshot_pipelines import (
    Branches,
    ClassicProtection,
    CloudLogin,
    CodeOwners,
    Environment,
    Protection,
    Secret,
    SecretLevel,
    Way,
    Workflow,
    WorkflowDefault,
)
from ztassess.domain.checks import CheckResult, fold
from ztassess.domain.findings import Unavailable, Verdict

ANNA, BEN, CLEO, DORA = Person("anna", 1), Person("ben", 2), Person("cleo", 3), Person("dora", 4)
FORBIDDEN = Unavailable("missing_scope", "Organization: Members", "The permission is missing.")
BROKEN = Unavailable("partial_data", detail="The list broke off.")


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def settings(**more: Any) -> tuple[Settings, ...]:
    return (
        replace(
            Settings(
                "acme",
                two_factor_required=True,
                base_permission="read",
                deploy_keys_allowed=True,
                plan="enterprise",
                repositories=2,
            ),
            **more,
        ),
    )


def key(**more: Any) -> DeployKey:
    return replace(
        DeployKey("shop", 1, "deploy", read_only=True, created_at=ago(30), last_used=ago(2), enabled=True), **more
    )


def token(**more: Any) -> PersonalToken:
    return replace(
        PersonalToken(
            "anna", 9, "ci", ago(10), NOW + timedelta(days=60), expired=False, last_used=ago(1), selection="all"
        ),
        **more,
    )


def login(way: Way = Way.FEDERATED, *, job: str = "ship", by: str = "aws", secrets: Any = (), token: Any = True) -> Any:
    return CloudLogin(job, "AWS", way, by, secrets, token)


def secret(name: str, level: SecretLevel = SecretLevel.REPOSITORY, place: str = "shop") -> Secret:
    return Secret(level, place, name, ago(10))


def app(slug: str, *writes: str, **more: Any) -> InstalledApp:
    return replace(InstalledApp(len(slug), slug, "all", writes, suspended=False), **more)


def picture(**parts: Any) -> GitHubSnapshot:
    good = GitHubSnapshot(
        taken_at=NOW,
        organization="acme",
        reading=Reading(),
        inputs=Inputs(
            people=("anna@x", "ben@x", "cleo@x", "dora@x"),
            leavers=("zoe@x",),
            aliases=(("anna", "anna@x"), ("ben", "ben@x"), ("cleo", "cleo@x"), ("dora", "dora@x")),
            approved_apps=("renovate",),
            policy_folders=(("shop", "mesh"),),
        ),
        settings=settings(),
        members=(ANNA, BEN, CLEO),
        owners=(ANNA, BEN),
        outside_collaborators=(DORA,),
        without_two_factor=(),
        identity_providers=(IdentityProvider("https://idp", "idp"),),
        linked_identities=tuple(LinkedIdentity(name, (f"{name}@x",)) for name in ("anna", "ben", "cleo")),
        personal_tokens=(token(),),
        credential_authorizations=(),
        installations=(app("reader"),),
        repositories=tuple(
            Repository(
                name, private=True, archived=False, default_branch="main", scanning="enabled", push_protection="enabled"
            )
            for name in ("shop", "api")
        ),
        deploy_keys=(key(),),
        protections=tuple(
            Protection(name, "main", ClassicProtection(1, admins_bound=True)) for name in ("shop", "api")
        ),
        environments=(Environment("shop", "production", ("required_reviewers",), 0, Branches.ANY),),
        organization_secrets=(secret("SLACK", SecretLevel.ORGANIZATION, "acme"),),
        repository_secrets=(),
        environment_secrets=(),
        organization_workflow_defaults=(WorkflowDefault("acme", "read"),),
        repository_workflow_defaults=(WorkflowDefault("shop", "read"), WorkflowDefault("api", "read")),
        oidc_subjects=(),
        workflows=(Workflow("shop", ".github/workflows/ship.yml", (login(),)),),
        code_owners=(CodeOwners("shop", "mesh", "CODEOWNERS", ("@acme/platform",)),),
        open_alerts=(),
        dismissed_alerts=(),
    )
    return replace(good, **parts)


def inputs(**more: Any) -> Inputs:
    return replace(picture().inputs, **more)


def result(check: str, **parts: Any) -> CheckResult:
    """One check over the picture, folded."""
    return fold(f"github.{check}", judged(picture(**parts))[f"github.{check}"])


def verdicts(check: str, **parts: Any) -> list[Verdict]:
    return [finding.verdict for finding in judged(picture(**parts))[f"github.{check}"]]
