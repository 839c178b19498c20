"""Owns the frozen picture of one GitHub organization: people, tokens, repositories and pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.github.snapshot_pipelines import (
    CodeOwners,
    Environment,
    OidcSubject,
    Protection,
    Secret,
    Workflow,
    WorkflowDefault,
)
from ztassess.domain.findings import Part, Unavailable


@dataclass(frozen=True, slots=True)
class Settings:
    """What the organization itself says. None: GitHub did not tell this caller, which is not "off".

    Attributes:
        plan: its plan in GitHub's word, such as ``team`` or ``enterprise``; empty if not told.
        repositories: how many it has, public and private; None if not told.
    """

    login: str
    two_factor_required: bool | None
    base_permission: str | None
    deploy_keys_allowed: bool | None
    plan: str = ""
    repositories: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A member, owner or outside collaborator."""

    login: str
    id: int


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """The SAML provider of the organization. Whether it is required is not part of what GitHub tells."""

    sso_url: str
    issuer: str


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """One identity that the provider knows. An empty login: nobody claimed it yet. Addresses in lower case."""

    login: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """A fine-grained personal token with access to the organization.

    Attributes:
        expires_at: None: it never ends.
    """

    owner: str
    id: int
    name: str
    granted_at: datetime
    expires_at: datetime | None
    expired: bool
    last_used: datetime | None
    selection: str


@dataclass(frozen=True, slots=True)
class Authorization:
    """A classic token or SSH key that may enter the organization through single sign-on."""

    login: str
    kind: str
    expires_at: datetime | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """An App installed in the organization.

    Attributes:
        writes: names of the permissions it may change.
        selection: ``all`` or ``selected`` repositories.
    """

    id: int
    slug: str
    selection: str
    writes: tuple[str, ...]
    suspended: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository. ``scanning`` and ``push_protection`` are ``enabled``, ``disabled`` or None: not told."""

    name: str
    private: bool
    archived: bool
    default_branch: str
    scanning: str | None = None
    push_protection: str | None = None


@dataclass(frozen=True, slots=True)
class DeployKey:
    """A key that opens one repository; the key itself is never kept."""

    repository: str
    id: int
    title: str
    read_only: bool
    created_at: datetime
    last_used: datetime | None
    enabled: bool | None


@dataclass(frozen=True, slots=True)
class Alert:
    """A secret that was found in a repository; the secret itself is never kept."""

    repository: str
    number: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the organization declared. None: not declared.

    Attributes:
        aliases: ``(login, e-mail address)`` in lower case.
        production: further names of production environments, in lower case.
        policy_folders: ``(repository, folder)`` of the service mesh's policies.
    """

    break_glass: tuple[str, ...] = ()
    people: tuple[str, ...] | None = None
    leavers: tuple[str, ...] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    approved_apps: tuple[str, ...] | None = None
    production: tuple[str, ...] = ()
    policy_folders: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How this picture came about.

    Attributes:
        host: of the interface that was asked.
        server: it is a GitHub Enterprise Server, which signs people in for all its organizations at once.
        selected: the App sees selected repositories only.
        dropped: fields of an upload that hold secrets and were dropped on receipt, such as ``/orgs/a/x: value``.
    """

    host: str = "github.com"
    server: bool = False
    selected: bool = False
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GitHubSnapshot:
    """One reading of one organization. ``taken_at`` is the clock of every rule.

    Attributes:
        organization: its login.
        owners: members who administer the organization.
        without_two_factor: members and outside collaborators without a second factor.
        identity_providers: none or one.
        organization_secrets, repository_secrets, environment_secrets: names only.
        dismissed_alerts: closed as "won't fix".
    """

    taken_at: datetime
    organization: str
    reading: Reading
    inputs: Inputs
    settings: Part[Settings]
    members: Part[Person]
    owners: Part[Person]
    outside_collaborators: Part[Person]
    without_two_factor: Part[Person]
    identity_providers: Part[IdentityProvider]
    linked_identities: Part[LinkedIdentity]
    personal_tokens: Part[PersonalToken]
    credential_authorizations: Part[Authorization]
    installations: Part[InstalledApp]
    repositories: Part[Repository]
    deploy_keys: Part[DeployKey]
    protections: Part[Protection]
    environments: Part[Environment]
    organization_secrets: Part[Secret]
    repository_secrets: Part[Secret]
    environment_secrets: Part[Secret]
    organization_workflow_defaults: Part[WorkflowDefault]
    repository_workflow_defaults: Part[WorkflowDefault]
    oidc_subjects: Part[OidcSubject]
    workflows: Part[Workflow]
    code_owners: Part[CodeOwners]
    open_alerts: Part[Alert]
    dismissed_alerts: Part[Alert]

    def live_repositories(self) -> tuple[Repository, ...]:
        """Those that are not archived, as far as they were read."""
        part = self.repositories
        return tuple(each for each in (part.read if isinstance(part, Unavailable) else part) if not each.archived)
