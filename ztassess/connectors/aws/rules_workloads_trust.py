"""Owns the checks of who may take on a role: named parties, and pipelines bound to a repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.environments import OTHER, PRODUCTION, account_labels
from ztassess.connectors.aws.snapshot import AwsSnapshot, Role
from ztassess.connectors.aws.trust import Party, Trusted, trusted
from ztassess.connectors.aws.trust_pipelines import Bound, PipelineTrust, is_github, pipeline_trusts
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
)

checks: Checks[AwsSnapshot] = Checks("aws")

SOURCE = "iam.get_account_authorization_details"
FIELD = "AssumeRolePolicyDocument"


@checks.check(
    "aws.trust_policies_closed",
    title="Roles trust only named parties",
    verifies=(
        Verifies("least-privilege.environment-separation", 2),
        Verifies("least-privilege.no-wildcard-iam", 2),
    ),
    severity=Severity.CRITICAL,
    parts=("roles", "organization_accounts"),
)
def trust_policies_closed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No role trusts everyone, a foreign account without an external id, or non-production from production."""
    if isinstance(snapshot.roles, Unavailable):
        yield not_checked(snapshot.account, snapshot.roles)
        return
    roles = [role for role in snapshot.roles if not role.service_linked]
    ours = our_accounts(snapshot)
    problems: list[Verdict] = []
    whole: list[str] = []
    for role in roles:
        parties = tuple(dict.fromkeys(trusted(role.trust)))
        found = _judge(snapshot, role, parties, ours, len(roles))
        if found is not None:
            problems.append(found)
        whole += [f"{role.name} trusts the whole account {each.account}" for each in parties if each.whole_account]
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(roles),
        good=f"Each of {counted(len(roles), 'role')} trusts named parties only.",
        nothing="There is no role to judge.",
        evidence=(Evidence(SOURCE, snapshot.account, "roles open to unnamed parties", "0", "0"),),
        near_miss=f"{listed(whole)}, not a role." if whole else "",
    )


def our_accounts(snapshot: AwsSnapshot) -> dict[str, str] | None:
    """Names of the organization's accounts by id; None where the list was not readable and not declared."""
    declared = {account: "" for account, _ in snapshot.inputs.account_environments or ()}
    if isinstance(snapshot.organization_accounts, Unavailable):
        return declared or None
    return declared | {each.id: each.name for each in snapshot.organization_accounts}


def _judge(
    snapshot: AwsSnapshot, role: Role, parties: Sequence[Trusted], ours: dict[str, str] | None, seen: int
) -> Verdict | None:
    """At most one verdict on a role: trust in everyone is worse than in a foreign account, than across environments."""
    everyone = [each for each in parties if each.party is Party.EVERYONE]
    if not everyone and any(trust.bound is Bound.NOTHING for trust in pipeline_trusts(role.trust)):
        everyone = [Trusted(Party.EVERYONE, "every GitHub repository")]
    if everyone:
        reason = f"The role {role.name} can be taken on by {everyone[0].name}."
        return _open(role, reason, everyone[0].name, "named parties", seen=seen)
    others = [each for each in parties if each.party is Party.ACCOUNT and each.account != snapshot.account]
    foreign = [each for each in others if each.account not in (ours or {}) and not each.external_id]
    if foreign:
        names = listed(each.account for each in foreign)
        unsure = "" if ours is not None else " (the organization's account list was not readable)"
        reason = (
            f"The role {role.name} trusts account {names} outside your organization{unsure} without an external id."
        )
        severity = None if ours is not None else Severity.HIGH
        return _open(role, reason, foreign[0].name, "sts:ExternalId in the condition", seen=seen, severity=severity)
    return _separated(snapshot, role, others, ours, seen)


def _separated(
    snapshot: AwsSnapshot, role: Role, others: Sequence[Trusted], ours: dict[str, str] | None, seen: int
) -> Verdict | None:
    """Whether a production account lets non-production in; an account outside the organization is no environment."""
    here = account_labels(snapshot, snapshot.account, (ours or {}).get(snapshot.account, ""))
    if not others or here == {OTHER}:
        return None
    if ours is None:
        why = snapshot.organization_accounts
        reason = f"The role {role.name} trusts another account; which environment that is in is not known."
        return not_checked(role.arn, why if isinstance(why, Unavailable) else "input_missing", reason, seen=1)
    siblings = [each for each in others if each.account in ours]
    if not siblings:
        return None
    labels = {each.account: account_labels(snapshot, each.account, ours[each.account]) for each in siblings}
    crossing = [account for account, label in labels.items() if OTHER in label]
    unknown = [account for account, label in labels.items() if not label]
    if crossing and PRODUCTION in here:
        reason = f"The role {role.name} of production trusts the non-production account {listed(crossing)}."
        return _open(role, reason, crossing[0], "production accounts only", seen=seen)
    if unknown or not here:
        lacking = listed(unknown) if here else snapshot.account
        reason = f"The role {role.name} trusts another account; name the environment of account {lacking}."
        return not_checked(role.arn, "input_missing", reason, seen=1)
    return None


def _open(
    role: Role, reason: str, observed: str, expected: str, *, seen: int, severity: Severity | None = None
) -> Verdict:
    evidence = Evidence(SOURCE, role.arn, FIELD, observed, expected)
    return failed(role.arn, reason, seen=seen, evidence=(evidence,), severity=severity)


@checks.check(
    "aws.github_oidc_bound",
    title="Pipeline roles are bound to a repository",
    verifies=(Verifies("least-privilege.ci-scopes", 2),),
    severity=Severity.CRITICAL,
    parts=("roles", "oidc_providers"),
)
def github_oidc_bound(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Roles that trust GitHub ask for tokens made for AWS, of one repository and a branch or environment."""
    if isinstance(snapshot.roles, Unavailable):
        yield not_checked(snapshot.account, snapshot.roles)
        return
    trusts = [(role, tuple(pipeline_trusts(role.trust))) for role in snapshot.roles]
    bound = [(role, found) for role, found in trusts if found]
    if not bound:
        yield _without_pipelines(snapshot)
        return
    problems = [verdict for role, found in bound for verdict in _pipeline(role, found, len(bound))]
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(bound),
        good=f"Each of {counted(len(bound), 'pipeline role')} is bound to a repository and a branch or environment.",
        nothing="No role trusts GitHub.",
        evidence=(Evidence(SOURCE, snapshot.account, "pipeline roles open to other branches", "0", "0"),),
    )


def _without_pipelines(snapshot: AwsSnapshot) -> Verdict:
    providers = snapshot.oidc_providers
    if not isinstance(providers, Unavailable) and any(is_github(each.host or each.arn) for each in providers):
        return not_applicable(snapshot.account, "GitHub is an identity provider here, but no role trusts it.")
    return not_applicable(snapshot.account, "No role trusts GitHub; see the github checks for stored keys.")


_LOOSE = {
    Bound.NOTHING: "any repository of anybody on GitHub",
    Bound.OWNER: "any repository of one owner",
    Bound.REPOSITORY: "any branch or pull request of one repository",
}


def _pipeline(role: Role, found: Sequence[PipelineTrust], seen: int) -> Iterator[Verdict]:
    """At most one verdict on one role: its loosest statement decides."""
    loosest = min(found, key=lambda trust: trust.bound)
    subjects = ", ".join(loosest.subjects[:50]) or "no sub condition"
    evidence = (
        Evidence(SOURCE, role.arn, "sub", subjects, "repo:OWNER/NAME:ref:refs/heads/BRANCH or :environment:NAME"),
    )
    if loosest.bound in _LOOSE:
        repository = loosest.bound is Bound.REPOSITORY
        yield failed(
            role.arn,
            f"The role {role.name} can be taken on by {_LOOSE[loosest.bound]} ({subjects}).",
            seen=seen,
            evidence=evidence,
            level=0 if loosest.bound is Bound.NOTHING else None,
            severity=Severity.HIGH if repository else None,
            near_miss="Bound to the repository, any branch." if repository else "",
        )
    elif not all(trust.audience for trust in found):
        yield failed(
            role.arn,
            f"The role {role.name} does not ask for tokens made for AWS (aud sts.amazonaws.com).",
            seen=seen,
            evidence=(Evidence(SOURCE, role.arn, "aud", "absent or another", "sts.amazonaws.com"),),
            severity=Severity.MEDIUM,
            near_miss="Bound to the repository; the audience is not checked.",
        )
    elif loosest.bound is Bound.UNKNOWN:
        reason = f"The role {role.name} trusts a customized subject that we cannot read ({subjects})."
        yield not_checked(role.arn, "unsupported", reason, seen=1)
