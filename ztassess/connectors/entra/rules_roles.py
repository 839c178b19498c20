"""Owns the checks of administrators: how many there are, and whether they hold their roles or activate them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ztassess.connectors.entra.proving import one_enough
from ztassess.connectors.entra.snapshot import EntraSnapshot, emergency_users, labels, members_of
from ztassess.connectors.entra.snapshot_directory import GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLES, RoleSchedule
from ztassess.connectors.judging import conclude, count, excluded, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Part, Severity, Verdict, failed, not_checked

CHECKS: Checks[EntraSnapshot] = Checks("entra")
SOURCE: Final = "GET /roleManagement/directory/roleAssignments"
SCHEDULES: Final = "GET /roleManagement/directory/roleAssignmentScheduleInstances"
FEWEST, FEW, MOST = 2, 4, 8


@CHECKS.check(
    "entra.super_admin_count",
    title="Few Global Administrators",
    verifies=(Verifies("identity.admin-separation", level=2),),
    severity=Severity.HIGH,
    parts=("role_assignments", "users", "groups", "role_eligibilities"),
)
def super_admin_count(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """People active in the role, groups included. Where fewer than two are, those who may activate it count."""
    emergency, known = emergency_users(snapshot), labels(snapshot)
    active = [each for each in rows_read(snapshot.role_assignments) if each.role == GLOBAL_ADMINISTRATOR]
    direct = {each.principal for each in active if each.kind in ("user", "")}
    groups = [each.principal for each in active if each.kind == "group"]
    apps = [known.get(each.principal, each.principal) for each in active if each.kind == "servicePrincipal"]
    inside = {group: members_of(snapshot, group) for group in groups}
    through = {user for members in inside.values() for user in rows_read(members)} - direct
    left = sorted((direct | through) & emergency)
    counted = (direct | through) - emergency
    of: list[Part[Any]] = [snapshot.role_assignments, snapshot.users, *inside.values()]
    eligible: set[str] = set()
    if len(counted) < FEWEST:
        eligible = _eligible(snapshot) - emergency - counted
        if unread(snapshot.role_eligibilities) and not _no_license(snapshot.role_eligibilities):
            of.append(snapshot.role_eligibilities)
    total = len(counted | eligible)
    said = f"{count(total, 'person', 'people')} can act as Global Administrator: {_list(counted | eligible, known)}."
    said += excluded([known.get(each, each) for each in left])
    said += f" Apps with the role, not counted: {names(apps)}." if apps else ""
    near = f"{len(direct - emergency)} direct, {len(through - emergency)} through groups."
    line = Evidence(SOURCE, GLOBAL_ADMINISTRATOR, "principalId", f"{near} {len(eligible)} eligible", "2 to 4 people")
    unknown = len(snapshot.declared.break_glass) if unread(snapshot.users) else 0
    if total - unknown > MOST:  # whatever else was not read can only add to them
        yield failed(snapshot.scope, said, seen=total, evidence=(line,), near_miss=near, level=0)
        return
    yield from one_enough(
        snapshot.scope,
        of=of,
        proved=FEWEST <= total <= FEW,
        good=said,
        bad=said,
        seen=max(1, total),
        evidence=(line,),
        level=None if FEWEST <= total <= FEW else 1 if FEW < total <= MOST else 0,
        near_miss=near if through else "",
    )


def _list(ids: set[str], known: dict[str, str]) -> str:
    return names(sorted(known.get(each, each) for each in ids)) or "nobody"


def _eligible(snapshot: EntraSnapshot) -> set[str]:
    return {each.principal for each in rows_read(snapshot.role_eligibilities) if each.role == GLOBAL_ADMINISTRATOR}


def _no_license(part: Part[Any]) -> bool:
    """Without the license nobody can be eligible: that is known, not unread."""
    missing = unread(part)
    return missing is not None and missing.reason == "missing_license"


@CHECKS.check(
    "entra.admin_roles_just_in_time",
    title="Admin roles are activated, not held",
    verifies=(Verifies("least-privilege.just-in-time-admin", level=3), Verifies("identity.admin-separation", level=3)),
    severity=Severity.HIGH,
    parts=("role_assignments", "role_schedules", "role_eligibilities", "users"),
)
def admin_roles_just_in_time(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Nobody but emergency accounts holds a powerful role; someone may activate one."""
    emergency, known = emergency_users(snapshot), labels(snapshot)
    schedules = [each for each in rows_read(snapshot.role_schedules) if each.role in PRIVILEGED_ROLES]
    eligible = {each.principal for each in rows_read(snapshot.role_eligibilities) if each.role in PRIVILEGED_ROLES}
    people = [each for each in schedules if each.kind != "servicePrincipal"]
    apps = [each for each in schedules if each.kind == "servicePrincipal"]
    held = [each for each in people if not each.activated and not _emergency(snapshot, each, emergency)]
    left = {each.principal for each in people if not each.activated and _emergency(snapshot, each, emergency)}
    of = (snapshot.role_assignments, snapshot.role_schedules, snapshot.role_eligibilities, snapshot.users)
    near = f"{len(eligible)} eligible, {len(held)} still permanently active." if held else ""
    notes = excluded([known.get(each, each) for each in sorted(left)])
    if apps:
        notes += f" Apps cannot activate roles and are not counted: {_named(apps, known)}."
    problems: list[Verdict] = []
    if unread(snapshot.users) and snapshot.declared.break_glass:
        held = []  # nobody can tell which of them are the emergency accounts
    if not _no_license(snapshot.role_schedules) and not _no_license(snapshot.role_eligibilities):
        problems += [_held(snapshot, each, known, len(schedules), near) for each in held]
    if unread(*of) is None and not problems:
        problems += list(_nothing_to_see(snapshot, schedules, eligible))
    line = Evidence(SCHEDULES, snapshot.scope, "assignmentType Assigned", "0", "0, and eligible people")
    yield from conclude(
        snapshot.scope,
        problems,
        of=of,
        seen=len(schedules) + len(eligible),
        good=f"Nobody holds a powerful role for good; {count(len(eligible), 'principal')} may activate one.{notes}",
        nothing="",
        evidence=(line,),
        near_miss="" if problems else near,
    )


def _emergency(snapshot: EntraSnapshot, each: RoleSchedule, emergency: frozenset[str]) -> bool:
    """An emergency account, or a group that holds nobody else."""
    if each.principal in emergency:
        return True
    members = members_of(snapshot, each.principal) if each.kind == "group" else ()
    return unread(members) is None and bool(members) and set(rows_read(members)) <= emergency


def _named(schedules: list[RoleSchedule], known: dict[str, str]) -> str:
    return names([each.name or known.get(each.principal, each.principal) for each in schedules])


def _held(snapshot: EntraSnapshot, each: RoleSchedule, known: dict[str, str], seen: int, near: str) -> Verdict:
    who, role = each.name or known.get(each.principal, each.principal), PRIVILEGED_ROLES[each.role]
    until = f"until {each.ends:%Y-%m-%d}" if each.ends else "for good"
    line = Evidence(SCHEDULES, who, "assignmentType, endDateTime", f"Assigned, {until}", "Activated")
    reason = f"{who} holds {role} {until} instead of activating it."
    return failed(f"{each.principal}/{each.role}", reason, seen=seen, evidence=(line,), near_miss=near)


def _nothing_to_see(snapshot: EntraSnapshot, schedules: list[RoleSchedule], eligible: set[str]) -> Iterator[Verdict]:
    """No assignment at all is no proof: a tenant always has administrators."""
    held = [each for each in rows_read(snapshot.role_assignments) if each.role in PRIVILEGED_ROLES]
    told = {(each.principal, each.role) for each in schedules}
    untold = [each for each in held if each.kind == "user" and (each.principal, each.role) not in told]
    if not rows_read(snapshot.role_assignments) or not (schedules or eligible):
        reason = "No administrator is visible, although every tenant has some; nothing was judged."
        yield not_checked(snapshot.scope, "partial_data", reason)
    elif untold:
        known = labels(snapshot)
        who = names(sorted({known.get(each.principal, each.principal) for each in untold}))
        reason = f"Whether these hold a powerful role for good or for a time was not told: {who}."
        yield not_checked(snapshot.scope, "partial_data", reason, seen=len(held))
    elif not eligible:
        line = Evidence("GET /roleManagement/directory/roleEligibilitySchedules", snapshot.scope, "value", "0", "some")
        reason = "Nobody is eligible for a powerful role, so nobody can activate one."
        yield failed(snapshot.scope, reason, seen=max(1, len(schedules)), evidence=(line,))
