"""Owns the checks of the second factor: demanded of everyone, of administrators, and which kinds people hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.entra.conditional_access import Coverage, demands_mfa, demands_phishing_resistance
from ztassess.connectors.entra.enforcement import (
    SOURCE,
    admin_policies,
    defaults_on,
    evidence_of,
    left_out,
    mfa_for_everyone,
    phishing_resistance_for_everyone,
    states,
)
from ztassess.connectors.entra.proving import each_of, one_enough
from ztassess.connectors.entra.registered import REPORT, Report, gaps, report_of, share
from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.connectors.entra.snapshot_directory import PRIVILEGED_ROLES
from ztassess.connectors.entra.snapshot_policies import Policy
from ztassess.connectors.judging import conclude, count, excluded, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[EntraSnapshot] = Checks("entra")
DEFAULTS_SOURCE: Final = "GET /policies/identitySecurityDefaultsEnforcementPolicy"
PER_USER: Final = "Per-user MFA is not visible to us and does not count."
DEFAULTS_NOTE: Final = "Prompts are risk-based; no exclusions are possible."
NOTHING_FORCES: Final = "{pct} % are registered; nothing forces its use yet."
MOST, MANY, SOME, HALF = 0.9, 0.8, 0.25, 0.5


def _read(snapshot: EntraSnapshot) -> int:
    return len(rows_read(snapshot.policies))


@CHECKS.check(
    "entra.mfa_required_all_users",
    title="MFA is demanded of everyone, everywhere",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.CRITICAL,
    parts=("policies", "security_defaults"),
)
def mfa_required_all_users(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """A policy for everyone at every app, or security defaults. Report-only is off, alternatives are weak."""
    found, defaults = mfa_for_everyone(snapshot), defaults_on(snapshot)
    covered = bool(found.policies)
    line = Evidence(DEFAULTS_SOURCE, snapshot.scope, "isEnabled", str(defaults).lower(), "true, or a covering policy")
    good = f"Security defaults are on. {DEFAULTS_NOTE}"
    if covered:
        good = f"{_together(found)} MFA of everyone at every app; read: {states(snapshot)}."
        good += left_out(snapshot, found.policies)
    near = " ".join(found.gaps) or PER_USER
    if covered or defaults:
        near = "" if covered else DEFAULTS_NOTE
    shown = found.policies or ((found.best,) if found.best else ())
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.policies, snapshot.security_defaults),
        proved=covered or defaults,
        good=good,
        bad=f"None of {states(snapshot)} demands MFA of everyone at every app, and security defaults are off.",
        seen=_read(snapshot),
        evidence=(line, *evidence_of(shown, "enabled; MFA of all users at all apps")),
        # With no enabled policy for all users that demands MFA, it is not enforced for even half of the people.
        level=None if covered or defaults or _broad(found.best) else 0,
        near_miss=near,
    )


def _broad(best: Policy | None) -> bool:
    return (
        best is not None
        and best.enforced
        and best.users.everyone
        and best.grant is not None
        and demands_mfa(best.grant)
    )


def _together(found: Coverage) -> str:
    quoted = names([f"'{each.name}'" for each in found.policies])
    return f"{quoted} {'demands' if len(found.policies) == 1 else 'together demand'}"


@CHECKS.check(
    "entra.people_mfa_capable",
    title="People are registered for MFA",
    verifies=(Verifies("mfa.all-humans", level=2, supporting=True),),
    severity=Severity.HIGH,
    parts=("registrations", "users"),
)
def people_mfa_capable(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Registered is not enforced: this only supports what a policy proves."""
    report = report_of(snapshot)
    unable = [row.upn for row in report.rows if row.capable is False]
    able = sum(row.capable is True for row in report.rows)
    near = f"{len(unable)} enabled people cannot answer an MFA prompt." if unable else ""
    line = Evidence(REPORT, snapshot.scope, "isMfaCapable", f"{able} of {report.total}", "all")
    problems = []
    if unread(snapshot.users) is None and len(unable) * 10 > report.total:
        who = names(unable)
        reason = f"{len(unable)} of {count(report.total, 'enabled person', 'enabled people')} cannot answer: {who}."
        reason += f"{excluded([user.upn for user in report.emergency])}{report.note}"
        lines = each_of(unable, "false", line)
        problems.append(failed(snapshot.scope, reason, seen=report.total, evidence=lines, near_miss=near))
    yield from conclude(
        snapshot.scope,
        problems,
        of=(gaps(snapshot, report),),
        seen=report.total,
        good=f"{able} of {report.total} enabled people can answer an MFA prompt."
        f"{_who(unable)}{excluded([user.upn for user in report.emergency])}{report.note}",
        nothing="The tenant has no enabled members.",
        evidence=(line,),
        level=1 if unable else None,
        near_miss=near if not problems else "",
    )


def _who(people: list[str]) -> str:
    return f" Not yet: {names(people)}." if people else ""


@CHECKS.check(
    "entra.mfa_phishing_resistant_share",
    title="Share of people with a phishing-resistant method",
    verifies=(Verifies("mfa.all-humans", level=3), Verifies("mfa.phishing-resistant", level=2)),
    severity=Severity.MEDIUM,
    parts=("registrations", "users", "policies"),
)
def mfa_phishing_resistant_share(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """The share by what is registered; the highest level only where a policy forces its use on everyone."""
    report = report_of(snapshot)
    resistant = [row for row in report.rows if row.phishing_resistant]
    held = share(len(resistant), report.total)
    forced = bool(phishing_resistance_for_everyone(snapshot).policies)
    weak_admins = [row.upn for row in report.admins if not row.phishing_resistant]
    without = [row.upn for row in report.rows if not row.phishing_resistant]
    near = "" if forced else NOTHING_FORCES.format(pct=int(held * 100))
    line = Evidence(REPORT, snapshot.scope, "methodsRegistered", f"{len(resistant)} of {report.total}", "at least 90 %")
    said = f"{len(resistant)} of {report.total} people registered a phishing-resistant method.{_who(without)}"
    said += f"{excluded([user.upn for user in report.emergency])}{report.note}"
    level = _share_level(held, forced=forced, admins=not weak_admins)
    problems = []
    if report.total and level == 0 and unread(gaps(snapshot, report)) is None:
        reason = f"{said} Administrators without: {names(weak_admins)}." if weak_admins else said
        problems.append(failed(snapshot.scope, reason, seen=report.total, evidence=(line,), near_miss=near))
    yield from conclude(
        snapshot.scope,
        problems,
        of=(gaps(snapshot, report), snapshot.policies),
        seen=report.total,
        good=said,
        nothing="The tenant has no enabled members.",
        evidence=(line,),
        level=None if level == 3 else level,  # noqa: PLR2004  the check's own level
        near_miss=near if not problems else "",
    )


def _share_level(held: float, *, forced: bool, admins: bool) -> int:
    if held >= MOST and forced:
        return 3
    if held >= MANY:
        return 2
    return 1 if held >= SOME and admins else 0


@CHECKS.check(
    "entra.phishing_resistant_required",
    title="Only phishing-resistant methods open the door",
    verifies=(Verifies("mfa.phishing-resistant", level=3),),
    severity=Severity.HIGH,
    parts=("policies",),
)
def phishing_resistant_required(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Judged by the combinations that a strength allows, never by its name."""
    found = phishing_resistance_for_everyone(snapshot)
    shown = found.policies or ((found.best,) if found.best else ())
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.policies,),
        proved=bool(found.policies),
        good=f"{_together(found)} a phishing-resistant method of everyone at every app."
        f"{left_out(snapshot, found.policies)}",
        bad=f"None of {states(snapshot)} lets only phishing-resistant methods in.",
        seen=_read(snapshot),
        evidence=evidence_of(shown, "only windowsHelloForBusiness, fido2, x509CertificateMultiFactor"),
        near_miss=" ".join(found.gaps),
    )


@CHECKS.check(
    "entra.admins_mfa_required",
    title="Administrators face MFA by policy",
    verifies=(Verifies("mfa.admins", level=3),),
    severity=Severity.CRITICAL,
    parts=("policies", "security_defaults", "registrations", "users"),
)
def admins_mfa_required(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Every powerful role falls under a policy; what administrators have registered only decides between levels."""
    strict, strict_missing = admin_policies(snapshot, demands_phishing_resistance)
    sound, missing = admin_policies(snapshot, demands_mfa)
    defaults = defaults_on(snapshot)
    of = (snapshot.policies, snapshot.security_defaults)
    seen = len(PRIVILEGED_ROLES)
    if unread(*of) is None and (strict and not strict_missing):
        good = f"All {seen} powerful roles are asked for a phishing-resistant method.{left_out(snapshot, strict)}"
        evidence = evidence_of(strict, "phishing-resistant strength for all powerful roles")
        yield from one_enough(snapshot.scope, of=of, proved=True, good=good, bad="", seen=seen, evidence=evidence)
        return
    enforced = (bool(sound) and not missing) or defaults
    if unread(*of) is None and enforced:
        yield from _by_registration(snapshot, report_of(snapshot), sound if not missing else [])
        return
    near = " ".join(f"Role {each} is missing in {_named(sound)}." for each in missing) if sound else ""
    yield from one_enough(
        snapshot.scope,
        of=of,
        proved=False,
        good="",
        bad=f"{len(missing)} of {seen} powerful roles fall under no policy that demands MFA, and security defaults "
        f"are off. {PER_USER}",
        seen=seen,
        evidence=evidence_of(sound, "MFA for all powerful roles at all apps")
        or (Evidence(SOURCE, snapshot.scope, "policies for administrators", "0", "at least 1"),),
        near_miss=near,
    )


def _named(policies: list[Policy]) -> str:
    return names([f"'{each.name}'" for each in policies])


def _by_registration(snapshot: EntraSnapshot, report: Report, sound: list[Policy]) -> Iterator[Verdict]:
    """MFA is demanded of administrators: level 2 where half of them hold a phishing-resistant method."""
    by = _named(sound) if sound else "Security defaults"
    short = unread(snapshot.users, snapshot.registrations)
    if short is not None:
        reason = f"{by} demand MFA of administrators; which methods they hold could not be read. {short.detail}".strip()
        yield not_checked(snapshot.scope, short, reason, seen=len(PRIVILEGED_ROLES))
        return
    admins = report.admins
    held = [row for row in admins if row.phishing_resistant]
    weak = [row.upn for row in admins if not row.phishing_resistant]
    line = Evidence(REPORT, snapshot.scope, "methodsRegistered of isAdmin", f"{len(held)} of {len(admins)}", "half")
    evidence = (*evidence_of(sound, "phishing-resistant strength for level 3"), line)
    said = f"{by} demand MFA of administrators; {len(held)} of {count(len(admins), 'administrator')} hold a "
    said += f"phishing-resistant method.{_who(weak)}{left_out(snapshot, sound)}"
    enough = bool(admins) and share(len(held), len(admins)) >= HALF
    yield from one_enough(
        snapshot.scope,
        of=(),
        proved=enough,
        good=said,
        bad=said,
        seen=max(1, len(admins)),
        evidence=evidence,
        level=2 if enough else 1,
        near_miss="MFA is demanded, but not a phishing-resistant one." if enough else "",
    )
