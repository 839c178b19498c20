"""Owns the list of checks of data stores, and those of who can reach them: databases and buckets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ztassess.connectors.aws import rules_stores_database
from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.snapshot import AwsSnapshot, DatabaseCluster, PublicAccessBlock
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

checks: Checks[AwsSnapshot] = Checks("aws")

_STORES = ("database_instances", "database_clusters", "redshift_clusters")


@dataclass(frozen=True, slots=True)
class Store:
    """A database as this check sees it, whatever its service. None: AWS did not say."""

    kind: str
    resource: str
    name: str
    region: str
    public: bool | None
    encrypted: bool | None
    source: str


@checks.check(
    "aws.databases_private_and_encrypted",
    title="Databases are private and encrypted",
    verifies=(Verifies("perimeter.private-datastores", 2),),
    severity=Severity.CRITICAL,
    parts=_STORES,
)
def databases_private_and_encrypted(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No database, cluster or warehouse is publicly accessible, and all are encrypted at rest."""
    parts = ((part, getattr(snapshot, part)) for part in _STORES)
    unreadable = [not_checked(part, value) for part, value in parts if isinstance(value, Unavailable)]
    stores = list(_stores(snapshot))
    problems = [verdict for store in stores for verdict in _store(store, len(stores))]
    yield from conclude(
        snapshot,
        [*problems, *unreadable],
        parts=_STORES,
        seen=len(stores),
        good=f"All {counted(len(stores), 'database')} are private and encrypted.",
        nothing="This account has no database.",
        evidence=(
            Evidence("rds.describe_db_instances", snapshot.account, "public or unencrypted databases", "0", "0"),
        ),
    )


def _stores(snapshot: AwsSnapshot) -> Iterator[Store]:
    instances = () if isinstance(snapshot.database_instances, Unavailable) else snapshot.database_instances
    for each in instances:
        source = "rds.describe_db_instances"
        yield Store("database", each.arn, each.id, each.region, each.publicly_accessible, each.encrypted, source)
    if not isinstance(snapshot.database_clusters, Unavailable):
        known = {(each.region, each.cluster_id) for each in instances}
        for cluster in snapshot.database_clusters:
            public = _cluster_public(cluster, with_instances=(cluster.region, cluster.id) in known)
            source = "rds.describe_db_clusters"
            yield Store("cluster", cluster.arn, cluster.id, cluster.region, public, cluster.encrypted, source)
    if not isinstance(snapshot.redshift_clusters, Unavailable):
        for warehouse in snapshot.redshift_clusters:
            source, resource = "redshift.describe_clusters", f"redshift:{warehouse.region}:{warehouse.id}"
            public, encrypted = warehouse.publicly_accessible, warehouse.encrypted
            yield Store("warehouse", resource, warehouse.id, warehouse.region, public, encrypted, source)


def _cluster_public(cluster: DatabaseCluster, *, with_instances: bool) -> bool | None:
    """Aurora clusters do not say whether they are public: their instances do, and are judged by themselves."""
    if cluster.publicly_accessible is None and with_instances:
        return False
    return cluster.publicly_accessible


def _store(store: Store, seen: int) -> Iterator[Verdict]:
    """At most one verdict on one store: public is worse than unencrypted, and both are worse than unknown."""
    where = f"The {store.kind} {store.name} ({store.region})"
    faults = {
        "PubliclyAccessible": ("true", "false") if store.public else None,
        "StorageEncrypted": ("false", "true") if store.encrypted is False else None,
    }
    evidence = tuple(
        Evidence(store.source, store.resource, field, *values) for field, values in faults.items() if values
    )
    if store.public:
        more = " and is not encrypted" if store.encrypted is False else ""
        reason = f"{where} is publicly accessible{more}."
        yield failed(store.resource, reason, seen=seen, evidence=evidence, level=0)
    elif store.encrypted is False:
        private = store.public is False
        yield failed(
            store.resource,
            f"{where} is not encrypted at rest.",
            seen=seen,
            evidence=evidence,
            level=1 if private else None,
            severity=Severity.HIGH,
            near_miss=f"{store.name} is private but not encrypted; that needs a restore." if private else "",
        )
    elif store.public is None or store.encrypted is None:
        field = "PubliclyAccessible" if store.public is None else "StorageEncrypted"
        yield not_checked(store.resource, "partial_data", f"{where}: AWS did not say {field}.", seen=1)


@checks.check(
    "aws.buckets_block_public_access",
    title="Buckets cannot be public",
    verifies=(Verifies("perimeter.private-datastores", 3),),
    severity=Severity.HIGH,
    parts=("public_access_block",),
)
def buckets_block_public_access(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """All four settings of the account's block of public buckets are on."""
    if isinstance(snapshot.public_access_block, Unavailable):
        yield not_checked(snapshot.account, snapshot.public_access_block)
        return
    if not snapshot.public_access_block:
        yield not_checked(
            snapshot.account, "partial_data", "AWS gave no answer about the account's public access block."
        )
        return
    source = "s3control.get_public_access_block"
    settings = _settings(snapshot.public_access_block[0])
    off = [name for name, on in settings.items() if not on]
    if not off:
        evidence = tuple(Evidence(source, snapshot.account, name, "true", "true") for name in settings)
        yield passed(snapshot.account, "All four settings that keep buckets private are on.", seen=1, evidence=evidence)
        return
    words = {1: "Three of four settings.", 2: "Two of four settings.", 3: "One of four settings."}
    yield failed(
        snapshot.account,
        f"The account does not block public buckets: {listed(off)} {'is' if len(off) == 1 else 'are'} off.",
        evidence=tuple(Evidence(source, snapshot.account, name, "false", "true") for name in off),
        level=1,
        near_miss=words.get(len(off), ""),
    )


def _settings(block: PublicAccessBlock) -> dict[str, bool]:
    """The four settings by AWS's names; all off where none is configured."""
    return {
        "BlockPublicAcls": block.present and block.block_public_acls,
        "IgnorePublicAcls": block.present and block.ignore_public_acls,
        "BlockPublicPolicy": block.present and block.block_public_policy,
        "RestrictPublicBuckets": block.present and block.restrict_public_buckets,
    }


checks.include(rules_stores_database.checks)
