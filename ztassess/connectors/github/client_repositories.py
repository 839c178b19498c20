"""Owns the questions about one repository: one function per endpoint, its reply made typed values at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from ztassess.connectors.api import Row, row_of, unavailable_of
from ztassess.connectors.errors import BadAnswer, Forbidden, Incomplete, NotFound, Refused
from ztassess.connectors.github.code_owners import PLACES, owners_of
from ztassess.connectors.github.permissions import (
    ACTIONS,
    ADMINISTRATION,
    CONTENTS,
    ENVIRONMENTS,
    METADATA,
    SECRETS,
)
from ztassess.connectors.github.refusals import CONFLICT, NO_BRANCH, NOT_PROTECTED, NotExported, PlanLacks
from ztassess.connectors.github.snapshot import DeployKey, Repository
from ztassess.connectors.github.snapshot_pipelines import (
    Branches,
    Bypass,
    ClassicProtection,
    CodeOwners,
    Environment,
    OidcSubject,
    Protection,
    ReviewRule,
    Secret,
    SecretLevel,
    Workflow,
    WorkflowDefault,
)
from ztassess.connectors.github.source import Source, counted_rows, lacks, list_rows, path_of
from ztassess.connectors.github.workflows import WorkflowUnreadable, read_workflow

WORKFLOWS: Final = (".github", "workflows")
MOST_ENTRIES: Final = 1000  # "Get repository content": a directory lists at most a thousand files


def repositories(source: Source, org: str) -> Iterator[Repository]:
    """The repositories that can be seen ("List organization repositories").

    Public ones are listed even where the App was not let in, so these are left out by the installation's own list.

    Raises:
        ConnectorError: as of any list.
    """
    ours = None
    if source.selected:
        listed = counted_rows(source, "/installation/repositories", METADATA, "repositories", "repository")
        ours = {row.text("name") for row in listed}
    for row in list_rows(source, path_of("orgs", org, "repos"), METADATA, "minimal-repository"):
        if row.text("owner.login").casefold() != org.casefold():
            raise BadAnswer(f"The list of repositories holds one of {row.text('owner.login')}, not of {org}.")
        if ours is None or row.text("name") in ours:
            yield Repository(
                row.text("name"),
                row.flag("private"),
                row.flag("archived"),
                row.text("default_branch"),
                row.text("security_and_analysis.secret_scanning.status", None),
                row.text("security_and_analysis.secret_scanning_push_protection.status", None),
            )


def deploy_keys(source: Source, org: str, repository: Repository) -> Iterator[DeployKey]:
    """Deploy keys without their bodies ("List deploy keys"). Raises `ConnectorError`."""
    for row in list_rows(source, path_of("repos", org, repository.name, "keys"), ADMINISTRATION, "deploy-key"):
        yield DeployKey(
            repository.name,
            row.number("id"),
            row.text("title"),
            row.flag("read_only"),
            row.moment("created_at"),
            row.moment("last_used", None),
            row.flag("enabled", None),
        )


def protection(source: Source, org: str, repository: Repository) -> Protection:
    """What guards the default branch. A refusal about this one repository is kept with it.

    Raises:
        ConnectorError: what is about all repositories, such as a missing permission or a throttle.
    """
    name, branch = repository.name, repository.default_branch
    try:
        classic = _classic(source, org, repository)
        rules = tuple(_review_rules(source, org, repository))
        guarded = classic is not None and classic.reviews > 0
        passive = () if guarded or rules else tuple(_passive_rulesets(source, org, name))
    except NotFound as problem:
        if problem.word.lower().startswith(NO_BRANCH):
            return Protection(name, branch, empty=True)
        if lacks(source, ADMINISTRATION):
            raise
        return Protection(name, branch, unread=unavailable_of(problem))
    except PlanLacks as problem:
        return Protection(name, branch, unread=unavailable_of(problem))
    return Protection(name, branch, classic, rules, passive)


def _classic(source: Source, org: str, repository: Repository) -> ClassicProtection | None:
    """Branch protection ("Get branch protection"); None: there is none. Raises `ConnectorError`."""
    path = path_of("repos", org, repository.name, "branches", repository.default_branch, "protection")
    try:
        row = row_of(source.one(path, ADMINISTRATION), "branch-protection")
    except NotFound as problem:
        if problem.word.lower().startswith(NOT_PROTECTED):
            return None
        raise
    reviews = row.row("required_pull_request_reviews", None)
    exempt = reviews.row("bypass_pull_request_allowances", None) if reviews else None
    return ClassicProtection(
        reviews.number("required_approving_review_count", 0) if reviews else 0,
        row.flag("enforce_admins.enabled", None),
        tuple(_exempt(exempt)) if exempt else (),
    )


def _exempt(row: Row) -> Iterator[str]:
    yield from (each.text("login") for each in row.rows("users", ()))
    yield from (f"team {each.text('slug')}" for each in row.rows("teams", ()))
    yield from (f"app {each.text('slug')}" for each in row.rows("apps", ()))


def _review_rules(source: Source, org: str, repository: Repository) -> Iterator[ReviewRule]:
    """Active rules on the branch ("Get rules for a branch"), each with who may pass by it. Raises `ConnectorError`."""
    path = path_of("repos", org, repository.name, "rules", "branches", repository.default_branch)
    for row in list_rows(source, path, METADATA, "repository-rule-detailed"):
        if row.text("type") == "pull_request":
            number = row.number("ruleset_id")
            yield ReviewRule(
                number,
                row.text("ruleset_source", ""),
                row.number("parameters.required_approving_review_count", 0),
                _bypass(source, org, repository.name, number),
            )


def _bypass(source: Source, org: str, name: str, number: int) -> tuple[Bypass, ...] | None:
    """Who may pass by a ruleset ("Get a repository ruleset"); None: not shown to us. Raises `ConnectorError`."""
    try:
        value = source.one(path_of("repos", org, name, "rulesets", str(number)), METADATA)
    except (NotFound, Forbidden):
        return None
    actors = row_of(value, "repository-ruleset").rows("bypass_actors", None)
    if actors is None:
        return None
    return tuple(
        Bypass(each.text("actor_type"), each.number("actor_id", None), each.text("bypass_mode", "always"))
        for each in actors
    )


def _passive_rulesets(source: Source, org: str, name: str) -> Iterator[str]:
    """Rulesets for branches that do not act ("Get all repository rulesets"). Raises `ConnectorError`."""
    path = path_of("repos", org, name, "rulesets")
    for row in list_rows(source, path, METADATA, "repository-ruleset", {"includes_parents": "true"}):
        if row.text("target", "branch") == "branch" and row.text("enforcement") != "active":
            yield f"{row.text('name')} ({row.text('enforcement')})"


def environments(source: Source, org: str, repository: Repository) -> Iterator[Environment]:
    """Deployment environments ("List environments"). Raises `ConnectorError`."""
    path = path_of("repos", org, repository.name, "environments")
    for row in counted_rows(source, path, ACTIONS, "environments", "environment"):
        rules = row.rows("protection_rules", ())
        yield Environment(
            repository.name,
            row.text("name"),
            tuple(each.text("type") for each in rules),
            max((each.number("wait_timer", 0) for each in rules), default=0),
            _branches(source, org, repository.name, row),
        )


def _branches(source: Source, org: str, repository: str, row: Row) -> Branches:
    """Which branches may deploy ("List deployment branch policies"); a pattern for everything chooses nothing.

    Raises:
        ConnectorError: what is about all environments.
    """
    policy = row.row("deployment_branch_policy", None)
    if policy is None:
        return Branches.ANY
    if policy.flag("protected_branches"):
        return Branches.PROTECTED
    if not policy.flag("custom_branch_policies"):
        return Branches.ANY
    path = path_of("repos", org, repository, "environments", row.text("name"), "deployment-branch-policies")
    try:
        rows = counted_rows(source, path, ACTIONS, "branch_policies", "deployment-branch-policy")
        patterns = [each.text("name") for each in rows]
    except (Refused, Incomplete):
        return Branches.UNREAD
    return Branches.ANY if any(not each.strip("*/") for each in patterns) else Branches.CHOSEN


def repository_secrets(source: Source, org: str, repository: Repository) -> Iterator[Secret]:
    """Names of a repository's secrets ("List repository secrets"). Raises `ConnectorError`."""
    path = path_of("repos", org, repository.name, "actions", "secrets")
    for row in counted_rows(source, path, SECRETS, "secrets", "actions-secret"):
        yield Secret(SecretLevel.REPOSITORY, repository.name, row.text("name"), row.moment("updated_at", None))


def environment_secrets(source: Source, org: str, environment: Environment) -> Iterator[Secret]:
    """Names of an environment's secrets ("List environment secrets"). Raises `ConnectorError`."""
    path = path_of("repos", org, environment.repository, "environments", environment.name, "secrets")
    place = f"{environment.repository}:{environment.name}"
    for row in counted_rows(source, path, ENVIRONMENTS, "secrets", "actions-secret"):
        yield Secret(SecretLevel.ENVIRONMENT, place, row.text("name"), row.moment("updated_at", None))


def workflow_default(source: Source, org: str, repository: Repository) -> Iterator[WorkflowDefault]:
    """Rights that pipelines start with ("Get default workflow permissions for a repository")."""
    path = path_of("repos", org, repository.name, "actions", "permissions", "workflow")
    row = row_of(source.one(path, ADMINISTRATION), "actions-get-default-workflow-permissions")
    yield WorkflowDefault(repository.name, row.text("default_workflow_permissions"))


def subject(source: Source, org: str, name: str) -> Iterator[OidcSubject]:
    """The template of subjects ("Get the customization template for an OIDC subject claim for a repository")."""
    path = path_of("repos", org, name, "actions", "oidc", "customization", "sub")
    row = row_of(source.one(path, ACTIONS), "oidc-custom-sub-repo")
    yield OidcSubject(name, row.flag("use_default"), row.texts("include_claim_keys", ()))


def workflow_files(source: Source, org: str, repository: Repository) -> Iterator[str]:
    """Names of the workflow files on the default branch ("Get repository content"). Raises `ConnectorError`."""
    path = path_of("repos", org, repository.name, "contents", *WORKFLOWS)
    found = _content(source, path)
    if found is None:
        return
    entries = tuple(list_rows_of(found))
    for row in entries:
        name = row.text("name")
        if row.text("type") == "file" and name.endswith((".yml", ".yaml")):
            yield name
    if len(entries) >= MOST_ENTRIES:
        raise Incomplete(f"The workflow folder of {repository.name} lists {MOST_ENTRIES} files and may hold more.")


def list_rows_of(value: object) -> Iterator[Row]:
    """The entries of a directory."""
    if not isinstance(value, list):
        raise BadAnswer("Instead of a directory came something else.")
    yield from (row_of(each, "content-directory") for each in value)


def workflow(source: Source, org: str, repository: str, name: str) -> Workflow:
    """What one workflow file says of clouds ("Get repository content"); its text is dropped here.

    Raises:
        ConnectorError: the file could not be read; one that cannot be understood says so itself.
    """
    where = "/".join((*WORKFLOWS, name))
    text = _text(source, path_of("repos", org, repository, "contents", *WORKFLOWS, name))
    if text is None:
        return Workflow(repository, where, unread="GitHub sent no text for it")
    try:
        return read_workflow(repository, where, text)
    except WorkflowUnreadable as problem:
        return Workflow(repository, where, unread=str(problem))


def code_owners(source: Source, org: str, repository: str, folder: str) -> CodeOwners:
    """Who owns a folder by the first CODEOWNERS file that GitHub looks at ("About code owners"). Text is dropped.

    A refusal about this one repository is kept with it.

    Raises:
        ConnectorError: what is about all of them.
    """
    try:
        for place in PLACES:
            text = _text(source, path_of("repos", org, repository, "contents", *place.split("/")))
            if text is not None:
                owners, canceled = owners_of(text, folder)
                return CodeOwners(repository, folder, place, owners, canceled)
        source.one(path_of("repos", org, repository, "contents"), CONTENTS)
    except Refused as problem:
        if lacks(source, CONTENTS) or isinstance(problem, NotExported):
            raise
        return CodeOwners(repository, folder, unread=unavailable_of(problem))
    return CodeOwners(repository, folder)


def _content(source: Source, path: str) -> object | None:
    """The content of a path; None: nothing is there, which only counts where contents may be read at all."""
    try:
        return source.one(path, CONTENTS)  # type: ignore[no-any-return]  # parsed JSON
    except NotFound:
        if lacks(source, CONTENTS):
            raise
        return None
    except Refused as problem:
        if problem.status == CONFLICT:  # "Git Repository is empty."
            return None
        raise


def _text(source: Source, path: str) -> str | None:
    """The text of a file; None: no such file.

    Raises:
        BadAnswer: it is no text, or too large to be sent.
    """
    found = _content(source, path)
    if found is None:
        return None
    row = row_of(found, "content-file")
    if row.text("type") != "file" or row.text("encoding") != "base64":
        raise BadAnswer(f"GitHub did not send {row.text('path')} as text; it may be too large.")
    try:
        return base64.b64decode(row.text("content"), validate=False).decode("utf-8")
    except (binascii.Error, UnicodeError) as problem:
        raise BadAnswer(f"{row.text('path')} is not text in UTF-8.") from problem
