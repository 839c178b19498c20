"""Owns the parsing of databases and trails, from an answer or from an export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ztassess.connectors.aws.parsing import maybe, text
from ztassess.connectors.aws.snapshot_services import DatabaseCluster, DatabaseInstance, ParameterGroupUse, Trail


def parse_database_instance(raw: Mapping[str, Any], region: str) -> DatabaseInstance:
    """Parse one entry of ``rds.describe_db_instances``; what AWS leaves out stays None."""
    return DatabaseInstance(
        region=region,
        id=str(raw["DBInstanceIdentifier"]),
        arn=text(raw, "DBInstanceArn"),
        engine=str(raw["Engine"]),
        publicly_accessible=maybe(raw, "PubliclyAccessible"),
        encrypted=maybe(raw, "StorageEncrypted"),
        iam_authentication=maybe(raw, "IAMDatabaseAuthenticationEnabled"),
        cluster_id=text(raw, "DBClusterIdentifier"),
        parameter_groups=tuple(
            ParameterGroupUse(text(each, "DBParameterGroupName"), text(each, "ParameterApplyStatus"))
            for each in raw.get("DBParameterGroups") or ()
        ),
        groups=tuple(text(each, "VpcSecurityGroupId") for each in raw.get("VpcSecurityGroups") or ()),
        resource_id=text(raw, "DbiResourceId"),
    )


def parse_database_cluster(raw: Mapping[str, Any], region: str) -> DatabaseCluster:
    """Parse one entry of ``rds.describe_db_clusters``."""
    members = raw.get("DBClusterMembers") or ()
    waiting = [text(each, "DBClusterParameterGroupStatus") for each in members]
    return DatabaseCluster(
        region=region,
        id=str(raw["DBClusterIdentifier"]),
        arn=text(raw, "DBClusterArn"),
        engine=str(raw["Engine"]),
        publicly_accessible=maybe(raw, "PubliclyAccessible"),
        encrypted=maybe(raw, "StorageEncrypted"),
        iam_authentication=maybe(raw, "IAMDatabaseAuthenticationEnabled"),
        parameter_group=text(raw, "DBClusterParameterGroup"),
        parameter_status=next((each for each in waiting if each != "in-sync"), "in-sync" if waiting else ""),
        members=tuple(text(each, "DBInstanceIdentifier") for each in members),
        resource_id=text(raw, "DbClusterResourceId"),
    )


def parse_trail(
    raw: Mapping[str, Any], region: str, *, logging: bool | None = None, management_events: bool | None = None
) -> Trail:
    """Parse one entry of ``cloudtrail.describe_trails``; whether it is on is the answer to another call."""
    return Trail(
        region=text(raw, "HomeRegion") or region,
        arn=text(raw, "TrailARN"),
        name=str(raw["Name"]),
        multi_region=maybe(raw, "IsMultiRegionTrail") is True,
        organization=maybe(raw, "IsOrganizationTrail") is True,
        validated=maybe(raw, "LogFileValidationEnabled") is True,
        logging=logging,
        management_events=management_events,
    )
