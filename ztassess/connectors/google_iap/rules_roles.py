"""Owns the checks of roles: no basic roles on workloads, all grants listed, no crossing, nothing standing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.google_iap.conditions import temporary
from ztassess.connectors.google_iap.judging import GRANTS, Held, held, place, production, unlabeled
from ztassess.connectors.google_iap.members import (
    BASIC,
    address,
    is_google_api_agent,
    is_people,
    is_privileged,
    is_workload,
)
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.judging import NamedAccounts, conclude, count, excluded, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

checks: Checks[CloudSnapshot] = Checks("google_iap")
ENTITLEMENTS: Final = "GET v1/projects/{project}/locations/global/entitlements"


@checks.check(
    "google_iap.no_basic_roles_on_service_accounts",
    title="Service accounts are not owner or editor",
    verifies=(Verifies("least-privilege.no-wildcard-iam", 2),),
    severity=Severity.CRITICAL,
    parts=("policies", "ancestors"),
)
def no_basic_roles_on_service_accounts(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No workload is owner or editor of a listed project, of a folder above it or of the organization."""
    workloads = [each for each in held(snapshot) if is_workload(each.member)]
    basic = [each for each in workloads if each.binding.role in BASIC]
    agents = sorted({address(each.member) for each in basic if is_google_api_agent(address(each.member))})
    bad = {
        (each.resource, each.member, each.binding.role): each for each in basic if address(each.member) not in agents
    }
    seen = len({each.member for each in workloads})
    left_out = excluded(agents, "Google's own agent, made an editor by Google")
    good = f"None of {count(seen, 'workload')} with roles is owner or editor, inherited roles included.{left_out}"
    yield from conclude(
        snapshot.scope,
        [_basic(snapshot, each, seen, left_out) for each in bad.values()],
        of=(snapshot.policies, snapshot.ancestors),
        seen=seen,
        good=good,
        nothing=f"No service account has a role on the listed projects.{left_out}",
    )


def _basic(snapshot: CloudSnapshot, each: Held, seen: int, left_out: str) -> Verdict:
    who, where = address(each.member), place(each.resource)
    miss = ""
    if each.inherited:
        own = any(
            one.member == each.member and one.binding.role in BASIC and not one.inherited for one in held(snapshot)
        )
        miss = "" if own else f"Removed in the project, inherited from {where}."
    reason = f"{who} has {each.binding.role} on {where}. {count(seen, 'workload')} with roles were looked at.{left_out}"
    return failed(f"{each.resource} {each.member}", reason, seen=seen, evidence=(each.evidence,), near_miss=miss)


@checks.check(
    "google_iap.grants_listed",
    title="All grants can be listed",
    verifies=(Verifies("least-privilege.grant-inventory", 2),),
    severity=Severity.LOW,
    parts=("grants",),
)
def grants_listed(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """Cloud Asset Inventory gave every allow policy of every listed project."""
    listed = rows_read(snapshot.grants)
    declared = len(snapshot.inputs.projects) or len(listed)
    missing = unread(snapshot.grants)
    if missing is not None or len(listed) < declared:
        why = missing or Unavailable("partial_data", detail=f"{declared - len(listed)} listed projects were not read.")
        miss = f"{len(listed)} of {count(declared, 'project')} are readable."
        yield not_checked(snapshot.scope, why, seen=len(listed), near_miss=miss)
        return
    policies = sum(len(each.policies) for each in listed)
    bindings = sum(len(policy.bindings) for each in listed for policy in each.policies)
    if not bindings:
        yield not_checked(snapshot.scope, "partial_data", "The list of grants came empty, which it cannot be.")
        return
    lines = tuple(
        Evidence(GRANTS, f"projects/{each.project}", "results", count(len(each.policies), "policy", "policies"), "all")
        for each in listed[:50]
    )
    reason = (
        f"All grants of {declared} of {count(declared, 'project')} are listed: {bindings:,} bindings on "
        f"{count(policies, 'resource')}."
    )
    yield passed(snapshot.scope, reason, seen=declared, evidence=lines)


@checks.check(
    "google_iap.admin_just_in_time",
    title="Privileged roles are requested",
    verifies=(Verifies("least-privilege.just-in-time-admin", 3),),
    severity=Severity.MEDIUM,
    parts=("policies", "ancestors", "entitlements"),
)
def admin_just_in_time(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No person has a privileged role on production for good, and there is one to be requested with approval."""
    projects = production(snapshot)
    if not projects:
        yield _no_production(snapshot)
        return
    emergency = NamedAccounts.of(snapshot.inputs.break_glass)
    rights = [each for each in held(snapshot) if each.project in projects and _stands(each)]
    kept = sorted({address(each.member) for each in rights if emergency.matches(address(each.member), each.member)})
    standing = [each for each in rights if address(each.member) not in kept]
    unknown = unread(snapshot.policies, snapshot.ancestors, snapshot.entitlements)
    if standing:
        yield _standing(snapshot, standing, kept, len(projects))
        return
    if unknown is not None:
        yield not_checked(snapshot.scope, unknown, seen=len(projects))
        return
    yield _entitled(snapshot, projects, excluded(kept))


def _no_production(snapshot: CloudSnapshot) -> Verdict:
    missing = unlabeled(snapshot)
    said = f"Nobody said which of {names(missing)} is production." if missing else "No production project is listed."
    return not_checked(snapshot.scope, "input_missing", said)


def _stands(each: Held) -> bool:
    """A right of people that rules and does not end by itself."""
    return is_people(each.member) and is_privileged(each.binding.role) and not temporary(each.binding.condition)


def _standing(snapshot: CloudSnapshot, standing: list[Held], kept: list[str], seen: int) -> Verdict:
    who = sorted({address(each.member) for each in standing})
    requested = [each for each in rows_read(snapshot.entitlements) if each.available]
    miss = f"Entitlements exist, {count(len(who), 'person', 'people')} keep standing rights." if requested else ""
    return failed(
        snapshot.scope,
        f"{count(len(who), 'person or group', 'people or groups')} have privileged roles on production for good: "
        f"{names(who)}. {count(seen, 'production project')} were looked at.{excluded(kept)}",
        seen=seen,
        evidence=tuple(each.evidence for each in standing[:50]),
        level=0,
        near_miss=miss,
    )


def _entitled(snapshot: CloudSnapshot, projects: list[str], left_out: str) -> Verdict:
    """Nobody stands; what may be requested decides."""
    offered = [each for each in rows_read(snapshot.entitlements) if each.project in projects and each.available]
    approved = [each for each in offered if each.approvals >= 1]
    lines = tuple(
        Evidence(ENTITLEMENTS, each.name, "approvalsNeeded", str(each.approvals), "at least 1") for each in offered[:50]
    )
    seen = len(projects)
    if approved and len(approved) == len(offered):
        reason = (
            f"No person has a privileged role on {count(seen, 'production project')} for good; "
            f"{count(len(approved), 'entitlement')} ask for approval.{left_out}"
        )
        return passed(snapshot.scope, reason, seen=seen, evidence=lines)
    if offered:
        free = names([each.name for each in offered if not each.approvals])
        reason = f"Privileged roles are requested, but nobody has to agree to {free}.{left_out}"
        return failed(snapshot.scope, reason, seen=seen, evidence=lines, level=2)
    line = Evidence(ENTITLEMENTS, snapshot.scope, "entitlements", "none", "at least one with approval")
    reason = (
        f"No entitlement can be requested on {count(seen, 'production project')}: {names(projects)}; those of folders "
        f"and the organization are not read.{left_out}"
    )
    return failed(snapshot.scope, reason, seen=seen, evidence=(line,), level=0)
