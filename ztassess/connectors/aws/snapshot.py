"""Owns the frozen copy of what we saw of one AWS account: who read what, every part, and where nobody could look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.aws.snapshot_identity import (
    AccessKey,
    AccountSummary,
    Assignment,
    AttachedPolicy,
    Condition,
    CredentialRow,
    Document,
    Group,
    IdentityCenter,
    IdentityProvider,
    InlinePolicy,
    ManagedPolicy,
    OrganizationAccount,
    PasswordPolicy,
    PermissionSet,
    Principal,
    Role,
    RoleUse,
    ServiceControlPolicy,
    ServiceUse,
    Statement,
    Tag,
    User,
    VirtualMfaDevice,
)
from ztassess.connectors.aws.snapshot_network import (
    ApiMethod,
    ApiStage,
    ClientVpnEndpoint,
    ClientVpnRule,
    Distribution,
    FlowLog,
    Instance,
    Listener,
    LoadBalancer,
    NetworkInterface,
    Permission,
    RestApi,
    SecurityGroup,
    VpnConnection,
    WafRule,
    WebAcl,
)
from ztassess.connectors.aws.snapshot_services import (
    Analyzer,
    AnalyzerFinding,
    Container,
    ContainerService,
    DatabaseCluster,
    DatabaseInstance,
    Detector,
    EventRule,
    Function,
    FunctionUrl,
    KubernetesCluster,
    ManagedInstance,
    MetricAlarm,
    MetricFilter,
    Parameter,
    ParameterGroup,
    ParameterGroupUse,
    PublicAccessBlock,
    RedshiftCluster,
    Secret,
    TaskDefinition,
    Trail,
)
from ztassess.domain.findings import Part, Unavailable

__all__ = [
    "AccessKey",
    "AccountSummary",
    "Analyzer",
    "AnalyzerFinding",
    "ApiMethod",
    "ApiStage",
    "Assignment",
    "AttachedPolicy",
    "AwsSnapshot",
    "ClientVpnEndpoint",
    "ClientVpnRule",
    "Condition",
    "Container",
    "ContainerService",
    "CredentialRow",
    "DatabaseCluster",
    "DatabaseInstance",
    "Detector",
    "Distribution",
    "Document",
    "EventRule",
    "FlowLog",
    "Function",
    "FunctionUrl",
    "Gap",
    "Group",
    "IdentityCenter",
    "IdentityProvider",
    "InlinePolicy",
    "Inputs",
    "Instance",
    "KubernetesCluster",
    "Listener",
    "LoadBalancer",
    "ManagedInstance",
    "ManagedPolicy",
    "MetricAlarm",
    "MetricFilter",
    "NetworkInterface",
    "OrganizationAccount",
    "Parameter",
    "ParameterGroup",
    "ParameterGroupUse",
    "PasswordPolicy",
    "Permission",
    "PermissionSet",
    "Principal",
    "PublicAccessBlock",
    "RedshiftCluster",
    "RegionRead",
    "RestApi",
    "Role",
    "RoleUse",
    "Secret",
    "SecurityGroup",
    "ServiceControlPolicy",
    "ServiceUse",
    "Statement",
    "Tag",
    "TaskDefinition",
    "Trail",
    "User",
    "VirtualMfaDevice",
    "VpnConnection",
    "WafRule",
    "WebAcl",
]

NOT_READ = Unavailable("input_missing", detail="This part was not read.")


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that could not be read, or not to its end, in one region."""

    part: str
    region: str
    why: Unavailable


@dataclass(frozen=True, slots=True)
class RegionRead:
    """One region we tried to read.

    Attributes:
        closed: the organization denies everything there by a service control policy: judged without it.
        gaps: parts that were refused there or broke off; what was read before is in the parts.
    """

    region: str
    closed: bool = False
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the organization declared. None means not declared: a check that needs it is not checked.

    Attributes:
        environment: ``production``, ``other`` or empty (not said).
        break_glass: emergency users, roles, permission sets: names or ARNs.
        leavers, people: e-mail addresses or user names.
        owned: names or ARNs of users and roles that somebody owns (beside those with an owner tag).
        data_stores: bucket names, table names, database ids or ARNs that hold production data.
        internal_services: functions, REST APIs (name, id or ARN) that only our own services call.
        sensitive_groups: security groups (id or name) of sensitive services.
        origin_groups: security groups (id or name) of origins behind the proxy.
        proxy_sources: prefix list ids and CIDR blocks that belong to the proxy alone.
        shared_proxy_sources: prefix list ids and CIDR blocks that every customer of the proxy shares.
        public_endpoints: host names and addresses that are meant to be public.
        account_environments: (account id, environment) of the organization's accounts.
        requested_permission_sets: names of permission sets that people get on request only.
        databases_without_passwords: ids or ARNs of databases whose users have no password, as a postgres or mysql
            connection shows.
    """

    environment: str = ""
    break_glass: tuple[str, ...] = ()
    leavers: tuple[str, ...] | None = None
    people: tuple[str, ...] | None = None
    owned: tuple[str, ...] | None = None
    data_stores: tuple[str, ...] | None = None
    internal_services: tuple[str, ...] | None = None
    sensitive_groups: tuple[str, ...] | None = None
    origin_groups: tuple[str, ...] | None = None
    proxy_sources: tuple[str, ...] = ()
    shared_proxy_sources: tuple[str, ...] = ()
    public_endpoints: tuple[str, ...] | None = None
    account_environments: tuple[tuple[str, str], ...] | None = None
    requested_permission_sets: tuple[str, ...] = ()
    databases_without_passwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSnapshot:
    """One account at one moment.

    A regional part holds the items of all regions that answered; the regions where it was refused or broke off are in
    ``regions`` (ask `gaps`). It is `Unavailable` only if no region answered. A pass needs `gaps` of its parts to be
    empty; a fail found beside a gap stays a fail.

    Attributes:
        account: twelve digits.
        identity: ARN we read as; empty for an upload.
        taken_at: the clock of every rule.
        uploaded: built from exported files.
        report_at: when AWS made the credential report; None where that is not known.
        enabled_regions: how many regions the account has switched on; None where that was not readable.
        organization_path: ids of the units above the account and of the root, nearest first.
    """

    account: str
    taken_at: datetime
    identity: str = ""
    uploaded: bool = False
    inputs: Inputs = Inputs()
    report_at: datetime | None = None
    enabled_regions: int | None = None

    regions: Part[RegionRead] = NOT_READ

    # identities
    credential_report: Part[CredentialRow] = NOT_READ
    account_summary: Part[AccountSummary] = NOT_READ
    users: Part[User] = NOT_READ
    groups: Part[Group] = NOT_READ
    roles: Part[Role] = NOT_READ
    policies: Part[ManagedPolicy] = NOT_READ
    password_policy: Part[PasswordPolicy] = NOT_READ
    virtual_mfa_devices: Part[VirtualMfaDevice] = NOT_READ
    oidc_providers: Part[IdentityProvider] = NOT_READ
    saml_providers: Part[IdentityProvider] = NOT_READ
    role_uses: Part[RoleUse] = NOT_READ
    identity_centers: Part[IdentityCenter] = NOT_READ
    permission_sets: Part[PermissionSet] = NOT_READ
    assignments: Part[Assignment] = NOT_READ
    organization_accounts: Part[OrganizationAccount] = NOT_READ
    organization_path: Part[str] = NOT_READ
    service_control_policies: Part[ServiceControlPolicy] = NOT_READ

    # network
    security_groups: Part[SecurityGroup] = NOT_READ
    network_interfaces: Part[NetworkInterface] = NOT_READ
    instances: Part[Instance] = NOT_READ
    flow_logs: Part[FlowLog] = NOT_READ
    load_balancers: Part[LoadBalancer] = NOT_READ
    listeners: Part[Listener] = NOT_READ
    distributions: Part[Distribution] = NOT_READ
    rest_apis: Part[RestApi] = NOT_READ
    web_acls: Part[WebAcl] = NOT_READ
    client_vpn_endpoints: Part[ClientVpnEndpoint] = NOT_READ
    vpn_connections: Part[VpnConnection] = NOT_READ

    # stores, logs, workloads
    database_instances: Part[DatabaseInstance] = NOT_READ
    database_clusters: Part[DatabaseCluster] = NOT_READ
    parameter_groups: Part[ParameterGroup] = NOT_READ
    redshift_clusters: Part[RedshiftCluster] = NOT_READ
    public_access_block: Part[PublicAccessBlock] = NOT_READ
    trails: Part[Trail] = NOT_READ
    detectors: Part[Detector] = NOT_READ
    event_rules: Part[EventRule] = NOT_READ
    metric_filters: Part[MetricFilter] = NOT_READ
    metric_alarms: Part[MetricAlarm] = NOT_READ
    secrets: Part[Secret] = NOT_READ
    managed_instances: Part[ManagedInstance] = NOT_READ
    kubernetes_clusters: Part[KubernetesCluster] = NOT_READ
    container_services: Part[ContainerService] = NOT_READ
    task_definitions: Part[TaskDefinition] = NOT_READ
    functions: Part[Function] = NOT_READ
    analyzers: Part[Analyzer] = NOT_READ

    def gaps(self, *parts: str) -> tuple[Gap, ...]:
        """Where one of these parts was refused or broke off, in region order. Closed regions are not gaps."""
        if isinstance(self.regions, Unavailable):
            return ()
        return tuple(gap for region in self.regions for gap in region.gaps if gap.part in parts)

    def closed_regions(self) -> tuple[str, ...]:
        """Regions that the organization closed to everyone, and that are judged without."""
        return () if isinstance(self.regions, Unavailable) else tuple(r.region for r in self.regions if r.closed)

    def read_regions(self) -> tuple[str, ...]:
        """Regions that we looked into, gaps or not."""
        return () if isinstance(self.regions, Unavailable) else tuple(r.region for r in self.regions if not r.closed)
