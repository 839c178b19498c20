"""Owns the checks of what users and roles may do: no administrators, no way to become one, and every grant listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.policies import (
    Breadth,
    BroadGrant,
    Escalation,
    broad_grants,
    escalations,
    is_administrator,
    is_administrator_policy,
)
from ztassess.connectors.aws.policy_actions import PASS_ROLE, written
from ztassess.connectors.aws.policy_patterns import is_broad
from ztassess.connectors.aws.principals import Holder, holders
from ztassess.connectors.aws.snapshot import AwsSnapshot, Document
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

SOURCE = "iam.get_account_authorization_details"
PARTS = ("users", "groups", "roles", "policies")
_ADMINISTRATOR = frozenset({Breadth.EVERYTHING, Breadth.IAM})


def judged(snapshot: AwsSnapshot, every: Sequence[Holder]) -> tuple[list[Holder], str]:
    """Users and roles these checks speak about, and a sentence on those left out.

    Left out: service-linked roles (AWS makes them), roles of Identity Center (judged as people) and declared emergency
    identities.
    """
    emergency = set(snapshot.inputs.break_glass)
    own = [each for each in every if not each.service_linked and not each.reserved]
    kept = [each for each in own if not emergency & {each.name, each.arn}]
    declared = [each.name for each in own if emergency & {each.name, each.arn}]
    words = [f"{counted(len(every) - len(own), 'role')} of AWS itself"] if len(every) > len(own) else []
    if declared:
        words.append(f"{listed(declared)} for emergencies")
    return kept, f" Left out: {' and '.join(words)}." if words else ""


@checks.check(
    "aws.no_admin_roles",
    title="No workload is administrator",
    verifies=(Verifies("least-privilege.no-wildcard-iam", 2),),
    severity=Severity.CRITICAL,
    parts=PARTS,
)
def no_admin_roles(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No user or role is administrator by the union of its policies, or nearly one by NotAction or NotResource."""
    every = holders(snapshot)
    if isinstance(every, Unavailable):
        yield not_checked(snapshot.account, every)
        return
    kept, left_out = judged(snapshot, every)
    narrowed = _guarded(snapshot)
    known: dict[tuple[str, ...], tuple[BroadGrant, ...]] = {}
    problems = [verdict for holder in kept for verdict in _breadth(holder, known, narrowed, len(kept))]
    wide = [] if problems else list(_service_wildcards(kept))
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(kept),
        good=f"None of {counted(len(kept), 'user or role', 'users and roles')} is administrator.{left_out}",
        nothing=f"There is no user and no role to judge.{left_out}",
        evidence=(Evidence(SOURCE, snapshot.account, "administrators", "0", "0"),),
        near_miss=f"{listed(wide)}." if wide else "",
    )


def _guarded(snapshot: AwsSnapshot) -> bool:
    """True if a service control policy may narrow what policies say; AWS's own default allows everything."""
    policies = snapshot.service_control_policies
    return not isinstance(policies, Unavailable) and any(policy.name != "FullAWSAccess" for policy in policies)


def _breadth(
    holder: Holder, known: dict[tuple[str, ...], tuple[BroadGrant, ...]], narrowed: bool, seen: int
) -> Iterator[Verdict]:
    key = tuple(document.key for document in holder.documents)
    if key not in known:
        known[key] = broad_grants(holder.documents)
    grants = known[key]
    own = [policy.name for policy in holder.attached if is_administrator_policy(policy)]
    if not grants and not own:
        if holder.unread:
            yield unread(holder)
        return
    note = " A boundary or service control policy may narrow it." if holder.boundary or narrowed else ""
    note += " A condition may narrow it." if grants and all(grant.conditional for grant in grants) and not own else ""
    what = listed(own) if own else listed(grant.text for grant in grants)
    administrator = bool(own) or any(grant.breadth in _ADMINISTRATOR for grant in grants)
    words = "is administrator by" if administrator else "is nearly administrator by"
    yield failed(
        holder.arn,
        f"The {holder.kind} {holder.name} {words} {what}.{note}",
        seen=seen,
        evidence=(
            *(Evidence(SOURCE, holder.arn, "AttachedManagedPolicies", name, "no administrator policy") for name in own),
            *(Evidence(SOURCE, holder.arn, grant.breadth.value, grant.text, "named actions") for grant in grants[:50]),
        ),
        level=0 if administrator else None,
    )


def unread(holder: Holder) -> Verdict:
    """The verdict on a user or role some of whose policies are not in the snapshot."""
    reason = f"The {holder.kind} {holder.name} holds policies that were not read: {listed(holder.unread)}."
    return not_checked(holder.arn, "partial_data", reason, seen=1)


def _service_wildcards(every: Sequence[Holder]) -> Iterator[str]:
    """Names of service wildcards on all resources, such as ``s3:* on all resources``: level 2 wants them named."""
    documents = {document.key: document for holder in every for document in holder.documents}
    for document in documents.values():
        for statement in document.statements:
            for action in statement.actions if statement.allow else ():
                service, _, name = action.partition(":")
                if name == "*" and any(is_broad(resource, service) for resource in statement.resources):
                    yield f"{action} on all resources"


@checks.check(
    "aws.no_privilege_escalation",
    title="No role can raise its own rights",
    verifies=(Verifies("least-privilege.no-wildcard-iam", 2),),
    severity=Severity.CRITICAL,
    parts=PARTS,
)
def no_privilege_escalation(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """The union of what a user or role holds opens none of the known ways to raise one's own rights."""
    every = holders(snapshot)
    if isinstance(every, Unavailable):
        yield not_checked(snapshot.account, every)
        return
    kept, left_out = judged(snapshot, every)
    targets = _targets(snapshot, every)
    known: dict[tuple[str, ...], tuple[Escalation, ...] | Unavailable] = {}
    problems: list[Verdict] = []
    for holder in kept:
        key = tuple(document.key for document in holder.documents)
        if key not in known:
            known[key] = escalations(holder.documents)
        ways = known[key]
        if isinstance(ways, Unavailable):
            problems.append(not_checked(holder.arn, ways, f"The {holder.kind} {holder.name}: {ways.detail}", seen=1))
        elif ways:
            problems.append(_raises(holder, ways, targets, len(kept)))
        elif holder.unread:
            problems.append(unread(holder))
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(kept),
        good=f"None of {counted(len(kept), 'user or role', 'users and roles')} can raise its own rights.{left_out}",
        nothing=f"There is no user and no role to judge.{left_out}",
        evidence=(Evidence(SOURCE, snapshot.account, "ways to raise one's own rights", "0", "0"),),
    )


def _targets(snapshot: AwsSnapshot, every: Sequence[Holder]) -> Mapping[str, str]:
    """For each AWS service the role worth being passed to it: an administrator if there is one."""
    if isinstance(snapshot.roles, Unavailable):
        return {}
    documents = {holder.arn: holder.documents for holder in every}
    found: dict[str, str] = {}
    administrators: dict[str, str] = {}
    broad: dict[tuple[str, ...], bool] = {}
    for role in snapshot.roles:
        services = [
            who.value.partition(".")[0]
            for statement in role.trust.statements
            if statement.allow
            for who in statement.principals
            if who.kind == "Service"
        ]
        if services and not role.service_linked:
            strong = _is_strong(documents.get(role.arn, ()), broad)
            for service in services:
                found.setdefault(service, role.name)
                if strong:
                    administrators.setdefault(service, role.name)
    return found | administrators


def _is_strong(documents: tuple[Document, ...], known: dict[tuple[str, ...], bool]) -> bool:
    key = tuple(document.key for document in documents)
    if key not in known:
        known[key] = is_administrator(documents)
    return known[key]


def _raises(holder: Holder, ways: Sequence[Escalation], targets: Mapping[str, str], seen: int) -> Verdict:
    passing = next((way for way in ways if PASS_ROLE in way.actions), None)
    return failed(
        holder.arn,
        f"The {holder.kind} {holder.name} can raise its own rights in {counted(len(ways), 'way')}:"
        f" {listed((way.method for way in ways), 3)}.",
        seen=seen,
        evidence=tuple(
            Evidence(SOURCE, holder.arn, way.method, _together(way), "not allowed together") for way in ways[:50]
        ),
        near_miss=_reaching(passing, targets) if passing else "",
    )


def _reaching(way: Escalation, targets: Mapping[str, str]) -> str:
    services = [action.partition(":")[0] for action in way.actions if action != PASS_ROLE]
    tasks = ("ecs-tasks",) if "ecs" in services else ()
    role = next((targets[each] for each in (*services, *tasks) if each in targets), "")
    return f"{_together(way)} together reach {role or 'any role that trusts ' + services[0]}."


def _together(way: Escalation) -> str:
    """The actions of a way as AWS writes them, passing a role first."""
    ordered = sorted(way.actions, key=lambda action: action != PASS_ROLE)
    return " and ".join(map(written, ordered))


@checks.check(
    "aws.grants_exported",
    title="Every grant can be listed",
    verifies=(Verifies("least-privilege.grant-inventory", 2),),
    severity=Severity.LOW,
    parts=PARTS,
)
def grants_exported(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """The account's authorization details were read to the end, with the content of every policy in use."""
    every = holders(snapshot)
    if isinstance(every, Unavailable):
        yield not_checked(snapshot.account, every)
        return
    lost = sorted({name for holder in every for name in holder.unread})
    reason = f"The content of {counted(len(lost), 'policy', 'policies')} in use is not in the export: {listed(lost)}."
    problems = [not_checked(snapshot.account, "partial_data", reason, seen=len(every))] if lost else []
    others = () if isinstance(snapshot.organization_accounts, Unavailable) else snapshot.organization_accounts
    unseen = sum(1 for each in others if each.id != snapshot.account and each.status != "SUSPENDED")
    are = "is" if unseen == 1 else "are"
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(every),
        good=f"All grants of {counted(len(every), 'user or role', 'users and roles')} are listed.",
        nothing="There is no user and no role.",
        evidence=(Evidence(SOURCE, snapshot.account, "IsTruncated on the last page", "false", "false"),),
        near_miss=f"{counted(unseen, 'account')} of the organization {are} not connected here." if unseen else "",
    )
