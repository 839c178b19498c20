"""Owns reading one organization: all parts at once, what several need read once, failures kept in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession, read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BudgetExceeded,
    Canceled,
    ConnectorError,
    Incomplete,
    OverPrivileged,
    RateLimited,
    Unreachable,
)
from ztassess.connectors.github import client, client_repositories
from ztassess.connectors.github.client_session import PUBLIC, is_server, open_github
from ztassess.connectors.github.permissions import (
    ACTIONS,
    ADMINISTRATION,
    CONTENTS,
    ENVIRONMENTS,
    SECRETS,
    Permission,
)
from ztassess.connectors.github.refusals import NotExported
from ztassess.connectors.github.snapshot import GitHubSnapshot, IdentityProvider, Inputs, Reading, Repository
from ztassess.connectors.github.snapshot_pipelines import CodeOwners, Environment, OidcSubject, Way, Workflow
from ztassess.connectors.github.source import ReadOnce, Source, lacks
from ztassess.connectors.judging import names

T = TypeVar("T")
R = TypeVar("R")
# These end a part: what they say of one repository, they say of all.
_OF_ALL = (AuthFailed, BudgetExceeded, Canceled, OverPrivileged, RateLimited, Unreachable)


def collect(context: ReadContext) -> GitHubSnapshot:
    """Read the organization. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        OverPrivileged: the App may change something.
        ConnectorError: nothing at all could be read.
    """
    base = context.config.get("api_base") or PUBLIC
    with open_github(context) as opened:
        reading = Reading(urlsplit(base).hostname or "", is_server(base), opened.source.selected)
        return read_organization(
            context, opened.source, opened.source.session, context.config["organization"], reading, context.now
        )


def read_organization(
    context: ReadContext, source: Source, session: ApiSession | None, org: str, reading: Reading, taken_at: datetime
) -> GitHubSnapshot:
    """The snapshot of an organization from GitHub itself or from an export. Raises as `collect`."""
    inputs = inputs_of(context)
    ways = dict(readers(source, org, inputs))
    if not inputs.policy_folders:
        del ways["code_owners"]  # nothing to read, which must not count as something that was read
    parts: dict[str, Any] = {"code_owners": (), **read_parts(context, session, ways)}
    return GitHubSnapshot(taken_at=taken_at, organization=org, reading=reading, inputs=inputs, **parts)


def inputs_of(context: ReadContext) -> Inputs:
    """What the organization declared, in the form that the rules compare."""
    declared = context.declared
    return Inputs(
        break_glass=declared.break_glass,
        people=declared.people,
        leavers=declared.leavers,
        aliases=declared.aliases,
        approved_apps=declared.approved_apps,
        production=tuple(context.config.get("production_environments") or ()),
        policy_folders=tuple(context.config.get("policy_folders") or ()),
    )


def readers(source: Source, org: str, inputs: Inputs) -> Mapping[str, Callable[[], Iterable[Any]]]:
    """What reads each part; parts of repositories wait for the list of them, which is read once."""
    listed = ReadOnce(lambda: client_repositories.repositories(source, org))
    live = ReadOnce(lambda: (each for each in listed if not each.archived))
    identities = ReadOnce(lambda: client.identity_pages(source, org))
    environments = ReadOnce(lambda: _of_all(source, org, live, client_repositories.environments, ACTIONS))
    workflows = ReadOnce(lambda: _workflows(source, org, live))

    def of_live(read: Callable[[Source, str, Repository], Iterable[R]], needs: Permission) -> Callable[[], Iterator[R]]:
        return lambda: _of_all(source, org, live, read, needs)

    return {
        "settings": lambda: client.settings(source, org),
        "members": lambda: client.members(source, org),
        "owners": lambda: client.owners(source, org),
        "outside_collaborators": lambda: client.outside_collaborators(source, org),
        "without_two_factor": lambda: client.without_two_factor(source, org),
        "identity_providers": lambda: _providers(identities),
        "linked_identities": lambda: (each for page in identities for each in client.linked_identities(page)),
        "personal_tokens": lambda: client.personal_tokens(source, org),
        "credential_authorizations": lambda: client.credential_authorizations(source, org),
        "installations": lambda: client.installations(source, org),
        "repositories": lambda: listed,
        "deploy_keys": of_live(client_repositories.deploy_keys, ADMINISTRATION),
        "protections": of_live(_protection, ADMINISTRATION),
        "environments": lambda: environments,
        "organization_secrets": lambda: client.organization_secrets(source, org),
        "repository_secrets": of_live(client_repositories.repository_secrets, SECRETS),
        "environment_secrets": lambda: _environment_secrets(source, org, environments),
        "organization_workflow_defaults": lambda: client.organization_workflow_default(source, org),
        "repository_workflow_defaults": of_live(client_repositories.workflow_default, ADMINISTRATION),
        "oidc_subjects": lambda: _subjects(source, org, workflows),
        "workflows": lambda: workflows,
        "code_owners": lambda: _code_owners(source, org, inputs),
        "open_alerts": lambda: client.open_alerts(source, org),
        "dismissed_alerts": lambda: client.dismissed_alerts(source, org),
    }


def _providers(pages: Iterable[Any]) -> Iterator[IdentityProvider]:
    """The first page says it; a page chain that breaks later does not change it."""
    for page in pages:
        found = client.identity_provider(page)
        if found is not None:
            yield found
        return


def _of_all(
    source: Source,
    org: str,
    items: Iterable[T],
    read: Callable[[Source, str, T], Iterable[R]],
    needs: Permission,
    called: Callable[[T], str] = lambda item: str(getattr(item, "name", item)),
) -> Iterator[R]:
    """Ask the same of every item, several at once. One that fails does not hide the others.

    Without the permission, one question is enough to hear the refusal.

    Raises:
        Incomplete: some could not be read; after the rows of the others.
        ConnectorError: none could be read, or what failed is about all of them, or the items are not complete.
    """
    found, broken = _taken(items)
    if found and lacks(source, needs):
        yield from read(source, org, found[0])
        found = found[1:]

    failed: list[tuple[T, ConnectorError]] = []
    answers = source.each(found, lambda item: _kept(read(source, org, item)))
    for item, (rows, problem) in zip(found, answers, strict=True):
        yield from rows
        if problem is not None:
            failed.append((item, problem))
    if failed:
        raise _summary([(called(item), problem) for item, problem in failed], len(found))
    if broken is not None:
        raise broken


def _kept(rows: Iterable[R]) -> tuple[tuple[R, ...], ConnectorError | None]:
    """What one item gave, and what ended it; raises what is about all items."""
    taken, problem = _taken(rows)
    if isinstance(problem, _OF_ALL):
        raise problem
    return taken, problem


def _summary(failed: Sequence[tuple[str, ConnectorError]], asked: int) -> ConnectorError:
    """One problem for several items: their own if none could be read, or if nobody exported them."""
    first = failed[0][1]
    if len(failed) == asked or all(isinstance(each, NotExported) for _, each in failed):
        return first
    which = names([name for name, _ in failed])
    return Incomplete(f"{len(failed)} of {asked} could not be read ({which}): {first.sentence}")


def _taken(items: Iterable[T]) -> tuple[tuple[T, ...], ConnectorError | None]:
    """All items, and the problem that ended them."""
    taken: list[T] = []
    try:
        for item in items:
            taken.append(item)  # noqa: PERF402  the items before a break are kept
    except ConnectorError as problem:
        return tuple(taken), problem
    return tuple(taken), None


def _protection(source: Source, org: str, repository: Repository) -> Iterator[Any]:
    yield client_repositories.protection(source, org, repository)


def _environment_secrets(source: Source, org: str, environments: Iterable[Environment]) -> Iterator[Any]:
    return _of_all(
        source,
        org,
        environments,
        client_repositories.environment_secrets,
        ENVIRONMENTS,
        lambda each: f"{each.repository}:{each.name}",
    )


def _workflows(source: Source, org: str, live: Iterable[Repository]) -> Iterator[Workflow]:
    """Folders first, then every file in them; several at once."""

    def folder(source: Source, org: str, repository: Repository) -> Iterator[tuple[str, str]]:
        for name in client_repositories.workflow_files(source, org, repository):
            yield repository.name, name

    def file(source: Source, org: str, which: tuple[str, str]) -> Iterator[Workflow]:
        yield client_repositories.workflow(source, org, *which)

    files = ReadOnce(lambda: _of_all(source, org, live, folder, CONTENTS))
    return _of_all(source, org, files, file, CONTENTS, "/".join)


def _subjects(source: Source, org: str, workflows: Iterable[Workflow]) -> Iterator[OidcSubject]:
    """The organization's template, and those of repositories whose workflows ask for identity tokens."""
    yield from client.organization_subject(source, org)
    found, broken = _taken(workflows)
    asking = {each.repository for each in found if any(login.way is Way.FEDERATED for login in each.logins)}
    yield from _of_all(source, org, sorted(asking), client_repositories.subject, ACTIONS)
    if broken is not None:
        raise broken


def _code_owners(source: Source, org: str, inputs: Inputs) -> Iterator[CodeOwners]:
    def one(source: Source, org: str, which: tuple[str, str]) -> Iterator[CodeOwners]:
        yield client_repositories.code_owners(source, org, *which)

    return _of_all(source, org, inputs.policy_folders, one, CONTENTS, ":".join)
