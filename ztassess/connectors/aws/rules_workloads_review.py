"""Owns the checks of review: Access Analyzer runs and is quiet, unused roles are removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.snapshot import Analyzer, AwsSnapshot, Role
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

OPEN_FINDING = timedelta(days=30)
UNUSED = timedelta(days=90)


@checks.check(
    "aws.analyzer_findings_closed",
    title="Access Analyzer runs and is quiet",
    verifies=(Verifies("least-privilege.no-wildcard-iam", 3), Verifies("least-privilege.review-cadence", 3)),
    severity=Severity.MEDIUM,
    parts=("analyzers",),
)
def analyzer_findings_closed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """An external-access and an unused-access analyzer are active, and no finding is open for more than 30 days."""
    if isinstance(snapshot.analyzers, Unavailable):
        yield not_checked(snapshot.account, snapshot.analyzers)
        return
    active = [each for each in snapshot.analyzers if each.active]
    problems = [verdict for each in active for verdict in _findings(snapshot, each)]
    unused = [each for each in active if each.kind.endswith("UNUSED_ACCESS")]
    external = [each for each in active if each.kind in ("ACCOUNT", "ORGANIZATION")]
    blind = snapshot.gaps("analyzers")
    if not (unused and external) and not blind:
        problems.insert(0, _missing(snapshot, external=bool(external), unused=bool(unused)))
    yield from conclude(
        snapshot,
        problems,
        parts=("analyzers",),
        seen=len(active),
        good=f"External access is analyzed in {listed(each.region for each in external)}, unused access in"
        f" {listed(each.region for each in unused)}; no finding is open for more than 30 days.",
        nothing="There is no analyzer.",
        evidence=(Evidence("access-analyzer.list_findings", snapshot.account, "findings open over 30 days", "0", "0"),),
    )


def _missing(snapshot: AwsSnapshot, *, external: bool, unused: bool) -> Verdict:
    if external:
        observed, near_miss = "external access only", "External-access analyzer only."
        reason = "Access Analyzer looks for external access only; nothing looks for unused access."
    elif unused:
        observed, near_miss = "unused access only", "Unused-access analyzer only."
        reason = "Access Analyzer looks for unused access only; nothing looks for external access."
    else:
        observed, near_miss = "none", ""
        reason = "No active analyzer, so nobody looks for external or unused access."
        if idle := [] if isinstance(snapshot.analyzers, Unavailable) else [each.name for each in snapshot.analyzers]:
            near_miss = f"Analyzer {listed(idle)} exists but is not active."
    evidence = Evidence(
        "access-analyzer.list_analyzers", snapshot.account, "active analyzers", observed, "external and unused access"
    )
    return failed(snapshot.account, reason, evidence=(evidence,), near_miss=near_miss)


def _findings(snapshot: AwsSnapshot, analyzer: Analyzer) -> Iterator[Verdict]:
    where = f"Analyzer {analyzer.name} ({analyzer.region})"
    if isinstance(analyzer.findings, Unavailable):
        yield not_checked(
            analyzer.arn, analyzer.findings, f"{where}: its findings could not be read to the end.", seen=1
        )
        return
    since = snapshot.taken_at - OPEN_FINDING
    old = [each for each in analyzer.findings if each.active and each.created < since]
    if old:
        reason = f"{where} has {counted(len(old), 'finding')} open for more than 30 days, on"
        yield failed(
            analyzer.arn,
            f"{reason} {listed((each.resource for each in old), 3)}.",
            seen=len(analyzer.findings),
            evidence=tuple(
                Evidence(
                    "access-analyzer.list_findings",
                    each.resource,
                    each.kind or "finding",
                    f"active since {each.created.date()}",
                    "archived or resolved within 30 days",
                )
                for each in old[:50]
            ),
        )


@checks.check(
    "aws.unused_roles_removed",
    title="Unused roles are removed",
    verifies=(Verifies("least-privilege.review-cadence", 2),),
    severity=Severity.MEDIUM,
    parts=("roles", "role_uses"),
)
def unused_roles_removed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Every role older than 90 days was used in the last 90; AWS's own and declared emergency roles are left out."""
    if isinstance(snapshot.roles, Unavailable):
        yield not_checked(snapshot.account, snapshot.roles)
        return
    emergency = set(snapshot.inputs.break_glass)
    own = [role for role in snapshot.roles if not role.service_linked and not role.reserved]
    kept = [role for role in own if not emergency & {role.name, role.arn}]
    since = snapshot.taken_at - UNUSED
    unused = [role for role in kept if role.created < since and (role.last_used is None or role.last_used < since)]
    never = sum(1 for role in unused if role.last_used is None)
    near_miss = f"{counted(never, 'role')} {'was' if never == 1 else 'were'} never used;" if never else ""
    near_miss += " some may be for emergencies: tag them." if never else ""
    left_out = f" Left out: {counted(len(own) - len(kept), 'role')} for emergencies." if len(kept) < len(own) else ""
    yield from conclude(
        snapshot,
        [_unused(role, len(unused), len(kept), near_miss) for role in unused],
        parts=(),
        seen=len(kept),
        good=f"Each of {counted(len(kept), 'role')} is new or was used in the last 90 days.{left_out}"
        f"{_idle_services(snapshot)}",
        nothing=f"There is no role to judge.{left_out}",
        evidence=(
            Evidence("iam.get_account_authorization_details", snapshot.account, "roles unused for 90 days", "0", "0"),
        ),
    )


def _unused(role: Role, unused: int, seen: int, near_miss: str) -> Verdict:
    when = f"was last used on {role.last_used.date()}" if role.last_used else "was never used"
    return failed(
        role.arn,
        f"The role {role.name} {when}; {unused} of {counted(seen, 'role')} are unused for 90 days.",
        seen=seen,
        evidence=(
            Evidence(
                "iam.get_account_authorization_details",
                role.arn,
                "RoleLastUsed.LastUsedDate",
                role.last_used.isoformat() if role.last_used else "absent",
                "within 90 days",
            ),
        ),
        near_miss=near_miss,
    )


def _idle_services(snapshot: AwsSnapshot) -> str:
    """A note on rights that broad roles hold and do not use; it changes no outcome."""
    if isinstance(snapshot.role_uses, Unavailable):
        return ""
    since = snapshot.taken_at - UNUSED
    idle = {
        use.role_arn.rpartition("/")[2]: count
        for use in snapshot.role_uses
        if (count := sum(1 for each in use.services if each.last_used is None or each.last_used < since))
    }
    words = listed(f"{role} ({counted(count, 'service')})" for role, count in idle.items())
    return f" Granted but not used for 90 days: {words}." if idle else ""
