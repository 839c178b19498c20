"""Owns the judgment of roles that pipelines take on with a GitHub token: which repository, which branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ztassess.connectors.aws.snapshot import Document, Statement
from ztassess.connectors.aws.trust import assuming, bound_values

GITHUB = "token.actions.githubusercontent.com"
AUDIENCES = frozenset({"sts.amazonaws.com", "sts.amazonaws.com.cn"})

_REFERENCES = ("ref:refs/heads/", "ref:refs/tags/", "environment:")


class Bound(IntEnum):
    """How tightly a subject binds a pipeline, loosest first."""

    NOTHING = 0  # no subject, or any repository of anybody
    OWNER = 1  # any repository of one owner
    REPOSITORY = 2  # one repository, any branch or pull request
    UNKNOWN = 3  # a customized subject that we cannot read
    REFERENCE = 4  # one repository and a branch, tag or environment


@dataclass(frozen=True, slots=True)
class PipelineTrust:
    """One statement that lets GitHub workflows take a role on.

    Attributes:
        subjects: the values that decide, as written; empty if the statement names none.
        audience: it asks for tokens made for AWS.
    """

    bound: Bound
    subjects: tuple[str, ...]
    audience: bool


def is_github(provider: str) -> bool:
    """True for GitHub's provider, by ARN or host, also with an enterprise's own path."""
    host = provider.rpartition("oidc-provider/")[2].lower()
    return host == GITHUB or host.startswith(f"{GITHUB}/")


def pipeline_trusts(trust: Document) -> Iterator[PipelineTrust]:
    """Every way in which a trust policy lets GitHub workflows in."""
    for statement in assuming(trust):
        for principal in statement.principals:
            if principal.kind == "Federated" and is_github(principal.value):
                yield _judge(statement, principal.value.rpartition("oidc-provider/")[2].lower())


def _judge(statement: Statement, host: str) -> PipelineTrust:
    """All conditions must hold, so the tightest decides; values of one are alternatives, so the loosest does."""
    bound, subjects = Bound.NOTHING, tuple[str, ...]()
    for values in bound_values(statement, f"{host}:sub"):
        loosest = min(bound_by(value) for value in values)
        if loosest > bound or not subjects:
            bound, subjects = loosest, values
    audience = any(set(values) <= AUDIENCES for values in bound_values(statement, f"{host}:aud"))
    return PipelineTrust(bound, subjects, audience)


def bound_by(subject: str) -> Bound:
    """How tightly one value of the ``sub`` condition binds.

    A wildcard counts under every operator: with StringEquals it matches nothing, which nobody means.
    Source: GitHub Docs, "OpenID Connect reference", example subject claims.
    """
    kind, _, rest = subject.partition(":")
    repository, _, reference = rest.partition(":")
    owner, _, name = repository.partition("/")
    if _wild(kind) or (kind == "repo" and (_wild(owner) or not owner)):
        return Bound.NOTHING
    if kind != "repo":
        return Bound.UNKNOWN
    if _wild(name) or not name:
        return Bound.OWNER
    for prefix in _REFERENCES:
        said = reference.removeprefix(prefix)
        if said != reference and said and said[0] not in "*?":
            return Bound.REFERENCE
    return Bound.REPOSITORY if not reference or reference == "pull_request" or _wild(reference) else Bound.UNKNOWN


def _wild(text: str) -> bool:
    return "*" in text or "?" in text
