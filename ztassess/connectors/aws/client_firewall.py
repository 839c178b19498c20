"""Owns the calls to WAF: web ACLs with their rules, logging and what they protect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ztassess.connectors.aws.client import GLOBAL_REGION, Aws
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.parsing import text
from ztassess.connectors.aws.snapshot_network import WafRule, WebAcl

CLOUDFRONT = "global"
"""The region name of web ACLs that protect CloudFront."""

_PROTECTED = ("APPLICATION_LOAD_BALANCER", "API_GATEWAY")


def web_acls(aws: Aws, region: str) -> Iterator[WebAcl]:
    """``wafv2.list_web_acls`` and, for each, its rules, logging and resources

    Parameters:
        region: a region, or `CLOUDFRONT` (asked in us-east-1 with ``Scope=CLOUDFRONT``).
    """
    scope, where = ("CLOUDFRONT", GLOBAL_REGION) if region == CLOUDFRONT else ("REGIONAL", region)
    for each in aws.items("wafv2", "list_web_acls", "WebACLs", where, Scope=scope, Limit=100):
        name, identifier, arn = str(each["Name"]), str(each["Id"]), str(each["ARN"])
        acl = aws.call("wafv2", "get_web_acl", where, Scope=scope, Name=name, Id=identifier)["WebACL"]
        yield WebAcl(
            region=region,
            arn=arn,
            id=identifier,
            name=name,
            default_action="block" if "Block" in acl["DefaultAction"] else "allow",
            rules=tuple(_rule(rule) for rule in acl.get("Rules") or ()),
            logging=_logging(aws, where, arn),
            resources=() if region == CLOUDFRONT else _resources(aws, where, arn),
        )


def _rule(raw: Mapping[str, Any]) -> WafRule:
    statement = raw.get("Statement") or {}
    managed = statement.get("ManagedRuleGroupStatement") or {}
    overrides = managed.get("RuleActionOverrides") or ()
    counted = [text(each, "Name") for each in overrides if "Count" in (each.get("ActionToUse") or {})]
    counted += [text(each, "Name") for each in managed.get("ExcludedRules") or ()]
    return WafRule(
        name=text(raw, "Name"),
        managed_group=f"{text(managed, 'VendorName')}/{text(managed, 'Name')}" if managed else "",
        override=_first(raw.get("OverrideAction")),
        action=_first(raw.get("Action")),
        rate_based="RateBasedStatement" in statement,
        counted_rules=tuple(counted),
    )


def _first(raw: Mapping[str, Any] | None) -> str:
    """``{"Block": {}}`` -> ``block``: WAF writes an action as an object with one key."""
    return next((key.lower() for key in raw or {}), "")


def _logging(aws: Aws, region: str, arn: str) -> bool | None:
    try:
        answer = aws.call("wafv2", "get_logging_configuration", region, ResourceArn=arn)
    except Refused as problem:
        return False if problem.code == "WAFNonexistentItemException" else None
    return bool(answer.get("LoggingConfiguration"))


def _resources(aws: Aws, region: str, arn: str) -> tuple[str, ...] | None:
    found: list[str] = []
    for kind in _PROTECTED:
        try:
            answer = aws.call("wafv2", "list_resources_for_web_acl", region, WebACLArn=arn, ResourceType=kind)
        except Refused:
            return None
        found += [str(each) for each in answer.get("ResourceArns") or ()]
    return tuple(found)
