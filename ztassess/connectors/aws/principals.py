"""Owns who holds which policy documents: users and roles with everything that grants them rights, merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ztassess.connectors.aws.snapshot import (
    AttachedPolicy,
    AwsSnapshot,
    Document,
    Group,
    InlinePolicy,
    ManagedPolicy,
    Role,
    Statement,
    User,
)
from ztassess.domain.findings import Unavailable


@dataclass(frozen=True, slots=True)
class Holder:
    """A user or role with the union of its own, attached and group policies.

    Attributes:
        kind: ``user`` or ``role``.
        documents: every document that grants (or denies) it something, each once.
        attached: managed policies, group policies included, each once.
        unread: names of managed policies (or groups) whose content is not in the snapshot: what they grant is unknown.
        boundary: ARN of the permissions boundary, empty if it has none.
        service_linked, reserved: as of `Role`; False for users.
    """

    kind: str
    arn: str
    name: str
    documents: tuple[Document, ...]
    attached: tuple[AttachedPolicy, ...] = ()
    unread: tuple[str, ...] = ()
    boundary: str = ""
    service_linked: bool = False
    reserved: bool = False

    @property
    def statements(self) -> Iterator[Statement]:
        """All statements that apply, allows and denies, of all documents."""
        return (statement for document in self.documents for statement in document.statements)


def holders(snapshot: AwsSnapshot) -> tuple[Holder, ...] | Unavailable:
    """Every user and role with its merged documents, users first, in snapshot order.

    Permission boundaries and service control policies are not applied: they only narrow, and a rule that ignores them
    can be too strict but never too lenient.

    Returns:
        The reason why nobody could look, if users, groups, roles or managed policies were not readable.
    """
    if isinstance(snapshot.users, Unavailable):
        return snapshot.users
    if isinstance(snapshot.groups, Unavailable):
        return snapshot.groups
    if isinstance(snapshot.roles, Unavailable):
        return snapshot.roles
    if isinstance(snapshot.policies, Unavailable):
        return snapshot.policies
    policies: Mapping[str, ManagedPolicy] = {policy.arn: policy for policy in snapshot.policies}
    groups: Mapping[str, Group] = {group.name: group for group in snapshot.groups}
    users = tuple(_of_user(user, groups, policies) for user in snapshot.users)
    return users + tuple(_of_role(role, policies) for role in snapshot.roles)


def _of_user(user: User, groups: Mapping[str, Group], policies: Mapping[str, ManagedPolicy]) -> Holder:
    inline, attached, unread = list(user.inline), list(user.attached), []
    for name in user.groups:
        if name in groups:
            inline += groups[name].inline
            attached += groups[name].attached
        else:
            unread.append(name)
    documents, missing = _documents(inline, attached, policies)
    return Holder(
        "user", user.arn, user.name, documents, tuple(dict.fromkeys(attached)), (*missing, *unread), user.boundary
    )


def _of_role(role: Role, policies: Mapping[str, ManagedPolicy]) -> Holder:
    documents, missing = _documents(role.inline, role.attached, policies)
    return Holder(
        kind="role",
        arn=role.arn,
        name=role.name,
        documents=documents,
        attached=role.attached,
        unread=missing,
        boundary=role.boundary,
        service_linked=role.service_linked,
        reserved=role.reserved,
    )


def _documents(
    inline: list[InlinePolicy] | tuple[InlinePolicy, ...],
    attached: list[AttachedPolicy] | tuple[AttachedPolicy, ...],
    policies: Mapping[str, ManagedPolicy],
) -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """The documents, each once by its key, and the names of managed policies whose document is not there."""
    by_key = {policy.document.key: policy.document for policy in inline}
    missing: dict[str, None] = {}
    for reference in attached:
        policy = policies.get(reference.arn)
        if policy is None:
            missing[reference.name] = None
        else:
            by_key[policy.document.key] = policy.document
    return tuple(by_key.values()), tuple(missing)
