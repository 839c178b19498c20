"""Owns the calls to stores and logs: RDS, Redshift, S3's account block, CloudTrail, GuardDuty, EventBridge, alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ztassess.connectors.aws.client import Aws
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.parsing import maybe, moment, text
from ztassess.connectors.aws.parsing_services import parse_database_cluster, parse_database_instance, parse_trail
from ztassess.connectors.aws.snapshot_services import (
    DatabaseCluster,
    DatabaseInstance,
    Detector,
    EventRule,
    MetricAlarm,
    MetricFilter,
    Parameter,
    ParameterGroup,
    PublicAccessBlock,
    RedshiftCluster,
    Secret,
    Trail,
)
from ztassess.domain.findings import Unavailable

TRANSPORT_PARAMETERS = ("rds.force_ssl", "require_secure_transport")
_MOST_GROUPS = 20
_NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"


def database_instances(aws: Aws, region: str) -> Iterator[DatabaseInstance]:
    """``rds.describe_db_instances``"""
    for each in aws.items("rds", "describe_db_instances", "DBInstances", region):
        yield parse_database_instance(each, region)


def database_clusters(aws: Aws, region: str) -> Iterator[DatabaseCluster]:
    """``rds.describe_db_clusters``"""
    for each in aws.items("rds", "describe_db_clusters", "DBClusters", region):
        yield parse_database_cluster(each, region)


def parameter_groups(
    aws: Aws, region: str, instances: Sequence[DatabaseInstance], clusters: Sequence[DatabaseCluster]
) -> Iterator[ParameterGroup]:
    """``rds.describe_db_parameters`` and ``rds.describe_db_cluster_parameters``, once for each group in use."""
    names = [(use.name, False) for each in instances for use in each.parameter_groups]
    names += [(each.parameter_group, True) for each in clusters]
    asked = [(name, of_cluster) for name, of_cluster in dict.fromkeys(names) if name]
    for name, of_cluster in asked[:_MOST_GROUPS]:
        yield ParameterGroup(region, name, of_cluster, _parameters(aws, region, name, of_cluster=of_cluster))
    if len(asked) > _MOST_GROUPS:
        raise Refused(
            Unavailable("partial_data", detail=f"Only {_MOST_GROUPS} of {len(asked)} parameter groups were read.")
        )


def _parameters(aws: Aws, region: str, name: str, *, of_cluster: bool) -> tuple[Parameter, ...] | Unavailable:
    try:
        if of_cluster:
            group = {"DBClusterParameterGroupName": name}
            found = aws.items("rds", "describe_db_cluster_parameters", "Parameters", region, **group)
        else:
            found = aws.items("rds", "describe_db_parameters", "Parameters", region, DBParameterGroupName=name)
        return tuple(
            Parameter(str(each["ParameterName"]), each.get("ParameterValue"))
            for each in found
            if each.get("ParameterName") in TRANSPORT_PARAMETERS
        )
    except Refused as problem:
        return problem.why


def redshift_clusters(aws: Aws, region: str) -> Iterator[RedshiftCluster]:
    """``redshift.describe_clusters``"""
    for each in aws.items("redshift", "describe_clusters", "Clusters", region):
        identifier = str(each["ClusterIdentifier"])
        yield RedshiftCluster(region, identifier, maybe(each, "PubliclyAccessible"), maybe(each, "Encrypted"))


def public_access_block(aws: Aws, account: str) -> tuple[PublicAccessBlock, ...]:
    """The account's block of public buckets (``s3control.get_public_access_block``); none is an answer."""
    try:
        answer = aws.call("s3control", "get_public_access_block", AccountId=account)
    except Refused as problem:
        if problem.code != _NO_BLOCK:
            raise
        return (PublicAccessBlock(present=False),)
    found = answer["PublicAccessBlockConfiguration"]
    return (
        PublicAccessBlock(
            present=True,
            block_public_acls=maybe(found, "BlockPublicAcls") is True,
            ignore_public_acls=maybe(found, "IgnorePublicAcls") is True,
            block_public_policy=maybe(found, "BlockPublicPolicy") is True,
            restrict_public_buckets=maybe(found, "RestrictPublicBuckets") is True,
        ),
    )


def trails(aws: Aws, region: str, *, shadows: bool) -> Iterator[Trail]:
    """``cloudtrail.describe_trails`` with each trail's status and event selectors.

    Parameters:
        shadows: also the trails whose home is another region (asked once, or every region would repeat them).
    """
    answer = aws.call("cloudtrail", "describe_trails", region, includeShadowTrails=shadows)
    for each in answer["trailList"]:
        home, arn = text(each, "HomeRegion") or region, str(each["TrailARN"])
        yield parse_trail(
            each, region, logging=_is_logging(aws, home, arn), management_events=_records_management(aws, home, arn)
        )


def _is_logging(aws: Aws, region: str, arn: str) -> bool | None:
    try:
        return maybe(aws.call("cloudtrail", "get_trail_status", region, Name=arn), "IsLogging")
    except Refused:
        return None


def _records_management(aws: Aws, region: str, arn: str) -> bool | None:
    try:
        answer = aws.call("cloudtrail", "get_event_selectors", region, TrailName=arn)
    except Refused:
        return None
    basic = answer.get("EventSelectors") or ()
    advanced = answer.get("AdvancedEventSelectors") or ()
    if not basic and not advanced:
        return True  # CloudTrail API, PutEventSelectors: without selectors all management events are logged
    if any(each.get("IncludeManagementEvents") and each.get("ReadWriteType") == "All" for each in basic):
        return True
    return any(_is_whole_management(each) for each in advanced)


def _is_whole_management(selector: Mapping[str, Any]) -> bool:
    fields = list(selector.get("FieldSelectors") or ())
    return len(fields) == 1 and fields[0].get("Field") == "eventCategory" and fields[0].get("Equals") == ["Management"]


def detectors(aws: Aws, region: str) -> Iterator[Detector]:
    """``guardduty.list_detectors`` and ``guardduty.get_detector``"""
    for each in aws.items("guardduty", "list_detectors", "DetectorIds", region):
        try:
            status = text(aws.call("guardduty", "get_detector", region, DetectorId=str(each)), "Status")
        except Refused:
            yield Detector(region, str(each), None)
        else:
            yield Detector(region, str(each), status.upper() == "ENABLED")


def event_rules(aws: Aws, region: str) -> Iterator[EventRule]:
    """``events.list_rules``; only those whose pattern mentions root's sign-in, with ``events.list_targets_by_rule``"""
    for each in aws.items("events", "list_rules", "Rules", region):
        pattern = text(each, "EventPattern")
        if mentions_root(pattern):
            name = str(each["Name"])
            enabled = text(each, "State").startswith("ENABLED")
            yield EventRule(region, text(each, "Arn"), name, enabled, pattern, _targets(aws, region, name))


def mentions_root(pattern: str) -> bool:
    """True if a pattern speaks about root: all others are of no interest and are dropped."""
    return "root" in pattern.lower()


def _targets(aws: Aws, region: str, rule: str) -> tuple[str, ...] | None:
    try:
        return tuple(
            text(each, "Arn") for each in aws.items("events", "list_targets_by_rule", "Targets", region, Rule=rule)
        )
    except Refused:
        return None


def metric_filters(aws: Aws, region: str) -> Iterator[MetricFilter]:
    """``logs.describe_metric_filters``; only those whose pattern mentions root"""
    for each in aws.items("logs", "describe_metric_filters", "metricFilters", region):
        pattern = text(each, "filterPattern")
        if mentions_root(pattern):
            for metric in each.get("metricTransformations") or ():
                name = text(each, "filterName")
                yield MetricFilter(region, name, pattern, text(metric, "metricName"), text(metric, "metricNamespace"))


def metric_alarms(aws: Aws, region: str, filters: Sequence[MetricFilter]) -> Iterator[MetricAlarm]:
    """``cloudwatch.describe_alarms``; only those on a metric of these filters, and no call if there are none"""
    wanted = {(each.metric, each.namespace) for each in filters}
    if not wanted:
        return
    for each in aws.items("cloudwatch", "describe_alarms", "MetricAlarms", region, AlarmTypes=["MetricAlarm"]):
        metric = (text(each, "MetricName"), text(each, "Namespace"))
        if metric in wanted:
            actions = tuple(str(arn) for arn in each.get("AlarmActions") or ())
            yield MetricAlarm(region, str(each["AlarmName"]), *metric, maybe(each, "ActionsEnabled") is True, actions)


def secrets(aws: Aws, region: str) -> Iterator[Secret]:
    """``secretsmanager.list_secrets``, which never returns a value"""
    for each in aws.items("secretsmanager", "list_secrets", "SecretList", region):
        yield Secret(
            region=region,
            arn=str(each["ARN"]),
            name=text(each, "Name"),
            # AWS leaves the field out where rotation was never switched on (SecretListEntry).
            rotation_enabled=maybe(each, "RotationEnabled") is True,
            created=moment(each.get("CreatedDate")),
            last_rotated=moment(each.get("LastRotatedDate")),
            last_changed=moment(each.get("LastChangedDate")),
            owning_service=text(each, "OwningService"),
        )
