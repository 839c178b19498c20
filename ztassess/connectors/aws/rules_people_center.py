"""Owns the checks of Identity Center: groups, session lengths, permanent administrators, access to production data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.credentials import is_declared
from ztassess.connectors.aws.data_access import databases_unseen, reads
from ztassess.connectors.aws.permission_sets import SetRights, set_rights
from ztassess.connectors.aws.snapshot import Assignment, AwsSnapshot, PermissionSet
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

checks: Checks[AwsSnapshot] = Checks("aws")

_ASSIGNMENTS = "sso-admin.list_account_assignments"
_SETS = "sso-admin.describe_permission_set"
_HOUR = 3600
_LONGEST, _LONGEST_ADMIN = 12 * _HOUR, 8 * _HOUR
_BY_GROUP = 0.95
_PARTS = ("identity_centers", "permission_sets", "assignments")
_RIGHTS = ("users", "groups", "roles", "policies")
_NO_CENTER = "There is no Identity Center."


def _unread(snapshot: AwsSnapshot, *names: str) -> Verdict | None:
    """Why Identity Center cannot be judged: it was refused, or it does not exist."""
    if not isinstance(snapshot.identity_centers, Unavailable) and not snapshot.identity_centers:
        return not_applicable(snapshot.account, _NO_CENTER)
    for name in names:
        part = getattr(snapshot, name)
        if isinstance(part, Unavailable):
            return not_checked(snapshot.account, part)
    return None


def _sets(snapshot: AwsSnapshot) -> dict[str, PermissionSet]:
    sets = snapshot.permission_sets
    return {} if isinstance(sets, Unavailable) else {each.arn: each for each in sets}


def _assigned(snapshot: AwsSnapshot) -> dict[str, list[Assignment]]:
    """Assignments on this account by the ARN of their set."""
    found: dict[str, list[Assignment]] = {}
    for each in () if isinstance(snapshot.assignments, Unavailable) else snapshot.assignments:
        found.setdefault(each.permission_set_arn, []).append(each)
    return found


@checks.check(
    "aws.access_by_group",
    title="Account access comes from groups",
    verifies=(Verifies("identity.group-based-access", 2),),
    severity=Severity.LOW,
    parts=_PARTS,
)
def access_by_group(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """At least 95 % of the assignments on this account are to groups."""
    unread = _unread(snapshot, "identity_centers", "assignments")
    if unread is not None or isinstance(snapshot.assignments, Unavailable):
        yield unread or not_checked(snapshot.account, "partial_data")
        return
    total = len(snapshot.assignments)
    if not total:
        yield not_applicable(snapshot.account, "Nobody is assigned to this account.")
        return
    direct = [each for each in snapshot.assignments if each.principal_type != "GROUP"]
    proof = Evidence(_ASSIGNMENTS, snapshot.account, "PrincipalType GROUP", f"{total - len(direct)} of {total}", "95 %")
    reason = f"{total - len(direct)} of {counted(total, 'assignment')} are to groups."
    if (total - len(direct)) / total >= _BY_GROUP:
        yield passed(snapshot.account, reason, seen=total, evidence=(proof,))
    else:
        near = f"{counted(len(direct), 'direct assignment')}."
        yield failed(snapshot.account, reason, seen=total, evidence=(proof,), near_miss=near)


@checks.check(
    "aws.permission_set_sessions_short",
    title="Human sessions end",
    verifies=(Verifies("credentials.human-sessions", 2),),
    severity=Severity.MEDIUM,
    parts=("identity_centers", "permission_sets"),
)
def permission_set_sessions_short(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Sessions of a permission set last at most 12 hours, those of administrators at most 8."""
    unread = _unread(snapshot, "identity_centers", "permission_sets")
    if unread is not None:
        yield unread
        return
    sets, rights = _sets(snapshot), set_rights(snapshot)
    problems = [verdict for each in sets.values() for verdict in _too_long(each, rights[each.arn], len(sets))]
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(sets),
        good=f"Sessions of all {counted(len(sets), 'permission set')} end within 12 hours, of administrators within 8.",
        nothing="Identity Center has no permission sets.",
    )


def _too_long(permission_set: PermissionSet, rights: SetRights, seen: int) -> Iterator[Verdict]:
    seconds = permission_set.session_seconds
    limit = _LONGEST_ADMIN if rights.administrator else _LONGEST
    if seconds > limit:
        length = _length(seconds)
        who = "administrators" if rights.administrator else "people"
        reason = f"{permission_set.name} keeps {who} signed in for {length}; {limit // _HOUR} hours are the limit."
        proof = Evidence(_SETS, permission_set.arn, "SessionDuration", length, f"at most {limit // _HOUR} h")
        near = f"{permission_set.name}: {length}."
        yield failed(permission_set.arn, reason, seen=seen, evidence=(proof,), near_miss=near)
    elif seconds > _LONGEST_ADMIN and rights.unread and not rights.administrator:
        yield _unknown(permission_set, rights)


def _length(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _unknown(permission_set: PermissionSet, rights: SetRights) -> Verdict:
    reason = f"What {permission_set.name} allows is not known: {listed(rights.unread)} was not readable."
    return not_checked(permission_set.arn, "partial_data", reason, seen=1)


@checks.check(
    "aws.no_permanent_admin_assignment",
    title="Administrator access is not permanent",
    verifies=(Verifies("least-privilege.just-in-time-admin", 2),),
    severity=Severity.HIGH,
    parts=(*_PARTS, *_RIGHTS),
)
def no_permanent_admin_assignment(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Nobody is assigned to an administrator's permission set on a production account, emergencies excepted."""
    unread = _unread(snapshot, *_PARTS)
    environment = snapshot.inputs.environment
    if unread is not None:
        yield unread
    elif not environment:
        yield not_checked(snapshot.account, "input_missing", "Whether this account is production is not declared.")
    elif environment != "production":
        yield not_applicable(snapshot.account, "The account is not production.")
    else:
        yield from _permanent(snapshot)


def _permanent(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    sets, rights, assigned = _sets(snapshot), set_rights(snapshot), _assigned(snapshot)
    inputs = snapshot.inputs
    judged = [each for each in sets.values() if not is_declared(inputs.break_glass, each.name, each.arn)]
    left_out = [each.name for each in sets.values() if each not in judged]
    problems: list[Verdict] = []
    for each in judged:
        here = assigned.get(each.arn, [])
        if not here:
            continue
        if rights[each.arn].administrator:
            requested = is_declared(inputs.requested_permission_sets, each.name, each.arn)
            problems.append(_just_now(each) if requested else _stands(each, here, len(sets)))
        elif rights[each.arn].unread:
            problems.append(_unknown(each, rights[each.arn]))
    without = f" Left out: {listed(left_out)} for emergencies." if left_out else ""
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(judged),
        good=f"No administrator's permission set of {len(judged)} is assigned on this account.{without}",
        nothing=f"Identity Center has no permission sets to judge.{without}",
    )


def _stands(permission_set: PermissionSet, here: list[Assignment], seen: int) -> Verdict:
    who = listed(f"{each.principal_type.lower()} {each.principal_id}" for each in here)
    proof = Evidence(_ASSIGNMENTS, permission_set.arn, "assignments", str(len(here)), "0")
    reason = f"{permission_set.name} gives administrator rights permanently to {who}."
    near = f"Assigned to {who}: a group is still permanent."
    return failed(permission_set.arn, reason, seen=seen, evidence=(proof,), near_miss=near)


def _just_now(permission_set: PermissionSet) -> Verdict:
    """A set people get on request was assigned while we read: one snapshot cannot tell whether that lasts."""
    reason = (
        f"{permission_set.name} is given on request and was assigned at the moment we read; "
        "only a later scan without it shows that it ends."
    )
    return not_checked(permission_set.arn, "partial_data", reason, seen=1)


@checks.check(
    "aws.prod_data_access_named",
    title="Production data access is named and short",
    verifies=(Verifies("least-privilege.human-prod-data", 2),),
    severity=Severity.HIGH,
    parts=(*_PARTS, *_RIGHTS, "database_instances", "database_clusters"),
)
def prod_data_access_named(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No standing assignment lets people read a declared data store; access on request ends within 8 hours."""
    unread = _unread(snapshot, *_PARTS)
    stores = snapshot.inputs.data_stores
    if unread is not None:
        yield unread
        return
    if stores is None:
        yield not_checked(snapshot.account, "input_missing", "Where production data lies is not declared.")
        return
    sets, rights, assigned = _sets(snapshot), set_rights(snapshot), _assigned(snapshot)
    problems = [
        verdict
        for each in sets.values()
        if each.arn in assigned and not is_declared(snapshot.inputs.break_glass, each.name, each.arn)
        for verdict in _data_access(snapshot, each, rights[each.arn], stores, len(sets))
    ]
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(sets),
        good=f"No permission set of {len(sets)} lets people read one of {len(stores)} data stores all the time.",
        nothing="Identity Center has no permission sets.",
    )


def _data_access(
    snapshot: AwsSnapshot, permission_set: PermissionSet, rights: SetRights, stores: Iterable[str], seen: int
) -> Iterator[Verdict]:
    readable = reads(snapshot, permission_set, rights, stores)
    if not readable:
        unseen = databases_unseen(snapshot, permission_set, rights, stores)
        if rights.unread:
            yield _unknown(permission_set, rights)
        elif unseen is not None:
            reason = (
                f"{permission_set.name} may connect to databases, and which there are was not read. {unseen.detail}"
            )
            yield not_checked(permission_set.arn, unseen, reason.strip(), seen=1)
        return
    requested = is_declared(snapshot.inputs.requested_permission_sets, permission_set.name, permission_set.arn)
    if requested and permission_set.session_seconds <= _LONGEST_ADMIN:
        return
    how = f"for {_length(permission_set.session_seconds)} at a time" if requested else "all the time"
    blanket = [policy.name for policy in permission_set.managed if policy.name == "ReadOnlyAccess"]
    near = "ReadOnlyAccess also reads every bucket object." if blanket else ""
    proof = Evidence(_ASSIGNMENTS, permission_set.arn, "reads", listed(readable), "on request, at most 8 h")
    reason = f"{permission_set.name} lets people read {listed(readable)} {how}."
    yield failed(permission_set.arn, reason, seen=seen, evidence=(proof,), near_miss=near)
