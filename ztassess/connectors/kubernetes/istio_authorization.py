"""Owns who may call a workload, the way Istio evaluates its AuthorizationPolicies.

CUSTOM and DENY are asked before ALLOW; as soon as one ALLOW policy applies, what no ALLOW rule names is refused
(Istio's reference, "Authorization Policy"). A policy of the root namespace applies everywhere, with a selector too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ztassess.connectors.kubernetes.snapshot_labels import Labels, subset
from ztassess.connectors.kubernetes.snapshot_mesh import (
    AuthorizationRule,
    Condition,
    IstioAuthorization,
    RequestAuthentication,
    Values,
)

_IDENTITY_CONDITIONS: Final = ("source.principal", "request.auth.principal")
_GROUP_CONDITIONS: Final = ("source.namespace", "source.ip", "remote.ip", "request.auth.claims", "request.auth")
_GROUPS: Final = ("namespaces", "ipBlocks", "remoteIpBlocks")


class Caller(IntEnum):
    """How closely a rule names who may call; a rule is as strong as its weakest alternative."""

    ANYBODY = 0  # no condition on the caller at all
    ANY_IDENTITY = 1  # every identity of the mesh, or every valid token
    GROUP = 2  # a namespace, a range of addresses, a pattern of identities
    NAMED = 3  # single service accounts
    TOKEN = 4  # single service accounts that also bring a token


@dataclass(frozen=True, slots=True)
class Access:
    """What applies to one workload.

    Attributes:
        allow: ALLOW policies that apply; one of them is enough to refuse everything that none names.
        deny: DENY policies that apply.
        others: CUSTOM and AUDIT policies that apply; they refuse nothing that we could see.
        dry_run: policies that would apply, but only log.
        elsewhere: policies attached to a waypoint or gateway of the same namespace.
    """

    allow: tuple[IstioAuthorization, ...]
    deny: tuple[IstioAuthorization, ...]
    others: tuple[IstioAuthorization, ...]
    dry_run: tuple[IstioAuthorization, ...]
    elsewhere: tuple[IstioAuthorization, ...]

    @property
    def closed_by(self) -> IstioAuthorization | None:
        """The policy because of which unnamed callers are refused; None if they are not."""
        for policy in self.deny:
            if any(_denies_strangers(rule) for rule in policy.rules):
                return policy
        return self.allow[0] if self.allow else None

    @property
    def limit(self) -> Caller:
        """How closely DENY policies name the only callers that they spare, whatever ALLOW rules say."""
        found = Caller.ANYBODY
        for policy in self.deny:
            for rule in policy.rules:
                if _denies_strangers(rule):
                    spared = [
                        _of_names(source["notPrincipals"]) for source in rule.sources if "notPrincipals" in source
                    ]
                    found = max(found, *spared, Caller.ANYBODY) if spared else Caller.TOKEN
        return found

    def grade(self, rule: AuthorizationRule) -> Caller:
        """How closely an ALLOW rule names its callers, after what DENY policies refuse."""
        return max(caller_of(rule), self.limit)


def access(policies: Iterable[IstioAuthorization], root_namespace: str, namespace: str, labels: Labels) -> Access:
    """The policies that Istio applies to a workload.

    Parameters:
        labels: of the workload's pods.
    """
    allow, deny, others = list[IstioAuthorization](), list[IstioAuthorization](), list[IstioAuthorization]()
    dry_run, elsewhere = list[IstioAuthorization](), list[IstioAuthorization]()
    for policy in policies:
        if policy.meta.namespace not in (root_namespace, namespace) or not subset(policy.selector, labels):
            continue
        if policy.targets:
            elsewhere.append(policy)
        elif policy.dry_run:
            dry_run.append(policy)
        else:
            {"ALLOW": allow, "DENY": deny}.get(policy.action, others).append(policy)
    return Access(tuple(allow), tuple(deny), tuple(others), tuple(dry_run), tuple(elsewhere))


def baseline(policies: Iterable[IstioAuthorization], root_namespace: str, namespace: str) -> IstioAuthorization | None:
    """The policy that makes every workload of a namespace refuse what is not named, new ones included."""
    for policy in policies:
        if policy.meta.namespace not in (root_namespace, namespace) or policy.targets or policy.dry_run:
            continue
        if policy.selector:
            continue
        denies = policy.action == "DENY" and any(_denies_strangers(rule) for rule in policy.rules)
        if policy.action == "ALLOW" or denies:
            return policy
    return None


def _denies_strangers(rule: AuthorizationRule) -> bool:
    """A DENY rule for everything, or for every caller but named ones (``notPrincipals``), plain text included."""
    if rule.operations or rule.conditions:
        return False
    if not rule.sources:
        return True
    return any(set(source) == {"notPrincipals"} and not _open_list(source["notPrincipals"]) for source in rule.sources)


def caller_of(rule: AuthorizationRule) -> Caller:
    """How closely an ALLOW rule names its callers: its sources are alternatives, its conditions all hold."""
    by_source = min((_of_source(source) for source in rule.sources), default=Caller.ANYBODY)
    by_condition = max((_of_condition(each) for each in rule.conditions), default=Caller.ANYBODY)
    found = max(by_source, by_condition)
    token = any("requestPrincipals" in source for source in rule.sources) or any(
        each.key.startswith("request.auth") and each.values for each in rule.conditions
    )
    everywhere = all("requestPrincipals" in source for source in rule.sources) or any(
        each.key.startswith("request.auth") and each.values for each in rule.conditions
    )
    return Caller.TOKEN if found is Caller.NAMED and token and everywhere and _by_account(rule) else found


def _by_account(rule: AuthorizationRule) -> bool:
    """The service itself is named too, not only the person's token."""
    conditions = any(each.key == "source.principal" and each.values for each in rule.conditions)
    return conditions or (
        bool(rule.sources) and all({"principals", "serviceAccounts"} & set(source) for source in rule.sources)
    )


def _of_source(source: Values) -> Caller:
    """The strongest of what one source demands, for all of it must hold. Exclusions alone admit everybody else."""
    found = Caller.ANYBODY
    for name in ("principals", "serviceAccounts", "requestPrincipals"):
        if name in source:
            found = max(found, _of_names(source[name]))
    for name in _GROUPS:
        if name in source and not _open_list(source[name]):
            found = max(found, Caller.GROUP)
    return found


def _of_names(values: tuple[str, ...]) -> Caller:
    if _open_list(values):
        return Caller.ANY_IDENTITY
    return Caller.GROUP if any("*" in value for value in values) else Caller.NAMED


def _open_list(values: tuple[str, ...]) -> bool:
    return any(value in ("*", "0.0.0.0/0", "::/0") for value in values)


def _of_condition(condition: Condition) -> Caller:
    if not condition.values:
        return Caller.ANYBODY
    if condition.key in _IDENTITY_CONDITIONS:
        return _of_names(condition.values)
    if condition.key.startswith(_GROUP_CONDITIONS):
        return Caller.ANYBODY if _open_list(condition.values) else Caller.GROUP
    return Caller.ANYBODY


def only_exact_paths(rule: AuthorizationRule) -> tuple[str, ...]:
    """The paths a rule is about, if it is about nothing but GET or HEAD of whole paths, as health checks are."""
    paths: list[str] = []
    for operation in rule.operations:
        listed, methods = operation.get("paths", ()), set(operation.get("methods", ()))
        if not listed or not methods or not methods <= {"GET", "HEAD"} or any(_pattern(path) for path in listed):
            return ()
        paths += listed
    return tuple(paths)


def _pattern(path: str) -> bool:
    return "*" in path or "{" in path


def per_method(rules: Iterable[AuthorizationRule]) -> bool:
    """Every rule says which methods it allows."""
    return all(rule.operations and all("methods" in each for each in rule.operations) for rule in rules)


def token_policies(
    policies: Iterable[RequestAuthentication], root_namespace: str, namespace: str, labels: Labels
) -> tuple[RequestAuthentication, ...]:
    """The RequestAuthentications of a workload."""
    return tuple(
        each
        for each in policies
        if each.meta.namespace in (root_namespace, namespace)
        and not each.targets
        and subset(each.selector, labels)
        and each.tokens
    )
