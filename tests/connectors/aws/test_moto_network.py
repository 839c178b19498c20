"""Two whole accounts on a real server, read over the wire and judged: one open, one closed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.services.moto import ACCOUNT, MotoServer, moto_server_process  # noqa: F401  a fixture
from ztassess.connectors.aws import rules_network, rules_stores, rules_workloads
from ztassess.connectors.aws.collect import collect
from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.netguard import Budget, Guard
from ztassess.domain.checks import CheckResult, evaluate, fold
from ztassess.domain.findings import Finding, Outcome

pytestmark = pytest.mark.xdist_group("aws_moto_network")

FAIL, PASS, NOT_CHECKED = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED
REGION = "us-east-1"
KEYS = {"access_key_id": "ASIAEXAMPLEEXAMPLE12", "secret_access_key": "canary-secret", "session_token": "canary-token"}
CANARY = "canary-value-7d1f"
CHECKS = [check for module in (rules_workloads, rules_network, rules_stores) for check in module.checks]
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _without_account(request: Any, **_: Any) -> None:
    """S3 Control puts the account before the host, and 127.0.0.1 has no such names."""
    request.url = request.url.replace(f"{ACCOUNT}.", "", 1)


class Builder:
    """Makes things in the account of one server."""

    def __init__(self, server: MotoServer) -> None:
        self.session = boto3.Session("testing", "testing", region_name=REGION)
        self.endpoint = server.endpoint

    def __call__(self, service: str) -> Any:
        client = self.session.client(service, endpoint_url=self.endpoint)
        client.meta.events.register("before-sign.s3-control", _without_account)
        return client

    def network(self) -> tuple[str, str]:
        """The default network and one of its subnets."""
        network = self("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        return network, self("ec2").describe_subnets()["Subnets"][0]["SubnetId"]

    def group(self, name: str, first: int, last: int, *, egress: bool, **sources: Any) -> str:
        """A security group that opens these ports, on a network interface."""
        ec2, (network, subnet) = self("ec2"), self.network()
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=network)["GroupId"]
        permission = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **sources}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        if not egress:
            everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
        ec2.create_network_interface(SubnetId=subnet, Groups=[group])
        return str(group)

    def instance(self, group: str, tokens: str) -> None:
        ec2 = self("ec2")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SecurityGroupIds=[group])
        ec2.modify_instance_metadata_options(InstanceId=made["Instances"][0]["InstanceId"], HttpTokens=tokens)

    def balancer(self, group: str) -> str:
        subnets = [each["SubnetId"] for each in self("ec2").describe_subnets()["Subnets"][:2]]
        made = self("elbv2").create_load_balancer(Name="shop", Subnets=subnets, SecurityGroups=[group])
        return str(made["LoadBalancers"][0]["DNSName"])

    def database(self, ssl: str, *, private: bool) -> None:
        rds = self("rds")
        rds.create_db_parameter_group(
            DBParameterGroupName="own", DBParameterGroupFamily="postgres15", Description="own"
        )
        forced = {"ParameterName": "rds.force_ssl", "ParameterValue": ssl, "ApplyMethod": "immediate"}
        rds.modify_db_parameter_group(DBParameterGroupName="own", Parameters=[forced])
        rds.create_db_instance(
            DBInstanceIdentifier="orders",
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="root",
            MasterUserPassword=CANARY,
            DBParameterGroupName="own",
            PubliclyAccessible=not private,
            StorageEncrypted=private,
            EnableIAMDatabaseAuthentication=private,
        )

    def trail(self, *, complete: bool) -> None:
        self("s3").create_bucket(Bucket="trail-of-all")
        cloudtrail = self("cloudtrail")
        cloudtrail.create_trail(
            Name="all", S3BucketName="trail-of-all", IsMultiRegionTrail=complete, EnableLogFileValidation=complete
        )
        if complete:
            cloudtrail.start_logging(Name="all")

    def api(self, authorization: str) -> None:
        gateway = self("apigateway")
        api = gateway.create_rest_api(name="orders", endpointConfiguration={"types": ["REGIONAL"]})["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType=authorization)
        where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
        gateway.put_integration(**where, type="HTTP", uri="https://acme.example", integrationHttpMethod="GET")
        gateway.create_deployment(restApiId=api, stageName="prod")

    def distribution(self) -> str:
        """A CloudFront distribution behind a web ACL that blocks, limits and logs."""
        visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
        managed = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
        rate = {"RateBasedStatement": {"Limit": 500, "AggregateKeyType": "IP"}}
        common = {"Name": "common", "Priority": 1, "Statement": managed, "OverrideAction": {"None": {}}}
        limit = {"Name": "rate", "Priority": 2, "Statement": rate, "Action": {"Block": {}}}
        rules = [{**rule, "VisibilityConfig": visible} for rule in (common, limit)]
        waf = self("wafv2")
        acl = waf.create_web_acl(
            Name="edge", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, VisibilityConfig=visible, Rules=rules
        )["Summary"]["ARN"]
        target = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-edge"
        waf.put_logging_configuration(LoggingConfiguration={"ResourceArn": acl, "LogDestinationConfigs": [target]})
        origin = {
            "Id": "shop",
            "DomainName": "shop.acme.example",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
        }
        made = self("cloudfront").create_distribution(
            DistributionConfig={
                "CallerReference": "one",
                "Comment": "",
                "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": {"TargetOriginId": "shop", "ViewerProtocolPolicy": "https-only"},
                "WebACLId": acl,
            }
        )
        return str(made["Distribution"]["DomainName"])

    def connects(self, role: str) -> None:
        """The role may connect to the database as a user of its own name."""
        database = self("rds").describe_db_instances()["DBInstances"][0]["DbiResourceId"]
        resource = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:{database}/{role}"
        statement = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self("iam").put_role_policy(RoleName=role, PolicyName="connect", PolicyDocument=policy)

    def function(self, name: str, role: str, variables: Mapping[str, str]) -> None:
        iam = self("iam")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        names = [each["RoleName"] for each in iam.list_roles()["Roles"]]
        if role not in names:
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy)
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", "")
        self("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            Handler="index.main",
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": dict(variables)},
        )


def build_open(build: Builder) -> None:
    """Everything a founder leaves open."""
    group = build.group("bastion", 22, 22, egress=True, IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    build.group("store", 5000, 6000, egress=True, Ipv6Ranges=[{"CidrIpv6": "::/0"}])
    build.instance(group, "optional")
    build.balancer(group)
    build.database("0", private=False)
    build.trail(complete=False)
    build.api("NONE")
    build.function("resize", "shared", {"STRIPE_SECRET": CANARY})
    build.function("notify", "shared", {"LOG_LEVEL": "info"})
    build("secretsmanager").create_secret(Name="db", SecretString=CANARY)


def build_closed(build: Builder) -> tuple[str, str]:
    """The same account, closed; the host name and the address that are meant to be public."""
    group = build.group("web", 443, 443, egress=False, IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    sources = [{"GroupId": group}]
    build.group("orders-app", 5432, 5432, egress=False, UserIdGroupPairs=sources)
    build.instance(group, "required")
    build.database("1", private=True)
    build.trail(complete=True)
    build("guardduty").create_detector(Enable=True)
    build.function("resize", "resize", {"LOG_LEVEL": "info"})
    build.function("notify", "notify", {"LOG_LEVEL": "info"})
    build.connects("resize")
    network, _ = build.network()
    build("s3").create_bucket(Bucket="flows")
    build("ec2").create_flow_logs(
        ResourceIds=[network],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flows",
    )
    build("s3control").put_public_access_block(
        AccountId=ACCOUNT,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    build("secretsmanager").create_secret(Name="db", SecretString=CANARY)
    address = build("ec2").describe_instances()["Reservations"][0]["Instances"][0]["PublicIpAddress"]
    return build.distribution(), str(address)


def read(server: MotoServer, *, later: timedelta = timedelta(), **declared: Any) -> AwsSnapshot:
    """Read one region of the account as a scan does, with a clock so much later."""
    context = ReadContext(
        config={"regions": (REGION,), **declared},
        secrets=KEYS,
        guard=Guard(("127.0.0.1",)),
        budget=Budget(120),
        now=datetime.now(UTC) + later,
        operator={"aws_endpoint_url": server.endpoint},
    )
    return collect(context)


class Judged:
    """One account, read and judged."""

    def __init__(self, snapshot: AwsSnapshot) -> None:
        self.snapshot = snapshot
        self.findings: list[Finding] = evaluate(CHECKS, snapshot)

    def of(self, check: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.check == f"aws.{check}"]

    def result(self, check: str) -> CheckResult:
        return fold(f"aws.{check}", self.of(check))


@pytest.fixture(scope="module")
def accounts(moto_server_process: MotoServer) -> Iterator[dict[str, Judged]]:  # noqa: F811  the fixture
    """Both accounts, each read once."""
    judged: dict[str, Judged] = {}
    moto_server_process.reset()
    build_open(Builder(moto_server_process))
    judged["open"] = Judged(
        read(
            moto_server_process,
            later=timedelta(days=200),
            public_endpoints=("www.acme.example",),
            internal_services=("orders",),
            origin_groups=("bastion",),
            sensitive_groups=("store",),
        )
    )
    moto_server_process.reset()
    endpoints = build_closed(Builder(moto_server_process))
    judged["closed"] = Judged(
        read(
            moto_server_process,
            public_endpoints=endpoints,
            internal_services=("resize",),
            origin_groups=("orders-app",),
            sensitive_groups=("orders-app",),
            databases_without_passwords=("orders",),
        )
    )
    yield judged
    moto_server_process.reset()


@pytest.mark.parametrize(
    ("check", "opened", "closed"),
    [
        ("security_groups_closed", FAIL, PASS),
        ("origins_accept_proxy_only", FAIL, PASS),
        ("service_groups_reference_groups", FAIL, PASS),
        ("egress_limited", FAIL, PASS),
        ("public_endpoints_listed", FAIL, PASS),
        ("waf_attached_and_blocking", FAIL, PASS),
        ("databases_private_and_encrypted", FAIL, PASS),
        ("database_transport_encrypted", FAIL, PASS),
        ("database_iam_authentication", FAIL, PASS),
        ("buckets_block_public_access", FAIL, PASS),
        ("trail_complete", FAIL, PASS),
        ("workload_roles_distinct", FAIL, PASS),
        ("service_calls_authorized", FAIL, PASS),
        ("no_secrets_in_task_environment", FAIL, PASS),
        ("secrets_rotated", FAIL, PASS),
        ("instances_managed_without_ssh", FAIL, NOT_CHECKED),
        ("client_vpn_scoped", NOT_CHECKED, NOT_CHECKED),
        ("analyzer_findings_closed", NOT_CHECKED, NOT_CHECKED),
    ],
)
def test_open_account_fails_where_the_closed_one_passes(accounts, check, opened, closed):
    assert accounts["open"].result(check).outcome is opened, accounts["open"].of(check)
    assert accounts["closed"].result(check).outcome is closed, accounts["closed"].of(check)


def test_open_groups_are_named_with_their_ports(accounts):
    reasons = " ".join(finding.verdict.reason for finding in accounts["open"].of("security_groups_closed"))
    assert "tcp 22, which includes SSH" in reasons
    assert "tcp 5000-6000, which includes PostgreSQL" in reasons


def test_no_rule_breaks_on_a_real_account(accounts):
    broken = [f for judged in accounts.values() for f in judged.findings if f.verdict.outcome is Outcome.ERROR]
    assert not broken


def test_no_secret_of_the_account_is_in_what_we_keep(accounts):
    for judged in accounts.values():
        kept = repr(judged.snapshot) + repr(judged.findings)
        assert CANARY not in kept
        assert "canary-secret" not in kept
        assert "canary-token" not in kept


def test_every_finding_has_evidence_or_a_reason_code(accounts):
    for judged in accounts.values():
        for finding in judged.findings:
            verdict = finding.verdict
            if verdict.outcome.definite:
                assert verdict.evidence, finding
                assert verdict.seen >= 1, finding
            elif verdict.outcome is NOT_CHECKED:
                assert verdict.reason_code, finding
