"""Owns the check that environments are separate accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.environments import OTHER, PRODUCTION, account_labels, labels_in, tagged
from ztassess.connectors.aws.snapshot import AwsSnapshot, OrganizationAccount
from ztassess.connectors.aws.trust import Party, trusted
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

SOURCE = "organizations.list_accounts"
_NAMED = (
    "database_instances",
    "database_clusters",
    "kubernetes_clusters",
    "container_services",
    "functions",
    "secrets",
)


@checks.check(
    "aws.accounts_by_environment",
    title="Environments are separate accounts",
    verifies=(Verifies("least-privilege.environment-separation", 2),),
    severity=Severity.HIGH,
    parts=("organization_accounts",),
)
def accounts_by_environment(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Production and non-production are different accounts of the organization, by declared labels or names."""
    if isinstance(snapshot.organization_accounts, Unavailable):
        yield not_checked(snapshot.account, snapshot.organization_accounts)
        return
    accounts = [each for each in snapshot.organization_accounts if each.status != "SUSPENDED"]
    labels = {each.id: account_labels(snapshot, each.id, each.name) for each in accounts}
    production = [each for each in accounts if labels[each.id] == {PRODUCTION}]
    other = [each for each in accounts if labels[each.id] == {OTHER}]
    mixed = [each for each in accounts if len(labels[each.id]) > 1]
    unlabeled = [each for each in accounts if not labels[each.id]]
    problems = [_mixed(each, len(accounts)) for each in mixed]
    if not problems and not (production and other):
        problems = [_together(snapshot, accounts, unlabeled)]
    note = f" {counted(len(unlabeled), 'account')} without a label: {listed(_names(unlabeled))}." if unlabeled else ""
    crossing = _crossing(snapshot, [each.id for each in other]) if production else []
    yield from conclude(
        snapshot,
        problems,
        parts=(),
        seen=len(accounts),
        good=f"Production ({listed(_names(production))}) and the rest ({listed(_names(other))}) are separate accounts."
        f"{note}",
        nothing="The organization has no account.",
        evidence=(Evidence(SOURCE, snapshot.account, "accounts that hold both environments", "0", "0"),),
        near_miss=f"Separate accounts; role {listed(crossing)} crosses." if crossing else "",
    )


def _names(accounts: Sequence[OrganizationAccount]) -> list[str]:
    return [each.name or each.id for each in accounts]


def _mixed(account: OrganizationAccount, seen: int) -> Verdict:
    evidence = Evidence(SOURCE, account.id, "Name", account.name, "one environment")
    reason = f"Account {account.name} ({account.id}) is named for production and for other environments."
    return failed(account.id, reason, seen=seen, evidence=(evidence,))


def _together(
    snapshot: AwsSnapshot, accounts: Sequence[OrganizationAccount], unlabeled: Sequence[OrganizationAccount]
) -> Verdict:
    """No two environments are told apart: the account read holds both, or we cannot tell."""
    signs = _signs(snapshot)
    production = sorted(name for name, label in signs.items() if label == {PRODUCTION})
    other = sorted(name for name, label in signs.items() if label == {OTHER})
    if production and other:
        return failed(
            snapshot.account,
            f"Production ({listed(production, 3)}) and other environments ({listed(other, 3)}) are in one account.",
            seen=max(1, len(accounts)),
            evidence=(
                Evidence("names and tags", snapshot.account, "production", listed(production, 50), "its own account"),
                Evidence(
                    "names and tags", snapshot.account, "other environments", listed(other, 50), "another account"
                ),
            ),
        )
    if len(accounts) <= 1:
        reason = "There is one account, and no name or tag in it says whether it holds more than one environment."
    elif unlabeled:
        reason = f"Label the accounts {listed(_names(unlabeled))} to tell environments apart."
    else:
        reason = f"All {len(accounts)} accounts have the same label, so nothing says where other environments are."
    return not_checked(snapshot.account, "input_missing", reason, seen=len(accounts))


def _signs(snapshot: AwsSnapshot) -> dict[str, frozenset[str]]:
    """What in this account speaks of an environment: names of stores and workloads, tags of users and roles."""
    signs: dict[str, frozenset[str]] = {}
    for part in _NAMED:
        items = getattr(snapshot, part)
        for item in () if isinstance(items, Unavailable) else items:
            name = str(getattr(item, "name", "") or getattr(item, "id", ""))
            cluster = str(getattr(item, "cluster", "")).rpartition("/")[2]
            signs[name] = labels_in(name) or labels_in(cluster)
    for people in (snapshot.users, snapshot.roles):
        for each in () if isinstance(people, Unavailable) else people:
            signs[each.name] = tagged(each.tags)
    return {name: label for name, label in signs.items() if label}


def _crossing(snapshot: AwsSnapshot, other: Sequence[str]) -> list[str]:
    """Roles of this account, if it is production, that trust a non-production account."""
    if isinstance(snapshot.roles, Unavailable) or snapshot.account in other:
        return []
    return [
        role.name
        for role in snapshot.roles
        if any(each.party is Party.ACCOUNT and each.account in other for each in trusted(role.trust))
    ]
