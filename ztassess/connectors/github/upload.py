"""Owns reading exported answers of GitHub into the same snapshot, by the same questions as the live reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import BadAnswer, ConnectorError, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.connectors.github.client import NO_TWO_FACTOR, settings
from ztassess.connectors.github.client_repositories import repositories
from ztassess.connectors.github.collect import read_organization
from ztassess.connectors.github.refusals import NotExported
from ztassess.connectors.github.snapshot import GitHubSnapshot, Reading
from ztassess.connectors.github.source import GRAPHQL, RecordedSource, key_of, path_of

FORMAT: Final = "ztassess-github/1"
WHOLE: Final = "github-export"
# Values and key bodies have no place here; their names are counted and told, they themselves go at once.
SECRET_FIELDS: Final = frozenset({"value", "secret", "key", "token", "private_key", "encrypted_value", "pem"})
_NAMED: Final[Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]]] = {
    "organization": ((), {}),
    "members": (("members",), {}),
    "owners": (("members",), {"role": "admin"}),
    "outside_collaborators": (("outside_collaborators",), {}),
    "two_factor_disabled": (("members",), NO_TWO_FACTOR),
    "two_factor_disabled_outside": (("outside_collaborators",), NO_TWO_FACTOR),
    "personal_access_tokens": (("personal-access-tokens",), {}),
    "credential_authorizations": (("credential-authorizations",), {}),
    "installations": (("installations",), {}),
    "repos": (("repos",), {}),
    "organization_secrets": (("actions", "secrets"), {}),
    "workflow_permissions": (("actions", "permissions", "workflow"), {}),
    "secret_alerts": (("secret-scanning", "alerts"), {"state": "open", "hide_secret": "true"}),
    "secret_alerts_dismissed": (
        ("secret-scanning", "alerts"),
        {"state": "resolved", "resolution": "wont_fix", "hide_secret": "true"},
    ),
}
_OF_REPOSITORY: Final[Mapping[str, tuple[str, ...]]] = {
    "keys": ("keys",),
    "environments": ("environments",),
    "secrets": ("actions", "secrets"),
    "workflow_permissions": ("actions", "permissions", "workflow"),
}
_OF_BRANCH: Final = ("protection", "rules")
_FAMILIES: Final = (*_OF_REPOSITORY, *_OF_BRANCH)


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> GitHubSnapshot:
    """The snapshot of one organization's exported answers.

    Raises:
        InputInvalid: another file, a cut-off one, or answers of another organization.
    """
    known = (WHOLE, "graphql", *_NAMED, *(f"{family}*" for family in _FAMILIES))
    export = read_export(files, known, vendor="GitHub")
    whole, moment = _whole(export)
    org = _organization(whole, export, context)
    answers: dict[str, Any] = {}
    for document in whole:
        answers.update(document["answers"])
    answers.update(_by_hand(export, org))
    dropped = tuple(sorted({f"{key}: {field}" for key, value in answers.items() for field in _cleanse(key, value)}))
    answers.update(_of_branches(export, org, answers))
    source = RecordedSource(answers)
    _same_organization(source, org)
    if not answers:
        raise InputInvalid("The upload holds no answer of GitHub; nothing was read from it.")
    # GitHub always sends the public half of a deploy key.
    reading = Reading(dropped=tuple(each for each in dropped if not each.endswith("/keys: key")))
    made = taken_at(context, moment)
    try:
        return read_organization(context, source, None, org, reading, made)
    except ConnectorError as problem:
        raise InputInvalid(f"No complete list could be read from the upload. {problem.sentence}") from problem


def _whole(export: Export) -> tuple[tuple[dict[str, Any], ...], Any]:
    """The script's own documents, and when they were made."""
    moment = export.about.get("taken_at")
    found = []
    for document in export.documents.get(WHOLE, ()):
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InputInvalid(f"{WHOLE}.json is not the output of our script ({FORMAT}); nothing was read from it.")
        if document.get("complete") is not True or not isinstance(document.get("answers"), dict):
            raise InputInvalid(f"{WHOLE}.json is not complete. Export again; nothing was judged from it.")
        if not isinstance(document.get("organization"), str):
            raise InputInvalid(f"{WHOLE}.json does not say of which organization it is. Export again.")
        moment = document.get("taken_at", moment)
        found.append(document)
    return tuple(found), moment


def _organization(whole: Sequence[Mapping[str, Any]], export: Export, context: ReadContext) -> str:
    """The login: as entered, else as the export says."""
    entered = str(context.config.get("organization") or "")
    stated = [str(document["organization"]) for document in whole]
    stated += [str(each["login"]) for each in export.documents.get("organization", ()) if _has_login(each)]
    other = [each for each in stated if each.casefold() != (entered or stated[0]).casefold()]
    if other:
        raise InputInvalid(f"The export is of the organization {other[0]}, not of {entered or stated[0]}.")
    if not entered and not stated:
        raise InputInvalid("The export does not say of which organization it is. Enter it, or add organization.json.")
    return stated[0] if stated else entered


def _has_login(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("login"), str)


def _same_organization(source: RecordedSource, org: str) -> None:
    """Lists that name their owner must name this one."""
    try:
        stated = next(iter(settings(source, org))).login
        if stated.casefold() != org.casefold():
            raise InputInvalid(f"The export is of the organization {stated}, not of {org}.")
    except (NotExported, BadAnswer):
        pass
    try:
        for _ in repositories(source, org):
            pass
    except BadAnswer as problem:
        if "holds one of" in problem.sentence:
            raise InputInvalid(problem.sentence) from problem
    except ConnectorError:
        pass


def _by_hand(export: Export, org: str) -> Iterator[tuple[str, Any]]:
    """Single lists by the question that they answer."""
    for name, documents in export.documents.items():
        if name == "graphql":
            yield GRAPHQL, documents[0]
        elif name in _NAMED:
            segments, narrowed = _NAMED[name]
            yield key_of(path_of("orgs", org, *segments), narrowed), _joined(documents)
        else:
            family, _, repository = name.partition("-")
            if repository and family in _OF_REPOSITORY:
                path = path_of("repos", org, repository, *_OF_REPOSITORY[family])
                yield path, _joined(documents)


def _of_branches(export: Export, org: str, answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Lists about a default branch, whose name the list of repositories holds."""
    wanted = {name for name in export.documents if name.partition("-")[0] in _OF_BRANCH}
    if not wanted:
        return
    try:
        branches = {each.name: each.default_branch for each in repositories(RecordedSource(answers), org)}
    except ConnectorError as problem:
        raise InputInvalid("protection-... and rules-... need repos.json beside them.") from problem
    for name in sorted(wanted):
        family, _, repository = name.partition("-")
        if repository not in branches:
            raise InputInvalid(f"{name}.json is about a repository that repos.json does not hold.")
        branch = branches[repository]
        path = ("branches", branch, "protection") if family == "protection" else ("rules", "branches", branch)
        yield path_of("repos", org, repository, *path), _joined(export.documents[name])


def _joined(documents: Sequence[Any]) -> Any:
    """``members-2.json`` holds further pages of ``members.json``."""
    if len(documents) == 1:
        return documents[0]
    pages: list[Any] = []
    for document in documents:
        nested = isinstance(document, list) and document and isinstance(document[0], list)
        pages += document if nested else [document]
    return pages


def _cleanse(key: str, value: Any) -> Iterator[str]:
    """Drop fields that hold secrets, in place; names of those that held something.

    The answer to our GraphQL query has values too, of addresses; it asks for nothing else.
    """
    waiting = [] if key == GRAPHQL else [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, dict):
            # The key of a license is its short name.
            for field in [name for name in found if name in SECRET_FIELDS and "spdx_id" not in found]:
                held = found[field]
                if isinstance(held, str | int | float) and held not in ("", 0):
                    yield field
                    del found[field]
            waiting += list(found.values())
