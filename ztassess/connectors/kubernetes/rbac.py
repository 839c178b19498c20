"""Owns what a binding really gives: roles with their aggregated rules, dangerous rights, who the subject is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.kubernetes.snapshot_access import Binding, RbacRule, Role, Subject

CLUSTER_ADMIN: Final = "cluster-admin"
ACCOUNT_PREFIX: Final = "system:serviceaccount:"
ACCOUNTS_GROUP: Final = "system:serviceaccounts"
EVERYBODY: Final = frozenset({"system:anonymous", "system:unauthenticated", "system:authenticated"})
# Kubernetes binds these itself to everybody (Kubernetes documentation, "Using RBAC Authorization", default roles).
HARMLESS: Final = frozenset({"system:discovery", "system:basic-user", "system:public-info-viewer"})
_DEFAULTS_LABEL: Final = ("kubernetes.io/bootstrapping", "rbac-defaults")
READ_VERBS: Final = frozenset({"get", "list", "watch", "*"})


@dataclass(frozen=True, slots=True)
class Granted:
    """One subject with one role.

    Attributes:
        role: None if the binding points to a role that does not exist, and so gives nothing.
        everywhere: it holds in the whole cluster, not in one namespace.
    """

    binding: Binding
    subject: Subject
    role: Role | None
    rules: tuple[RbacRule, ...]
    everywhere: bool

    @property
    def scope(self) -> str:
        """Where it holds, for a sentence."""
        return "in the whole cluster" if self.everywhere else f"in namespace {self.binding.meta.namespace}"

    @property
    def by(self) -> str:
        """The deciding objects, for a sentence."""
        return f"{self.binding.kind} {self.binding.meta} to {self.binding.role_kind} {self.binding.role_name}"


def granted(bindings: Iterable[Binding], roles: Iterable[Role]) -> Iterator[Granted]:
    """Every subject of every binding with the rules that it really gets."""
    known = {(each.kind, each.meta.namespace, each.meta.name): each for each in roles}
    rules: dict[int, tuple[RbacRule, ...]] = {}
    for binding in bindings:
        place = binding.meta.namespace if binding.role_kind == "Role" else ""
        role = known.get((binding.role_kind, place, binding.role_name))
        if role is not None and id(role) not in rules:
            rules[id(role)] = _all_rules(role, known)
        for subject in binding.subjects:
            held = rules[id(role)] if role is not None else ()
            yield Granted(binding, subject, role, held, binding.kind == "ClusterRoleBinding")


def _all_rules(role: Role, known: Mapping[tuple[str, str, str], Role]) -> tuple[RbacRule, ...]:
    """The rules of a role; of an aggregated one those of the roles it collects too, should they not be filled in yet.

    Aggregated roles may collect aggregated ones, so this follows them, each once.
    """
    found, waiting, seen = list(role.rules), [role], {role.meta.name}
    while waiting:
        for chosen in waiting.pop().aggregates:
            for each in known.values():
                if each.kind == "ClusterRole" and each.meta.name not in seen and chosen.matches(each.meta.labels):
                    seen.add(each.meta.name)
                    found += each.rules
                    waiting.append(each)
    return tuple(found)


def built_in(grant: Granted) -> bool:
    """Kubernetes' own binding for its own components, not changed to give something else."""
    key, value = _DEFAULTS_LABEL
    ours = grant.binding.meta.labels.get(key) == value
    role = grant.binding.role_name
    if not ours or not (role.startswith("system:") or role == CLUSTER_ADMIN):
        return False
    subject = grant.subject
    if subject.kind == "ServiceAccount":
        return subject.namespace == "kube-system" and role.startswith("system:")
    return subject.name.startswith("system:") and not is_account(subject)


def is_account(subject: Subject) -> bool:
    """A service account, or a group of them: something that software runs as."""
    if subject.kind == "ServiceAccount":
        return True
    if subject.kind == "User":
        return subject.name.startswith(ACCOUNT_PREFIX)
    return subject.name == ACCOUNTS_GROUP or subject.name.startswith(f"{ACCOUNTS_GROUP}:")


def is_person(subject: Subject) -> bool:
    """A user or group that is none of Kubernetes' own."""
    return not is_account(subject) and not subject.name.startswith("system:")


def label(subject: Subject) -> str:
    """How a subject is called in findings."""
    if subject.kind == "ServiceAccount":
        return f"{subject.namespace}/{subject.name}"
    if subject.kind == "User" and subject.name.startswith(ACCOUNT_PREFIX):
        return subject.name.removeprefix(ACCOUNT_PREFIX).replace(":", "/", 1)
    return f"{subject.kind} {subject.name}"


def is_default_account(subject: Subject) -> bool:
    """The account that pods get which name none."""
    return is_account(subject) and label(subject).endswith("/default")


def everything(rules: Iterable[RbacRule]) -> bool:
    """One rule allows every verb on every resource."""
    return any("*" in each.verbs and "*" in each.resources and not each.names for each in rules)


def dangers(grant: Granted) -> list[str]:
    """Rights by which a subject gets others, each in words; empty if there are none."""
    found: dict[str, None] = {}
    for rule in grant.rules:
        for word in _dangers_of(rule, everywhere=grant.everywhere):
            found[word] = None
    return list(found)


def _dangers_of(rule: RbacRule, *, everywhere: bool) -> Iterator[str]:
    verbs, core = set(rule.verbs), bool({"", "*"} & set(rule.groups))
    rbac = bool({"rbac.authorization.k8s.io", "*"} & set(rule.groups))
    if rbac and verbs & {"escalate", "*"} and _names(rule, "roles", "clusterroles"):
        yield "escalate roles"
    if rbac and verbs & {"bind", "*"} and _names(rule, "roles", "clusterroles"):
        yield "bind roles"
    if "impersonate" in verbs or ("*" in verbs and _names(rule, "users", "groups", "serviceaccounts", "userextras")):
        yield "impersonate others"
    if everywhere and core and not rule.names and verbs & {"get", "list", "watch", "*"} and _names(rule, "secrets"):
        yield "read secrets in all namespaces"
    if core and verbs & {"create", "get", "*"} and _names(rule, "pods/exec", "pods/attach", "pods/*", "*/exec"):
        yield "run commands in pods"


def _names(rule: RbacRule, *resources: str) -> bool:
    return bool({*resources, "*"} & set(rule.resources))
