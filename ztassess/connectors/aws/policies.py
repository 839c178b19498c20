"""Owns what policies allow: breadth, privilege escalation and single rights of the union of a principal's documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ztassess.connectors.aws import policy_actions
from ztassess.connectors.aws.policy_patterns import is_broad, matches, resource_matches
from ztassess.connectors.aws.snapshot_identity import AttachedPolicy, Document, Statement
from ztassess.domain.findings import Unavailable

_SHOWN = 3  # patterns quoted as evidence
_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess")


class Breadth(StrEnum):
    """How a grant is too broad."""

    EVERYTHING = "everything"
    IAM = "all of IAM"
    NOT_ACTION = "NotAction"
    NOT_RESOURCE = "NotResource"


@dataclass(frozen=True, slots=True)
class BroadGrant:
    """One reason why a principal is an administrator or nearly one.

    Attributes:
        conditional: the statement carries a condition, so it may be narrower than it reads.
        text: the actions and resources as written, for evidence.
    """

    breadth: Breadth
    conditional: bool
    text: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A way to raise one's own rights (cloudsplaining's name of it) and the actions that together make it."""

    method: str
    actions: tuple[str, ...]


def broad_grants(documents: Iterable[Document]) -> tuple[BroadGrant, ...]:
    """Why the union of these documents is too broad; empty if it is not.

    Counted: Allow of every action on every resource (also as ``*:*``, in any case), all of IAM (also split over several
    documents), and Allow with NotAction or NotResource. AWS's own policies whose documents were not read are known by
    `is_administrator_policy`.
    """
    every = tuple(documents)
    found = [grant for document in every for grant in _broad_in(document)]
    if not any(grant.breadth in (Breadth.EVERYTHING, Breadth.IAM) for grant in found):
        found += _iam_in_union(every)
    return tuple(found)


def is_administrator(documents: Iterable[Document]) -> bool:
    """True if the union of these documents allows everything, or all of IAM (which can grant itself the rest)."""
    return any(grant.breadth in (Breadth.EVERYTHING, Breadth.IAM) for grant in broad_grants(documents))


def is_administrator_policy(policy: AttachedPolicy) -> bool:
    """True for AWS's own administrator policies, known by ARN where the document was not read."""
    return policy.arn.split(":", 5)[4:5] == ["aws"] and policy.arn.rpartition("/")[2] in _ADMINISTRATORS


def _broad_in(document: Document) -> Iterable[BroadGrant]:
    for statement in document.statements:
        breadth = _breadth(statement)
        if breadth is not None:
            yield BroadGrant(breadth, bool(statement.conditions), _written(statement))


def _breadth(statement: Statement) -> Breadth | None:
    if not statement.allow:
        return None
    if statement.not_actions:
        return Breadth.NOT_ACTION
    if statement.not_resources:
        return Breadth.NOT_RESOURCE
    if any(policy_actions.is_everything(action) for action in statement.actions) and any(
        is_broad(resource, "") for resource in statement.resources
    ):
        return Breadth.EVERYTHING
    everywhere = any(is_broad(resource, "iam") for resource in statement.resources)
    whole = any(action in ("iam:*", "iam:**") or policy_actions.is_everything(action) for action in statement.actions)
    return Breadth.IAM if everywhere and whole else None


def _written(statement: Statement) -> str:
    actions = statement.actions or statement.not_actions
    resources = statement.resources or statement.not_resources
    more = f" and {len(actions) - _SHOWN} more" if len(actions) > _SHOWN else ""
    return (
        f"{'NotAction' if statement.not_actions else 'Action'} {', '.join(actions[:_SHOWN])}{more} on "
        f"{'NotResource ' if statement.not_resources else ''}{', '.join(resources[:_SHOWN])}"
    )


def _iam_in_union(documents: Sequence[Document]) -> Iterable[BroadGrant]:
    every = policy_actions.iam_escalation_actions()
    judged = [policy_actions.judge(document) for document in documents]
    denied = frozenset[str]().union(*(word.denied for word in judged))
    holding = [word for word in judged if word.allowed & every]
    if every <= frozenset[str]().union(*(word.allowed for word in holding)) - denied:
        text = f"all {len(every)} actions of IAM that each raise rights, in {len(holding)} documents"
        yield BroadGrant(Breadth.IAM, conditional=False, text=text)


def escalations(documents: Iterable[Document]) -> tuple[Escalation, ...] | Unavailable:
    """Ways in which the union of these documents lets its holder raise its own rights.

    The ways are cloudsplaining's list (Rhino Security Labs, pathfinding.cloud); which actions a document allows without
    a constraint on resources is judged by its `PolicyDocument`, once for each document in this process. A denial counts
    only if it has no condition and covers every resource; it then counts in all documents of the union.

    Returns:
        `Unavailable("partial_data")` if a document is too large to judge in bounded time.
    """
    judged = [policy_actions.judge(document) for document in documents]
    if any(word.too_large for word in judged):
        return Unavailable("partial_data", detail="A policy is too large to be judged in bounded time.")
    denied = frozenset[str]().union(*(word.denied for word in judged))
    allowed = frozenset[str]().union(*(word.allowed for word in judged)) - denied
    passes_to = frozenset[str]().union(*(word.passes_to for word in judged))
    if policy_actions.PASS_ROLE in denied:
        passes_to = frozenset()
    return tuple(
        Escalation(method, tuple(sorted(actions)))
        for method, actions in policy_actions.escalation_methods().items()
        if not actions & denied and policy_actions.reaches(actions, allowed, passes_to)
    )


def allows(documents: Iterable[Document], action: str, resource: str) -> bool:
    """True if the union of these documents allows an action on a resource.

    Conditions of an Allow are taken as met (the right may exist); a Deny counts only without conditions.

    Parameters:
        action: for example ``s3:GetObject``.
        resource: an ARN; ``*`` asks about every resource.
    """
    asked = action.lower()
    statements = [statement for document in documents for statement in document.statements]
    if any(not each.allow and not each.conditions and _covers(each, asked, resource) for each in statements):
        return False
    return any(each.allow and _covers(each, asked, resource) for each in statements)


def _covers(statement: Statement, action: str, resource: str) -> bool:
    if statement.not_actions:
        if any(matches(pattern, action) for pattern in statement.not_actions):
            return False
    elif not any(matches(pattern, action) for pattern in statement.actions):
        return False
    if statement.not_resources:
        return not any(resource_matches(pattern, resource) for pattern in statement.not_resources)
    return any(resource_matches(pattern, resource) for pattern in statement.resources)
