"""Owns what a permission set of Identity Center allows: its own policies and those of the role it becomes here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ztassess.connectors.aws.policies import is_administrator, is_administrator_policy
from ztassess.connectors.aws.principals import Holder, holders
from ztassess.connectors.aws.snapshot import AwsSnapshot, Document, PermissionSet
from ztassess.domain.findings import Unavailable

_ON_ROLE = "its role's own policies"


@dataclass(frozen=True, slots=True)
class SetRights:
    """The rights of one permission set.

    Attributes:
        documents: everything that was readable of it.
        unread: names of its policies whose content is not known.
        administrator: by AWS's own administrator policies or by its documents.
    """

    documents: tuple[Document, ...]
    unread: tuple[str, ...]
    administrator: bool


def set_rights(snapshot: AwsSnapshot) -> dict[str, SetRights]:
    """The rights of every permission set, by its ARN; empty if the sets were not readable."""
    if isinstance(snapshot.permission_sets, Unavailable):
        return {}
    every = holders(snapshot)
    reserved = () if isinstance(every, Unavailable) else tuple(each for each in every if each.reserved)
    policies = () if isinstance(snapshot.policies, Unavailable) else snapshot.policies
    known = {policy.arn: policy.document for policy in policies}
    rights = {each.arn: _rights(each, _role_of(each, reserved), known) for each in snapshot.permission_sets}
    if isinstance(every, Unavailable):
        # Policies of the customer's own are attached by name, and seen on the role of the set alone.
        return {arn: replace(each, unread=(*each.unread, _ON_ROLE)) for arn, each in rights.items()}
    return rights


def _role_of(permission_set: PermissionSet, reserved: tuple[Holder, ...]) -> Holder | None:
    """The role that Identity Center made of a set: ``AWSReservedSSO_<set>_<16 hexadecimal digits>``."""
    start = f"AWSReservedSSO_{permission_set.name}_"
    return next((each for each in reserved if each.name.startswith(start) and len(each.name) == len(start) + 16), None)


def _rights(permission_set: PermissionSet, role: Holder | None, known: dict[str, Document]) -> SetRights:
    managed = permission_set.managed
    documents = [known[policy.arn] for policy in managed if policy.arn in known]
    documents += [permission_set.inline] if permission_set.inline else []
    unread = [policy.name for policy in managed if policy.arn not in known]
    if role is not None:
        documents += role.documents
        unread = list(role.unread)
    attached = (*managed, *(role.attached if role else ()))
    administrator = any(is_administrator_policy(policy) for policy in attached) or is_administrator(documents)
    return SetRights(tuple(dict.fromkeys(documents)), tuple(dict.fromkeys(unread)), administrator)
