"""Owns the identities of the company's AWS account: users, roles, policies and keys, as AWS exports them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ztassess.demo.company import LEAVER, SERVICES
from ztassess.demo.systems.aws_state import (
    ACCOUNT,
    BUCKET,
    CLUSTER,
    DATABASE,
    READER,
    REGION,
    RENDERER,
    Account,
    arn,
)

GITHUB: Final = "token.actions.githubusercontent.com"
_COLUMNS: Final = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_{slot}_{name}" for slot in (1, 2) for name in ("active", "last_rotated", "last_used_date")),
)
PIPELINE: Final = "deploy"
# How old the key of each user is, in days; every user here has one, and none a password.
KEY_AGES: Final = {"marcus": 412, "diego": 198, PIPELINE: 527, "olu": 301}
UNOWNED: Final = ("nightly-batch", "metrics-import")


def _document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}


def _trust(principal: Mapping[str, str], condition: Mapping[str, Any] | None = None, action: str = "AssumeRole") -> Any:
    told = {"Principal": principal, "Action": f"sts:{action}"}
    return _document(told | ({"Condition": condition} if condition else {}))


def _inline(name: str, *statements: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"PolicyName": name, "PolicyDocument": _document(*statements)}] if statements else []


def _owner(name: str) -> list[dict[str, str]]:
    return [{"Key": "owner", "Value": name}]


def users_of(account: Account) -> tuple[str, ...]:
    """The IAM users of the account on that day."""
    people = [*account.people_keys, *([PIPELINE] if account.pipeline_key else [])]
    people += [LEAVER.partition("@")[0]] if account.leaver_key else []
    return tuple(people)


def _user(name: str, now: datetime) -> dict[str, Any]:
    deploys = {"Action": ["ecs:UpdateService", "ecs:DescribeServices"], "Resource": "*"}
    reads = {"Action": ["s3:ListBucket"], "Resource": f"arn:aws:s3:::{BUCKET}"}
    return {
        "Path": "/",
        "UserName": name,
        "Arn": arn("iam", f"user/{name}"),
        "CreateDate": (now - timedelta(days=KEY_AGES[name])).isoformat(),
        "GroupList": [],
        "UserPolicyList": _inline("rights", deploys if name == PIPELINE else reads),
        "AttachedManagedPolicies": [],
        "Tags": _owner("marcus" if name == PIPELINE else name),
    }


def task_role(service: str, account: Account) -> str:
    """Name of the role a service runs as."""
    return "task-reporting" if service == "notify" and account.shared_role else f"task-{service}"


def _role(
    name: str, trust: Any, *rights: Mapping[str, Any], now: datetime, used: float, path: str = "/"
) -> dict[str, Any]:
    return {
        "Path": path,
        "RoleName": name,
        "Arn": arn("iam", f"role{path}{name}"),
        "CreateDate": (now - timedelta(days=640)).isoformat(),
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": _inline("rights", *rights),
        "AttachedManagedPolicies": [],
        "RoleLastUsed": {"LastUsedDate": (now - timedelta(days=used)).isoformat(), "Region": REGION},
        "Tags": [] if name in UNOWNED else _owner("marcus"),
    }


def _roles(account: Account, now: datetime) -> Iterator[dict[str, Any]]:
    tasks = _trust({"Service": "ecs-tasks.amazonaws.com"})
    for service in SERVICES:
        secret = arn("secretsmanager", f"secret:{CLUSTER}/{service}-*", region=REGION)
        mine = [{"Action": "secretsmanager:GetSecretValue", "Resource": secret}]
        mine += [{"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}] if service == "billing" else []
        yield _role(f"task-{service}", tasks, *mine, now=now, used=0.1)
    yield _role("nightly-batch", tasks, _batch(account), now=now, used=0.4)
    invoices = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    yield _role(f"fn-{RENDERER}", _trust({"Service": "lambda.amazonaws.com"}), invoices, now=now, used=0.2)
    if not account.pipeline_key:
        yield _pipeline(account, now)
    if account.old_role:
        yield _role("metrics-import", tasks, invoices, now=now, used=184)
    external = {"StringEquals": {"sts:ExternalId": "6f1d0f0e-6d38-4b3c-9a53-7d2f3f4c1b11"}}
    reader = _trust({"AWS": arn("iam", "role/ztassess-reader", account=READER)}, external)
    yield _role("ztassess-reader", reader, {"Action": "iam:GetAccountSummary", "Resource": "*"}, now=now, used=0.5)


def _batch(account: Account) -> dict[str, Any]:
    """From everything, to a way of becoming everything: starting a function with any role is as good as having it."""
    if account.batch_admin:
        return {"Action": "*", "Resource": "*"}
    starts = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
    return {"Action": [*starts, "s3:GetObject", "s3:PutObject"], "Resource": "*"}


def _pipeline(account: Account, now: datetime) -> dict[str, Any]:
    subject = "repo:northwind-ledger/platform:" + ("*" if account.pipeline_any_branch else "ref:refs/heads/main")
    condition = {
        "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{GITHUB}:sub": subject},
    }
    trust = _trust({"Federated": arn("iam", f"oidc-provider/{GITHUB}")}, condition, "AssumeRoleWithWebIdentity")
    deploys = {"Action": ["ecs:UpdateService", "ecs:DescribeServices"], "Resource": arn("ecs", "service/prod/*")}
    return _role("pipeline-deploy", trust, deploys, now=now, used=0.3)


def authorization_details(account: Account, now: datetime) -> dict[str, Any]:
    """What ``aws iam get-account-authorization-details`` writes."""
    return {
        "UserDetailList": [_user(name, now) for name in users_of(account)],
        "GroupDetailList": [],
        "RoleDetailList": list(_roles(account, now)),
        "Policies": [],
        "IsTruncated": False,
    }


def account_summary() -> dict[str, Any]:
    """What ``aws iam get-account-summary`` writes of root."""
    root = {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 1}
    return {"SummaryMap": root}


def credential_report(account: Account, now: datetime) -> bytes:
    """The CSV of ``aws iam get-credential-report``."""
    text = io.StringIO()
    rows = csv.DictWriter(text, _COLUMNS, restval="N/A", lineterminator="\n")
    rows.writeheader()
    no_keys = {"access_key_1_active": "false", "access_key_2_active": "false"}
    root = {"user": "<root_account>", "arn": arn("iam", "root"), "password_enabled": "not_supported"}
    rows.writerow(root | no_keys | {"password_last_used": "no_information", "mfa_active": "true"})
    for name in users_of(account):
        made, used = now - timedelta(days=KEY_AGES[name]), now - timedelta(days=1)
        row = {"user": name, "arn": arn("iam", f"user/{name}"), **no_keys, "password_last_used": "N/A"}
        row |= {"password_enabled": "false", "mfa_active": "false", "access_key_1_active": "true"}
        row |= {"access_key_1_last_rotated": made.isoformat(), "access_key_1_last_used_date": used.isoformat()}
        rows.writerow(row)
    return text.getvalue().encode()


def database_arn() -> str:
    """The ARN of the one database."""
    return arn("rds", f"db:{DATABASE}", region=REGION, account=ACCOUNT)
