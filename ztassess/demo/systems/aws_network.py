"""Owns the network, stores and logs of the company's AWS account, as AWS exports them."""

from __future__ import annotations

from typing import Any, Final

from ztassess.demo.systems.aws_iam import database_arn
from ztassess.demo.systems.aws_state import (
    ACCOUNT,
    DATABASE,
    DATABASE_GROUP,
    REGION,
    SERVICE_GROUP,
    TOOLS_GROUP,
    VPC,
    WEB_GROUP,
    Account,
    arn,
)

TUNNEL: Final = "10.20.3.5/32"  # the host inside the network where the proxy's tunnel ends
EVERYWHERE: Final = "0.0.0.0/0"


def _let(port: int, *, blocks: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [{"CidrIp": block} for block in blocks],
        "UserIdGroupPairs": [{"GroupId": group} for group in groups],
    }


def _group(group_id: str, name: str, *ingress: dict[str, Any], out: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {
        "GroupId": group_id,
        "GroupName": name,
        "VpcId": VPC,
        "OwnerId": ACCOUNT,
        "SecurityGroupArn": arn("ec2", f"security-group/{group_id}", region=REGION),
        "IpPermissions": list(ingress),
        "IpPermissionsEgress": list(out),
    }


def security_groups(account: Account) -> dict[str, Any]:
    """What ``aws ec2 describe-security-groups`` writes."""
    everywhere = (_let(443, blocks=(EVERYWHERE,)),)
    shell = [_let(22, blocks=(EVERYWHERE,))] if account.ssh_open else []
    tools = _let(443, blocks=(EVERYWHERE if account.tools_open else TUNNEL,))
    return {
        "SecurityGroups": [
            _group(WEB_GROUP, "public-web", _let(443, blocks=(EVERYWHERE,)), out=everywhere),
            _group(SERVICE_GROUP, "services", _let(8443, groups=(WEB_GROUP, SERVICE_GROUP)), out=everywhere),
            _group(TOOLS_GROUP, "internal-tools", tools, *shell, out=everywhere),
            _group(DATABASE_GROUP, "database", _let(5432, groups=(SERVICE_GROUP,)), out=()),
        ]
    }


def network_interfaces() -> dict[str, Any]:
    """What ``aws ec2 describe-network-interfaces`` writes."""
    listed = [("eni-0web", WEB_GROUP, "ELB app/ledger-prod"), ("eni-0services", SERVICE_GROUP, "services")]
    listed += [("eni-0tools", TOOLS_GROUP, "internal tools"), ("eni-0database", DATABASE_GROUP, "RDSNetworkInterface")]
    return {
        "NetworkInterfaces": [
            {
                "NetworkInterfaceId": name,
                "VpcId": VPC,
                "SubnetId": "subnet-0a",
                "AvailabilityZone": f"{REGION}a",
                "OwnerId": ACCOUNT,
                "Groups": [{"GroupId": group}],
                "PrivateIpAddress": f"10.20.2.{10 + place}",
                "InterfaceType": "interface",
                "Description": description,
            }
            for place, (name, group, description) in enumerate(listed)
        ]
    }


def databases() -> dict[str, Any]:
    """What ``aws rds describe-db-instances`` writes."""
    return {
        "DBInstances": [
            {
                "DBInstanceIdentifier": DATABASE,
                "DBInstanceArn": database_arn(),
                "Engine": "postgres",
                "PubliclyAccessible": False,
                "StorageEncrypted": True,
                "IAMDatabaseAuthenticationEnabled": False,
                "DbiResourceId": "db-LEDGER",
                "DBParameterGroups": [{"DBParameterGroupName": "ledger-15", "ParameterApplyStatus": "in-sync"}],
                "VpcSecurityGroups": [{"VpcSecurityGroupId": DATABASE_GROUP}],
            }
        ]
    }


def trails(account: Account) -> dict[str, Any]:
    """What ``aws cloudtrail describe-trails`` writes."""
    trail = {
        "Name": "everything",
        "HomeRegion": REGION,
        "TrailARN": arn("cloudtrail", "trail/everything", region=REGION),
        "IsMultiRegionTrail": True,
        "LogFileValidationEnabled": True,
        "IsOrganizationTrail": False,
    }
    return {"trailList": [trail] if account.trail else []}
