"""Owns the calls to EC2's network, the load balancers, CloudFront, API Gateway and WAF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ztassess.connectors.aws.client import Aws
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.parsing import text
from ztassess.connectors.aws.parsing_network import parse_instance, parse_network_interface, parse_security_group
from ztassess.connectors.aws.snapshot_network import (
    ApiMethod,
    ApiStage,
    ClientVpnEndpoint,
    ClientVpnRule,
    Distribution,
    FlowLog,
    Instance,
    Listener,
    LoadBalancer,
    NetworkInterface,
    RestApi,
    SecurityGroup,
    VpnConnection,
)


def enabled_regions(aws: Aws, region: str) -> tuple[str, ...]:
    """Names of the regions the account has switched on (``ec2.describe_regions``), asked once in a run."""

    def read() -> tuple[str, ...]:
        found = aws.items("ec2", "describe_regions", "Regions", region)
        return tuple(sorted(str(each["RegionName"]) for each in found))

    return aws.once.get(f"regions in {region}", read)


def security_groups(aws: Aws, region: str) -> Iterator[SecurityGroup]:
    """``ec2.describe_security_groups``"""
    for each in aws.items("ec2", "describe_security_groups", "SecurityGroups", region):
        yield parse_security_group(each, region)


def network_interfaces(aws: Aws, region: str) -> Iterator[NetworkInterface]:
    """``ec2.describe_network_interfaces``"""
    for each in aws.items("ec2", "describe_network_interfaces", "NetworkInterfaces", region):
        yield parse_network_interface(each, region)


def instances(aws: Aws, region: str) -> Iterator[Instance]:
    """``ec2.describe_instances``"""
    for reservation in aws.items("ec2", "describe_instances", "Reservations", region):
        for each in reservation["Instances"]:
            yield parse_instance(each, region)


def flow_logs(aws: Aws, region: str) -> Iterator[FlowLog]:
    """``ec2.describe_flow_logs``"""
    for each in aws.items("ec2", "describe_flow_logs", "FlowLogs", region):
        active = text(each, "FlowLogStatus") == "ACTIVE"
        yield FlowLog(region, str(each["FlowLogId"]), text(each, "ResourceId"), active)


def client_vpn_endpoints(aws: Aws, region: str) -> Iterator[ClientVpnEndpoint]:
    """``ec2.describe_client_vpn_endpoints`` and, for each, ``ec2.describe_client_vpn_authorization_rules``"""
    for each in aws.items("ec2", "describe_client_vpn_endpoints", "ClientVpnEndpoints", region):
        endpoint = str(each["ClientVpnEndpointId"])
        status = text(each.get("Status") or {}, "Code")
        yield ClientVpnEndpoint(region, endpoint, status, _vpn_rules(aws, region, endpoint))


def _vpn_rules(aws: Aws, region: str, endpoint: str) -> tuple[ClientVpnRule, ...] | None:
    try:
        found = aws.items(
            "ec2",
            "describe_client_vpn_authorization_rules",
            "AuthorizationRules",
            region,
            ClientVpnEndpointId=endpoint,
        )
        return tuple(
            ClientVpnRule(text(each, "DestinationCidr"), bool(each.get("AccessAll")), text(each, "GroupId"))
            for each in found
        )
    except Refused:
        return None


def vpn_connections(aws: Aws, region: str) -> Iterator[VpnConnection]:
    """``ec2.describe_vpn_connections``"""
    for each in aws.items("ec2", "describe_vpn_connections", "VpnConnections", region):
        yield VpnConnection(region, str(each["VpnConnectionId"]), text(each, "State"))


def load_balancers(aws: Aws, region: str) -> Iterator[LoadBalancer]:
    """``elbv2.describe_load_balancers``"""
    for each in aws.items("elbv2", "describe_load_balancers", "LoadBalancers", region):
        yield LoadBalancer(
            region=region,
            arn=str(each["LoadBalancerArn"]),
            name=text(each, "LoadBalancerName"),
            kind=text(each, "Type"),
            internet_facing=each["Scheme"] == "internet-facing",
            dns_name=text(each, "DNSName"),
            groups=tuple(str(group) for group in each.get("SecurityGroups") or ()),
        )


def listeners(aws: Aws, region: str, balancers: Sequence[LoadBalancer]) -> Iterator[Listener]:
    """``elbv2.describe_listeners``, of internet-facing load balancers only"""
    for balancer in balancers:
        if balancer.internet_facing:
            found = aws.items("elbv2", "describe_listeners", "Listeners", region, LoadBalancerArn=balancer.arn)
            for each in found:
                yield Listener(region, balancer.arn, each.get("Port"), text(each, "Protocol"))


def distributions(aws: Aws) -> Iterator[Distribution]:
    """``cloudfront.list_distributions``"""
    for each in aws.items("cloudfront", "list_distributions", "DistributionList.Items"):
        yield Distribution(
            id=str(each["Id"]),
            arn=str(each["ARN"]),
            domain=text(each, "DomainName"),
            aliases=tuple(str(name) for name in (each.get("Aliases") or {}).get("Items") or ()),
            origins=tuple(text(origin, "DomainName") for origin in (each.get("Origins") or {}).get("Items") or ()),
            enabled=bool(each["Enabled"]),
            web_acl=text(each, "WebACLId"),
        )


def rest_apis(aws: Aws, region: str) -> Iterator[RestApi]:
    """``apigateway.get_rest_apis`` and, for each, ``get_stages`` and ``get_resources`` with their methods"""
    for each in aws.items("apigateway", "get_rest_apis", "items", region):
        api = str(each["id"])
        stages = aws.call("apigateway", "get_stages", region, restApiId=api).get("item") or ()
        resources = aws.items("apigateway", "get_resources", "items", region, restApiId=api, embed=["methods"])
        yield RestApi(
            region=region,
            id=api,
            name=text(each, "name"),
            private=(each.get("endpointConfiguration") or {}).get("types") == ["PRIVATE"],
            stages=tuple(ApiStage(text(stage, "stageName"), text(stage, "webAclArn")) for stage in stages),
            methods=tuple(method for resource in resources for method in _methods(resource)),
        )


def _methods(resource: Mapping[str, Any]) -> Iterator[ApiMethod]:
    for verb, method in (resource.get("resourceMethods") or {}).items():
        # A method that was created without one needs no identity: API Gateway then answers NONE.
        authorization = text(method, "authorizationType") or "NONE"
        yield ApiMethod(text(resource, "path"), str(verb), authorization, bool(method.get("apiKeyRequired")))
