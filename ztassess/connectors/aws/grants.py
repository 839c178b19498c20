"""Owns the minimal grant: the trust policy, and the only actions we call, all of them reading or listing."""

from __future__ import annotations

import orjson

from ztassess.connectors.contract import Grant

CORE = (
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountSummary",
    "iam:GetAccountPasswordPolicy",
    "iam:GenerateServiceLastAccessedDetails",
    "iam:GetServiceLastAccessedDetails",
    "iam:ListVirtualMFADevices",
    "iam:ListOpenIDConnectProviders",
    "iam:GetOpenIDConnectProvider",
    "iam:ListSAMLProviders",
    "sso:ListInstances",
    "sso:ListPermissionSets",
    "sso:DescribePermissionSet",
    "sso:ListManagedPoliciesInPermissionSet",
    "sso:GetInlinePolicyForPermissionSet",
    "sso:ListAccountAssignments",
    "wafv2:ListWebACLs",
    "wafv2:GetWebACL",
    "wafv2:ListResourcesForWebACL",
    "wafv2:GetLoggingConfiguration",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
    "cloudfront:ListDistributions",
    "ec2:DescribeRegions",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeInstances",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeClientVpnEndpoints",
    "ec2:DescribeClientVpnAuthorizationRules",
    "ec2:DescribeVpnConnections",
    "rds:DescribeDBInstances",
    "rds:DescribeDBClusters",
    "rds:DescribeDBParameters",
    "rds:DescribeDBClusterParameters",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:GetEventSelectors",
    "access-analyzer:ListAnalyzers",
    "access-analyzer:ListFindings",
)
GATEWAY = ("apigateway:GET",)
METADATA = (
    "guardduty:ListDetectors",
    "guardduty:GetDetector",
    "events:ListRules",
    "events:ListTargetsByRule",
    "logs:DescribeMetricFilters",
    "cloudwatch:DescribeAlarms",
    "s3:GetAccountPublicAccessBlock",
    "secretsmanager:ListSecrets",
    "ssm:DescribeInstanceInformation",
    "eks:ListClusters",
    "eks:ListAccessEntries",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListParents",
    "organizations:ListPolicies",
    "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy",
    "redshift:DescribeClusters",
)
WORKLOADS = (
    "ecs:ListClusters",
    "ecs:ListServices",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "lambda:ListFunctions",
    "lambda:GetFunctionUrlConfig",
)
EVERY_ACTION = CORE + GATEWAY + METADATA + WORKLOADS


def _statement(sid: str, actions: tuple[str, ...], resource: str = "*") -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _text(*statements: dict[str, object]) -> str:
    document = {"Version": "2012-10-17", "Statement": statements}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


TRUST = _text(
    {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::{our_account_id}:role/ztassess-reader"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "{external_id}"}},
    }
)
PERMISSIONS = _text(
    _statement("Core", CORE),
    _statement("ApiGateway", GATEWAY, "arn:aws:apigateway:*::/restapis*"),
    _statement("OptionalMetadata", METADATA),
    _statement("OptionalWorkloads", WORKLOADS),
)
GRANTS = (
    Grant(
        "Trust policy of the role",
        "json",
        TRUST,
        "{our_account_id} is the AWS account in which this installation has its own credentials. The external ID is "
        "yours alone: without it, anybody else who uses this installation could point it at your role.",
    ),
    Grant(
        "Permissions of the role",
        "json",
        PERMISSIONS,
        "Narrower than AWS's SecurityAudit: reading and listing only. The two optional statements may be left out; "
        "their checks are then not checked. OptionalWorkloads answers with the values of environment variables: we "
        "drop them while reading and keep the names only.",
    ),
)
