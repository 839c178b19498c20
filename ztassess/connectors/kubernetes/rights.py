"""Owns the read-only proof: which of our own rights are more than reading, and in which words we refuse them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ztassess.connectors.kubernetes.client import Rights
from ztassess.connectors.kubernetes.snapshot_access import RbacRule

READING: Final = frozenset({"get", "list", "watch"})
# Every account may ask what it may do itself (ClusterRole system:basic-user); these questions store nothing.
_QUESTIONS: Final = frozenset(
    {
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authentication.k8s.io", "selfsubjectreviews"),
    }
)
# A GET on these opens a shell, a tunnel or another service, or shows what is hidden elsewhere.
_CONNECTING: Final = frozenset(
    {
        "pods/exec",
        "pods/attach",
        "pods/portforward",
        "pods/proxy",
        "services/proxy",
        "nodes/proxy",
        "pods/*",
        "services/*",
        "nodes/*",
    }
)
_WRITING: Final = (
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "escalate",
    "bind",
    "impersonate",
    "approve",
    "sign",
    "*",
)
NAMESPACES: Final = ("default", "kube-system")


def excessive_right(all_rights: Iterable[Rights]) -> str:
    """The sentence that refuses an account which can do more than read; empty if it cannot."""
    for rights in all_rights:
        for rule in rights.rules:
            found = _excess(rule)
            if found:
                return f"This account can {found[0]} {found[1]}. Use the ClusterRole shown."
    return ""


def _excess(rule: RbacRule) -> tuple[str, str] | None:
    for group in rule.groups or ("",):
        for resource in rule.resources:
            for verb in rule.verbs:
                if _is_excess(group, resource, verb):
                    return _named(verb), _where(group, resource)
    return None


def _is_excess(group: str, resource: str, verb: str) -> bool:
    if (group, resource) in _QUESTIONS:
        return verb not in READING and verb != "create"
    if verb in _WRITING:
        return True
    if verb not in READING:
        return False
    core = group in ("", "*")
    return core and (resource in ("secrets", "*", "*/*") or resource in _CONNECTING)


def _named(verb: str) -> str:
    return "do everything with" if verb == "*" else verb


def _where(group: str, resource: str) -> str:
    name = "all resources" if resource == "*" else resource
    if group in ("", "*"):
        return name
    return f"{name} ({group})"


def unproven(all_rights: Iterable[Rights]) -> str:
    """The warning for rights that the server could not list in full; empty if it did."""
    doubtful = [each.namespace for each in all_rights if each.incomplete or each.why]
    if not doubtful:
        return ""
    return (
        "We could not verify that this credential is read-only: the server says its list of our rights may be "
        f"incomplete (namespace {', '.join(doubtful)})."
    )
