"""Owns the checks of Istio's authorization: calls are refused unless allowed, and receivers know who calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.kubernetes.istio_authorization import (
    Access,
    Caller,
    access,
    baseline,
    caller_of,
    only_exact_paths,
    per_method,
    token_policies,
)
from ztassess.connectors.kubernetes.judging import sensitive, without_mesh, without_proxy
from ztassess.connectors.kubernetes.membership import in_istio, in_linkerd, label_sets, own_workloads, shared_labels
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_mesh import AuthorizationRule, IstioAuthorization
from ztassess.connectors.kubernetes.snapshot_workloads import Workload
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
SOURCE: Final = "GET /apis/security.istio.io/v1/authorizationpolicies"
_TOKENS: Final = "GET /apis/security.istio.io/v1/requestauthentications"
_WORKLOADS: Final = ("deployments", "statefulsets", "daemonsets", "cronjobs", "pods", "namespaces")


def _access(snapshot: KubernetesSnapshot, workload: Workload) -> Access:
    """The policies of a workload; where its pods have different labels, of those that admit the most."""
    policies = rows_read(snapshot.istio_authorizations)
    found = [
        access(policies, snapshot.root_namespace, workload.meta.namespace, labels)
        for labels in label_sets(snapshot, workload)
    ]
    return min(found, key=lambda each: (each.closed_by is not None, -len(list(_wide_rules(each)))))


def _judged(snapshot: KubernetesSnapshot) -> tuple[Workload, ...]:
    return tuple(each for each in sensitive(snapshot).found if not in_linkerd(snapshot, each).proxy.everywhere)


def _obstacle(snapshot: KubernetesSnapshot, workload: Workload, seen: int) -> Verdict | None:
    """Why no policy can hold on a workload, or why nobody could see; None if the proxy is in each of its pods."""
    meshed = in_istio(snapshot, workload)
    return without_proxy(
        workload.id, meshed, seen, policy="AuthorizationPolicy", proxy="istio-proxy or ambient redirection"
    )


@CHECKS.check(
    "kubernetes.istio_default_deny",
    title="Calls are refused unless allowed",
    verifies=(Verifies("mesh.default-deny", level=3),),
    severity=Severity.HIGH,
    parts=("istio", *_WORKLOADS, "istio_authorizations"),
)
def istio_default_deny(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """A namespace refuses by default, and no rule of a declared workload lets everybody in again."""
    absent = without_mesh(snapshot, "istio")
    if absent is not None:
        yield absent
        return
    why = unread(snapshot.istio_authorizations)
    if why is not None:
        yield not_checked(snapshot.cluster, why)
        return
    declared, judged = sensitive(snapshot), _judged(snapshot)
    seen = len(judged)
    problems = list(declared.verdicts)
    for workload in judged:
        problems += _open(snapshot, workload, seen)
    level, note = _reach(snapshot, judged)
    by = sorted({str(policy.meta) for each in judged if (policy := _access(snapshot, each).closed_by)})
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.istio, snapshot.namespaces),
        seen=seen,
        good=f"{seen} of {count(seen, 'sensitive workload')} refuse callers that no rule names, by AuthorizationPolicy "
        f"{names(by)}.{note}",
        nothing="All declared workloads belong to another mesh.",
        evidence=(Evidence(SOURCE, snapshot.cluster, "sensitive workloads that admit everybody", "0", "0"),),
        level=level,
    )


def _open(snapshot: KubernetesSnapshot, workload: Workload, seen: int) -> Iterator[Verdict]:
    """Everything that lets strangers call one workload."""
    obstacle = _obstacle(snapshot, workload, seen)
    if obstacle is not None:
        yield obstacle
        return
    found = _access(snapshot, workload)
    if found.closed_by is None:
        yield _nothing_refuses(workload, found, seen)
        return
    wide = list(_wide_rules(found))
    for policy, rule in wide:
        yield _wide_rule(workload, policy, rule, seen)
    policies = rows_read(snapshot.istio_authorizations)
    if not wide and baseline(policies, snapshot.root_namespace, workload.meta.namespace) is None:
        line = Evidence(SOURCE, workload.meta.namespace, "AuthorizationPolicy without selector", "none", "spec: {}")
        reason = (
            f"{workload.id} refuses by AuthorizationPolicy {found.closed_by.meta}, but namespace "
            f"{workload.meta.namespace} does not: the next workload in it is open."
        )
        yield failed(f"namespace {workload.meta.namespace}", reason, seen=seen, evidence=(line,), level=1)


def _nothing_refuses(workload: Workload, found: Access, seen: int) -> Verdict:
    if found.elsewhere and not found.others and not found.dry_run:
        listed = names([f"{each.meta} ({', '.join(each.targets)})" for each in found.elsewhere])
        reason = f"{workload.id} is guarded at a waypoint or gateway only, which is not judged here: {listed}."
        return not_checked(workload.id, "unsupported", reason, seen=seen)
    weak = [f"{each.meta} ({each.action})" for each in (*found.deny, *found.others)]
    dry = [f"{each.meta} (dry run)" for each in found.dry_run]
    there = names([*weak, *dry]) if weak or dry else "no AuthorizationPolicy"
    line = Evidence(SOURCE, workload.id, "ALLOW policies that apply", "0", "at least one, such as spec: {}")
    reason = f"{workload.id} admits every caller: no ALLOW policy applies to it, only {there}."
    near = "Policies exist, but none of them refuses by default." if weak or dry else ""
    return failed(workload.id, reason, seen=seen, evidence=(line,), level=0, near_miss=near)


def _wide_rules(found: Access) -> Iterator[tuple[IstioAuthorization, AuthorizationRule]]:
    for policy in found.allow:
        for rule in policy.rules:
            if found.grade(rule) <= Caller.ANY_IDENTITY and not only_exact_paths(rule):
                yield policy, rule


def _wide_rule(workload: Workload, policy: IstioAuthorization, rule: AuthorizationRule, seen: int) -> Verdict:
    empty = not rule.sources and not rule.operations and not rule.conditions
    anyone = caller_of(rule) is Caller.ANYBODY
    what = "everyone" if anyone else "every identity of the mesh"
    if anyone and rule.operations:
        what += " to what the rule names"
    line = Evidence(SOURCE, str(policy.meta), "spec.rules[].from", "absent" if anyone else "*", "named principals")
    near = f"Policy {policy.meta} has one empty rule: it allows everyone." if empty else ""
    reason = f"AuthorizationPolicy {policy.meta} admits {what} on {workload.id}."
    return failed(f"{workload.id} {policy.meta}", reason, seen=seen, evidence=(line,), level=0, near_miss=near)


def _reach(snapshot: KubernetesSnapshot, judged: Sequence[Workload]) -> tuple[int, str]:
    """The level of a pass, and what keeps it from the highest."""
    policies = rows_read(snapshot.istio_authorizations)
    spaces = sorted({each.meta.namespace for each in own_workloads(snapshot)})
    open_spaces = [each for each in spaces if baseline(policies, snapshot.root_namespace, each) is None]
    found = {each.id: _access(snapshot, each) for each in judged}
    rules = [(name, rule) for name, each in found.items() for policy in each.allow for rule in policy.rules]
    loose = sorted({identity for identity, rule in rules if not per_method((rule,))})
    grouped = sorted({identity for identity, rule in rules if found[identity].grade(rule) is Caller.GROUP})
    exact = sorted(
        {path for _, rule in rules if caller_of(rule) <= Caller.ANY_IDENTITY for path in only_exact_paths(rule)}
    )
    notes = ""
    if exact:
        notes += f" Open to everybody, as health checks are: {names(exact)}."
    if open_spaces:
        notes += f" Other namespaces do not refuse by default: {names(open_spaces)}."
    if loose:
        notes += f" Rules name no methods on {names(loose)}."
    if grouped:
        notes += f" Callers are named by namespace or address only on {names(grouped)}."
        return 1, notes
    return (2 if open_spaces or loose else 3), notes


@CHECKS.check(
    "kubernetes.istio_callers_identified",
    title="Receivers check who calls",
    verifies=(Verifies("mesh.service-auth", level=3),),
    severity=Severity.HIGH,
    parts=("istio", *_WORKLOADS, "istio_authorizations", "request_authentications"),
)
def istio_callers_identified(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Every alternative of every rule names a service account, not a network or a namespace."""
    absent = without_mesh(snapshot, "istio")
    if absent is not None:
        yield absent
        return
    why = unread(snapshot.istio_authorizations)
    if why is not None:
        yield not_checked(snapshot.cluster, why)
        return
    declared, judged = sensitive(snapshot), _judged(snapshot)
    seen = len(judged)
    problems = list(declared.verdicts)
    tokens = []
    for workload in judged:
        verdict = _unnamed(snapshot, workload, seen)
        if verdict is not None:
            problems.append(verdict)
        tokens.append(_token_required(snapshot, workload))
    blind = unread(snapshot.request_authentications)
    top = bool(tokens) and all(tokens) and blind is None
    note = " Each call also carries a token that is verified." if top else ""
    if blind is not None:
        note = " Whether tokens are verified could not be seen."
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(snapshot.istio,),
        seen=seen,
        good=f"{seen} of {count(seen, 'sensitive workload')} name each caller by its service account.{note}",
        nothing="All declared workloads belong to another mesh.",
        evidence=(Evidence(SOURCE, snapshot.cluster, "rules without principals", "0", "0"),),
        level=3 if top else 2,
    )


def _unnamed(snapshot: KubernetesSnapshot, workload: Workload, seen: int) -> Verdict | None:
    """Why callers of one workload are not known by name; None if they are."""
    obstacle = _obstacle(snapshot, workload, seen)
    if obstacle is not None:
        return obstacle
    found = _access(snapshot, workload)
    if found.elsewhere and not found.allow and found.closed_by is None:
        return _nothing_refuses(workload, found, seen)
    rules = [(policy, rule) for policy in found.allow for rule in policy.rules if not only_exact_paths(rule)]
    if not found.allow and found.closed_by is not None:
        rules = [(found.closed_by, rule) for rule in found.closed_by.rules]  # DENY: whom it spares
    weakest = min(rules, key=lambda each: found.grade(each[1]), default=None)
    tokens = token_policies(
        rows_read(snapshot.request_authentications),
        snapshot.root_namespace,
        workload.meta.namespace,
        shared_labels(snapshot, workload),
    )
    demanded = weakest is not None and any("requestPrincipals" in source for source in weakest[1].sources)
    near = "Tokens are verified if present, not required." if tokens and not demanded else ""
    if found.closed_by is None:
        line = Evidence(SOURCE, workload.id, "spec.rules[].from[].source.principals", "absent", "service accounts")
        reason = f"{workload.id} does not check who calls: no policy refuses callers that it does not name."
        return failed(workload.id, reason, seen=seen, evidence=(line,), level=0, near_miss=near)
    if weakest is None or found.grade(weakest[1]) >= Caller.NAMED:
        return None
    policy, rule = weakest
    grade = found.grade(rule)
    words = {
        Caller.ANYBODY: "anybody",
        Caller.ANY_IDENTITY: "every identity of the mesh, or everybody with a valid token",
        Caller.GROUP: "a namespace, an address range or a pattern of identities",
    }
    line = Evidence(SOURCE, str(policy.meta), "spec.rules[].from[].source", _observed(rule), "principals")
    reason = f"{workload.id} takes calls from {words[grade]}, by AuthorizationPolicy {policy.meta}."
    return failed(workload.id, reason, seen=seen, evidence=(line,), level=1 if grade is Caller.GROUP else 0,
                  near_miss=near)  # fmt: skip


def _observed(rule: AuthorizationRule) -> str:
    return ", ".join(sorted({name for source in rule.sources for name in source})) or "absent"


def _token_required(snapshot: KubernetesSnapshot, workload: Workload) -> bool:
    """Each rule demands a token, and its issuer, keys and audience are pinned."""
    rules = [rule for policy in _access(snapshot, workload).allow for rule in policy.rules]
    rules = [rule for rule in rules if not only_exact_paths(rule)]
    tokens = token_policies(
        rows_read(snapshot.request_authentications),
        snapshot.root_namespace,
        workload.meta.namespace,
        shared_labels(snapshot, workload),
    )
    pinned = [token for policy in tokens for token in policy.tokens]
    return (
        bool(rules)
        and all(caller_of(rule) is Caller.TOKEN for rule in rules)
        and bool(pinned)
        and all(token.issuer and token.keys and token.audiences for token in pinned)
    )
