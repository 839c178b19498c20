"""Owns the checks of services: each has a role of its own, and internal ones take calls with an identity only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.snapshot import ApiMethod, AwsSnapshot, Function, RestApi
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Workload:
    """A service and the role it runs as. The same service in two regions is one.

    Attributes:
        role: ARN (of the instance profile, where its role is not known); empty if it has none.
    """

    kind: str
    name: str
    role: str
    source: str


@checks.check(
    "aws.workload_roles_distinct",
    title="Each workload has its own role",
    verifies=(Verifies("identity.workload-identity", 2),),
    severity=Severity.HIGH,
    parts=("container_services", "task_definitions", "functions", "instances", "roles"),
)
def workload_roles_distinct(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Services, functions and instance profiles have one role each; no service runs without one."""
    workloads, problems = _workloads(snapshot)
    services: dict[str, list[Workload]] = {}
    for workload in dict.fromkeys(workloads):
        services.setdefault(workload.role, []).append(workload)
    distinct = len({(each.kind, each.name) for each in workloads})
    lonely = [_without_role(workload, distinct) for workload in services.pop("", [])]
    shared = [_shared(role, users, distinct) for role, users in services.items() if _several(users)]
    yield from conclude(
        snapshot,
        [*lonely, *shared, *problems],
        parts=("container_services", "task_definitions", "functions", "instances"),
        seen=distinct,
        good=f"Each of {counted(distinct, 'workload')} has a role of its own ({counted(len(services), 'role')}).",
        nothing="There is no service, no function and no instance with a role.",
        evidence=(
            Evidence(
                "ecs, lambda, ec2", snapshot.account, "roles : services", f"{len(services)} : {distinct}", "1 : 1"
            ),
        ),
    )


def _several(users: Sequence[Workload]) -> bool:
    return len({(each.kind, each.name) for each in users}) > 1


def _workloads(snapshot: AwsSnapshot) -> tuple[list[Workload], list[Verdict]]:
    found: list[Workload] = []
    problems: list[Verdict] = []
    if isinstance(snapshot.container_services, Unavailable):
        problems.append(not_checked("container_services", snapshot.container_services))
    elif isinstance(snapshot.task_definitions, Unavailable):
        if snapshot.container_services:
            problems.append(not_checked("task_definitions", snapshot.task_definitions))
    else:
        roles = {each.arn: each.task_role for each in snapshot.task_definitions}
        for service in snapshot.container_services:
            name = f"{service.cluster.rpartition('/')[2]}/{service.name}"
            if service.task_definition in roles:
                source = "ecs.describe_task_definition"
                found.append(Workload("service", name, roles[service.task_definition], source))
            else:
                reason = f"The task definition of service {name} ({service.region}) could not be read."
                problems.append(not_checked(name, "partial_data", reason, seen=1))
    if isinstance(snapshot.functions, Unavailable):
        problems.append(not_checked("functions", snapshot.functions))
    else:
        found += [Workload(FUNCTION, each.name, each.role, "lambda.list_functions") for each in snapshot.functions]
    if isinstance(snapshot.instances, Unavailable):
        problems.append(not_checked("instances", snapshot.instances))
    else:
        found += _profiles(snapshot)
    return found, problems


def _profiles(snapshot: AwsSnapshot) -> Iterator[Workload]:
    """One workload for each instance profile in use: its instances are copies of one service."""
    instances = () if isinstance(snapshot.instances, Unavailable) else snapshot.instances
    roles = () if isinstance(snapshot.roles, Unavailable) else snapshot.roles
    by_profile = {profile: role.arn for role in roles for profile in role.instance_profiles}
    for instance in instances:
        profile = instance.profile_arn
        if profile and instance.state not in ("terminated", "shutting-down"):
            name = profile.rpartition("/")[2]
            yield Workload("instance profile", name, by_profile.get(profile, profile), "ec2.describe_instances")


def _without_role(workload: Workload, seen: int) -> Verdict:
    evidence = Evidence(workload.source, workload.name, "taskRoleArn", "absent", "a role of its own")
    reason = f"The {workload.kind} {workload.name} has no role of its own."
    return failed(workload.name, reason, seen=seen, evidence=(evidence,))


def _shared(role: str, users: Sequence[Workload], seen: int) -> Verdict:
    names = list(dict.fromkeys(each.name for each in users))
    short = role.rpartition("/")[2]
    functions = sum(1 for kind, _ in {(each.kind, each.name) for each in users} if kind == FUNCTION)
    return failed(
        role,
        f"{counted(len(names), 'workload')} of {seen} share the role {short}: {listed(names)}.",
        seen=seen,
        evidence=tuple(
            Evidence(each.source, each.name, "role", short, "a role of its own") for each in list(users)[:50]
        ),
        near_miss=f"{counted(functions, 'function')} share {short}." if functions > 1 else "",
    )


@checks.check(
    "aws.service_calls_authorized",
    title="Function URLs and APIs need an identity",
    verifies=(Verifies("mesh.service-auth", 2),),
    severity=Severity.HIGH,
    parts=("functions", "rest_apis"),
)
def service_calls_authorized(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """URLs and methods of declared internal functions and REST APIs refuse callers without an identity."""
    wanted = snapshot.inputs.internal_services
    if wanted is None:
        reason = "Name the functions and REST APIs that only your own services call, to judge this."
        yield not_checked(snapshot.account, "input_missing", reason)
        return
    parts = {"functions": snapshot.functions, "rest_apis": snapshot.rest_apis}
    unreadable = [not_checked(name, part) for name, part in parts.items() if isinstance(part, Unavailable)]
    functions = _declared_functions(snapshot, set(wanted))
    apis = _declared_apis(snapshot, set(wanted))
    known = {name for each in functions for name in (each.name, each.arn)}
    known |= {name for api in apis for name in _api_names(api)}
    lost = [] if unreadable else [name for name in wanted if name not in known]
    yield from conclude(
        snapshot,
        [
            *(verdict for each in functions for verdict in _function(each, len(functions) + len(apis))),
            *(verdict for api in apis for verdict in _api(api, len(functions) + len(apis))),
            *unreadable,
            *(
                not_checked(name, "input_missing", f"Internal service {name} is declared, but no region read has it.")
                for name in lost
            ),
        ],
        parts=("functions", "rest_apis"),
        seen=len(functions) + len(apis),
        good=f"All {counted(len(functions) + len(apis), 'internal service')} refuse callers without an identity.",
        nothing="No internal services are declared.",
        evidence=(Evidence("lambda, apigateway", snapshot.account, "internal services open to anyone", "0", "0"),),
    )


def _declared_functions(snapshot: AwsSnapshot, wanted: set[str]) -> list[Function]:
    functions = () if isinstance(snapshot.functions, Unavailable) else snapshot.functions
    return [each for each in functions if {each.name, each.arn} & wanted]


def _api_names(api: RestApi) -> tuple[str, ...]:
    return (api.name, api.id, api.host, f"arn:aws:apigateway:{api.region}::/restapis/{api.id}")


def _declared_apis(snapshot: AwsSnapshot, wanted: set[str]) -> list[RestApi]:
    apis = () if isinstance(snapshot.rest_apis, Unavailable) else snapshot.rest_apis
    return [api for api in apis if set(_api_names(api)) & wanted]


def _function(function: Function, seen: int) -> Iterator[Verdict]:
    where = f"The function {function.name} ({function.region})"
    if isinstance(function.url, Unavailable):
        yield not_checked(function.arn, function.url, f"{where}: its URL could not be read.", seen=1)
    elif function.url is not None and function.url.authorization != "AWS_IAM":
        observed = function.url.authorization or "absent"
        evidence = Evidence("lambda.get_function_url_config", function.arn, "AuthType", observed, "AWS_IAM")
        yield failed(function.arn, f"{where} answers anyone who knows its URL.", seen=seen, evidence=(evidence,))


def _api(api: RestApi, seen: int) -> Iterator[Verdict]:
    """Browsers ask OPTIONS before they sign in, so it may stay open."""
    anonymous = [each for each in api.methods if each.verb != "OPTIONS" and each.authorization in ("", "NONE")]
    if anonymous:
        keyed = [each for each in anonymous if each.api_key_required]
        yield failed(
            f"arn:aws:apigateway:{api.region}::/restapis/{api.id}",
            f"The REST API {api.name} ({api.region}) takes calls without an identity on"
            f" {len(anonymous)} of {counted(len(api.methods), 'method')}: {listed(map(_named, anonymous), 3)}.",
            seen=seen,
            evidence=tuple(
                Evidence("apigateway.get_resources", _named(each), "authorizationType", "NONE", "AWS_IAM")
                for each in anonymous[:50]
            ),
            near_miss="API key required: a key is not an identity." if keyed else "",
        )


def _named(method: ApiMethod) -> str:
    return f"{method.verb} {method.path}"
