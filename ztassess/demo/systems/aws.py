"""Owns the company's AWS account: how it was connected, its exports, and the full picture of a scan."""

from __future__ import annotations

from typing import Final

import orjson

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext, UploadedFile
from ztassess.demo.systems.aws_iam import account_summary, authorization_details, credential_report
from ztassess.demo.systems.aws_live import beyond
from ztassess.demo.systems.aws_network import databases, network_interfaces, security_groups, trails
from ztassess.demo.systems.aws_state import (
    ACCOUNT,
    BALANCER,
    BUCKET,
    DATABASE,
    MANAGEMENT,
    REGION,
    RENDERER,
    STAGING,
    TOOLS_GROUP,
    Account,
)
from ztassess.demo.systems.base import System

_READABLE: Final = (
    *("regions", "users", "groups", "roles", "policies", "credential_report", "account_summary", "oidc_providers"),
    *("identity_centers", "permission_sets", "assignments", "organization_accounts", "security_groups", "instances"),
    *("load_balancers", "web_acls", "database_instances", "trails", "detectors", "task_definitions", "functions"),
)


def exports(account: Account, context: ReadContext) -> tuple[UploadedFile, ...]:
    """The files that the commands of the upload page write."""
    files = {
        "gaad.json": authorization_details(account, context.now),
        "account_summary.json": account_summary(),
        f"security_groups.{REGION}.json": security_groups(account),
        f"network_interfaces.{REGION}.json": network_interfaces(),
        f"db_instances.{REGION}.json": databases(),
        f"trails.{REGION}.json": trails(account),
    }
    report = UploadedFile("credential_report.csv", credential_report(account, context.now))
    return (*(UploadedFile(name, orjson.dumps(content)) for name, content in files.items()), report)


SYSTEM: Final = System(
    slug="aws",
    name="AWS production",
    start=Account(),
    exports=exports,
    beyond=beyond,
    preflight=Preflight(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/ztassess-reader/test",
        (
            *(PreflightRow(part, allowed=True) for part in _READABLE),
            PreflightRow("event_rules", allowed=False, missing_scope="events:ListRules"),
            PreflightRow("metric_alarms", allowed=False, missing_scope="cloudwatch:DescribeAlarms"),
        ),
    ),
    entered={
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/ztassess-reader",
        "regions": REGION,
        "environment": "production",
        "data_stores": f"{BUCKET}\n{DATABASE}",
        "internal_services": RENDERER,
        "sensitive_groups": "services",
        "origin_groups": TOOLS_GROUP,
        "public_endpoints": BALANCER,
        "account_environments": f"{ACCOUNT}=production\n{STAGING}=staging\n{MANAGEMENT}=management",
        "requested_permission_sets": "AdministratorAccess",
    },
    requests=64,
    seconds=21,
)
