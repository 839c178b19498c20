"""Owns which declared data stores a permission set can read: buckets, tables, databases by IAM token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ztassess.connectors.aws.database_grants import connect_grants
from ztassess.connectors.aws.permission_sets import SetRights
from ztassess.connectors.aws.policies import allows
from ztassess.connectors.aws.principals import Holder
from ztassess.connectors.aws.snapshot import AwsSnapshot, PermissionSet
from ztassess.domain.findings import Unavailable

# AWS's own policies that read data, known by name where their document was not read.
_READS_BUCKETS = ("ReadOnlyAccess", "PowerUserAccess", "AmazonS3ReadOnlyAccess", "AmazonS3FullAccess")
_READS_TABLES = ("ReadOnlyAccess", "PowerUserAccess", "AmazonDynamoDBReadOnlyAccess", "AmazonDynamoDBFullAccess")
_TABLE_READS = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchGetItem")


def reads(
    snapshot: AwsSnapshot, permission_set: PermissionSet, rights: SetRights, stores: Iterable[str]
) -> tuple[str, ...]:
    """The declared stores that this permission set can read, as declared.

    Parameters:
        stores: bucket, table or database names, ids or ARNs; a bare name that is no database is tried as the others.
    """
    if rights.administrator:
        return tuple(stores)
    names = {policy.name for policy in permission_set.managed if policy.arn.startswith("arn:aws:iam::aws:")}
    return tuple(store for store in stores if any(_ways(snapshot, permission_set, rights, names, store)))


def _ways(
    snapshot: AwsSnapshot, permission_set: PermissionSet, rights: SetRights, names: set[str], store: str
) -> Iterator[bool]:
    service = store.split(":")[2] if store.startswith("arn:") and store.count(":") > 1 else ""
    if any(True for _ in _databases(snapshot, store)):
        service = "rds"
    if service in ("", "s3"):
        bucket = store.rpartition(":::")[2] if service else store
        yield bool(names & set(_READS_BUCKETS))
        yield allows(rights.documents, "s3:GetObject", f"arn:aws:s3:::{bucket}/any-object")
    if service in ("", "dynamodb"):
        yield bool(names & set(_READS_TABLES))
        tables = [store] if service else [_table(snapshot, region, store) for region in _regions(snapshot)]
        yield any(allows(rights.documents, action, table) for action in _TABLE_READS for table in tables)
    if service in ("", "rds"):
        yield _connects(snapshot, permission_set, rights, store)


def _table(snapshot: AwsSnapshot, region: str, name: str) -> str:
    return f"arn:aws:dynamodb:{region}:{snapshot.account}:table/{name}"


def _regions(snapshot: AwsSnapshot) -> tuple[str, ...]:
    return snapshot.read_regions() or ("us-east-1",)


def _connects(snapshot: AwsSnapshot, permission_set: PermissionSet, rights: SetRights, store: str) -> bool:
    holder = Holder("role", permission_set.arn, permission_set.name, rights.documents)
    grants = connect_grants([holder])
    return bool(grants) and any(
        grant.reaches(region, resource) for grant in grants for region, resource in _databases(snapshot, store)
    )


def databases_unseen(
    snapshot: AwsSnapshot, permission_set: PermissionSet, rights: SetRights, stores: Iterable[str]
) -> Unavailable | None:
    """Why nobody can tell whether a set that may connect to databases reaches a declared one; None if one can."""
    maybe = any(not store.startswith("arn:") or store.split(":")[2:3] == ["rds"] for store in stores)
    holder = Holder("role", permission_set.arn, permission_set.name, rights.documents)
    if not maybe or not connect_grants([holder]):
        return None
    for part in (snapshot.database_instances, snapshot.database_clusters):
        if isinstance(part, Unavailable):
            return part
    gaps = snapshot.gaps("database_instances", "database_clusters")
    return gaps[0].why if gaps else None


def _databases(snapshot: AwsSnapshot, store: str) -> Iterator[tuple[str, str]]:
    """Region and resource id of the databases a declared store means."""
    for part in (snapshot.database_instances, snapshot.database_clusters):
        for each in () if isinstance(part, Unavailable) else part:
            if store in (each.id, each.arn):
                yield each.region, each.resource_id
