"""Owns the connection test: who we are, the read-only proof, and which parts we may read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from ztassess.connectors.api import unavailable_of
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError, OverPrivileged
from ztassess.connectors.github import client, client_repositories
from ztassess.connectors.github.client_session import Opened, open_github
from ztassess.connectors.github.permissions import CONTENTS, ENVIRONMENTS
from ztassess.connectors.github.snapshot import Repository
from ztassess.connectors.github.source import lacks
from ztassess.domain.findings import Unavailable

SELECTED: Final = (
    "The App sees selected repositories only; the others are not judged. Install it for all repositories to see them."
)
_OF_ORGANIZATION: Final = {
    "settings": client.settings,
    "members": client.members,
    "without_two_factor": client.without_two_factor,
    "identity_providers": client.identity_pages,
    "personal_tokens": client.personal_tokens,
    "credential_authorizations": client.credential_authorizations,
    "installations": client.installations,
    "organization_secrets": client.organization_secrets,
    "organization_workflow_defaults": client.organization_workflow_default,
    "repositories": client_repositories.repositories,
    "open_alerts": client.open_alerts,
}
_OF_REPOSITORY: Final = {
    "deploy_keys": client_repositories.deploy_keys,
    "protections": lambda source, org, repository: (client_repositories.protection(source, org, repository),),
    "environments": client_repositories.environments,
    "repository_secrets": client_repositories.repository_secrets,
    "repository_workflow_defaults": client_repositories.workflow_default,
    "workflows": client_repositories.workflow_files,
}


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that the installation only reads, and ask one row of each part.

    Raises:
        ConnectorError: GitHub refused the key, or was not reached.
    """
    org = context.config["organization"]
    try:
        with open_github(context) as opened:
            rows = _rows(opened, org)
    except OverPrivileged as problem:
        return Preflight(f"App {context.config['app_id']} in {org}", (), refused=problem.sentence)
    warnings = (SELECTED,) if opened.installation.selected else ()
    return Preflight(f"App {opened.installation.app} in {org}", tuple(rows), warnings)


def _rows(opened: Opened, org: str) -> list[PreflightRow]:
    source = opened.source
    asks: list[tuple[str, Any, tuple[Any, ...]]] = [(part, read, ()) for part, read in _OF_ORGANIZATION.items()]
    repository = _first_repository(opened, org)
    if repository is not None:
        asks += [(part, read, (repository,)) for part, read in _OF_REPOSITORY.items()]
    rows = list(source.each(asks, lambda ask: _row(ask[0], lambda: ask[1](source, org, *ask[2]))))
    for part, permission in (("environment_secrets", ENVIRONMENTS), ("code_owners", CONTENTS)):
        missing = lacks(source, permission)
        rows.append(PreflightRow(part, allowed=not missing, missing_scope=permission.title if missing else ""))
    return rows


def _first_repository(opened: Opened, org: str) -> Repository | None:
    """One that parts of repositories can be tried on; None if there is none, or none may be listed."""
    try:
        listed = client_repositories.repositories(opened.source, org)
        return next((each for each in listed if not each.archived), None)
    except ConnectorError as problem:
        unavailable_of(problem)
        return None


def _row(part: str, read: Any) -> PreflightRow:
    try:
        found: Iterable[Any] = read()
        first = tuple(islice(found, 1))
    except ConnectorError as problem:
        return _refused(part, unavailable_of(problem))
    unread = getattr(first[0], "unread", None) if first else None
    if isinstance(unread, Unavailable):
        return _refused(part, unread)
    return PreflightRow(part, allowed=True)


def _refused(part: str, missing: Unavailable) -> PreflightRow:
    return PreflightRow.refused(part, missing)
