"""Owns the connection test: who we are, whether we can only read, and which part of an account we may see."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

from ztassess.connectors.aws import client_identity, client_network
from ztassess.connectors.aws.client import GLOBAL_REGION, Aws, who_are_we
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.client_session import from_command_line, open_account, open_identity_center, try_to_assume
from ztassess.connectors.aws.collect_regions import MALFORMED, malformed
from ztassess.connectors.aws.parsing_identity import Identities
from ztassess.connectors.aws.principals import Holder, holders
from ztassess.connectors.aws.read_only_proof import Excess, asks_for_external_id, excess
from ztassess.connectors.aws.snapshot import AwsSnapshot, Role
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import ConnectorError
from ztassess.domain.findings import Unavailable

_SIDE_BY_SIDE = 8
_ANSWERS = ("NoSuchPublicAccessBlockConfiguration", "AWSOrganizationsNotInUseException")
_SESSION = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/([\w+=,.@-]+)/.*", re.ASCII)
_USER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:user/(?:.*/)?([\w+=,.@-]+)", re.ASCII)
_UNVERIFIED = "We could not verify that this credential is read-only"

# What is read of IAM is small, or needed whole for the read-only proof: it is read as the reading itself reads it, and
# shared with it. Elsewhere: part of the snapshot -> the smallest request that needs its permission.
_IDENTITY: Mapping[str, Callable[[Aws], Any]] = {
    "roles": client_identity.identities,
    "credential_report": client_identity.start_credential_report,
    "account_summary": client_identity.account_summary,
    "virtual_mfa_devices": client_identity.virtual_mfa_devices,
    "password_policy": client_identity.password_policy,
    "oidc_providers": client_identity.oidc_providers,
    "saml_providers": client_identity.saml_providers,
}
_GLOBAL: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "distributions": ("cloudfront", "list_distributions", {"MaxItems": "1"}),
    "organization_accounts": ("organizations", "list_accounts", {"MaxResults": 1}),
    "service_control_policies": (
        "organizations",
        "list_policies",
        {"Filter": "SERVICE_CONTROL_POLICY", "MaxResults": 1},
    ),
}
_REGIONAL: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "security_groups": ("ec2", "describe_security_groups", {"MaxResults": 5}),
    "network_interfaces": ("ec2", "describe_network_interfaces", {"MaxResults": 5}),
    "instances": ("ec2", "describe_instances", {"MaxResults": 5}),
    "flow_logs": ("ec2", "describe_flow_logs", {"MaxResults": 1}),
    "vpn_connections": ("ec2", "describe_vpn_connections", {}),
    "client_vpn_endpoints": ("ec2", "describe_client_vpn_endpoints", {"MaxResults": 5}),
    "load_balancers": ("elbv2", "describe_load_balancers", {"PageSize": 1}),
    "rest_apis": ("apigateway", "get_rest_apis", {"limit": 1}),
    "web_acls": ("wafv2", "list_web_acls", {"Scope": "REGIONAL", "Limit": 1}),
    "database_instances": ("rds", "describe_db_instances", {"MaxRecords": 20}),
    "database_clusters": ("rds", "describe_db_clusters", {"MaxRecords": 20}),
    "redshift_clusters": ("redshift", "describe_clusters", {"MaxRecords": 20}),
    "trails": ("cloudtrail", "describe_trails", {"includeShadowTrails": False}),
    "detectors": ("guardduty", "list_detectors", {"MaxResults": 1}),
    "event_rules": ("events", "list_rules", {"Limit": 1}),
    "metric_filters": ("logs", "describe_metric_filters", {"limit": 1}),
    "metric_alarms": ("cloudwatch", "describe_alarms", {"MaxRecords": 1}),
    "secrets": ("secretsmanager", "list_secrets", {"MaxResults": 1}),
    "managed_instances": ("ssm", "describe_instance_information", {"MaxResults": 5}),
    "kubernetes_clusters": ("eks", "list_clusters", {"maxResults": 1}),
    "container_services": ("ecs", "list_clusters", {"maxResults": 1}),
    "functions": ("lambda", "list_functions", {"MaxItems": 1}),
    "analyzers": ("accessanalyzer", "list_analyzers", {"maxResults": 1}),
}


def preflight(context: ReadContext) -> Preflight:
    """Test a connection: identity, read-only proof, one small request for each part in the first chosen region.

    Raises:
        ConnectorError: nobody answered, the credentials are refused or the role cannot be assumed.
    """
    aws = open_account(context)
    account, identity = who_are_we(aws)
    region = next(iter(context.config.get("regions") or ()), GLOBAL_REGION)
    pool = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="aws")
    try:
        rows = [pool.submit(partial(_asked, part, partial(read, aws))) for part, read in _IDENTITY.items()]
        rows.append(
            pool.submit(partial(_asked, "regions", partial(client_network.enabled_regions, aws, GLOBAL_REGION)))
        )
        rows += [pool.submit(partial(_row, aws, part, GLOBAL_REGION, call)) for part, call in _GLOBAL.items()]
        rows += [pool.submit(partial(_row, aws, part, region, call)) for part, call in _REGIONAL.items()]
        rows.append(pool.submit(partial(_block_row, aws, account)))
        rows.append(pool.submit(partial(_center_row, context, aws, region)))
        details = tuple(each.result() for each in rows)
    finally:
        pool.shutdown(cancel_futures=True)
    warnings, refused = _proof(context, identity, _own_rights(aws))
    return Preflight(identity, details, warnings, refused)


def _asked(part: str, ask: Callable[[], Any]) -> PreflightRow:
    try:
        ask()
    except Refused as problem:
        if problem.code in _ANSWERS:
            return PreflightRow(part, allowed=True)
        return PreflightRow.refused(part, problem.why)
    except MALFORMED as problem:
        return PreflightRow(part, allowed=False, detail=malformed(part, problem).detail)
    return PreflightRow(part, allowed=True)


def _row(aws: Aws, part: str, region: str, call: tuple[str, str, Mapping[str, Any]]) -> PreflightRow:
    service, operation, parameters = call
    return _asked(part, partial(aws.call, service, operation, region, **parameters))


def _block_row(aws: Aws, account: str) -> PreflightRow:
    return _row(
        aws, "public_access_block", GLOBAL_REGION, ("s3control", "get_public_access_block", {"AccountId": account})
    )


def _center_row(context: ReadContext, aws: Aws, region: str) -> PreflightRow:
    try:
        center = open_identity_center(context, aws)
    except ConnectorError as problem:
        return PreflightRow("identity_centers", allowed=False, detail=problem.sentence)
    return _row(center, "identity_centers", region, ("sso-admin", "list_instances", {"MaxResults": 1}))


def _own_rights(aws: Aws) -> Identities | Unavailable:
    """Everything IAM says of users, roles and policies: ours among them."""
    try:
        return client_identity.identities(aws)
    except Refused as problem:
        return problem.why
    except MALFORMED as problem:
        return malformed("roles", problem)


def _proof(context: ReadContext, identity: str, found: Identities | Unavailable) -> tuple[tuple[str, ...], str]:
    """Warnings, and why the connection must not be used (empty if it may)."""
    if identity.endswith(":root"):
        return (), "These are the credentials of root. Use a role with only the policy shown."
    if isinstance(found, Unavailable):
        return (f"{_UNVERIFIED}: {found.detail}",), ""
    holder = _ours(context, identity, found)
    if holder is None:
        return (f"{_UNVERIFIED}: {identity} is not among the users and roles of the account.",), ""
    beyond = excess(holder)
    role = next((each for each in found.roles if each.arn == holder.arn), None)
    refused = _too_much(holder, beyond) or _open_to_others(context, role)
    warnings = list(_remarks(beyond))
    if refused and from_command_line(context) and not context.config.get("role_arn"):
        # The operator's own shell: nothing is stored, and whose account it is is not in question.
        return (f"{refused} Your own environment is used for this one run and nothing of it is kept.", *warnings), ""
    return tuple(warnings), refused


def _ours(context: ReadContext, identity: str, found: Identities) -> Holder | None:
    """The user or role we read as, with everything that gives it rights."""
    session, user = _SESSION.fullmatch(identity), _USER.fullmatch(identity)
    kind, name = ("role", session[1]) if session else ("user", user[1]) if user else ("", "")
    every = holders(
        AwsSnapshot(
            account="",
            taken_at=context.now,
            users=found.users,
            groups=found.groups,
            roles=found.roles,
            policies=found.policies,
        )
    )
    known = () if isinstance(every, Unavailable) else every
    return next((each for each in known if (each.kind, each.name) == (kind, name)), None)


def _too_much(ours: Holder, beyond: Excess) -> str:
    if beyond.everything:
        return f"The {ours.kind} {ours.name} can do everything. Attach only the policy shown."
    if beyond.writes:
        more = f" and {len(beyond.writes) - 1} more" if len(beyond.writes) > 1 else ""
        return f"The {ours.kind} {ours.name} can {beyond.writes[0]}{more}. Attach only the policy shown."
    return ""


def _open_to_others(context: ReadContext, ours: Role | None) -> str:
    """The role we were told to assume must not let itself be assumed without our external id."""
    arn = str(context.config.get("role_arn") or "")
    external_id = str(context.config.get("external_id") or "")
    if not arn or ours is None or not (external_id or not from_command_line(context)):
        return ""
    sentence = "Any customer of ours could use your role: its trust policy does not ask for the external ID."
    if not asks_for_external_id(ours, external_id):
        return sentence
    if context.operator.get("aws_endpoint_url"):
        return ""  # a stand-in for AWS does not enforce trust policies, so trying proves nothing
    if try_to_assume(context, arn, None) or try_to_assume(context, arn, str(uuid4())):
        return sentence
    return ""


def _remarks(beyond: Excess) -> tuple[str, ...]:
    remarks = []
    if beyond.unknown:
        remarks.append(f"{_UNVERIFIED}: the content of {', '.join(beyond.unknown)} is AWS's own and was not read.")
    if beyond.wider:
        remarks.append(f"{', '.join(beyond.wider)} reads more than we ask for. Attach only the policy shown.")
    return tuple(remarks)
