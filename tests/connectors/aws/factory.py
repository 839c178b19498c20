"""Builds small AWS snapshots: everything was read and nothing is there, except what a test says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from ztassess.connectors.aws.policy_documents import parse_document
from ztassess.connectors.aws.snapshot import (
    NOT_READ,
    AttachedPolicy,
    AwsSnapshot,
    Document,
    Gap,
    InlinePolicy,
    Inputs,
    ManagedPolicy,
    NetworkInterface,
    Permission,
    RegionRead,
    Role,
    SecurityGroup,
    Tag,
    User,
)
from ztassess.domain.checks import CheckResult, Checks, evaluate, fold
from ztassess.domain.findings import Outcome, Unavailable, Verdict

ACCOUNT = "111122223333"
FOREIGN = "999988887777"
REGION = "eu-west-1"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REFUSED = Unavailable("missing_scope", "ec2:DescribeSomething", "You are not allowed to look.")


def ago(days: float) -> datetime:
    """A moment so many days before the snapshot."""
    return NOW - timedelta(days=days)


def snapshot(*, inputs: Mapping[str, Any] | None = None, gaps: Iterable[Gap] = (), **parts: Any) -> AwsSnapshot:
    """A snapshot whose parts are all read and empty, except those given; gaps may name any region."""
    empty = {each.name: () for each in fields(AwsSnapshot) if each.default is NOT_READ}
    by_region: dict[str, list[Gap]] = {REGION: []}
    for gap in gaps:
        by_region.setdefault(gap.region, []).append(gap)
    regions = tuple(RegionRead(region, gaps=tuple(found)) for region, found in by_region.items())
    given = empty | {"regions": regions} | parts
    return AwsSnapshot(account=ACCOUNT, taken_at=NOW, inputs=Inputs(**(inputs or {})), **given)


def gap(part: str, region: str = "eu-north-1") -> Gap:
    """A part that was refused in one region."""
    return Gap(part, region, REFUSED)


def verdicts(checks: Checks[AwsSnapshot], check_id: str, taken: AwsSnapshot) -> list[Verdict]:
    """What one check says; a rule that breaks fails the test."""
    found = [finding.verdict for finding in evaluate([checks[check_id]], taken)]
    broken = [each.reason for each in found if each.outcome is Outcome.ERROR]
    assert not broken, broken
    return found


def result(checks: Checks[AwsSnapshot], check_id: str, taken: AwsSnapshot) -> CheckResult:
    """What one check says, folded."""
    findings = evaluate([checks[check_id]], taken)
    assert all(finding.verdict.outcome is not Outcome.ERROR for finding in findings), findings
    return fold(check_id, findings)


def document(*statements: Mapping[str, Any]) -> Document:
    """A policy document of these statements; Effect is Allow unless said."""
    return parse_document({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Action": action, "Resource": resource, **more}


def trusting(principal: Any, condition: Mapping[str, Any] | None = None, action: str = "sts:AssumeRole") -> Document:
    """A trust policy."""
    statement: dict[str, Any] = {"Principal": principal, "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


LAMBDA_TRUST = trusting({"Service": "lambda.amazonaws.com"})


def inline(*statements: Mapping[str, Any], name: str = "inline") -> InlinePolicy:
    return InlinePolicy(name, document(*statements))


def managed(name: str, *statements: Mapping[str, Any], account: str = ACCOUNT) -> ManagedPolicy:
    return ManagedPolicy(f"arn:aws:iam::{account}:policy/{name}", name, document(*statements))


def attached(policy: ManagedPolicy) -> AttachedPolicy:
    return AttachedPolicy(policy.name, policy.arn)


def role(
    name: str,
    *statements: Mapping[str, Any],
    trust: Document = LAMBDA_TRUST,
    path: str = "/",
    created: datetime | None = None,
    last_used: datetime | None = NOW,
    tags: Mapping[str, str] | None = None,
    **more: Any,
) -> Role:
    """A role, used today, with an inline policy of these statements."""
    policies = (inline(*statements),) if statements else ()
    return Role(
        arn=f"arn:aws:iam::{ACCOUNT}:role{path}{name}",
        name=name,
        path=path,
        created=created or ago(400),
        trust=trust,
        last_used=last_used,
        tags=tuple(Tag(key, value) for key, value in (tags or {}).items()),
        **({"inline": policies} | more),
    )


def user(name: str, *statements: Mapping[str, Any], **more: Any) -> User:
    """A user with an inline policy of these statements."""
    policies = (inline(*statements),) if statements else ()
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return User(arn=arn, name=name, path="/", created=ago(400), inline=policies, **more)


def opened(
    first: int | None = None,
    last: int | None = None,
    *ipv4: str,
    protocol: str = "tcp",
    ipv6: tuple[str, ...] = (),
    lists: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> Permission:
    """One permission of a group: ports and IPv4 sources."""
    return Permission(protocol, first, first if last is None else last, ipv4, ipv6, lists, groups)


def group(
    group_id: str, *ingress: Permission, egress: tuple[Permission, ...] = (), region: str = REGION
) -> SecurityGroup:
    return SecurityGroup(region, group_id, f"{group_id}-name", "vpc-1", ingress, egress)


def interface(*groups: str, region: str = REGION, **more: Any) -> NetworkInterface:
    return NetworkInterface(**({"region": region, "id": "eni-1", "vpc_id": "vpc-1", "groups": groups} | more))


def text_of(found: Iterable[Verdict]) -> str:
    """Everything a person would read of these verdicts, for searching."""
    return json.dumps([[each.resource, each.reason, each.near_miss, repr(each.evidence)] for each in found])
