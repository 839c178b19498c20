"""Owns what a scan of the company's AWS account sees beyond the exports: workloads, firewall, directory, logs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from ztassess.connectors.aws.policy_documents import parse_document
from ztassess.connectors.aws.snapshot import (
    Analyzer,
    AnalyzerFinding,
    Assignment,
    AttachedPolicy,
    AwsSnapshot,
    ClientVpnEndpoint,
    ClientVpnRule,
    Container,
    ContainerService,
    Detector,
    FlowLog,
    Function,
    FunctionUrl,
    IdentityCenter,
    IdentityProvider,
    Instance,
    Listener,
    LoadBalancer,
    ManagedInstance,
    OrganizationAccount,
    Parameter,
    ParameterGroup,
    PasswordPolicy,
    PermissionSet,
    PublicAccessBlock,
    Secret,
    ServiceControlPolicy,
    TaskDefinition,
    VirtualMfaDevice,
    WafRule,
    WebAcl,
)
from ztassess.connectors.contract import ReadContext
from ztassess.demo.company import SERVICES
from ztassess.demo.systems.aws_iam import GITHUB, task_role
from ztassess.demo.systems.aws_state import (
    ACCOUNT,
    BALANCER,
    BUCKET,
    CLUSTER,
    MANAGEMENT,
    REGION,
    RENDERER,
    STAGING,
    TOOLS_GROUP,
    VPC,
    WEB_GROUP,
    Account,
    arn,
)
from ztassess.domain.findings import Unavailable

_CENTER: Final = "arn:aws:sso:::instance/ssoins-7223aa0c"
_SETS: Final = "arn:aws:sso:::permissionSet/ssoins-7223aa0c"
_TOOLS_MACHINE: Final = "i-0tools"
_ROOT_UNIT: Final = "r-nw1d"
_HOUR: Final = 3600
_GROUPS: Final = {"AdministratorAccess": "leads", "Developer": "team"}
_NOTHING: Final = (
    *("saml_providers", "role_uses", "distributions", "rest_apis", "vpn_connections", "database_clusters"),
    *("redshift_clusters", "kubernetes_clusters"),
)


def beyond(account: Account, snapshot: AwsSnapshot, context: ReadContext) -> AwsSnapshot:
    """The same account as the reader's role sees it."""
    read: dict[str, Any] = {
        **dict.fromkeys(_NOTHING, ()),
        **_identities(account),
        **_directory(account),
        **_network(account),
        **_workloads(account, context),
        **_logs(account, context),
    }
    trails = () if isinstance(snapshot.trails, Unavailable) else snapshot.trails
    read["trails"] = tuple(replace(trail, logging=True, management_events=True) for trail in trails)
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/ztassess-reader/scan"
    return replace(snapshot, identity=role, uploaded=False, enabled_regions=1, **read)


def _identities(account: Account) -> dict[str, Any]:
    root = VirtualMfaDevice(arn("iam", "mfa/root-account-mfa-device"), arn("iam", "root"))
    provider = IdentityProvider(arn("iam", f"oidc-provider/{GITHUB}"), "oidc", GITHUB, ("sts.amazonaws.com",))
    return {
        "virtual_mfa_devices": (root,) if account.root_app else (),
        "password_policy": (PasswordPolicy(present=True, minimum_length=16),),
        "oidc_providers": () if account.pipeline_key else (provider,),
    }


def _directory(account: Account) -> dict[str, Any]:
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    reading = {"Effect": "Allow", "Action": ["ecs:Describe*", "logs:GetLogEvents"], "Resource": "*"}
    sets = (
        PermissionSet(
            f"{_SETS}/ps-admin",
            "AdministratorAccess",
            4 * _HOUR,
            (AttachedPolicy("AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess"),),
        ),
        PermissionSet(
            f"{_SETS}/ps-dev", "Developer", 8 * _HOUR, inline=parse_document({**allowed, "Statement": [reading]})
        ),
    )
    full = ServiceControlPolicy("p-full", "FullAWSAccess", parse_document(allowed), (_ROOT_UNIT,))
    standing = sets if account.standing_admin else sets[1:]
    names = (("management", MANAGEMENT), ("production", ACCOUNT), ("staging", STAGING))
    return {
        "identity_centers": (IdentityCenter(_CENTER, REGION),),
        "permission_sets": sets,
        "assignments": tuple(Assignment(each.arn, ACCOUNT, "GROUP", _GROUPS[each.name]) for each in standing),
        "organization_accounts": tuple(
            OrganizationAccount(number, f"northwind-{name}", "ACTIVE", management=name == "management")
            for name, number in names
        ),
        "organization_path": (_ROOT_UNIT,),
        "service_control_policies": (full,),
    }


def _network(account: Account) -> dict[str, Any]:
    public = arn("elasticloadbalancing", "loadbalancer/app/ledger-prod/50dc6c495c0c9188", region=REGION)
    override = "count" if account.waf_counts else "none"
    rules = (
        WafRule("common", managed_group="AWS/AWSManagedRulesCommonRuleSet", override=override),
        WafRule("rate", action="block", rate_based=True),
    )
    balancers = [LoadBalancer(REGION, public, "ledger-prod", "application", True, BALANCER, (WEB_GROUP,))]  # noqa: FBT003  a field of a value
    old = arn("elasticloadbalancing", "loadbalancer/app/old-beta/7b3c2d1e0f9a8b7c", region=REGION)
    if account.balancer_undeclared:
        host = f"old-beta-987654321.{REGION}.elb.amazonaws.com"
        balancers.append(LoadBalancer(REGION, old, "old-beta", "application", True, host, (WEB_GROUP,)))  # noqa: FBT003  as above
    protected = tuple(each.arn for each in balancers)
    machine = Instance(
        REGION, _TOOLS_MACHINE, "running", (TOOLS_GROUP,), VPC, http_tokens="required", http_endpoint="enabled"
    )
    everyone = ClientVpnRule("10.20.0.0/16", access_all=True, group_id="")
    acl = WebAcl(REGION, f"{public}/acl", "acl-1", "public", "allow", rules, logging=True, resources=protected)
    return {
        "instances": (machine,),
        "managed_instances": (ManagedInstance(REGION, _TOOLS_MACHINE, online=not account.ssh_open),),
        "flow_logs": (FlowLog(REGION, "fl-1", VPC, active=True),),
        "load_balancers": tuple(balancers),
        "listeners": tuple(Listener(REGION, each.arn, 443, "HTTPS") for each in balancers),
        "web_acls": (acl,),
        "client_vpn_endpoints": (ClientVpnEndpoint(REGION, "cvpn-endpoint-0a1b", "available", (everyone,)),),
        "parameter_groups": (
            ParameterGroup(REGION, "ledger-15", of_cluster=False, parameters=(Parameter("rds.force_ssl", "1"),)),
        ),
        "public_access_block": (PublicAccessBlock(True, True, True, True, True),),  # noqa: FBT003  the four settings of AWS
    }


def _workloads(account: Account, context: ReadContext) -> dict[str, Any]:
    def definition(service: str) -> str:
        return arn("ecs", f"task-definition/{service}:41", region=REGION)

    role = arn("iam", f"role/fn-{RENDERER}")
    renderer = Function(
        REGION,
        arn("lambda", f"function:{RENDERER}", region=REGION),
        RENDERER,
        role,
        ("BUCKET_NAME",),
        FunctionUrl(f"abc.lambda-url.{REGION}.on.aws", "AWS_IAM"),
    )
    changed = context.now - timedelta(days=20)
    return {
        "container_services": tuple(
            ContainerService(REGION, arn("ecs", f"cluster/{CLUSTER}", region=REGION), each, definition(each))
            for each in SERVICES
        ),
        "task_definitions": tuple(
            TaskDefinition(
                REGION,
                definition(each),
                each,
                arn("iam", f"role/{task_role(each, account)}"),
                (Container(each, ("LOG_LEVEL", "PORT"), ("DATABASE_PASSWORD",)),),
            )
            for each in SERVICES
        ),
        "functions": (renderer,),
        "secrets": tuple(
            Secret(
                REGION,
                arn("secretsmanager", f"secret:{CLUSTER}/{each}-a1b2c3", region=REGION),
                f"{CLUSTER}/{each}",
                rotation_enabled=each in ("web", "api"),
                created=context.now - timedelta(days=400),
                last_changed=changed,
            )
            for each in SERVICES
        ),
    }


def _logs(account: Account, context: ReadContext) -> dict[str, Any]:
    old = AnalyzerFinding(
        "f-1", active=True, created=context.now - timedelta(days=75), resource=f"arn:aws:s3:::{BUCKET}", kind="external"
    )
    analyzer = Analyzer(
        REGION,
        arn("access-analyzer", "analyzer/account", region=REGION),
        "account",
        "ACCOUNT",
        active=True,
        findings=(old,) if account.bucket_shared else (),
    )
    refused = Unavailable("missing_scope", "events:ListRules", "The role may not list event rules.")
    unread = Unavailable("missing_scope", "cloudwatch:DescribeAlarms", "The role may not read alarms.")
    told: dict[str, Any] = {"event_rules": refused, "metric_filters": (), "metric_alarms": unread}
    if account.alarms_readable:
        told |= {"event_rules": (), "metric_alarms": ()}
    return told | {"detectors": (Detector(REGION, "d-1", enabled=True),), "analyzers": (analyzer,)}
