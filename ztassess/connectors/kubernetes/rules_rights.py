"""Owns the checks of RBAC: no workload is cluster-admin, nobody has a way to more rights, nothing is for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import NamedAccounts, conclude, count, names, rows_read
from ztassess.connectors.kubernetes.rbac import (
    CLUSTER_ADMIN,
    EVERYBODY,
    HARMLESS,
    Granted,
    built_in,
    dangers,
    everything,
    granted,
    is_account,
    is_default_account,
    is_person,
    label,
)
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
_CONTROL: Final = "least-privilege.no-wildcard-iam"
_PARTS: Final = ("roles", "role_bindings", "cluster_roles", "cluster_role_bindings")
_SOURCE: Final = "GET /apis/rbac.authorization.k8s.io/v1"
# kubeadm lets everybody read the one ConfigMap by which a new node finds the cluster.
_BOOTSTRAP: Final = ("kube-public", "kubeadm:bootstrap-signer-clusterinfo")


def _grants(snapshot: KubernetesSnapshot) -> list[Granted]:
    bindings = (*rows_read(snapshot.cluster_role_bindings), *rows_read(snapshot.role_bindings))
    roles = (*rows_read(snapshot.cluster_roles), *rows_read(snapshot.roles))
    return list(granted(bindings, roles))


def _dangling(grants: list[Granted]) -> str:
    lost = sorted({f"{each.binding.kind} {each.binding.meta}" for each in grants if each.role is None})
    return f" Without effect, as their role does not exist: {names(lost)}." if lost else ""


@CHECKS.check(
    "kubernetes.no_cluster_admin_workloads",
    title="No workload is cluster-admin",
    verifies=(Verifies(_CONTROL, level=2),),
    severity=Severity.CRITICAL,
    parts=_PARTS,
)
def no_cluster_admin_workloads(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """cluster-admin, or every verb on every resource under another name, for anything that software runs as."""
    grants = _grants(snapshot)
    problems, people = [], list[str]()
    emergency = NamedAccounts(snapshot.break_glass)
    for each in grants:
        if not _is_admin(each) or built_in(each):
            continue
        if is_person(each.subject):
            mark = " (break-glass)" if emergency.matches(each.subject.name) else ""
            people.append(f"{label(each.subject)}{mark} {each.scope}")
        elif is_account(each.subject) or each.subject.name in EVERYBODY:
            problems.append(_admin(each, len(grants)))
    note = f" People who are: {names(sorted(set(people)))}." if people else ""
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.cluster_role_bindings, snapshot.role_bindings, snapshot.cluster_roles, snapshot.roles),
        seen=len(grants),
        good=f"None of {count(len(grants), 'bound subject')} that software runs as is cluster-admin.{note}"
        f"{_dangling(grants)}",
        nothing="There is no binding.",
        evidence=(Evidence(_SOURCE, snapshot.cluster, "service accounts with cluster-admin", "0", "0"),),
    )


def _is_admin(grant: Granted) -> bool:
    """A role of this name that was not read counts too, for it exists in every cluster."""
    named = (grant.binding.role_kind, grant.binding.role_name) == ("ClusterRole", CLUSTER_ADMIN)
    return named or everything(grant.rules)


def _admin(grant: Granted, seen: int) -> Verdict:
    who = label(grant.subject)
    held = "is cluster-admin" if grant.binding.role_name == CLUSTER_ADMIN else "may do everything"
    line = Evidence(
        _SOURCE,
        f"{grant.binding.kind} {grant.binding.meta}",
        "roleRef",
        grant.binding.role_name,
        "a role that names verbs and resources",
    )
    near = "" if grant.everywhere else f"{who} is admin in namespace {grant.binding.meta.namespace} only."
    return failed(
        f"{who} {grant.binding.kind} {grant.binding.meta}",
        f"{who} {held} {grant.scope} by {grant.by}.",
        seen=seen,
        evidence=(line,),
        severity=None if grant.everywhere else Severity.HIGH,
        near_miss=near,
    )


@CHECKS.check(
    "kubernetes.no_dangerous_rbac",
    title="No escalation rights or anonymous grants",
    verifies=(Verifies(_CONTROL, level=2),),
    severity=Severity.HIGH,
    parts=_PARTS,
)
def no_dangerous_rbac(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Grants to everybody, rights that lead to more rights, and rights of the account that every pod may have."""
    grants = _grants(snapshot)
    problems, people = [], list[str]()
    for each in grants:
        if each.role is None or built_in(each):
            continue
        if each.subject.name in EVERYBODY and each.subject.kind != "ServiceAccount":
            if not _harmless(each):
                problems.append(_everybody(each, len(grants)))
            continue
        found = dangers(each)
        if is_person(each.subject):
            people += [f"{label(each.subject)} may {word} {each.scope}" for word in found]
        elif is_account(each.subject):
            problems += _account(each, found, len(grants))
    note = f" People, not judged here: {names(sorted(set(people)))}." if people else ""
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.cluster_role_bindings, snapshot.role_bindings, snapshot.cluster_roles, snapshot.roles),
        seen=len(grants),
        good=f"None of {count(len(grants), 'bound subject')} has a way to more rights, and nothing is granted to "
        f"everybody.{note}{_dangling(grants)}",
        nothing="There is no binding.",
        evidence=(Evidence(_SOURCE, snapshot.cluster, "dangerous grants", "0", "0"),),
    )


def _harmless(grant: Granted) -> bool:
    if grant.binding.role_name in HARMLESS:
        return True
    here = (grant.binding.meta.namespace, grant.binding.role_name) == _BOOTSTRAP
    return here and all(rule.names == ("cluster-info",) and set(rule.verbs) <= {"get"} for rule in grant.rules)


def _everybody(grant: Granted, seen: int) -> Verdict:
    who = grant.subject.name
    line = Evidence(_SOURCE, f"{grant.binding.kind} {grant.binding.meta}", "subjects", who, "named subjects")
    whom = "everybody with an account" if who == "system:authenticated" else "everybody, without signing in"
    reason = f"{grant.binding.role_name} is granted to {whom} {grant.scope}, by {grant.by}."
    severity = None if who == "system:authenticated" else Severity.CRITICAL
    resource = f"{who} {grant.binding.kind} {grant.binding.meta}"
    return failed(resource, reason, seen=seen, evidence=(line,), severity=severity)


def _account(grant: Granted, found: list[str], seen: int) -> Iterator[Verdict]:
    who, binding = label(grant.subject), f"{grant.binding.kind} {grant.binding.meta}"
    if is_default_account(grant.subject):
        line = Evidence(_SOURCE, binding, "subjects", who, "an account of its own")
        reason = f"{who} is bound by {grant.by}, so every pod that names no account has these rights."
        yield failed(f"{who} {binding}", reason, seen=seen, evidence=(line,))
    if found:
        line = Evidence(_SOURCE, binding, "rules", ", ".join(found), "none of these")
        role = grant.binding.role_name
        near = (
            f"{role} reads secrets in all namespaces; name the one it needs."
            if any("secrets" in each for each in found)
            else ""
        )
        reason = f"{who} may {' and '.join(found)} {grant.scope}, by {grant.by}."
        yield failed(f"{who} {binding} rights", reason, seen=seen, evidence=(line,), near_miss=near)
