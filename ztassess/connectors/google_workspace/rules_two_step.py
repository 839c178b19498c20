"""Owns the checks of 2-step verification: of each person, of each unit's policy, of administrators, of factors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from ztassess.connectors.google_workspace.federation import provider_of, units_needed
from ztassess.connectors.google_workspace.judgment import (
    POLICIES_SOURCE,
    USERS_SOURCE,
    Word,
    emails,
    fine,
    is_empty,
    one_each,
    people,
    setting_problems,
    unclear,
    wrong,
)
from ztassess.connectors.google_workspace.reduction import applied, duration, moment, people_by_unit
from ztassess.connectors.google_workspace.settings import ENFORCEMENT, ENROLLMENT, FACTORS, GRACE
from ztassess.connectors.google_workspace.snapshot import NEVER_BEFORE, ROOT, User, WorkspaceSnapshot
from ztassess.connectors.judging import NamedAccounts, conclude, count, excluded, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
MOST_ENROLLED = 0.9
LONGEST_GRACE = timedelta(days=7)
PASSKEYS = "PASSKEY_ONLY"


@CHECKS.check(
    "google_workspace.two_step_enforced_users",
    title="2-step verification is enforced for each person",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.CRITICAL,
    parts=("users", "sso_assignments", "org_units"),
)
def two_step_enforced_users(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Enforced, not enrolled: who is only enrolled may switch it off. Who signs in elsewhere is judged there."""
    ours, apart = people(snapshot)
    federated = {user.email: at for user in ours if (at := provider_of(snapshot, user.unit))}
    judged = [user for user in ours if user.email not in federated]
    problems = _unenforced(snapshot, judged)
    silent = [user for user in judged if user.enforced is None]
    if silent:
        reason = f"Google did not say of {len(silent)} of {count(len(judged), 'person', 'people')} whether 2-step "
        problems.append(
            not_checked(
                f"{snapshot.domain}/silent",
                "partial_data",
                f"{reason}verification is enforced: {names(emails(silent))}.",
                seen=len(judged),
            )
        )
    for provider in sorted({at.provider for at in federated.values()}):
        there = [email for email, at in federated.items() if at.provider == provider]
        reason = f"Judged at {provider}: {len(there)} of {count(len(ours), 'person', 'people')} sign in there."
        problems.append(not_checked(f"{snapshot.domain}/{provider}", "not_configured", reason, seen=len(ours)))
    # An export of accounts says nothing of other identity providers; a connection that may not look is no proof.
    sso = snapshot.sso_assignments
    exported = isinstance(sso, Unavailable) and sso.reason == "input_missing"
    note = " Whether they sign in elsewhere is not in the export." if exported else ""
    yield from conclude(
        snapshot.domain,
        problems,
        of=(snapshot.users,) if exported else (snapshot.users, sso, *units_needed(snapshot)),
        seen=len(judged),
        good=f"2-step verification is enforced for {len(judged)} of {count(len(judged), 'person', 'people')}."
        f"{excluded(emails(apart))}{note}",
        nothing=f"There are no active accounts to judge.{excluded(emails(apart))}",
        evidence=(Evidence(USERS_SOURCE, snapshot.domain, "isEnforcedIn2Sv", "true", "true for everyone"),),
    )


def _among(bad: list[User]) -> str:
    return "the only one" if len(bad) == 1 else f"one of {len(bad)}"


def _unenforced(snapshot: WorkspaceSnapshot, judged: list[User]) -> list[Verdict]:
    bad = [user for user in judged if user.enforced is False]
    told = [user for user in judged if user.enrolled is not None]
    enrolled = [user for user in told if user.enrolled]
    # The lower level stands only on a whole list of people of whom Google said whether they are enrolled.
    whole = not isinstance(snapshot.users, Unavailable) and len(told) == len(judged)
    stands = 1 if whole and judged and len(enrolled) >= MOST_ENROLLED * len(judged) else 0
    only = [user for user in bad if user.enrolled]
    near = f"{count(len(only), 'person is', 'people are')} enrolled but not enforced: they can switch it off."

    def verdict(user: User) -> Verdict:
        line = Evidence(USERS_SOURCE, user.email, "isEnforcedIn2Sv", "false", "true")
        reason = (
            f"2-step verification is not enforced for {user.email}, {_among(bad)} of "
            f"{count(len(judged), 'person', 'people')}; {count(len(enrolled), 'is', 'are')} enrolled."
        )
        return failed(
            user.email,
            reason,
            seen=len(judged),
            evidence=(line,),
            level=stands,
            near_miss=near if only else "",
        )

    return one_each(snapshot, bad, verdict)


@CHECKS.check(
    "google_workspace.two_step_policy_on",
    title="The 2-step policy is on in every unit",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.HIGH,
    parts=("policies", "org_units", "users"),
)
def two_step_policy_on(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Google writes "off" as 1970-01-01T00:00:00Z; a date to come is not yet on."""
    empty = is_empty(snapshot)
    if empty is not None:
        yield empty
        return
    units = people_by_unit(snapshot)

    def enforced(values: Mapping[str, str | bool]) -> Word:
        return _enforced(snapshot, values)

    problems = list(setting_problems(snapshot, ENFORCEMENT, enforced, units))
    off = [each for each in problems if each.outcome == "fail"]
    on_at_top = ROOT not in units or not any(each.resource.endswith(f"/{ROOT}") for each in off)
    top = next(iter(applied(snapshot, ENFORCEMENT, {ROOT: 0})), None)
    if off and on_at_top and top is not None and _enforced(snapshot, top.values).good:
        problems = [replace(each, near_miss=_below(each, units)) if each in off else each for each in problems]
    problems += setting_problems(snapshot, GRACE, _grace, units)
    problems += setting_problems(snapshot, ENROLLMENT, _allowed, units)
    yield from conclude(
        snapshot.domain,
        problems,
        of=(snapshot.policies, snapshot.org_units, snapshot.users),
        seen=len(units),
        good=f"2-step verification is on in {len(units)} of {count(len(units), 'unit')} with people.",
        nothing="No unit holds active people.",
        evidence=(Evidence(POLICIES_SOURCE, snapshot.domain, f"{ENFORCEMENT}.enforcedFrom", "past", "past"),),
    )


def _below(verdict: Verdict, units: Mapping[str, int]) -> str:
    place = verdict.resource.partition(f"{ENFORCEMENT}/")[2]
    if place in units:
        return f"On at the top, off in unit {place} ({count(units[place], 'person', 'people')})."
    return f"On at the top, off for {place}."


def _enforced(snapshot: WorkspaceSnapshot, values: Mapping[str, str | bool]) -> Word:
    field, expected = "enforcedFrom", f"a date before {snapshot.taken_at:%Y-%m-%d}"
    raw = values.get(field)
    if raw is None:
        return unclear(field, "absent", expected, "has no date from which 2-step verification is enforced")
    since = moment(raw)
    if since is None:
        return unclear(field, str(raw)[:80], expected, "has a date that is none")
    if since < NEVER_BEFORE:
        return wrong(field, str(raw), expected, "does not enforce 2-step verification")
    if since > snapshot.taken_at:
        return wrong(field, str(raw), expected, f"enforces 2-step verification only from {since:%Y-%m-%d}")
    return fine(field, str(raw), expected)


def _grace(values: Mapping[str, str | bool]) -> Word:
    """Google's default is no grace ("Policy API concepts", default field values)."""
    field, expected = "enrollmentGracePeriod", "604800s or less"
    raw = values.get(field, "0s")
    length = duration(raw)
    if length is None:
        return unclear(field, str(raw)[:80], expected, "has a period of grace that we do not understand")
    problem = f"gives new people {length.days} days without 2-step verification"
    return Word(length <= LONGEST_GRACE, field, str(raw), expected, problem)


def _allowed(values: Mapping[str, str | bool]) -> Word:
    raw = values.get("allowEnrollment", True)
    return Word(raw is True, "allowEnrollment", str(raw).lower(), "true", "does not let people turn 2-step on")


@CHECKS.check(
    "google_workspace.admins_two_step",
    title="Administrators are enforced",
    verifies=(Verifies("mfa.admins", level=3),),
    severity=Severity.CRITICAL,
    parts=("users", "role_assignments", "policies", "org_units"),
)
def admins_two_step(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Enforced is level 2; with passkeys alone in every unit that holds administrators, level 3."""
    emergency = NamedAccounts.of(snapshot.inputs.break_glass)
    holders = {each.assignee for each in rows_read(snapshot.role_assignments)}
    admins = [user for user in rows_read(snapshot.users) if not user.suspended and (user.admin or user.id in holders)]
    apart = [user for user in admins if emergency.matches(user.email, user.name, user.id)]
    judged = [user for user in admins if user not in apart]
    problems = _unenforced_admins(snapshot, judged)
    problems += _silent_admins(snapshot, judged)
    through_groups = [each for each in rows_read(snapshot.role_assignments) if each.kind == "group"]
    everyone = all(user.enforced for user in rows_read(snapshot.users) if user.active)
    if through_groups and not everyone:
        titles = {role.id: role.name for role in rows_read(snapshot.roles)}
        roles = names(sorted({titles.get(each.role) or each.role for each in through_groups}))
        reason = f"Groups hold roles, their members are not read, and not everyone is enforced: {roles}."
        problems.append(not_checked(f"{snapshot.domain}/groups", "partial_data", reason, seen=len(judged)))
    # An export does not say whether groups hold roles, so administrators may be in any unit there too.
    level, note = _passkeys(snapshot, judged, everyone=bool(through_groups) or not _connected(snapshot))
    yield from conclude(
        snapshot.domain,
        problems,
        of=(snapshot.users, snapshot.role_assignments) if _connected(snapshot) else (snapshot.users,),
        seen=len(judged),
        good=f"2-step verification is enforced for {len(judged)} of {count(len(judged), 'administrator')}. {note}"
        f"{excluded(emails(apart))}",
        nothing=f"No account is known as an administrator's.{excluded(emails(apart))}",
        evidence=(Evidence(USERS_SOURCE, snapshot.domain, "isEnforcedIn2Sv", "true", "true for administrators"),),
        level=level,
    )


def _connected(snapshot: WorkspaceSnapshot) -> bool:
    part = snapshot.role_assignments
    return not (isinstance(part, Unavailable) and part.reason == "input_missing")


def _unenforced_admins(snapshot: WorkspaceSnapshot, judged: list[User]) -> list[Verdict]:
    bad = [user for user in judged if user.enforced is False]

    def verdict(user: User) -> Verdict:
        line = Evidence(USERS_SOURCE, user.email, "isEnforcedIn2Sv", "false", "true")
        near = f"{user.email} is enrolled, not enforced." if user.enrolled else ""
        reason = (
            f"2-step verification is not enforced for the administrator {user.email}, {_among(bad)} of "
            f"{count(len(judged), 'administrator')}."
        )
        return failed(user.email, reason, seen=len(judged), evidence=(line,), level=0, near_miss=near)

    return one_each(snapshot, bad, verdict)


def _silent_admins(snapshot: WorkspaceSnapshot, judged: list[User]) -> list[Verdict]:
    found = []
    silent = [user.email for user in judged if user.enforced is None]
    if silent:
        reason = f"Google did not say of {len(silent)} of {count(len(judged), 'administrator')} whether 2-step "
        reason += f"verification is enforced: {names(silent)}."
        found.append(not_checked(f"{snapshot.domain}/silent", "partial_data", reason, seen=len(judged)))
    unknown = [user for user in rows_read(snapshot.users) if user.super_admin is None]
    if unknown:
        reason = f"The source does not say of {count(len(unknown), 'account')} whether it is an administrator's."
        found.append(not_checked(f"{snapshot.domain}/roles", "partial_data", reason, seen=len(judged)))
    return found


def _passkeys(snapshot: WorkspaceSnapshot, admins: list[User], *, everyone: bool) -> tuple[int, str]:
    """The level of a pass, and the sentence that says why.

    Parameters:
        everyone: administrators may be in any unit, for groups hold roles.
    """
    units = people_by_unit(snapshot, None if everyone else [user for user in admins if user.active])
    whole = not isinstance(snapshot.policies, Unavailable) and not isinstance(snapshot.org_units, Unavailable)
    problems = list(setting_problems(snapshot, FACTORS, _factors, units))
    if whole and units and not problems:
        return 3, f"Only passkeys are accepted in {len(units)} of {count(len(units), 'unit')} that hold them."
    if not whole:
        return 2, "Whether only security keys are accepted could not be read."
    return 2, "Other factors than passkeys are accepted; whether they use security keys is not known."


@CHECKS.check(
    "google_workspace.security_keys_only",
    title="Only passkeys and security keys are accepted",
    verifies=(Verifies("mfa.phishing-resistant", level=2),),
    severity=Severity.HIGH,
    parts=("policies", "org_units", "users"),
)
def security_keys_only(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Security codes beside passkeys can be read out to a stranger; they do not count."""
    empty = is_empty(snapshot)
    if empty is not None:
        yield empty
        return
    units = people_by_unit(snapshot)
    yield from conclude(
        snapshot.domain,
        list(setting_problems(snapshot, FACTORS, _factors, units)),
        of=(snapshot.policies, snapshot.org_units, snapshot.users),
        seen=len(units),
        good=f"Only passkeys are accepted in {len(units)} of {count(len(units), 'unit')} with people.",
        nothing="No unit holds active people.",
        evidence=(Evidence(POLICIES_SOURCE, snapshot.domain, f"{FACTORS}.allowedSignInFactorSet", PASSKEYS, PASSKEYS),),
    )


def _factors(values: Mapping[str, str | bool]) -> Word:
    """Google's default is any factor ("Policy API concepts", default field values)."""
    field = "allowedSignInFactorSet"
    raw = values.get(field)
    if raw is None:
        return wrong(field, "absent", PASSKEYS, "accepts any factor, Google's default")
    near = "Telephony is off, but one-time codes still work." if raw == "NO_TELEPHONY" else ""
    if str(raw).startswith("PASSKEY_PLUS"):
        near = "Passkeys are asked for, but security codes also work."
    return Word(raw == PASSKEYS, field, str(raw)[:80], PASSKEYS, f"accepts {str(raw)[:80]}", near)
