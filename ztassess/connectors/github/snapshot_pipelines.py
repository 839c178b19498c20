"""Owns the frozen picture of pipelines: branches, environments, secrets by name, workflow files as facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ztassess.domain.findings import Unavailable


@dataclass(frozen=True, slots=True)
class ClassicProtection:
    """Branch protection of the older kind.

    Attributes:
        reviews: approvals needed before a merge; 0 if none.
        admins_bound: administrators are held to it too; None: not told.
        exempt: people, teams and apps that may merge without.
    """

    reviews: int
    admins_bound: bool | None
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bypass:
    """Who may pass by a ruleset: kind of actor, its number, and when."""

    kind: str
    id: int | None
    mode: str


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """A review rule of an active ruleset on the default branch.

    Attributes:
        bypass: None: GitHub shows the list only to those who may change the ruleset.
    """

    ruleset: int
    source: str
    reviews: int
    bypass: tuple[Bypass, ...] | None


@dataclass(frozen=True, slots=True)
class Protection:
    """What guards the default branch of one repository.

    Attributes:
        classic: None: the branch has no protection of that kind.
        passive: names of rulesets that only evaluate or are off; asked for only where nothing else guards the branch.
        empty: the repository has no such branch yet.
        unread: why it could not be told.
    """

    repository: str
    branch: str
    classic: ClassicProtection | None = None
    rules: tuple[ReviewRule, ...] = ()
    passive: tuple[str, ...] = ()
    empty: bool = False
    unread: Unavailable | None = None


class Branches(StrEnum):
    """Which branches may deploy to an environment."""

    ANY = "any"
    PROTECTED = "protected"  # holds only where a branch is protected; else GitHub lets all of them
    CHOSEN = "chosen"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Environment:
    """A deployment environment. ``rules`` are the kinds of its protection rules, in GitHub's words."""

    repository: str
    name: str
    rules: tuple[str, ...]
    wait_minutes: int
    branches: Branches


class SecretLevel(StrEnum):
    """Where a secret is kept."""

    ORGANIZATION = "organization"
    REPOSITORY = "repository"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Secret:
    """The name of a secret of pipelines. Values are never told by GitHub."""

    level: SecretLevel
    place: str
    name: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkflowDefault:
    """The rights a pipeline's token starts with: ``read`` or ``write``."""

    place: str
    permissions: str


@dataclass(frozen=True, slots=True)
class OidcSubject:
    """Which claims make the subject of a pipeline's identity token; `default` None: an organization's template."""

    place: str
    default: bool | None
    claims: tuple[str, ...]


class Way(StrEnum):
    """How a job of a workflow gets into a cloud."""

    FEDERATED = "federated"
    STATIC = "static"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class CloudLogin:
    """One way into a cloud, found in a workflow file.

    Attributes:
        job: name of the job; ``env`` for what the file sets for all of them.
        by: the action, variable or command that was recognized.
        secrets: names of the secrets that feed it.
        token: a federated one: the job may ask for an identity token; None: neither file nor job says.
    """

    job: str
    cloud: str
    way: Way
    by: str
    secrets: tuple[str, ...] = ()
    token: bool | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """What one workflow file says of clouds; its text is never kept.

    Attributes:
        reusable: other workflows may call it, and give it their rights.
        calls: workflows of other repositories that get secrets from it.
        unread: why its text could not be understood; empty if it could.
    """

    repository: str
    path: str
    logins: tuple[CloudLogin, ...] = ()
    reusable: bool = False
    calls: tuple[str, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """Who must review changes of one policy folder.

    Attributes:
        file: the CODEOWNERS file that counts; empty if there is none.
        owners: by the last line that matches; empty if none does, or if that line names nobody.
        canceled: number of the line without an owner that takes the folder, or a part of it, away again; 0 if none.
        unread: why it could not be told.
    """

    repository: str
    folder: str
    file: str = ""
    owners: tuple[str, ...] = ()
    canceled: int = 0
    unread: Unavailable | None = None
