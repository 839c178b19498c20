"""Owns the calls to workloads: Systems Manager, EKS, ECS, Lambda, Access Analyzer. Values of variables end here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ztassess.connectors.aws.client import Aws
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.parsing import needed_moment, text
from ztassess.connectors.aws.snapshot_services import (
    Analyzer,
    AnalyzerFinding,
    Container,
    ContainerService,
    Function,
    FunctionUrl,
    KubernetesCluster,
    ManagedInstance,
    TaskDefinition,
)
from ztassess.domain.findings import Unavailable

_MOST_DEFINITIONS = 100
_MOST_URLS = 100
_BATCH = 10  # AWS's limit of services in one ecs.describe_services


def managed_instances(aws: Aws, region: str) -> Iterator[ManagedInstance]:
    """``ssm.describe_instance_information``"""
    for each in aws.items("ssm", "describe_instance_information", "InstanceInformationList", region):
        yield ManagedInstance(region, str(each["InstanceId"]), text(each, "PingStatus") == "Online")


def kubernetes_clusters(aws: Aws, region: str) -> Iterator[KubernetesCluster]:
    """``eks.list_clusters`` and ``eks.list_access_entries``"""
    for name in aws.items("eks", "list_clusters", "clusters", region):
        try:
            found = aws.items("eks", "list_access_entries", "accessEntries", region, clusterName=name)
            entries: tuple[str, ...] | None = tuple(str(each) for each in found)
        except Refused:
            entries = None
        yield KubernetesCluster(region, str(name), entries)


def container_services(aws: Aws, region: str) -> Iterator[ContainerService]:
    """``ecs.list_clusters``, ``ecs.list_services`` and ``ecs.describe_services``"""
    for cluster in aws.items("ecs", "list_clusters", "clusterArns", region):
        names = list(aws.items("ecs", "list_services", "serviceArns", region, cluster=cluster))
        for start in range(0, len(names), _BATCH):
            answer = aws.call(
                "ecs", "describe_services", region, cluster=cluster, services=names[start : start + _BATCH]
            )
            for each in answer["services"]:
                yield ContainerService(region, str(cluster), str(each["serviceName"]), text(each, "taskDefinition"))


def task_definitions(aws: Aws, region: str, services: Sequence[ContainerService]) -> Iterator[TaskDefinition]:
    """``ecs.describe_task_definition``, once for each definition in use: values of variables are dropped here"""
    asked = list(dict.fromkeys(each.task_definition for each in services if each.task_definition))
    for arn in asked[:_MOST_DEFINITIONS]:
        raw = aws.call("ecs", "describe_task_definition", region, taskDefinition=arn)["taskDefinition"]
        yield TaskDefinition(
            region=region,
            arn=arn,
            family=text(raw, "family"),
            task_role=text(raw, "taskRoleArn"),
            containers=tuple(_container(each) for each in raw.get("containerDefinitions") or ()),
        )
    if len(asked) > _MOST_DEFINITIONS:
        sentence = f"Only {_MOST_DEFINITIONS} of {len(asked)} task definitions were read."
        raise Refused(Unavailable("partial_data", detail=sentence))


def _container(raw: Mapping[str, Any]) -> Container:
    return Container(
        name=text(raw, "name"),
        variables=tuple(text(each, "name") for each in raw.get("environment") or ()),
        secret_variables=tuple(text(each, "name") for each in raw.get("secrets") or ()),
    )


def functions(aws: Aws, region: str, first: Collection[str] = ()) -> Iterator[Function]:
    """``lambda.list_functions`` and, of at most 100 functions, ``lambda.get_function_url_config``

    Parameters:
        first: names or ARNs of functions whose URL is asked before all others: those the person declared.
    """
    listed = [_listed(each, region) for each in aws.items("lambda", "list_functions", "Functions", region)]
    ordered = sorted(listed, key=lambda each: each.name not in first and each.arn not in first)
    asked = {each.arn for each in ordered[:_MOST_URLS]}
    unasked = Unavailable("partial_data", detail=f"The URLs of {_MOST_URLS} of {len(listed)} functions were read.")
    for each in listed:
        yield _with_url(each, _function_url(aws, region, each.name) if each.arn in asked else unasked)


def _listed(raw: Mapping[str, Any], region: str) -> Function:
    names = (raw.get("Environment") or {}).get("Variables") or {}
    return Function(region, str(raw["FunctionArn"]), str(raw["FunctionName"]), text(raw, "Role"), tuple(sorted(names)))


def _with_url(function: Function, url: FunctionUrl | Unavailable | None) -> Function:
    return Function(function.region, function.arn, function.name, function.role, function.variables, url)


def _function_url(aws: Aws, region: str, name: str) -> FunctionUrl | Unavailable | None:
    try:
        answer = aws.call("lambda", "get_function_url_config", region, FunctionName=name)
    except Refused as problem:
        return None if problem.code == "ResourceNotFoundException" else problem.why
    return FunctionUrl(urlsplit(text(answer, "FunctionUrl")).hostname or "", text(answer, "AuthType"))


def analyzers(aws: Aws, region: str) -> Iterator[Analyzer]:
    """``accessanalyzer.list_analyzers`` and the active findings of each (``accessanalyzer.list_findings_v2``)"""
    for each in aws.items("accessanalyzer", "list_analyzers", "analyzers", region):
        arn = str(each["arn"])
        active = text(each, "status") == "ACTIVE"
        found = _findings(aws, region, arn) if active else ()
        yield Analyzer(region, arn, text(each, "name"), text(each, "type"), active, found)


def _findings(aws: Aws, region: str, analyzer: str) -> tuple[AnalyzerFinding, ...] | Unavailable:
    listed = {"analyzerArn": analyzer, "filter": {"status": {"eq": ["ACTIVE"]}}}
    try:
        found = aws.items("accessanalyzer", "list_findings_v2", "findings", region, **listed)
        return tuple(
            AnalyzerFinding(
                id=str(each["id"]),
                active=text(each, "status") == "ACTIVE",
                created=needed_moment(each["createdAt"]),
                resource=text(each, "resource"),
                kind=text(each, "findingType") or text(each, "resourceType"),
            )
            for each in found
        )
    except Refused as problem:
        return problem.why
