"""Owns the checks of what the internet reaches: ports, the web application firewall, data stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.google_iap.constraints import NO_PUBLIC_BUCKETS, NO_PUBLIC_SQL
from ztassess.connectors.google_iap.judging import BACKENDS
from ztassess.connectors.google_iap.ranges import admin_ports, beyond_web, is_internet
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_resources import (
    WEB,
    ArmorPolicy,
    ArmorRule,
    Backend,
    Bucket,
    FirewallRule,
    SqlInstance,
)
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[CloudSnapshot] = Checks("google_iap")
FIREWALLS: Final = "GET compute/v1/projects/{project}/global/firewalls"
POLICIES: Final = "GET compute/v1/projects/{project}/aggregated/firewallPolicies"
ARMOR: Final = "GET compute/v1/projects/{project}/aggregated/securityPolicies"
SQL: Final = "GET sqladmin v1/projects/{project}/instances"
BUCKETS: Final = "GET storage/v1/b?project={project}"
UNREAD_ABOVE: Final = "Hierarchical firewall policies of folders and the organization were not read."


@checks.check(
    "google_iap.firewall_closed",
    title="No open administration ports",
    verifies=(Verifies("perimeter.default-deny-firewall", 2),),
    severity=Severity.CRITICAL,
    parts=("openings", "policy_openings", "instances"),
)
def firewall_closed(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No rule lets the internet in at other ports than 80 and 443."""
    rules = (*rows_read(snapshot.openings), *rows_read(snapshot.policy_openings))
    problems = [verdict for rule in rules if (verdict := _opens(snapshot, rule, len(rules))) is not None]
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.openings, snapshot.policy_openings),
        seen=len(rules),
        good=f"None of {count(len(rules), 'rule')} that let traffic in opens other ports than 80 and 443 to the "
        f"internet. {UNREAD_ABOVE}",
        nothing=f"No firewall rule lets anything in. {UNREAD_ABOVE}",
    )


def _opens(snapshot: CloudSnapshot, rule: FirewallRule, seen: int) -> Verdict | None:
    wide = [source for source in rule.sources if is_internet(source)]
    what = [said for opening in rule.openings if (said := beyond_web(opening))]
    if not wide or not what:
        return None
    administrative = admin_ports(rule.openings)
    kind = f"policies/{rule.policy}" if rule.policy else "firewalls"
    miss = ""
    if rule.targets:
        carrying = [each for each in rows_read(snapshot.instances) if _carries(each.tags, each.accounts, rule.targets)]
        miss = (
            f"Rule {rule.name} is limited by tag {names(rule.targets)}, which {count(len(carrying), 'instance')} "
            f"{'carries' if len(carrying) == 1 else 'carry'}."
        )
    return failed(
        f"projects/{rule.project}/{kind}/{rule.name}",
        f"Rule {rule.name} of {rule.project} lets {names(wide)} in at {names(what)}. {seen} rules were looked at.",
        seen=seen,
        evidence=(
            Evidence(
                POLICIES if rule.policy else FIREWALLS,
                rule.name,
                "sourceRanges, allowed",
                f"{names(wide)}: {names(what)}",
                "ports 80 and 443 only",
            ),
        ),
        severity=Severity.CRITICAL if administrative else Severity.HIGH,
        near_miss=miss,
    )


def _carries(tags: tuple[str, ...], accounts: tuple[str, ...], targets: tuple[str, ...]) -> bool:
    return bool({*tags, *accounts} & set(targets))


@checks.check(
    "google_iap.backends_have_cloud_armor",
    title="Public backends have Cloud Armor",
    verifies=(Verifies("perimeter.waf", 2),),
    severity=Severity.MEDIUM,
    parts=("backends", "armor_policies"),
)
def backends_have_cloud_armor(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """Every backend that the internet reaches over the web has preconfigured rules that refuse, not only tell."""
    external = [each for each in rows_read(snapshot.backends) if each.external]
    web = [each for each in external if each.protocol in WEB]
    other = [each.name for each in external if each.protocol not in WEB]
    policies = {policy.link: policy for policy in rows_read(snapshot.armor_policies)}
    problems = [
        verdict
        for backend in web
        if (verdict := _unarmored(snapshot, backend, policies.get(backend.armor), len(web))) is not None
    ]
    note = f" {count(len(other), 'backend')} of other protocols were left out: {names(other)}." if other else ""
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.backends, snapshot.armor_policies),
        seen=len(web),
        good=f"{len(web)} of {count(len(web), 'public backend')} have Cloud Armor rules that refuse.{note}",
        nothing=f"No backend faces the internet over the web.{note}",
    )


def _unarmored(snapshot: CloudSnapshot, backend: Backend, policy: ArmorPolicy | None, seen: int) -> Verdict | None:
    if not backend.armor:
        line = Evidence(BACKENDS, backend.link, "securityPolicy", "none", "a policy with preconfigured rules")
        reason = f"{backend.name} faces the internet without Cloud Armor. {seen} public backends were looked at."
        return failed(backend.link, reason, seen=seen, evidence=(line,), level=0)
    if policy is None:
        if isinstance(snapshot.armor_policies, Unavailable):
            return not_checked(backend.link, snapshot.armor_policies, seen=seen)
        reason = f"The policy of {backend.name} is not among those that were read."
        return not_checked(backend.link, "partial_data", reason, seen=seen)
    if any(_refuses(rule, policy) for rule in policy.rules):
        return None
    previewed = any(_refuses(rule, policy, preview=True) for rule in policy.rules)
    what = "only previews its preconfigured rules" if previewed else "has no preconfigured rule that refuses"
    line = Evidence(ARMOR, policy.name, "rules[].preview", "true" if previewed else "no such rule", "false, in deny")
    return failed(
        backend.link,
        f"{backend.name}: policy {policy.name} {what}. {seen} public backends were looked at.",
        seen=seen,
        evidence=(line,),
        level=1 if previewed else 0,
        near_miss=f"Policy {policy.name} is in preview." if previewed else "",
    )


def _refuses(rule: ArmorRule, policy: ArmorPolicy, *, preview: bool = False) -> bool:
    """A preconfigured rule that refuses, and that no rule before it keeps everybody from."""
    if not rule.waf or not rule.action.startswith("deny") or rule.preview is not preview:
        return False
    return not any(
        each.everyone and not each.preview and each.action == "allow" and each.priority < rule.priority
        for each in policy.rules
    )


@checks.check(
    "google_iap.stores_private",
    title="Stores have no public door",
    verifies=(Verifies("perimeter.private-datastores", 3),),
    severity=Severity.CRITICAL,
    parts=("sql_instances", "buckets", "org_policies"),
)
def stores_private(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No database takes the whole internet, and no bucket can be made public."""
    databases, buckets = rows_read(snapshot.sql_instances), rows_read(snapshot.buckets)
    seen = len(databases) + len(buckets)
    problems = [verdict for each in databases if (verdict := _open_database(each, seen)) is not None]
    problems += [verdict for each in buckets if (verdict := _open_bucket(snapshot, each, seen)) is not None]
    closed = [each.name for each in databases if each.public_address and not each.networks]
    miss = "Public IP is on with no authorized network: closed now, one setting from open." if closed else ""
    kept = _enforced(snapshot, NO_PUBLIC_SQL) and _enforced(snapshot, NO_PUBLIC_BUCKETS)
    rule = "and organization policy keeps it so" if kept else "but no organization policy keeps it so"
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.sql_instances, snapshot.buckets),
        seen=seen,
        good=f"{count(len(databases), 'database')} and {count(len(buckets), 'bucket')} have no public door, {rule}.",
        nothing="There is no Cloud SQL instance and no bucket in the listed projects.",
        level=3 if kept and not closed else 2,
        near_miss=miss,
    )


def _open_database(each: SqlInstance, seen: int) -> Verdict | None:
    wide = [network for network in each.networks if is_internet(network)]
    if not wide or each.public_address is False:
        return None
    name = f"projects/{each.project}/instances/{each.name}"
    if each.public_address is None:
        reason = f"{each.name} authorizes {names(wide)}, and Google did not say whether it has a public address."
        return not_checked(name, "partial_data", reason, seen=seen)
    line = Evidence(SQL, name, "settings.ipConfiguration.authorizedNetworks[].value", names(wide), "no such network")
    reason = f"Database {each.name} takes connections from {names(wide)}. {count(seen, 'store')} were looked at."
    return failed(name, reason, seen=seen, evidence=(line,), level=0)


def _open_bucket(snapshot: CloudSnapshot, each: Bucket, seen: int) -> Verdict | None:
    prevented = each.prevention == "enforced" or _enforced(snapshot, NO_PUBLIC_BUCKETS, each.project)
    if each.uniform and prevented:
        return None
    lacks = [
        said for said, good in (("uniform access", each.uniform), ("public access prevention", prevented)) if not good
    ]
    if (
        lacks == ["public access prevention"]
        and isinstance(snapshot.org_policies, Unavailable)
        and (each.prevention != "unspecified")
    ):
        # What it inherits is the organization's policy, which nobody could read.
        reason = f"Bucket {each.name} inherits whether it can be made public, and that could not be read."
        part = snapshot.org_policies
        return not_checked(f"b/{each.name}", Unavailable(part.reason, part.missing_scope, reason), seen=seen)
    line = Evidence(
        BUCKETS,
        f"b/{each.name}",
        "iamConfiguration",
        f"uniform {str(each.uniform).lower()}, publicAccessPrevention {each.prevention or 'not told'}",
        "uniform true, publicAccessPrevention enforced",
    )
    reason = f"Bucket {each.name} lacks {names(lacks)}: it can be made public. {count(seen, 'store')} were looked at."
    # Level 1 says that the databases are private, so it stands only where all of them were seen.
    level = 0 if isinstance(snapshot.sql_instances, Unavailable) else 1
    return failed(f"b/{each.name}", reason, seen=seen, evidence=(line,), level=level)


def _enforced(snapshot: CloudSnapshot, constraint: str, project: str = "") -> bool:
    """True if a constraint is enforced on one project, or on all that are listed."""
    kept = {
        each.project for each in rows_read(snapshot.org_policies) if each.constraint == constraint and each.enforced
    }
    wanted = {project} if project else {each.id for each in snapshot.inputs.projects}
    return bool(wanted) and wanted <= kept
