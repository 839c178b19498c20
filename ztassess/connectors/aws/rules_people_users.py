"""Owns the checks of IAM users: no passwords, MFA for administrators, an owner for everyone, nobody who left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.credentials import REPORT, active_keys, is_declared, is_person, is_stale, stale
from ztassess.connectors.aws.policies import is_administrator, is_administrator_policy
from ztassess.connectors.aws.principals import Holder, holders
from ztassess.connectors.aws.snapshot import AwsSnapshot, CredentialRow, Role, User
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

_DETAILS = "iam.get_account_authorization_details"
_OWNER_TAGS = ("owner", "team", "contact")
_MOST_ORPHANS = 0.05


def _rows(snapshot: AwsSnapshot) -> tuple[CredentialRow, ...] | Unavailable:
    """The report's users without root."""
    report = snapshot.credential_report
    return report if isinstance(report, Unavailable) else tuple(row for row in report if not row.is_root)


@checks.check(
    "aws.no_console_passwords",
    title="People do not have IAM passwords",
    verifies=(Verifies("identity.no-shared-accounts", 2), Verifies("mfa.admins", 2, supporting=True)),
    severity=Severity.HIGH,
    parts=("credential_report", "identity_centers", "saml_providers", "password_policy"),
)
def no_console_passwords(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No IAM user but declared emergency ones has a password; people sign in by Identity Center or SAML."""
    rows = _rows(snapshot)
    if isinstance(rows, Unavailable):
        yield not_checked(snapshot.account, rows)
        return
    emergency = [row.user for row in rows if is_declared(snapshot.inputs.break_glass, row.user, row.arn)]
    judged = [row for row in rows if row.user not in emergency]
    with_password = [row for row in judged if row.password_enabled]
    center = snapshot.identity_centers
    near = ""
    if with_password and not isinstance(center, Unavailable) and center:
        near = f"{counted(len(with_password), 'IAM user')} beside Identity Center."
    yield from (_has_password(snapshot, row, len(judged), near) for row in with_password)
    unclear = [row for row in judged if row.password_enabled is None]
    yield from (
        not_checked(row.arn, "partial_data", f"The report does not say whether {row.user} has a password.", seen=1)
        for row in unclear
    )
    if not with_password and not unclear:
        left_out = f" Left out: {listed(emergency)} for emergencies." if emergency else ""
        yield _signs_in_elsewhere(snapshot, len(rows), left_out)


def _has_password(snapshot: AwsSnapshot, row: CredentialRow, seen: int, near: str) -> Verdict:
    evidence = [Evidence(REPORT, row.arn, "password_enabled", "true", "false")]
    policy = snapshot.password_policy
    if not isinstance(policy, Unavailable) and policy and not policy[0].present:
        evidence.append(Evidence("iam.get_account_password_policy", snapshot.account, "PasswordPolicy", "none", "set"))
    reason = f"The IAM user {row.user} can sign in with a password."
    return failed(row.arn, reason, seen=seen, evidence=tuple(evidence), near_miss=near)


def _signs_in_elsewhere(snapshot: AwsSnapshot, users: int, left_out: str) -> Verdict:
    """Nobody has a password: good where people have another way in, meaningless where they have none."""
    if is_stale(snapshot):
        return stale(snapshot, users)
    centers, saml = snapshot.identity_centers, snapshot.saml_providers
    ways = [] if isinstance(centers, Unavailable) or not centers else ["Identity Center"]
    ways += [] if isinstance(saml, Unavailable) or not saml else ["SAML"]
    if ways:
        reason = f"None of {counted(users, 'IAM user')} has a password; people sign in by {listed(ways)}.{left_out}"
        proof = Evidence(REPORT, snapshot.account, "password_enabled", "0 users", "0 users")
        return passed(snapshot.account, reason, seen=max(1, users), evidence=(proof,))
    unread = next((each for each in (centers, saml) if isinstance(each, Unavailable)), None)
    if unread is not None:
        return not_checked(snapshot.account, unread, seen=users)
    reason = f"No IAM user has a password, and people do not sign in here by Identity Center or SAML.{left_out}"
    return not_applicable(snapshot.account, reason)


@checks.check(
    "aws.admins_use_mfa",
    title="IAM administrators use MFA",
    verifies=(Verifies("mfa.admins", 2),),
    severity=Severity.CRITICAL,
    parts=("credential_report", "users", "groups", "policies"),
)
def admins_use_mfa(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Every IAM user with a password and administrator rights has a second factor."""
    rows = _rows(snapshot)
    every = holders(snapshot)
    if isinstance(rows, Unavailable):
        yield not_checked(snapshot.account, rows)
        return
    if isinstance(every, Unavailable):
        yield not_checked(snapshot.account, every)
        return
    by_arn = {holder.arn: holder for holder in every if holder.kind == "user"}
    problems: list[Verdict] = []
    administrators: list[CredentialRow] = []
    for row in (each for each in rows if each.password_enabled is not False):
        holder = by_arn.get(row.arn)
        if holder is None or (holder.unread and not _administers(holder)):
            reason = f"What {row.user} may do is not in what we read."
            problems.append(not_checked(row.arn, "partial_data", reason, seen=1))
        elif _administers(holder):
            administrators.append(row)
    problems += [verdict for row in administrators for verdict in _second_factor(row, len(administrators))]
    skipping = [row.user for row in administrators if active_keys(row)]
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(administrators),
        good=f"All {counted(len(administrators), 'IAM administrator')} with a password use MFA.",
        nothing="No IAM user with a password is administrator; administrators are judged at the identity provider.",
        near_miss=f"{listed(skipping)} has MFA but also an access key that skips it." if skipping else "",
    )


def _administers(holder: Holder) -> bool:
    return any(is_administrator_policy(policy) for policy in holder.attached) or is_administrator(holder.documents)


def _second_factor(row: CredentialRow, seen: int) -> Iterator[Verdict]:
    if row.mfa_active is None:
        reason = f"The report does not say whether {row.user} has MFA."
        yield not_checked(row.arn, "partial_data", reason, seen=1)
    elif not row.mfa_active:
        proof = Evidence(REPORT, row.arn, "mfa_active", "false", "true")
        reason = f"{row.user} is administrator and signs in with a password only."
        yield failed(row.arn, reason, seen=seen, evidence=(proof,), level=0)


@checks.check(
    "aws.accounts_listed",
    title="IAM users and roles match the declared list",
    verifies=(Verifies("identity.inventory", 2),),
    severity=Severity.MEDIUM,
    parts=("users", "roles"),
)
def accounts_listed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Fewer than 5 % of the users and roles have neither an owner tag nor a place on the declared list."""
    users, roles = snapshot.users, snapshot.roles
    if isinstance(users, Unavailable):
        yield not_checked(snapshot.account, users)
        return
    if isinstance(roles, Unavailable):
        yield not_checked(snapshot.account, roles)
        return
    own: list[User | Role] = [*users, *(each for each in roles if not (each.service_linked or each.reserved))]
    if not own:
        yield not_applicable(snapshot.account, "There is no user and no role to list.")
        return
    orphans = [each for each in own if not _has_owner(each, snapshot.inputs.owned or ())]
    share = len(orphans) / len(own)
    names = listed(each.name for each in orphans)
    without = f"{len(orphans)} of {counted(len(own), 'user or role', 'users and roles')} have no owner"
    proof = Evidence(_DETAILS, snapshot.account, "without owner", f"{len(orphans)} of {len(own)}", "under 5 %")
    if share < _MOST_ORPHANS:
        reason = f"{without}{': ' + names if names else ''}; under 5 % is kept up."
        yield passed(snapshot.account, reason, seen=len(own), evidence=(proof,))
    elif snapshot.inputs.owned is None:
        reason = f"{without} tag, and no list of owned users and roles is declared."
        near = f"{counted(len(orphans), 'user or role', 'users and roles')} have no owner: {names}."
        yield not_checked(snapshot.account, "input_missing", reason, seen=len(own), near_miss=near)
    else:
        roles_alone = sum(1 for each in orphans if isinstance(each, Role))
        near = f"{counted(roles_alone, 'role')} {'has' if roles_alone == 1 else 'have'} no owner."
        yield failed(snapshot.account, f"{without}: {names}.", seen=len(own), evidence=(proof,), near_miss=near)


def _has_owner(identity: User | Role, owned: Sequence[str]) -> bool:
    tagged = any(tag.key.lower() in _OWNER_TAGS and tag.value.strip() for tag in identity.tags)
    return tagged or is_declared(owned, identity.name, identity.arn)


@checks.check(
    "aws.leavers_removed",
    title="No leaver has an IAM user",
    verifies=(Verifies("identity.offboarding", 2),),
    severity=Severity.CRITICAL,
    parts=("credential_report",),
)
def leavers_removed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Nobody who left has an IAM user with a password or an active key."""
    rows, leavers = _rows(snapshot), snapshot.inputs.leavers
    if isinstance(rows, Unavailable):
        yield not_checked(snapshot.account, rows)
        return
    if leavers is None:
        yield not_checked(snapshot.account, "input_missing", "Who left the company is not declared.")
        return
    if not leavers:
        yield not_applicable(snapshot.account, "Nobody left, as declared.")
        return
    theirs = [row for row in rows if is_person(row, leavers)]
    problems = [verdict for row in theirs for verdict in _still_in(row, len(rows))]
    yield from problems
    if not problems and is_stale(snapshot):
        yield stale(snapshot, len(leavers))
    elif not problems:
        dead = f" {listed(row.user for row in theirs)} exists without password and key." if theirs else ""
        reason = f"None of {counted(len(leavers), 'leaver')} has an IAM user with a password or an active key.{dead}"
        proof = Evidence(REPORT, snapshot.account, "users of leavers", "0", "0")
        yield passed(snapshot.account, reason, seen=len(leavers), evidence=(proof,))


def _still_in(row: CredentialRow, seen: int) -> Iterator[Verdict]:
    keys = active_keys(row)
    if row.password_enabled or keys:
        ways = (["a password"] if row.password_enabled else []) + [f"active key {key.slot}" for key in keys]
        near = "" if row.password_enabled else f"{row.user}: password off, key still active."
        proof = Evidence(REPORT, row.arn, "password_enabled, access_key_active", ", ".join(ways), "neither")
        reason = f"{row.user} left and still has {listed(ways)}."
        yield failed(row.arn, reason, seen=seen, evidence=(proof,), near_miss=near)
    elif row.password_enabled is None or row.keys is None:
        reason = f"The report does not say whether {row.user}, who left, has a password or keys."
        yield not_checked(row.arn, "partial_data", reason, seen=1)
