"""Owns the parsing of EC2's network answers, from a call or from an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ztassess.connectors.aws.parsing import text
from ztassess.connectors.aws.snapshot_network import Instance, NetworkInterface, Permission, SecurityGroup


def parse_security_group(raw: Mapping[str, Any], region: str) -> SecurityGroup:
    """Parse one entry of ``ec2.describe_security_groups``."""
    return SecurityGroup(
        region=region,
        id=str(raw["GroupId"]),
        name=text(raw, "GroupName"),
        vpc_id=text(raw, "VpcId"),
        ingress=tuple(_permission(each) for each in raw["IpPermissions"]),
        egress=tuple(_permission(each) for each in raw.get("IpPermissionsEgress") or ()),
    )


def _permission(raw: Mapping[str, Any]) -> Permission:
    protocol = str(raw["IpProtocol"])
    return Permission(
        protocol=protocol,
        from_port=None if protocol == "-1" else raw.get("FromPort"),
        to_port=None if protocol == "-1" else raw.get("ToPort"),
        ipv4=tuple(str(each["CidrIp"]) for each in raw.get("IpRanges") or ()),
        ipv6=tuple(str(each["CidrIpv6"]) for each in raw.get("Ipv6Ranges") or ()),
        prefix_lists=tuple(str(each["PrefixListId"]) for each in raw.get("PrefixListIds") or ()),
        groups=tuple(str(each["GroupId"]) for each in raw.get("UserIdGroupPairs") or () if each.get("GroupId")),
    )


def parse_network_interface(raw: Mapping[str, Any], region: str) -> NetworkInterface:
    """Parse one entry of ``ec2.describe_network_interfaces``."""
    return NetworkInterface(
        region=region,
        id=str(raw["NetworkInterfaceId"]),
        vpc_id=text(raw, "VpcId"),
        subnet_id=text(raw, "SubnetId"),
        groups=_groups(raw.get("Groups")),
        public_address=text(raw.get("Association") or {}, "PublicIp"),
        private_address=text(raw, "PrivateIpAddress"),
        instance_id=text(raw.get("Attachment") or {}, "InstanceId"),
        kind=text(raw, "InterfaceType"),
        description=text(raw, "Description"),
    )


def parse_instance(raw: Mapping[str, Any], region: str) -> Instance:
    """Parse one instance of ``ec2.describe_instances``; its user data is not in that answer."""
    metadata = raw.get("MetadataOptions") or {}
    return Instance(
        region=region,
        id=str(raw["InstanceId"]),
        state=text(raw.get("State") or {}, "Name"),
        groups=_groups(raw.get("SecurityGroups")),
        vpc_id=text(raw, "VpcId"),
        public_address=text(raw, "PublicIpAddress"),
        key_name=text(raw, "KeyName"),
        http_tokens=text(metadata, "HttpTokens"),
        http_endpoint=text(metadata, "HttpEndpoint"),
        profile_arn=text(raw.get("IamInstanceProfile") or {}, "Arn"),
    )


def _groups(raw: Iterable[Mapping[str, Any]] | None) -> tuple[str, ...]:
    return tuple(str(each["GroupId"]) for each in raw or ())
