"""Owns the calls to Identity Center and the organization: who gets in by which permission set, what is denied."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ztassess.connectors.aws.client import Aws
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.parsing import text
from ztassess.connectors.aws.policy_documents import parse_document
from ztassess.connectors.aws.snapshot_identity import (
    Assignment,
    AttachedPolicy,
    Document,
    IdentityCenter,
    OrganizationAccount,
    PermissionSet,
    ServiceControlPolicy,
)

_NO_ORGANIZATION = ("AWSOrganizationsNotInUseException", "AWSOrganizationsNotInUse")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)
_DEFAULT_SESSION = 3600
_MOST_LEVELS = 6  # a root and five levels of units: AWS's own limit


def session_seconds(duration: str) -> int:
    """Seconds of an ISO 8601 duration such as ``PT8H``; AWS's default of one hour if it is empty.

    Raises:
        ValueError: it is no such duration.
    """
    if not duration:
        return _DEFAULT_SESSION
    found = _DURATION.fullmatch(duration)
    if not found or not any(found.groups()):
        raise ValueError("not a duration")
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def identity_centers(aws: Aws, region: str) -> Iterator[IdentityCenter]:
    """The Identity Center instance of a region (``sso-admin.list_instances``)."""
    for each in aws.items("sso-admin", "list_instances", "Instances", region):
        yield IdentityCenter(str(each["InstanceArn"]), region)


def permission_sets(aws: Aws, center: IdentityCenter) -> Iterator[PermissionSet]:
    """The permission sets with their policies (``sso-admin`` list and describe calls, a few for each set)."""
    listed = aws.items("sso-admin", "list_permission_sets", "PermissionSets", center.region, InstanceArn=center.arn)
    for arn in listed:
        where = {"InstanceArn": center.arn, "PermissionSetArn": str(arn)}
        described = aws.call("sso-admin", "describe_permission_set", center.region, **where)["PermissionSet"]
        managed = aws.items(
            "sso-admin", "list_managed_policies_in_permission_set", "AttachedManagedPolicies", center.region, **where
        )
        yield PermissionSet(
            arn=str(arn),
            name=str(described["Name"]),
            session_seconds=session_seconds(text(described, "SessionDuration")),
            managed=tuple(AttachedPolicy(text(each, "Name"), text(each, "Arn")) for each in managed),
            inline=_inline(aws, center, where),
        )


def _inline(aws: Aws, center: IdentityCenter, where: dict[str, str]) -> Document | None:
    answer = aws.call("sso-admin", "get_inline_policy_for_permission_set", center.region, **where)
    found = text(answer, "InlinePolicy")
    return parse_document(found) if found else None


def assignments(aws: Aws, center: IdentityCenter, account: str, sets: list[PermissionSet]) -> Iterator[Assignment]:
    """Who may use each permission set on this account (``sso-admin.list_account_assignments``)."""
    for permission_set in sets:
        for each in aws.items(
            "sso-admin",
            "list_account_assignments",
            "AccountAssignments",
            center.region,
            InstanceArn=center.arn,
            AccountId=account,
            PermissionSetArn=permission_set.arn,
        ):
            yield Assignment(permission_set.arn, account, str(each["PrincipalType"]), str(each["PrincipalId"]))


def organization_accounts(aws: Aws) -> Iterator[OrganizationAccount]:
    """The accounts of the organization; nothing if the account is in none.

    ``organizations.describe_organization`` and ``organizations.list_accounts``
    """
    try:
        management = text(aws.call("organizations", "describe_organization")["Organization"], "MasterAccountId")
        for each in aws.items("organizations", "list_accounts", "Accounts"):
            account = str(each["Id"])
            yield OrganizationAccount(account, text(each, "Name"), text(each, "Status"), account == management)
    except Refused as problem:
        if problem.code not in _NO_ORGANIZATION:
            raise


def organization_path(aws: Aws, account: str) -> Iterator[str]:
    """Ids of the units above the account and of the root, nearest first (``organizations.list_parents``)."""
    child = account
    for _ in range(_MOST_LEVELS):
        try:
            parents = list(aws.items("organizations", "list_parents", "Parents", ChildId=child))
        except Refused as problem:
            if problem.code in _NO_ORGANIZATION:
                return
            raise
        if not parents:
            return
        child = str(parents[0]["Id"])
        yield child
        if parents[0].get("Type") == "ROOT":
            return


def service_control_policies(aws: Aws) -> Iterator[ServiceControlPolicy]:
    """Service control policies and where they are attached (``organizations`` list and describe calls)."""
    try:
        listed = list(aws.items("organizations", "list_policies", "Policies", Filter="SERVICE_CONTROL_POLICY"))
    except Refused as problem:
        if problem.code in (*_NO_ORGANIZATION, "PolicyTypeNotEnabledException"):
            return
        raise
    for each in listed:
        policy = str(each["Id"])
        content = aws.call("organizations", "describe_policy", PolicyId=policy)["Policy"]["Content"]
        yield ServiceControlPolicy(policy, text(each, "Name"), parse_document(content), _targets(aws, policy))


def _targets(aws: Aws, policy: str) -> tuple[str, ...] | None:
    try:
        found = aws.items("organizations", "list_targets_for_policy", "Targets", PolicyId=policy)
        return tuple(str(each["TargetId"]) for each in found)
    except Refused:
        return None
