"""Owns the judgment of trust policies: who may take on a role, and what the conditions bind them to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ztassess.connectors.aws.policy_patterns import matches
from ztassess.connectors.aws.snapshot import Condition, Document, Principal, Statement

ASSUME_ACTIONS = ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")

_ACCOUNT_LENGTH = 12
_ARN_ACCOUNT = 4
_POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
_ORGANIZATION_KEYS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})


class Party(StrEnum):
    """What kind of caller a trust statement lets in."""

    EVERYONE = "everyone"
    ACCOUNT = "account"
    ORGANIZATION = "organization"
    SERVICE = "service"
    FEDERATED = "federated"
    GONE = "gone"  # a deleted user or role: AWS leaves its id, which nobody can be again


@dataclass(frozen=True, slots=True)
class Trusted:
    """One caller that a trust policy lets in.

    Attributes:
        account: twelve digits, for accounts.
        whole_account: the account as a whole, not one of its roles or users.
        external_id: the caller must give an external id that the statement names.
    """

    party: Party
    name: str
    account: str = ""
    whole_account: bool = False
    external_id: bool = False


def assuming(trust: Document) -> Iterator[Statement]:
    """The statements of a trust policy that let somebody take the role on."""
    for statement in trust.statements:
        allowed = any(matches(pattern, action) for pattern in statement.actions for action in ASSUME_ACTIONS)
        excepted = statement.not_actions and not all(
            any(matches(pattern, action) for pattern in statement.not_actions) for action in ASSUME_ACTIONS
        )
        if statement.allow and (allowed or excepted):
            yield statement


def bound_values(statement: Statement, key: str) -> tuple[tuple[str, ...], ...]:
    """The values of each condition that must hold for a key, one tuple a condition.

    Only conditions that refuse a caller without the key count: not the negated operators, not ``...IfExists`` and
    ``ForAllValues:`` (both are true when the key is absent), not ``Null`` (any value will do).
    """
    return tuple(each.values for each in statement.conditions if each.key == key and _binds(each))


def _binds(condition: Condition) -> bool:
    quantifier, _, operator = condition.operator.lower().rpartition(":")
    return quantifier in ("", "foranyvalue") and operator in _POSITIVE and bool(condition.values)


def is_literal(value: str) -> bool:
    """True if a condition value has no wildcard and no policy variable."""
    return bool(value) and not any(mark in value for mark in ("*", "?", "${"))


def has_external_id(statement: Statement) -> bool:
    """True if the caller must give one of the external ids named; a wildcard names none."""
    return any(all(is_literal(value) for value in values) for values in bound_values(statement, "sts:externalid"))


def trusted(trust: Document) -> Iterator[Trusted]:
    """Everyone a trust policy lets in, statement by statement. Deny statements only narrow, so they are not applied."""
    for statement in assuming(trust):
        if statement.negated_principal:
            yield from _everyone(statement, "everyone but those it names")
            continue
        for principal in statement.principals:
            yield from _parties(statement, principal)


def _parties(statement: Statement, principal: Principal) -> Iterator[Trusted]:
    value = principal.value
    if principal.kind == "Service":
        yield Trusted(Party.SERVICE, value)
    elif principal.kind == "Federated" and value != "*":
        if _federation_bound(statement, value):
            yield Trusted(Party.FEDERATED, value)
        else:
            yield Trusted(Party.EVERYONE, f"everyone known to {value.rpartition('oidc-provider/')[2]}")
    elif "*" in value:
        yield from _everyone(statement, "everyone")
    elif account := account_of(value):
        whole = value == account or value.endswith(":root")
        yield Trusted(Party.ACCOUNT, value, account, whole, has_external_id(statement))
    else:
        yield Trusted(Party.GONE, value)


def _federation_bound(statement: Statement, provider: str) -> bool:
    """SAML providers know our people only. A web identity provider serves others too: a condition must say whom."""
    if ":saml-provider/" in provider:
        return True
    host = provider.rpartition("oidc-provider/")[2].lower()
    telling = (
        each for each in statement.conditions if _binds(each) and all(value.strip("*?") for value in each.values)
    )
    return any(each.key.startswith(f"{host}:") for each in telling)


def _everyone(statement: Statement, name: str) -> Iterator[Trusted]:
    """A wildcard principal, reduced to the accounts or the organization that conditions bind it to."""
    if any(
        all(is_literal(value.removesuffix("/*")) for value in values)
        for key in _ORGANIZATION_KEYS
        for values in bound_values(statement, key)
    ):
        yield Trusted(Party.ORGANIZATION, "the organization")
        return
    for key in ("aws:principalaccount", "aws:principalarn"):
        for values in bound_values(statement, key):
            accounts = [account_of(value) for value in values]
            if all(accounts):
                external_id = has_external_id(statement)
                for value, account in zip(values, accounts, strict=True):
                    whole = key == "aws:principalaccount" or value.endswith((":root", ":*"))
                    yield Trusted(Party.ACCOUNT, value, account, whole, external_id)
                return
    yield Trusted(Party.EVERYONE, name)


def account_of(principal: str) -> str:
    """The account of an ARN or of a bare account id; empty if there is none (or a wildcard in its place)."""
    parts = principal.split(":")
    account = parts[_ARN_ACCOUNT] if len(parts) > _ARN_ACCOUNT else principal
    return account if len(account) == _ACCOUNT_LENGTH and account.isdigit() else ""
