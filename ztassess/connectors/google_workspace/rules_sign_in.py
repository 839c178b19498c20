"""Owns the checks of the ways in: weak ones, recovery, other identity providers, how long a session lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from ztassess.connectors.google_workspace.federation import LEGACY, Elsewhere, elsewhere, same_provider
from ztassess.connectors.google_workspace.judgment import (
    POLICIES_SOURCE,
    Word,
    fine,
    is_empty,
    setting_problems,
    unclear,
    wrong,
)
from ztassess.connectors.google_workspace.reduction import applied, duration, people_by_unit
from ztassess.connectors.google_workspace.settings import (
    IMAP,
    LESS_SECURE,
    POP,
    SESSION,
    SUPER_RECOVERY,
    TRUSTED_DEVICE,
    USER_RECOVERY,
)
from ztassess.connectors.google_workspace.snapshot import Event, WorkspaceSnapshot
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
LONGEST, TOLERATED = timedelta(hours=12), timedelta(hours=24)
SSO_SOURCE, LOGIN_SOURCE = "GET v1/inboundSsoAssignments", "GET admin/reports/v1/activity/users/all/applications/login"
APP_PASSWORDS = "App passwords are not readable with read-only scopes and were not judged."
LEGACY_UNSEEN = "The organization-wide SAML profile of old is not readable"


@CHECKS.check(
    "google_workspace.no_weak_bypass",
    title="Weak sign-in paths are closed",
    verifies=(Verifies("mfa.no-bypass", level=2),),
    severity=Severity.MEDIUM,
    parts=("policies", "org_units", "users"),
)
def no_weak_bypass(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Trusted devices, less secure apps, POP and IMAP: each of them lets somebody in without the second factor."""
    empty = is_empty(snapshot)
    if empty is not None:
        yield empty
        return
    units = people_by_unit(snapshot)
    problems = [
        verdict
        for setting, judge in ((TRUSTED_DEVICE, _trusted), (LESS_SECURE, _less_secure), (POP, _pop), (IMAP, _imap))
        for verdict in setting_problems(snapshot, setting, judge, units)
    ]
    yield from conclude(
        snapshot.domain,
        problems,
        of=(snapshot.policies, snapshot.org_units, snapshot.users),
        seen=len(units),
        good=f"Trusted devices, less secure apps, POP and IMAP are closed in {len(units)} of "
        f"{count(len(units), 'unit')} with people. {APP_PASSWORDS}",
        nothing="No unit holds active people.",
        evidence=(Evidence(POLICIES_SOURCE, snapshot.domain, "four settings", "off", "off"),),
        near_miss="" if problems else APP_PASSWORDS,
    )


def _off(values: Mapping[str, str | bool], field: str, subject: str, problem: str, near: str = "") -> Word:
    raw = values.get(field)
    if not isinstance(raw, bool):
        return unclear(field, "absent", "false", f"does not say whether {subject}")
    return Word(not raw, field, str(raw).lower(), "false", problem, near)


def _trusted(values: Mapping[str, str | bool]) -> Word:
    near = "Devices may be trusted: the second factor is skipped there."
    subject = "devices may be trusted"
    return _off(values, "allowTrustingDevice", subject, "lets trusted devices skip the second factor", near)


def _less_secure(values: Mapping[str, str | bool]) -> Word:
    return _off(values, "allowLessSecureApps", "less secure apps may sign in", "lets less secure apps sign in")


def _pop(values: Mapping[str, str | bool]) -> Word:
    return _off(values, "enablePopAccess", "POP is on", "allows POP")


def _imap(values: Mapping[str, str | bool]) -> Word:
    field = "enableImapAccess"
    if values.get(field) is True and "imapAccessRestriction.allowedOauthMailClientList" in values:
        return fine(field, "true, for listed OAuth clients", "false")
    return _off(values, field, "IMAP is on", "allows IMAP with any mail client")


@CHECKS.check(
    "google_workspace.super_admin_recovery_off",
    title="Super administrators cannot self-recover",
    verifies=(Verifies("mfa.recovery", level=1),),
    severity=Severity.MEDIUM,
    parts=("policies", "org_units", "users"),
)
def super_admin_recovery_off(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Self-recovery by e-mail or phone makes an administrator's account as strong as a phone number."""
    empty = is_empty(snapshot)
    if empty is not None:
        yield empty
        return
    admins = [user for user in rows_read(snapshot.users) if user.super_admin and user.active]
    units = people_by_unit(snapshot, admins)

    def recovery(values: Mapping[str, str | bool]) -> Word:
        near = "Off for users, on for super administrators." if _users_cannot(snapshot, units) else ""
        subject = "super administrators may recover their accounts by themselves"
        problem = "lets super administrators recover their accounts by themselves"
        return _off(values, "enableAccountRecovery", subject, problem, near)

    yield from conclude(
        snapshot.domain,
        list(setting_problems(snapshot, SUPER_RECOVERY, recovery, units)),
        of=(snapshot.policies, snapshot.org_units, snapshot.users),
        seen=len(units),
        good=f"Super administrators cannot recover their accounts by themselves in {len(units)} of "
        f"{count(len(units), 'unit')} that hold one.",
        nothing="No active account is known as a super administrator's.",
        evidence=(
            Evidence(POLICIES_SOURCE, snapshot.domain, f"{SUPER_RECOVERY}.enableAccountRecovery", "false", "false"),
        ),
    )


def _users_cannot(snapshot: WorkspaceSnapshot, units: Mapping[str, int]) -> bool:
    found = [each for each in applied(snapshot, USER_RECOVERY, units) if not each.condition]
    return bool(found) and all(each.values.get("enableAccountRecovery") is False for each in found)


@CHECKS.check(
    "google_workspace.idp_not_federated",
    title="Google itself decides, or federation is declared",
    verifies=(Verifies("identity.single-idp", level=2),),
    severity=Severity.MEDIUM,
    parts=("sso_assignments", "sso_profiles", "logins"),
)
def idp_not_federated(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Every assignment must lead to the declared provider; sign-ins show the old organization-wide SAML profile."""
    found, declared = elsewhere(snapshot), snapshot.inputs.identity_provider
    assignments = rows_read(snapshot.sso_assignments)
    problems = []
    for each in found:
        if declared and not each.host:
            problems.append(_unknown_provider(snapshot, each, len(assignments)))
        elif not same_provider(each.host, declared):
            problems.append(_undeclared(each, declared, len(assignments)))
    problems += _legacy(snapshot, declared, any_found=bool(found))
    # Nothing is left to name where nobody signs in elsewhere, so the names are needed only where somebody does.
    parts = (snapshot.sso_assignments, snapshot.logins, *((snapshot.sso_profiles,) if found else ()))
    seen = max(1, len(assignments))
    if found:
        good = f"{count(len(found), 'assignment leads', 'assignments lead')} to {declared}, the declared provider; what"
        good += " it asks for is judged there."
    else:
        good = "No unit and no group is assigned to another identity provider, and nobody signed in through one."
    line = Evidence(SSO_SOURCE, snapshot.domain, "ssoMode", declared or "none elsewhere", declared or "none elsewhere")
    yield from conclude(
        snapshot.domain, problems, of=parts, seen=seen, good=good, nothing="Nothing was read.", evidence=(line,)
    )


def _undeclared(each: Elsewhere, declared: str, seen: int) -> Verdict:
    expected = declared or "no other identity provider"
    line = Evidence(SSO_SOURCE, each.place, "ssoMode", f"{each.assignment.mode} {each.provider}", expected)
    reason = f"{each.place} signs in at {each.provider}, which is not declared"
    reason += f"; declared is {declared}." if declared else "; enter it as the other identity provider if it is meant."
    near = f"Unit {each.place} signs in elsewhere." if each.place.startswith("/") else ""
    return failed(each.place, reason, seen=seen, evidence=(line,), near_miss=near)


def _unknown_provider(snapshot: WorkspaceSnapshot, each: Elsewhere, seen: int) -> Verdict:
    reason = f"{each.place} signs in elsewhere, and the profile {each.assignment.profile} could not be read."
    why = snapshot.sso_profiles if isinstance(snapshot.sso_profiles, Unavailable) else "partial_data"
    return not_checked(each.place, why, reason, seen=seen)


def _legacy(snapshot: WorkspaceSnapshot, declared: str, *, any_found: bool) -> list[Verdict]:
    through = [event for event in rows_read(snapshot.logins) if event.value.lower() == "saml"]
    seen = max(1, len(rows_read(snapshot.logins)))
    if through and not any_found:
        return [_through_old_profile(snapshot, through, declared, seen)]
    if any(each.mode == LEGACY for each in rows_read(snapshot.sso_assignments)) and not through:
        reason = f"{LEGACY_UNSEEN}: units are told to use it if it is on, and no sign-in of 30 days went through it."
        return [not_checked(f"{snapshot.domain}/legacy", "unsupported", reason, seen=seen)]
    return []


def _through_old_profile(snapshot: WorkspaceSnapshot, through: list[Event], declared: str, seen: int) -> Verdict:
    who = sorted({event.actor for event in through if event.actor})
    resource = f"{snapshot.domain}/legacy"
    line = Evidence(LOGIN_SOURCE, snapshot.domain, "login_type", "saml", "google_password or passkey")
    if declared:
        reason = (
            f"{LEGACY_UNSEEN}, so nobody can tell whether it leads to {declared}; {len(who)} people signed in by it."
        )
        return not_checked(resource, "unsupported", reason, seen=seen)
    reason = f"{count(len(who), 'person', 'people')} signed in through another identity provider in 30 days, "
    reason += f"and none is declared: {names(who)}."
    return failed(resource, reason, seen=seen, evidence=(line,))


@CHECKS.check(
    "google_workspace.session_length_limited",
    title="Web sessions end within 12 hours",
    verifies=(Verifies("credentials.human-sessions", level=2),),
    severity=Severity.MEDIUM,
    parts=("policies", "org_units", "users"),
)
def session_length_limited(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Without a setting, a session lasts 14 days (Google, "Set session length for Google services")."""
    empty = is_empty(snapshot)
    if empty is not None:
        yield empty
        return
    units = people_by_unit(snapshot)
    longer = [
        f"{each.place}: {hours:g} h"
        for each in applied(snapshot, SESSION, units)
        if LONGEST < (length := duration(each.values.get("webSessionDuration")) or timedelta(0)) <= TOLERATED
        for hours in (length / timedelta(hours=1),)
    ]
    note = f" Longer than 12 hours, within 24: {names(longer)}." if longer else ""
    yield from conclude(
        snapshot.domain,
        list(setting_problems(snapshot, SESSION, _session, units)),
        of=(snapshot.policies, snapshot.org_units, snapshot.users),
        seen=len(units),
        good=f"Web sessions are limited in {len(units)} of {count(len(units), 'unit')} with people.{note}",
        nothing="No unit holds active people.",
        evidence=(
            Evidence(POLICIES_SOURCE, snapshot.domain, f"{SESSION}.webSessionDuration", "86400s or less", "43200s"),
        ),
    )


def _session(values: Mapping[str, str | bool]) -> Word:
    field, expected = "webSessionDuration", "43200s or less"
    raw = values.get(field)
    if raw is None:
        problem = "has no limit of its own, so web sessions last 14 days; session control needs an edition that has it"
        return wrong(field, "absent", expected, problem)
    length = duration(raw)
    if length is None:
        return unclear(field, str(raw)[:80], expected, "has a session length that we do not understand")
    if length <= timedelta(0):
        return wrong(field, str(raw), expected, "lets web sessions last for ever")
    hours = f"{length / timedelta(hours=1):g} h"
    return Word(length <= TOLERATED, field, str(raw), expected, f"lets web sessions last {hours}", hours)
