"""Owns what policies allow: breadth, privilege escalation and single rights of the union of a principal's documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ztassess.connectors.aws import policy_actions
from ztassess.connectors.aws.policy_patterns import is_broad, matches, resource_matches
from ztassess.connectors.aws.snapshot_identity import (
    AttachedPolicy,
    Document,
    Group,
    InlinePolicy,
    ManagedPolicy,
    Role,
    Statement,
    User,
)
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
class NamedDocument:
    """A document together with the policy that holds it and, for a user, the group it comes through."""

    policy: str
    document: Document
    arn: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class BroadGrant:
    """One reason why a principal is an administrator or nearly one.

    Attributes:
        policies: names of the policies that hold it; more than one where only their union does.
        conditional: every statement behind it carries a condition, so it may be narrower than it reads.
        text: the actions and resources as written, for evidence.
    """

    breadth: Breadth
    policies: tuple[str, ...]
    conditional: bool
    text: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A way to raise one's own rights (cloudsplaining's name of it) and the actions that together make it."""

    method: str
    actions: tuple[str, ...]
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicyIndex:
    """The documents of one account by the things that hold them."""

    managed: dict[str, ManagedPolicy]
    groups: dict[str, Group] = field(default_factory=dict)

    def of(self, principal: User | Role | Group) -> tuple[NamedDocument, ...] | Unavailable:
        """Every document that gives this principal rights, a user's groups included.

        `Unavailable` if one of its policies or groups is not among what we read: then its rights are not known.
        """
        documents = list(self._own(principal.inline, principal.attached))
        for name in principal.groups if isinstance(principal, User) else ():
            group = self.groups.get(name)
            if group is None:
                return Unavailable("partial_data", detail=f"Group {name} is not in what we read.")
            documents += self._own(group.inline, group.attached, group.name)
        lost = next((each.policy for each in documents if each.document is _LOST), None)
        if lost is not None:
            return Unavailable("partial_data", detail=f"The document of policy {lost} is not in what we read.")
        return tuple(documents)

    def _own(
        self, inline: Iterable[InlinePolicy], attached: Iterable[AttachedPolicy], group: str = ""
    ) -> Iterable[NamedDocument]:
        for policy in inline:
            yield NamedDocument(policy.name, policy.document, group=group)
        for reference in attached:
            known = self.managed.get(reference.arn)
            yield NamedDocument(reference.name, known.document if known else _LOST, reference.arn, group)


_LOST = Document("", ())


def policy_index(
    policies: tuple[ManagedPolicy, ...] | Unavailable, groups: tuple[Group, ...] | Unavailable
) -> PolicyIndex | Unavailable:
    """Index the documents of a snapshot (``snapshot.policies, snapshot.groups``)."""
    if isinstance(policies, Unavailable):
        return policies
    if isinstance(groups, Unavailable):
        return groups
    return PolicyIndex({each.arn: each for each in policies}, {each.name: each for each in groups})


def broad_grants(documents: Sequence[NamedDocument]) -> tuple[BroadGrant, ...]:
    """Why the union of these documents is too broad; empty if it is not.

    Counted: Allow of every action on every resource (also as ``*:*``, in any case, or by AWS's AdministratorAccess and
    IAMFullAccess), all of IAM (also split over several policies), and Allow with NotAction or NotResource.
    """
    found = [grant for each in documents for grant in _broad_in(each)]
    if not any(grant.breadth in (Breadth.EVERYTHING, Breadth.IAM) for grant in found):
        found += _iam_in_union(documents)
    return tuple(found)


def is_administrator(documents: Sequence[NamedDocument]) -> bool:
    """True if the union of these documents allows everything, or all of IAM (which can grant itself the rest)."""
    return any(grant.breadth in (Breadth.EVERYTHING, Breadth.IAM) for grant in broad_grants(documents))


def is_administrator_policy(policy: AttachedPolicy) -> bool:
    """True for AWS's own administrator policies, known by ARN where the document was not read."""
    return policy.arn.split(":", 5)[4:5] == ["aws"] and policy.arn.rpartition("/")[2] in _ADMINISTRATORS


def _broad_in(named: NamedDocument) -> Iterable[BroadGrant]:
    if named.arn and is_administrator_policy(AttachedPolicy(named.policy, named.arn)):
        whole = Breadth.IAM if "IAM" in named.policy else Breadth.EVERYTHING
        yield BroadGrant(whole, (named.policy,), conditional=False, text=f"AWS's {named.policy}")
        return
    for statement in named.document.statements:
        breadth = _breadth(statement)
        if breadth is not None:
            yield BroadGrant(breadth, (named.policy,), bool(statement.conditions), _written(statement))


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
    return Breadth.IAM if everywhere and any(action in ("iam:*", "iam:**") for action in statement.actions) else None


def _written(statement: Statement) -> str:
    actions = statement.actions or statement.not_actions
    resources = statement.resources or statement.not_resources
    more = f" and {len(actions) - _SHOWN} more" if len(actions) > _SHOWN else ""
    return (
        f"{'NotAction' if statement.not_actions else 'Action'} {', '.join(actions[:_SHOWN])}{more} on "
        f"{'NotResource ' if statement.not_resources else ''}{', '.join(resources[:_SHOWN])}"
    )


def _iam_in_union(documents: Sequence[NamedDocument]) -> Iterable[BroadGrant]:
    every = policy_actions.iam_escalation_actions()
    judged = [(each.policy, policy_actions.judge(each.document)) for each in documents]
    denied = frozenset[str]().union(*(word.denied for _, word in judged))
    holders = [(policy, word.allowed & every) for policy, word in judged if word.allowed & every]
    if every <= frozenset[str]().union(*(actions for _, actions in holders)) - denied:
        names = tuple(dict.fromkeys(policy for policy, _ in holders))
        yield BroadGrant(
            Breadth.IAM, names, conditional=False, text=f"{len(every)} rights of IAM in {len(names)} policies"
        )


def escalations(documents: Sequence[NamedDocument]) -> tuple[Escalation, ...] | Unavailable:
    """Ways in which the union of these documents lets its holder raise its own rights.

    The ways are cloudsplaining's list (Rhino Security Labs, pathfinding.cloud); which actions a document allows without
    a constraint on resources is judged by its `PolicyDocument`, once for each document in this process. A denial counts
    only if it has no condition and covers every resource; it then counts in all documents of the union.

    Returns:
        `Unavailable("partial_data")` if a document is too large to judge.
    """
    judged: list[tuple[str, policy_actions.Judged]] = []
    for each in documents:
        word = policy_actions.judge(each.document)
        if word.too_large:
            return Unavailable("partial_data", detail=f"Policy {each.policy} is too large to be judged.")
        judged.append((each.policy, word))
    return tuple(_escalations_in(judged))


def _escalations_in(judged: Sequence[tuple[str, policy_actions.Judged]]) -> Iterable[Escalation]:
    denied = frozenset[str]().union(*(word.denied for _, word in judged))
    allowed = frozenset[str]().union(*(word.allowed for _, word in judged)) - denied
    passes_to = frozenset[str]().union(*(word.passes_to for _, word in judged))
    if policy_actions.PASS_ROLE in denied:
        passes_to = frozenset()
    for method, actions in policy_actions.escalation_methods().items():
        if not policy_actions.reaches(actions, allowed, passes_to):
            continue
        holders = tuple(
            dict.fromkeys(policy for policy, word in judged if word.allowed & actions or (word.passes_to & passes_to))
        )
        yield Escalation(method, tuple(sorted(actions)), holders)


def allows(documents: Sequence[NamedDocument], action: str, resource: str) -> bool:
    """True if the union of these documents allows an action on a resource.

    Conditions of an Allow are taken as met (the right may exist); a Deny counts only without conditions.

    Parameters:
        action: for example ``s3:GetObject``.
        resource: an ARN; ``*`` asks about every resource.
    """
    asked = action.lower()
    statements = [statement for each in documents for statement in each.document.statements]
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
